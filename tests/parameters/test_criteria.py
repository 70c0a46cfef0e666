"""Acceptance limits: complete against the tables they come from, exact in arithmetic."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from workbench.parameters import Criterion, catalogue, criteria
from workbench.parameters.policy import CriterionRef

TABLES = Path(__file__).parents[3] / "shared" / "criteria"
FILES = {
    "WS/T 403": ("wst403_2024.csv", 246),
    "WS/T 406": ("wst406_2024.csv", 43),
    "CLIA": ("clia_2025.csv", 94),
    "NCCL": ("nccl_2026_eqa.csv", 243),
    "RiliBÄK": ("rilibaek_b1_partial.csv", 31),
}
UNITS = {"% HbA1c": "%", "pH": "", "mcg/dL": "μg/dL", "mcg/mL": "μg/mL", "ug/L": "μg/L"}
UNIT_TAKEN = {("WS/T 403", "TSH", "tea"): "mIU/L", ("CLIA", "CEA", "eqa"): "ng/mL"}


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def expected(authority: str, row: dict[str, str]) -> tuple[object, ...]:
    code = criteria().aliases[authority].get(row["analyte_code"], row["analyte_code"])
    taken = UNIT_TAKEN.get((authority, code, row["metric"]))
    side = {"": None}.get(row["breakpoint"], "low_owns" if "<=" in row["breakpoint_rule"] else "high_owns")
    return (
        code,
        row["matrix"],
        row["metric"],
        row["limit_kind"],
        number(row["percent"]),
        number(row["absolute"]),
        taken or UNITS.get(row["unit"], row["unit"]),
        number(row["breakpoint"]),
        side,
        row["raw_text"],
    )


def held(row: Criterion) -> tuple[object, ...]:
    return (
        row.analyte,
        row.matrix,
        row.metric,
        row.kind,
        row.percent,
        row.absolute,
        row.unit,
        row.breakpoint,
        row.breakpoint_side,
        row.raw_text,
    )


@pytest.mark.parametrize("authority", FILES)
def test_every_row_of_the_source_table_is_held(authority: str) -> None:
    name, count = FILES[authority]
    if not (TABLES / name).is_file():
        pytest.skip("the source tables are not at hand")
    with (TABLES / name).open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    with_number = [row for row in table if row["percent"] or row["absolute"]]
    assert len(table) == count
    have = [held(row) for row in criteria() if row.authority == authority]
    missing = [row for row in (expected(authority, r) for r in with_number) if row not in have]
    assert missing == []
    assert len(have) == count


def test_documents_and_clauses() -> None:
    for row in criteria():
        assert row.document, row
        assert row.raw_text, row
        if row.authority != "NCCL":
            assert row.clause, row


def test_only_confirmed_rows_are_verified() -> None:
    book = criteria()
    assert {row.authority for row in book if row.verified} == {"WS/T 403", "CLIA"}
    assert book.find("WS/T 403", "TSH", "serum/plasma", "tea").verified is False  # type: ignore[union-attr]
    assert all(not row.verified for row in book if row.trust != "high")


@pytest.mark.parametrize(
    ("authority", "analyte", "metric", "target", "allowed"),
    [
        ("WS/T 403", "K", "tea", "3.30", "0.2"),  # breakpoint: the low side owns 3.3
        ("WS/T 403", "K", "tea", "3.31", "0.1986"),  # a smaller limit just above: not "greater of"
        ("WS/T 403", "Na", "tea", "140.0", "5.6"),
        ("WS/T 403", "Cre", "tea", "50.0", "6"),
        ("WS/T 403", "Cre", "tea", "50.1", "6.012"),
        ("CLIA", "K", "eqa", "3.30", "0.3"),
        ("CLIA", "ALT", "eqa", "40", "6"),  # greater of 15 % and 6 U/L: equal
        ("CLIA", "ALT", "eqa", "41", "6.15"),
        ("CLIA", "ALT", "eqa", "20", "6"),
        ("NCCL", "K", "eqa", "3.30", "0.198"),
    ],
)
def test_allowed_deviation_is_exact(
    authority: str, analyte: str, metric: str, target: str, allowed: str
) -> None:
    row = criteria().find(authority, analyte, "serum/plasma", metric)
    assert row is not None
    assert row.allowed_deviation(Decimal(target)) == Decimal(allowed)


def test_portable_glucose_breakpoint_belongs_to_the_high_side() -> None:
    row = criteria().find("WS/T 403", "POCT-Glu", "whole blood", "tea")
    assert row is not None
    assert row.allowed_deviation(Decimal("5.49")) == Decimal("1.1")
    assert row.allowed_deviation(Decimal("5.5")) == Decimal("1.10")
    assert not row.is_absolute_at(Decimal("5.5"))
    strict = criteria().find("WS/T 403", "POCT-Glu", "whole blood", "cv")
    assert strict is not None
    assert strict.inclusive is False


def test_range_of_a_limit_is_respected() -> None:
    row = criteria().find("RiliBÄK", "ALT", "serum/plasma", "eqa")
    assert row is not None
    assert row.allowed_deviation(Decimal(29)) is None
    assert row.allowed_deviation(Decimal(30)) == Decimal("6.30")
    assert row.allowed_deviation(Decimal(301)) is None


def test_limits_in_other_units_are_converted() -> None:
    calcium = catalogue()["1.1"].analyte("Ca")
    row = criteria().find("CLIA", "Ca", "serum/plasma", "eqa")
    assert row is not None
    assert row.in_unit_of(calcium).allowed_deviation(Decimal("2.30")) == Decimal("0.24950")  # type: ignore[union-attr]
    bilirubin = catalogue()["1.1"].analyte("TBil")
    rili = criteria().find_all("RiliBÄK", "TBil", "serum/plasma", "eqa")[0].in_unit_of(bilirubin)
    assert rili is not None
    assert rili.range_low == Decimal("34.2")
    assert rili.allowed_deviation(Decimal("34.2")) is None


def test_unconvertible_limit_is_none() -> None:
    row = criteria().find("CLIA", "Ca", "serum/plasma", "eqa")
    potassium = catalogue()["1.1"].analyte("K")
    assert row is not None
    assert row.in_unit_of(potassium) is None


def test_a_limit_in_sds_of_the_group_needs_no_unit() -> None:
    row = criteria().find("CLIA", "WBCDIFF", "whole blood", "eqa")
    potassium = catalogue()["1.1"].analyte("K")
    assert row is not None
    assert (row.unit, potassium.unit) == ("SD", "mmol/L")
    assert row.in_unit_of(potassium) == row


def test_find_skips_scopes_and_prefers_trust() -> None:
    book = criteria()
    assert book.find("WS/T 406", "WBC", "whole blood", "cv") is None
    assert len(book.find_all("WS/T 406", "WBC", "whole blood", "cv")) == 2
    afp = book.find("NCCL", "AFP", "serum/plasma", "eqa")
    assert afp is not None
    assert (afp.kind, afp.trust) == ("percent", "medium")


def test_find_respects_the_date() -> None:
    book = criteria()
    assert book.find("WS/T 403", "K", "serum/plasma", "tea", on=date(2024, 10, 31)) is None
    assert book.find("WS/T 403", "K", "serum/plasma", "tea", on=date(2024, 11, 1)) is not None


def test_others_are_of_other_authorities() -> None:
    potassium = catalogue()["1.1"].analyte("K")
    others = criteria().others(CriterionRef(authority="WS/T 403", metric="tea"), potassium)
    assert {row.authority for row in others} == {"CLIA", "NCCL"}


def test_version_is_a_digest_of_content() -> None:
    book = criteria()
    changed = type(book)(
        [row.model_copy(update={"raw_text": "x"}) if i == 0 else row for i, row in enumerate(book)]
    )
    assert len(book.version) == 64
    assert changed.version != book.version
