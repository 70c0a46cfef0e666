"""The screens' app: logged before anything is shown, aliases only, declared pairs apart, planted copies found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.apps.stores import small_store
from workbench.apps.access_log import AccessLog
from workbench.apps.integrity.app import IntegrityApp
from workbench.apps.integrity.model import screen_programme
from workbench.errors import ParameterError
from workbench.reports.tuned_rounds import TunedRounds, tuned_rounds

PROGRAMME = "1.1"
REASON = "Yearly screen of the programme"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_store(tmp_path_factory.mktemp("integrity"), (PROGRAMME,), 30)


@pytest.fixture(scope="module")
def copied(database: str) -> tuple[TunedRounds, tuple[str, str]]:
    """The rounds with one laboratory's results written over another's."""
    rounds = tuned_rounds(database, PROGRAMME)
    pair = ("L0003", "L0011")
    changed = []
    for inputs in rounds.inputs:
        table = inputs.results
        key = ["analyte", "sample"]
        source = table[table["lab_code"] == pair[0]].set_index(key)[["raw", "value"]]
        theirs = table["lab_code"] == pair[1]
        there = theirs & table.set_index(key).index.isin(source.index)
        table = table.copy()
        places = table.loc[there].set_index(key).index
        table.loc[there, ["raw", "value"]] = source.loc[places].to_numpy()
        changed.append(replace(inputs, results=table))
    return replace(rounds, inputs=tuple(changed)), pair


def test_a_copy_is_found_and_shown_by_alias_only(copied: tuple[TunedRounds, tuple[str, str]]) -> None:
    rounds, pair = copied
    screen = screen_programme(rounds)
    assert {(row["first"], row["second"]) for row in screen.pairs.flags.to_dict("records")} == {pair}
    for locale in ("zh_CN", "en"):
        shown = screen.pair_table(locale).html() + screen.single_table(locale).html()
        assert not re.search(r"L\d{4}", shown)
        assert screen.alias(pair[0]) in shown
        assert screen.alias(pair[1]) in shown
    declared = screen_programme(rounds, [frozenset(pair)])
    assert set(declared.pairs.flags["reading"]) == {"declared"}


def test_nothing_is_shown_before_it_is_logged(database: str, tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "log" / "access.jsonl")
    app = IntegrityApp(database, PROGRAMME, "en", log)
    app.role.value, app.who.value, app.reason.value = "statistician", "A. Officer", REASON
    app.open.click()
    assert "may look" in app.frame.status
    app.role.value, app.reason.value = "integrity", "short"
    app.open.click()
    assert "10 characters" in app.frame.status
    assert app.found.value == ""
    assert not log.path.exists()
    app.reason.value = REASON
    app.open.click()
    assert "reason to ask" in app.frame.status
    assert "never a verdict" in "".join(view.value for view in app.frame.views.children)
    assert not re.search(r"L\d{4}", app.found.value)
    assert [entry["reason"] for entry in log.entries("A. Officer")] == [REASON]
    assert log.entries("Somebody else") == []
    assert REASON in app.own.value


def test_a_log_that_cannot_be_written_shows_nothing(database: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    app = IntegrityApp(database, PROGRAMME, "zh_CN", AccessLog(tmp_path / "file" / "access.jsonl"))
    app.role.value, app.who.value, app.reason.value = "integrity", "A. Officer", REASON
    app.open.click()
    assert app.found.value == ""
    assert 'role="alert"' in app.frame.status
    with pytest.raises(ParameterError):
        AccessLog(tmp_path / "a").enter("", "integrity", REASON, {})
