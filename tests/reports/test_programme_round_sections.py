"""A programme's report: sections, reconciliation, rates with counts, anonymity of every display."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.reports.stand_in import LABS, ODD_REMARK, programme_view, reading_of
from tests.reports.test_lab_round_sections import tables
from workbench.display import Section
from workbench.reports.programme_round import ProgrammeRound, widest_sample

SECTIONS = (
    "conclusion", "participation", "overview", "detail", "trend", "failures", "adviser", "material", "criteria",
    "statistics", "findings", "provenance", "signoff", "results", "how_to_read",
)  # fmt: skip


@cache
def report(locale: str = "zh_CN") -> ProgrammeRound:
    return ProgrammeRound(reading_of(programme_view(), "PR", "ALL", locale))


@cache
def sections(locale: str = "zh_CN") -> tuple[Section, ...]:
    return tuple(getattr(report(locale), name)() for name in SECTIONS)


def test_sections_stand_in_their_order() -> None:
    assert [section.id for section in sections()] == [
        name.replace("_", "-") if name == "how_to_read" else name for name in SECTIONS
    ]


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_no_cell_is_empty_and_tables_fit(locale: str) -> None:
    for section in sections(locale):
        for table in tables(section):
            assert all(cell.blank or cell.text.strip() for row in table.rows for cell in row)
            assert table.needed_width_mm <= 175.0, table.id


def test_no_display_identifies_a_laboratory() -> None:
    for section in sections():
        for form in ("text/html", "application/vnd.typst", "text/plain"):
            shown = str(section._repr_mimebundle_()[form])
            assert not [lab for lab in LABS if lab in shown]
            assert "canary" not in shown
            assert ODD_REMARK not in shown


def test_aliases_stand_in_the_annex_only() -> None:
    for section in sections():
        found = re.findall(r"(?<!SH)A-\d{3}", section.plain())
        assert bool(found) == (section.id == "results")


def test_rates_carry_counts() -> None:
    for entry in report().data["analytes"]:
        rate = entry["pass_rate"]
        assert f"({rate['a']}/{rate['n']})" in entry["printed"]["pass_rate"]


def test_kinds_of_error_add_up_to_the_failed_verdicts() -> None:
    data = report().data
    failed = report().reading.view.analyte_verdicts
    failed = failed[failed["verdict"] == "fail"]
    assert (
        sum(part["n_results"] for part in data["failures"]) == (failed["graded"] - failed["acceptable"]).sum()
    )
    assert {part["kind"] for part in data["failures"]} >= {"late", "not_returned"}


def test_the_figure_of_groups_takes_the_sample_that_differs_most() -> None:
    entry = {
        "samples": [{"sample": "1"}, {"sample": "2"}],
        "groups": [
            {"sample": "1", "percent_difference": 1.0},
            {"sample": "2", "percent_difference": -4.0},
            {"sample": "2", "percent_difference": None},
        ],
    }
    assert widest_sample(entry) == "2"
