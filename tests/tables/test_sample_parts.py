"""A table with many samples is spread over several, and nothing is lost or printed twice."""

from __future__ import annotations

import pytest

from workbench.display import Cell, Column, Table
from workbench.tables.sample_parts import MOST_SAMPLES, parts_by_samples


def grid(n_samples: int, tails: int) -> Table:
    columns = (
        Column("item", "Item", width_mm=36.0),
        *(Column(f"s{k}", f"2026{k:02d}", width_mm=5.0) for k in range(n_samples)),
        *(Column(f"t{k}", f"all {k}") for k in range(tails)),
    )
    rows = tuple(tuple(Cell(f"{row}.{column.key}") for column in columns) for row in range(3))
    return Table("T-GRID", "Table 1.1. Results", columns, rows, notes=("a note",))


@pytest.mark.parametrize("n_samples", [9, 10, 15, 16, 17, 20])
@pytest.mark.parametrize("tails", [0, 2])
def test_every_sample_stands_once(n_samples: int, tails: int) -> None:
    whole = grid(n_samples, tails)
    parts = parts_by_samples(whole, tails, 105.0, "en")
    keys = [column.key for part in parts for column in part.columns if column.key.startswith("s")]
    assert keys == [f"s{k}" for k in range(n_samples)]
    sizes = [sum(column.key.startswith("s") for column in part.columns) for part in parts]
    assert max(sizes) <= MOST_SAMPLES
    assert max(sizes) - min(sizes) <= 1
    assert all(part.columns[0].key == "item" for part in parts)
    assert [len(part.columns) - 1 - size for part, size in zip(parts, sizes, strict=True)] == [
        *[0] * (len(parts) - 1),
        tails,
    ]
    for part in parts:
        for number, row in enumerate(part.rows):
            assert [cell.text for cell in row] == [f"{number}.{column.key}" for column in part.columns]
    assert len({part.id for part in parts}) == len(parts)
    assert [bool(part.notes) for part in parts] == [*[False] * (len(parts) - 1), True]
    assert parts[0].caption == f"Table 1.1. Results: samples 202600 to 2026{sizes[0] - 1:02d}"


def test_few_samples_stay_one_table() -> None:
    whole = grid(MOST_SAMPLES, 2)
    assert parts_by_samples(whole, 2, 105.0, "en") == [whole]
