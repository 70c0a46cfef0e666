"""Every public function of the room says what goes in, what comes out, from which clause, with an example."""

from __future__ import annotations

import doctest
import inspect
import re
from collections import Counter

import workbench.statistics as st

SECTIONS = ("Parameters", "Returns", "References", "Examples")
STILL_WITHOUT = {"Examples": 19, "NaN": 41, "Parameters": 39, "References": 48, "Returns": 75}
"""Functions that do not have a section yet: these numbers may only fall."""


def functions() -> list[tuple[str, object]]:
    return [(name, getattr(st, name)) for name in st.__all__ if inspect.isfunction(getattr(st, name))]


def missing(function: object) -> set[str]:
    told = inspect.getdoc(function) or ""
    lacking = {name for name in SECTIONS if f"{name}\n---" not in told}
    if re.search(r"^\s+raise ", inspect.getsource(function), re.MULTILINE) and "Raises\n---" not in told:
        lacking.add("Raises")
    if "NaN" not in told:
        lacking.add("NaN")
    return lacking


def test_sections_are_there_and_what_lacks_only_falls() -> None:
    lacking = Counter(section for _, function in functions() for section in missing(function))
    assert {name: lacking[name] for name in STILL_WITHOUT} == STILL_WITHOUT, dict(lacking)
    assert set(lacking) <= set(STILL_WITHOUT)


def test_estimators_of_groups_are_told_in_full() -> None:
    whole = [
        "median",
        "median_made",
        "median_niqr",
        "qn",
        "sn",
        "q_method",
        "q_hampel",
        "mean_sd",
        "mean_sd_within",
    ]
    for name in whole:
        assert not missing(getattr(st, f"{name}_groups")), name


def test_examples_run() -> None:
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner(verbose=False)
    for name, function in functions():
        names = {**vars(inspect.getmodule(function)), "__name__": name}
        for example in finder.find(function, name, globs=names):
            runner.run(example)
    assert runner.tries > 100
    assert runner.failures == 0
