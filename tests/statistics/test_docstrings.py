"""Every public name of the room says when to use it, what goes in, what comes out, from which clause, with an example."""

from __future__ import annotations

import doctest
import inspect
import re
from types import FunctionType

import pytest

import workbench.statistics as st
from workbench.statistics import funnel, process_sigma

SECTIONS = ("Parameters", "Returns", "Notes", "References", "Examples")
BESIDE_THE_TABLE = (funnel, process_sigma)
"""Modules whose names are imported from them directly."""


def public() -> list[tuple[str, object]]:
    """Names of the room's table, and those of the modules beside it."""
    beside = [
        (name, value)
        for module in BESIDE_THE_TABLE
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    ]
    return [(name, getattr(st, name)) for name in st.__all__] + beside


def functions() -> list[tuple[str, FunctionType]]:
    return [(name, value) for name, value in public() if isinstance(value, FunctionType)]


def classes() -> list[tuple[str, type]]:
    return [(name, value) for name, value in public() if inspect.isclass(value)]


def missing(function: FunctionType) -> set[str]:
    told = inspect.getdoc(function) or ""
    lacking = {name for name in SECTIONS if f"{name}\n---" not in told}
    if re.search(r"^\s+raise ", inspect.getsource(function), re.MULTILINE) and "Raises\n---" not in told:
        lacking.add("Raises")
    if "NaN" not in told:
        lacking.add("NaN")
    if not re.search(r"^Use it ", told.split("Parameters\n---")[0], re.MULTILINE):
        lacking.add("when to use it")
    return lacking


def told_parameters(function: FunctionType) -> set[str]:
    section = (inspect.getdoc(function) or "").split("Parameters\n---")[1].split("\n\n")[0]
    heads = re.findall(r"^(\w+(?:, \w+)*) : ", section, re.MULTILINE)
    return {name for head in heads for name in head.split(", ")}


def test_the_whole_room_is_looked_at() -> None:
    names = {name for name, _ in functions()}
    assert len(names) > 100
    assert {"algorithm_a", "funnel_limits", "process_sigma"} <= names


@pytest.mark.parametrize(("name", "function"), functions())
def test_nothing_is_missing(name: str, function: FunctionType) -> None:
    assert missing(function) == set()
    assert told_parameters(function) == set(inspect.signature(function).parameters)


@pytest.mark.parametrize(("name", "value"), classes())
def test_fields_are_told(name: str, value: type) -> None:
    told = inspect.getdoc(value) or ""
    section = re.search(r"(?:Parameters|Attributes)\n-+\n(.*?)(?:\n\n|\Z)", told, re.DOTALL)
    assert section, name
    heads = re.findall(r"^(\w+(?:, \w+)*) : ", section[1], re.MULTILINE)
    assert {field for head in heads for field in head.split(", ")} == set(inspect.signature(value).parameters)


def test_examples_run() -> None:
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner(verbose=False)
    for name, function in functions():
        names = {**vars(inspect.getmodule(function)), "__name__": name}
        for example in finder.find(function, name, globs=names):
            runner.run(example)
    assert runner.tries > 100
    assert runner.failures == 0
