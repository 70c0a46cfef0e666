"""Shards are a partition that nothing but the report itself decides; priority changes order only."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParameterError
from workbench.rounds.priority import by_priority
from workbench.rounds.shards import WHOLE, Shard
from workbench.rounds.tasks import ReportTask

SUBJECTS = [("1.1", f"L{i:04d}") for i in range(400)] + [("1.1", "ALL"), ("1.4", "ALL")]


@given(st.integers(1, 9))
def test_every_report_lies_in_exactly_one_part(count: int) -> None:
    parts = [{s for s in SUBJECTS if Shard(i, count).holds(*s)} for i in range(1, count + 1)]
    assert sum(map(len, parts)) == len(SUBJECTS)
    assert set.union(*parts) == set(SUBJECTS)
    assert min(map(len, parts)) > len(SUBJECTS) / count / 2


def test_the_parts_are_the_same_everywhere_and_always() -> None:
    assert [s[1] for s in SUBJECTS[:12] if Shard(1, 3).holds(*s)] == ["L0001", "L0011"]
    assert all(WHOLE.holds(*s) for s in SUBJECTS)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", ""])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="i/n"):
        Shard.parse(text)


def task(programme_no: str, subject: str, reason: str = "new", locale: str = "zh_CN") -> ReportTask:
    kind = "PR" if subject == "ALL" else "LR"
    place = Path("/outputs/2026-1/x")
    return ReportTask(
        kind, programme_no, subject, locale, 1, "N", "2026", "key", {}, place, place.parent, (), place, reason
    )


def test_order_of_a_plan() -> None:
    large = [task("1.1", s) for s in ("ALL", "L0001", "L0002", "L0003", "L0004")]
    small = [task("1.4", s) for s in ("ALL", "L0001", "L0002")]
    changed = task("1.1", "L0005", "changed")
    failing = {"1.1": frozenset(["L0003"]), "1.4": frozenset(["L0002"])}
    ordered = by_priority([*large, changed, *small], failing, frozenset(["L0004"]))
    assert [(t.programme_no, t.subject) for t in ordered] == [
        ("1.1", "L0004"),
        ("1.1", "L0005"),
        ("1.4", "ALL"),
        ("1.1", "ALL"),
        ("1.4", "L0002"),
        ("1.1", "L0003"),
        ("1.4", "L0001"),
        ("1.1", "L0001"),
        ("1.1", "L0002"),
    ]


def test_order_loses_and_doubles_nothing_and_keeps_the_plans_order_among_equals() -> None:
    tasks = [task("1.1", f"L{i:04d}", locale=locale) for locale in ("zh_CN", "en") for i in range(20)]
    assert by_priority(tasks, {}, frozenset()) == tasks
    assert sorted(
        t.name for t in by_priority(tasks, {"1.1": frozenset(["L0007"])}, frozenset(["L0003"]))
    ) == (sorted(t.name for t in tasks))
