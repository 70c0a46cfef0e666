"""Who looks at the monitor, and what may be shown: a participant its own line and anonymous dots, never a code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from workbench.apps.monitor.model import ControlArchive, Wanted
from workbench.errors import DataError
from workbench.iqc.streams import BoolArray

ROLES = ("organiser", "participant")
APART = 3
"""Two groups of which one holds the other must differ by as many laboratories, or by none: the difference of their
means would else tell of one or two laboratories."""
_COMBINED = ("instrument", "reagent", "sub_type", "qc_lot", "calibrator", "hospital_level", "region")


@dataclass(frozen=True)
class Viewer:
    """A role, and the participant code of a participant.

    Raises
    ------
    DataError
        for an unknown role and for a participant without a code.
    """

    role: str = "organiser"
    lab_code: str = ""

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise DataError(f"There is no role {self.role!r}; known: {', '.join(ROLES)}.")
        if self.is_participant and not self.lab_code:
            raise DataError("A participant needs its participant code (lab_code).")

    @property
    def is_participant(self) -> bool:
        """Sees its own line only."""
        return self.role == "participant"

    def sees(self, lab_code: str) -> bool:
        """Whether a laboratory's own line may be shown."""
        return not self.is_participant or lab_code == self.lab_code

    def own(self, every: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows that may be shown one by one."""
        return [part for part in every if self.sees(part["lab_code"])]


def viewer_of(given: Mapping[str, Any], asked: Mapping[str, Any], environment: Mapping[str, str]) -> Viewer:
    """Who looks: what the server's settings say, then the notebook, then the address of the page.

    Parameters
    ----------
    given : parameters of the notebook. asked : the same overruled by the page's address.
    environment : WORKBENCH_ROLE and WORKBENCH_LAB_CODE of the server, which nothing overrules.

    Notes
    -----
    An address can turn an organiser's page into a participant's, never the other way round, and it cannot turn one
    participant into another.

    Examples
    --------
    >>> both = {"role": "organiser", "lab_code": ""}, {"role": "participant", "lab_code": "L0001"}
    >>> viewer_of(*both, {}).role, viewer_of(both[1], both[0] | {"lab_code": "L0002"}, {}).lab_code
    ('participant', 'L0001')
    """
    if environment.get("WORKBENCH_ROLE") == "participant":
        return Viewer("participant", environment.get("WORKBENCH_LAB_CODE", ""))
    if given["role"] == "participant":
        return Viewer("participant", given["lab_code"])
    return Viewer(asked["role"], asked["lab_code"] if asked["role"] == "participant" else "")


def offered(
    archive: ControlArchive, viewer: Viewer, dimension: str, counts: Mapping[str, int]
) -> dict[str, int]:
    """Values of a dimension a reader may filter by: a participant those it has itself, and no tag.

    Notes
    -----
    Tags overlap as the organiser likes; groups cut by them could be played off against each other.
    """
    if not viewer.is_participant:
        return dict(counts)
    if dimension == "tag":
        return {}
    mine = (archive.table.series["lab_code"] == viewer.lab_code).to_numpy()[archive.days.series]
    names, code = archive.values[dimension]
    own = {names[k] for k in np.unique(code[mine]).tolist()}
    return {name: n for name, n in counts.items() if name in own}


def nested_too_closely(archive: ControlArchive, viewer: Viewer, wanted: Wanted, least: int) -> bool:
    """Whether a participant's group differs from a wider one it may see by one or two laboratories only.

    Parameters
    ----------
    least : laboratories below which no group is shown.

    Notes
    -----
    Every stack of the participant's values is taken, the widest first; one is shown when it differs from each wider one
    that is shown, and that holds it, by no laboratory or by three. The answer does not depend on what was asked before.
    """
    if not viewer.is_participant:
        return False
    stack = frozenset(name for name, _ in wanted.filters)
    return stack in _too_close(archive, wanted.level, wanted.days, _values(archive, viewer, wanted), least)


def _values(archive: ControlArchive, viewer: Viewer, wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """One value a dimension: the one filtered by, else the participant's first."""
    chosen = dict(wanted.filters)
    mine = (archive.table.series["lab_code"] == viewer.lab_code).to_numpy()[archive.days.series]
    for dimension in _COMBINED:
        names, code = archive.values[dimension]
        own = [names[k] for k in np.unique(code[mine]).tolist() if names[k]]
        if own:
            chosen.setdefault(dimension, own[-1])
    return tuple(sorted(chosen.items()))


@lru_cache(maxsize=32)
def _too_close(
    archive: ControlArchive, level: str, days: int, values: tuple[tuple[str, str], ...], least: int
) -> frozenset[frozenset[str]]:
    """Stacks that are not shown."""
    inside = archive.days.period > archive.last_day - days
    inside = inside & (archive.table.series["level"] == level).to_numpy()[archive.days.series]
    masks = {name: archive.fits(name, value) & inside for name, value in values}
    groups: dict[frozenset[str], frozenset[int]] = {}
    for size in range(len(masks) + 1):
        for names in combinations(masks, size):
            kept: BoolArray = np.logical_and.reduce([inside, *(masks[n] for n in names)])
            groups[frozenset(names)] = frozenset(np.unique(archive.laboratory[kept]).tolist())
    shown: list[frozenset[int]] = []
    hidden = []
    for stack, labs in sorted(
        groups.items(), key=lambda item: (-len(item[1]), len(item[0]), sorted(item[0]))
    ):
        if len(labs) < least:
            continue
        if any(labs < wider and len(wider - labs) < APART for wider in shown):
            hidden.append(stack)
        elif labs not in shown:
            shown.append(labs)
    return frozenset(hidden)
