"""Small cells: no hidden group's figures follow from what is shown."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.frames import GROUPS
from workbench.store.disclosure import suppressed_groups, suppression

MINIMUM = 5


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ([10, 6], []),
        ([10, 4], [0, 1]),
        ([10, 6, 4], [1, 2]),
        ([10, 4, 4], [1, 2]),
        ([10, 6, 2, 2], [1, 2, 3]),
        ([3], [0]),
        ([0, 10], [0]),
        ([], []),
    ],
)
def test_partition(sizes, hidden):
    flags = suppressed_groups(sizes, MINIMUM)
    assert [place for place, flag in enumerate(flags) if flag] == hidden


@given(st.lists(st.integers(0, 30), max_size=8))
def test_what_is_hidden_cannot_be_computed_from_the_total(sizes):
    flags = suppressed_groups(sizes, MINIMUM)
    assert all(flag for size, flag in zip(sizes, flags, strict=True) if size < MINIMUM)
    hidden = [size for size, flag in zip(sizes, flags, strict=True) if flag and size]
    if hidden and not all(flags):
        assert sum(hidden) >= MINIMUM
        assert len(hidden) > 1


def ladder(cells: dict[tuple[str, str], int]) -> pd.DataFrame:
    """Groups of instrument x reagent, of instrument, of reagent and of all from the finest counts."""
    rows = []
    for level, keep in (("instrument+reagent", (0, 1)), ("instrument", (0,)), ("reagent", (1,)), ("all", ())):
        sums: dict[str, int] = {}
        for codes, n in cells.items():
            name = "|".join(codes[place] for place in keep)
            sums[name] = sums.get(name, 0) + n
        rows += [
            {"peer_group_level": level, "peer_group": name, "n": n, "n_graded": n} for name, n in sums.items()
        ]
    table = pd.DataFrame(rows).assign(analyte="K", sample="1")
    nothing = {"text": "", "number": np.nan, "integer": 0, "flag": False}
    filled = {c.name: nothing[c.kind] for c in GROUPS.columns if c.name not in table}
    return GROUPS.checked(table.assign(**filled))


def test_a_lone_hidden_child_hides_its_sibling():
    table = ladder(
        {("A", "x"): 20, ("A", "y"): 3, ("B", "x"): 20, ("B", "y"): 20, ("C", "x"): 50, ("C", "y"): 50}
    )
    hidden = table.loc[suppression(table, MINIMUM), "peer_group"]
    assert set(hidden) == {"A|y", "A|x", "B|y", "B|x"}


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz")), st.integers(0, 25), min_size=1)
)
def test_no_partition_reveals_a_hidden_group(cells):
    table = ladder(cells)
    table["hidden"] = suppression(table, MINIMUM).to_numpy()
    assert table.loc[table["n"] < MINIMUM, "hidden"].all()
    for fine, coarse in itertools.permutations(["instrument+reagent", "instrument", "reagent", "all"], 2):
        if coarse != "all" and not set(coarse.split("+")) < set(fine.split("+")):
            continue
        places = [] if coarse == "all" else [fine.split("+").index(name) for name in coarse.split("+")]
        children = table[table["peer_group_level"] == fine]
        parents = children["peer_group"].map(lambda codes, p=places: "|".join(codes.split("|")[i] for i in p))
        for _, rows in children.groupby(parents.to_numpy()):
            inside = rows[rows["hidden"] & (rows["n"] > 0)]
            if len(inside) and not rows["hidden"].all():
                assert len(inside) > 1
                assert inside["n"].sum() >= MINIMUM


def test_a_printed_rate_of_few_graded_results_is_hidden():
    table = ladder({("A", "x"): 20, ("B", "x"): 20, ("C", "x"): 20})
    table.loc[table["peer_group"] == "A", "n_graded"] = 2
    hidden = table.loc[suppression(table, MINIMUM), "peer_group"]
    assert "A" in set(hidden)
