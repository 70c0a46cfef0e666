"""A small programme-round for the reader's tests, and files made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from workbench.ingest import (
    AcceptedUnit,
    Expectations,
    ExpectedAnalyte,
    IngestReport,
    Layout,
    SystemChoice,
    read_submission_file,
)

HEADER = "lab_code,analyte,sample,value,unit"


@pytest.fixture
def expectations() -> Expectations:
    """Three analytes, two samples, three laboratories; dispatched 8 April, closing 25 April."""
    glucose = ExpectedAnalyte(
        analyte="Glu",
        name_zh="血糖",
        name_en="Glucose",
        aliases=("葡萄糖",),
        unit="mmol/L",
        accepted_units=(AcceptedUnit("mg/dL", Decimal("0.05551")),),
        plausible_low=Decimal("0.5"),
        plausible_high=Decimal("60"),
    )
    hba1c = ExpectedAnalyte(
        analyte="HbA1c",
        name_zh="糖化血红蛋白",
        unit="%",
        accepted_units=(AcceptedUnit("mmol/mol", Decimal("0.09148"), Decimal("2.152")),),
        decimals=1,
    )
    antigen = ExpectedAnalyte(
        analyte="HBsAg",
        name_zh="乙肝表面抗原",
        result_type="qualitative",
        codes={"POS": ("阳性", "+", "positive"), "NEG": ("阴性", "-", "negative")},
    )
    return Expectations(
        round="2026-1",
        programme_no="1.1",
        analytes=(glucose, hba1c, antigen),
        samples=("2026111", "2026112"),
        lab_codes=frozenset({"007", "012", "LAB-3"}),
        today=date(2026, 4, 22),
        opens_at=date(2026, 4, 8),
        closing_at=date(2026, 4, 25),
        systems=(
            SystemChoice("method", "M1", "己糖激酶法", "Hexokinase"),
            SystemChoice("method", "M2", "氧化酶法", "Oxidase"),
        ),
    )


Reader = Callable[..., IngestReport]


@pytest.fixture
def read_lines(tmp_path: Path, expectations: Expectations) -> Reader:
    """Read text lines as a UTF-8 CSV file."""

    def read(lines: Sequence[str], header: str = HEADER, layout: Layout | None = None) -> IngestReport:
        path = tmp_path / "results.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return read_submission_file(path, layout or Layout(), expectations)

    return read
