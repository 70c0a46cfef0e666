"""Breakpoints of susceptibility testing: one YAML file per document and edition, each row with its clause.

The files hold values in common use, not whole documents; `trust` says how sure a row is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from workbench.parameters.entry_files import EntryKind, read_entry_files
from workbench.parameters.home import project_root
from workbench.parameters.policy import Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files

LADDER_TOLERANCE = 0.045
"""Printed concentrations are rounded: 0.12 for 0.125, 0.06 for 0.0625, 0.032 for 0.03125 (within 4 %)."""

_PLACES = (-10, 11)
"""Dilutions in use, as powers of two mg/L: 0.001 to 2048."""


def dilution(mic: float | Decimal) -> int | None:
    """Rung of the two-fold dilution ladder: the power of two, mg/L.

    Returns
    -------
    int or None
        None for a value that is no dilution step, not positive, or beyond the ladder.

    References
    ----------
    ISO 20776-1:2019: two-fold dilutions based on 1 mg/L.

    Examples
    --------
    >>> dilution(0.125), dilution(0.12), dilution(32), dilution(3)
    (-3, -3, 5, None)
    """
    value = float(mic)
    if not value > 0 or math.isinf(value):
        return None
    step = round(math.log2(value))
    near = abs(value / 2.0**step - 1.0) <= LADDER_TOLERANCE
    return step if near and _PLACES[0] <= step <= _PLACES[1] else None


class Breakpoint(Strict):
    """Limits of one drug for one organism or group of organisms.

    Attributes
    ----------
    standard, edition, document, clause : where it is printed; `edition` is the year.
    since, until : first year the value holds, and first year it no longer does.
    resistant_bound : ``inclusive``, resistant at `mic_r` and above, at `zone_r` and below (CLSI);
        ``exclusive``, above `mic_r`, below `zone_r` (EUCAST).
    organism, drug : codes of the vocabularies; an organism code holds for everything below it.
    site : infection the row is restricted to, empty for the general one.
    mic_s, mic_r : mg/L; None where there is no such category. zone_s, zone_r : mm.
    between : category of what lies between: I, SDD, or none.
    trust : high, medium or low: how sure the transcription is.
    """

    standard: str
    edition: int
    document: str
    clause: str = ""
    since: int
    until: int | None = None
    resistant_bound: Literal["inclusive", "exclusive"]
    organism: str
    drug: str
    site: str = ""
    mic_s: Decimal | None = None
    mic_r: Decimal | None = None
    zone_s: int | None = None
    zone_r: int | None = None
    between: Literal["I", "SDD", "none"]
    trust: Literal["high", "medium", "low"]
    note: str = ""

    @model_validator(mode="after")
    def _is_sound(self) -> Breakpoint:
        for name in ("mic_s", "mic_r"):
            value = getattr(self, name)
            if value is not None and dilution(value) is None:
                raise ValueError(f"{name} {value} is not a two-fold dilution")
        if self.mic_s is not None and self.mic_r is not None and self.mic_s > self.mic_r:
            raise ValueError("mic_s lies above mic_r")
        if self.zone_s is not None and self.zone_r is not None and self.zone_s < self.zone_r:
            raise ValueError("zone_s lies below zone_r")
        if self.mic_s is None and self.mic_r is None and self.zone_s is None:
            raise ValueError("a row needs an MIC or a zone")
        return self

    def by_dilution(self, step: int) -> str:
        """Category of an MIC given as a rung of the ladder; "" where the document gives none.

        >>> breakpoints().find("CLSI", 2024, ("ENTEROBACTERALES",), "CIP").by_dilution(-2)
        'S'
        """
        if self.mic_s is None and self.mic_r is None:
            return ""
        if self.mic_s is not None and step <= (dilution(self.mic_s) or 0):
            return "S"
        if self.mic_r is not None:
            top = dilution(self.mic_r) or 0
            if step > top or (step == top and self.resistant_bound == "inclusive"):
                return "R"
        return "" if self.between == "none" else self.between

    def by_zone(self, millimetres: float) -> str:
        """Category of an inhibition zone; "" where the document gives none."""
        if self.zone_s is None:
            return ""
        if millimetres >= self.zone_s:
            return "S"
        if self.zone_r is not None and (
            millimetres < self.zone_r or (millimetres == self.zone_r and self.resistant_bound == "inclusive")
        ):
            return "R"
        return "" if self.between == "none" else self.between


class Intrinsic(Strict):
    """Drugs an organism is intrinsically resistant to, as one document says."""

    organism: str
    drugs: tuple[str, ...]


class BreakpointBook:
    """All breakpoints of all documents and editions."""

    def __init__(self, rows: Iterable[Breakpoint], intrinsic: Iterable[tuple[str, Intrinsic]]) -> None:
        self.rows = tuple(rows)
        self.intrinsic = tuple(intrinsic)

    def __iter__(self) -> Iterator[Breakpoint]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def standards(self) -> frozenset[str]:
        """Names of the standards on file."""
        return frozenset(row.standard for row in self.rows)

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, str, str], list[Breakpoint]]:
        out: dict[tuple[str, str, str, str], list[Breakpoint]] = {}
        for row in self.rows:
            out.setdefault((row.standard, row.organism, row.drug, row.site), []).append(row)
        return out

    def find(
        self, standard: str, year: int, organism_path: Sequence[str], drug: str, site: str = ""
    ) -> Breakpoint | None:
        """The row in force in a year.

        Parameters
        ----------
        standard, year : as the laboratory declares them.
        organism_path : codes from the widest group to the species; the most specific row wins.

        Examples
        --------
        >>> book, path = breakpoints(), ("GNB", "ENTEROBACTERALES", "ESC", "ECO")
        >>> book.find("CLSI", 2024, path, "AMK").mic_s, book.find("CLSI", 2022, path, "AMK").mic_s
        (Decimal('4'), Decimal('16'))
        """
        for code in reversed(organism_path):
            rows = [
                row
                for row in self._by_key.get((standard, code, drug, site), ())
                if row.since <= year and (row.until is None or year < row.until)
            ]
            if rows:
                return max(rows, key=lambda row: row.edition)
        return None

    def is_intrinsic(self, standard: str, organism_path: Sequence[str], drug: str) -> bool:
        """Whether the standard lists the organism (or a group it belongs to) as resistant by nature."""
        return any(
            name == standard and row.organism in organism_path and drug in row.drugs
            for name, row in self.intrinsic
        )


_KIND = EntryKind(
    Breakpoint,
    "breakpoints",
    ("about", "standard", "edition", "document", "clause", "resistant_bound", "since", "trust"),
)


def breakpoints(folder: Path | None = None) -> BreakpointBook:
    """Return the breakpoints of `parameters/breakpoints/*.yaml`, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column.
    """
    place = folder or project_root() / "parameters" / "breakpoints"
    return _breakpoints(place, fingerprint(yaml_files(place)))


@lru_cache(maxsize=8)
def _breakpoints(folder: Path, files: tuple[tuple[str, int, int], ...]) -> BreakpointBook:
    read = read_entry_files(folder, _KIND, "The breakpoints cannot be read", lists=("intrinsic",))
    rows = [row for file in read for row in file.entries]
    intrinsic = [
        (str(file.head.get("standard")), Intrinsic.model_validate(row))
        for file in read
        for row in file.head.get("intrinsic") or []
    ]
    return BreakpointBook(rows, intrinsic)
