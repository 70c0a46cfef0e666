"""Many rounds of one programme as a few arrays, so that they can be judged again while one looks on.

One block is one analyte of one round; its rows (laboratory x device) lie next to each other, and all
blocks of an analyte do. The samples are the first axis: each sample is one contiguous column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.evaluation.assigned_values import Materials
from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.returns import DIMENSIONS, IntArray
from workbench.evaluation.rules import AnalyteRule

ByteArray = NDArray[np.uint8]

STATES = (
    "scored",
    "not_performed",
    "excused",
    "survey",
    "not_scored",
    "sample_fault",
    "not_returned",
    "late",
    "unreadable",
    "censored",
    "absent",
)
"""State of a cell by code; "absent" fills up rounds with fewer samples than the longest."""

NUMERIC, ENROLLED, EXCUSED, LATE, EXCLUDED, REPORTED, CENSORED = (1 << bit for bit in range(7))
"""Bits of `Archive.flags`: what is known of a cell whatever the rule."""

Rung = tuple[str, ...]


@dataclass(frozen=True)
class Grouping:
    """The peer groups of one rung.

    Attributes
    ----------
    code : shape (E,), number of the group of each row, -1 where a dimension is not registered.
    block : shape (G,), block of each group, ascending.
    system : shape (G, dimensions of the rung), positions in `Archive.systems`.
    """

    code: IntArray
    block: IntArray
    system: IntArray


@dataclass(frozen=True)
class Archive:
    """Frozen results. E rows, S samples, A analytes, R rounds, B = A x R blocks.

    Attributes
    ----------
    programme_no : the programme; rules : its rules in force, one per analyte.
    rounds : codes, oldest first. samples : codes of each round in vial order.
    labs, devices, systems : codes that `lab`, `device` and `system` point into.
    start : shape (B + 1,), first row of each block; block = analyte x R + round.
    lab, device : shape (E,). system : shape (E, 4), -1 where nothing is registered.
    value : shape (S, E), analyte's unit, NaN where there is no number.
    state : shape (S, E), code of `STATES` before a target's own reason is known.
    flags : shape (S, E), bits.
    digits : (sample, row) -> reported number where the float does not tell it.
    bounds : (sample, row) -> sign and limit of a "<" or ">" result.
    material : what is known of the samples, arrays of shape (B, S).
    level : shape (L,), hospital level of each laboratory, "" where unknown.
    """

    programme_no: str
    rules: tuple[AnalyteRule, ...]
    rounds: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    labs: tuple[str, ...]
    devices: tuple[str, ...]
    systems: tuple[str, ...]
    start: IntArray
    lab: IntArray
    device: IntArray
    system: IntArray
    value: FloatArray
    state: ByteArray
    flags: ByteArray
    digits: Mapping[tuple[int, int], Decimal]
    bounds: Mapping[tuple[int, int], tuple[int, Decimal]]
    material: Materials
    level: ObjectArray
    groupings: dict[Rung, Grouping] = field(default_factory=dict, repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, int]:
        """(S, E)."""
        return self.value.shape[0], self.value.shape[1]

    @property
    def n_blocks(self) -> int:
        """A x R."""
        return len(self.start) - 1

    @cached_property
    def block(self) -> IntArray:
        """Shape (E,), block of each row."""
        return np.repeat(np.arange(self.n_blocks), np.diff(self.start))

    @cached_property
    def analyte_of_block(self) -> IntArray:
        """Shape (B,), position of the analyte."""
        return np.arange(self.n_blocks) // len(self.rounds)

    @cached_property
    def round_of_block(self) -> IntArray:
        """Shape (B,), position of the round."""
        return np.arange(self.n_blocks) % len(self.rounds)

    @cached_property
    def several_devices(self) -> IntArray:
        """Rows of laboratories with more than one row in a block, ascending."""
        key = self.block * len(self.labs) + self.lab
        order = np.argsort(key, kind="stable")
        same = key[order][1:] == key[order][:-1]
        twice = np.concatenate(([False], same)) | np.concatenate((same, [False]))
        return np.sort(order[twice])

    def reported(self, sample: int, row: int) -> Decimal:
        """The reported number, digit for digit."""
        found = self.digits.get((sample, row))
        return Decimal(repr(float(self.value[sample, row]))) if found is None else found

    def grouping(self, rung: Rung) -> Grouping:
        """The groups of a rung, numbered once and kept.

        Parameters
        ----------
        rung : dimensions such as ("instrument", "reagent"); () is all laboratories.
        """
        if rung not in self.groupings:
            self.groupings[rung] = _numbered(self, rung)
        return self.groupings[rung]

    def group_name(self, rung: Rung, group: int) -> str:
        """Codes joined by "|"; "" for all laboratories."""
        return "|".join(self.systems[code] for code in self.grouping(rung).system[group])


def _numbered(archive: Archive, rung: Rung) -> Grouping:
    """Number the groups in order of blocks."""
    columns = [archive.system[:, DIMENSIONS.index(dimension)] for dimension in rung]
    known = np.ones(archive.shape[1], dtype=bool)
    key = archive.block.astype(np.int64)
    base = len(archive.systems) or 1
    for column in columns:
        known &= column >= 0
        key = key * base + np.maximum(column, 0)
    distinct, code = np.unique(key[known], return_inverse=True)
    out = np.full(archive.shape[1], -1, dtype=np.int64)
    out[known] = code
    system = np.empty((len(distinct), len(rung)), dtype=np.int64)
    rest = distinct.copy()
    for position in reversed(range(len(rung))):
        rest, system[:, position] = np.divmod(rest, base)
    return Grouping(out, rest, system)


def select(archive: Archive, analytes: Sequence[str] = (), rounds: Sequence[str] = ()) -> Archive:
    """The part of an archive on some analytes and rounds; none named means all.

    Raises
    ------
    KeyError
        when a code is not in the archive.

    Notes
    -----
    Analytes and rounds keep the order of the archive. One analyte with all its rounds is a view.
    """
    wanted_analytes = _positions(tuple(rule.code for rule in archive.rules), analytes)
    wanted_rounds = _positions(archive.rounds, rounds)
    blocks = (wanted_analytes[:, None] * len(archive.rounds) + wanted_rounds).ravel()
    pieces = [np.arange(archive.start[b], archive.start[b + 1]) for b in blocks]
    rows = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
    contiguous = rows.size and rows[-1] - rows[0] + 1 == rows.size
    index = slice(int(rows[0]), int(rows[-1]) + 1) if contiguous else rows
    new_row = (
        dict(zip(rows.tolist(), range(rows.size), strict=True)) if archive.digits or archive.bounds else {}
    )
    material = replace(
        archive.material,
        **{name: getattr(archive.material, name)[blocks] for name in archive.material.__dataclass_fields__},
    )
    return replace(
        archive,
        rules=tuple(archive.rules[a] for a in wanted_analytes),
        rounds=tuple(archive.rounds[r] for r in wanted_rounds),
        samples=tuple(archive.samples[r] for r in wanted_rounds),
        start=np.concatenate(([0], np.cumsum([piece.size for piece in pieces]))).astype(np.int64),
        lab=archive.lab[index],
        device=archive.device[index],
        system=archive.system[index],
        value=archive.value[:, index],
        state=archive.state[:, index],
        flags=archive.flags[:, index],
        digits={(s, new_row[e]): d for (s, e), d in archive.digits.items() if e in new_row},
        bounds={(s, new_row[e]): d for (s, e), d in archive.bounds.items() if e in new_row},
        material=material,
        groupings={},
    )


def _positions(codes: tuple[str, ...], wanted: Sequence[str]) -> IntArray:
    """Positions of the wanted codes, all of them when none is named."""
    strangers = [code for code in wanted if code not in codes]
    if strangers:
        raise KeyError(f"not in the archive: {', '.join(strangers)}")
    return np.array([i for i, code in enumerate(codes) if not wanted or code in wanted], dtype=np.int64)


def has(flags: ByteArray, bit: int) -> BoolArray:
    """Where a bit is set."""
    return (flags & bit) != 0
