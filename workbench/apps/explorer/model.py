"""The round explorer without its widgets: what a choice shows, what a proposal becomes, what is exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from workbench.apps.downloads import workbook
from workbench.apps.explorer import views
from workbench.apps.explorer.drafts import Draft, SplitTrial, accept, draft
from workbench.apps.explorer.groups import tree_table
from workbench.apps.explorer.naming import ORGANISER, ROLES, Naming, programme_name, words
from workbench.apps.explorer.splits import (
    ItemSplit,
    clean_panel,
    density_figures,
    item_split,
    several_modes,
    splits_table,
)
from workbench.apps.explorer.state import Opened, checklist, counts_of, open_programme
from workbench.apps.explorer.tables import (
    checklist_table,
    decisions_table,
    draft_tables,
    matrix_table,
)
from workbench.apps.explorer.views import Filters
from workbench.display import Displayed, Table
from workbench.errors import DataError, WorkbenchError
from workbench.investigation.panel import Panel
from workbench.parameters import catalogue, criteria, load_round, project_root
from workbench.parameters.policy import Dimension
from workbench.rounds.corrections import Correction
from workbench.store import Decision, Store, programme_counts

VIEWS = (
    "participation",
    "distributions",
    "groups",
    "suspects",
    "splits",
    "material",
    "reconciliation",
    "checklist",
    "decisions",
)
ACTIONS = ("exclude_from_statistics", "excuse", "keep", "correct", "withdraw", "accept_finding", "split")
"""What an officer may propose."""

_ALL_ROWS = 1_000_000


@dataclass(frozen=True)
class Proposal:
    """What the officer wants, as typed.

    Parameters
    ----------
    action : one of `ACTIONS`.
    reason : one phrase; never empty but for a trial of a split.
    lab_code, device_id, analyte, sample : what it is about; "" for all.
    raw : the corrected result. finding : code of the finding to accept. field : to split by.
    """

    action: str
    reason: str
    lab_code: str = ""
    device_id: str = ""
    analyte: str = ""
    sample: str = ""
    raw: str = ""
    finding: str = ""
    field: str = ""


@dataclass(frozen=True)
class RoundExplorer:
    """One round of a store as one role sees it.

    Parameters
    ----------
    store : the database.
    round_code : for example "2026-1".
    locale : zh_CN or en.
    role : `organiser` sees codes and decides; `adviser` sees aliases and reads.
    """

    store: Store
    round_code: str
    locale: str
    role: str = ORGANISER

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise DataError(f"Role {self.role!r} is not one of {', '.join(ROLES)}.")

    def matrix(self, judged: Mapping[str, Mapping[str, Any]] | None = None) -> list[dict[str, Any]]:
        """One row a programme of the round; those judged here as they stand now, the rest as stored.

        Parameters
        ----------
        judged : programme -> its line of `counts_of`.
        """
        known = judged or {}
        stored = cast(
            "list[dict[str, Any]]", programme_counts(self.store, self.round_code).to_dict("records")
        )
        return [row | dict(known.get(row["programme_no"], {})) for row in stored]

    def matrix_table(self, rows: list[dict[str, Any]], chosen: str = "") -> Table:
        """The matrix as shown."""
        return matrix_table(rows, catalogue(), chosen, self.locale)

    def open(self, programme_no: str) -> Opened:
        """Read and evaluate a programme of the round; nothing is written."""
        return open_programme(self.store, catalogue()[programme_no], criteria(), self.round_code)

    def judge(
        self, programmes: Sequence[str], progress: Callable[[int, int], None]
    ) -> dict[str, dict[str, Any]]:
        """The matrix lines of programmes from their data as they stand, whatever the store has evaluated.

        Parameters
        ----------
        progress : is told how many of how many are done.

        Notes
        -----
        A programme that cannot be evaluated, for example before any return, keeps the line of the store.
        """
        lines = {}
        for done, programme_no in enumerate(programmes):
            progress(done, len(programmes))
            with suppress(WorkbenchError):
                lines[programme_no] = counts_of(self.open(programme_no))
        return lines

    def naming(self, opened: Opened, now: datetime) -> Naming:
        """How its parts are named for this role."""
        return Naming(opened, self.locale, self.role, now)

    def view(self, naming: Naming, name: str, filters: Filters) -> tuple[Displayed, ...]:
        """The parts of one view.

        Parameters
        ----------
        name : one of `VIEWS`.
        """
        opened = naming.opened
        if name == "participation":
            return views.participation(naming, filters)
        if name == "distributions":
            return views.distributions(naming, filters)
        if name == "splits":
            return self._splits(naming, filters)
        tables = {
            "groups": lambda: tree_table(
                naming, filters.analyte or opened.enrolled[0], filters.sample or opened.samples[0]
            ),
            "suspects": lambda: views.suspects_table(naming, views.suspects_shown(naming, filters)),
            "material": lambda: views.material_table(naming, filters),
            "reconciliation": lambda: views.reconciliation_table(naming),
            "checklist": lambda: checklist_table(naming, checklist(opened)),
            "decisions": lambda: decisions_table(naming),
        }
        return (tables[name](),)

    def _splits(self, naming: Naming, filters: Filters) -> tuple[Displayed, ...]:
        """Modes, what explains them, and the curves of the first or the chosen item."""
        opened = naming.opened
        found = splits_of(opened)
        shown = tuple(each for each in found if filters.analyte in ("", each.analyte))
        chosen = filters.analyte or (shown[0].analyte if shown else "")
        table = splits_table(naming, shown)
        if not chosen or not opened.is_quantitative(chosen):
            return (table,)
        return (table, *density_figures(naming, _panel(_Key(opened)), chosen, filters.sample))

    def propose(self, opened: Opened, proposal: Proposal, now: datetime) -> Draft:
        """Evaluate a proposal in memory, with and without; nothing is written.

        Raises
        ------
        DataError
            when the role may not decide, or the proposal lacks a reason or what it is about.
        """
        self._may_decide()
        return draft(opened, self._change(proposal, now.replace(microsecond=0)))

    def _may_decide(self) -> None:
        if self.role != ORGANISER:
            raise DataError(words("readonly", self.locale))

    def _change(self, given: Proposal, now: datetime) -> Decision | Correction | SplitTrial:
        """The proposal as the store would take it."""
        if given.action == "split":
            return SplitTrial(given.analyte, cast("Dimension", given.field))
        if given.action == "accept_finding":
            if not given.finding:
                raise DataError(words("needs_finding", self.locale))
            kind = f"accept_{given.finding}"
            return Decision(kind, given.reason, now, analyte=given.analyte, sample=given.sample)
        if given.action == "withdraw":
            if not (given.analyte or given.sample):
                raise DataError(words("needs_place", self.locale))
            return Decision("withdraw", given.reason, now, analyte=given.analyte, sample=given.sample)
        if not given.lab_code:
            raise DataError(words("needs_laboratory", self.locale))
        place = (given.lab_code, given.analyte, given.sample)
        if given.action == "correct":
            return Correction(*place, given.raw.strip(), given.reason, now, given.device_id)
        return Decision(given.action, given.reason, now, *place)

    def accept(self, proposed: Draft) -> Opened:
        """Record a draft that was shown, and return the round as it now stands."""
        self._may_decide()
        return accept(self.store, proposed)

    def command(self) -> str:
        """What brings the stored evaluation up to date."""
        return f"workbench evaluate {plan_of(self.round_code) or words('plan_unknown', self.locale)}"

    def export(
        self, naming: Naming, filters: Filters, rows: list[dict[str, Any]], proposed: Draft | None
    ) -> bytes:
        """Every table of the programme as a workbook, with the draft where there is one."""
        names = (
            "checklist",
            "decisions",
            "participation",
            "groups",
            "suspects",
            "splits",
            "material",
            "reconciliation",
        )
        parts: list[tuple[str, Table]] = [("matrix", self.matrix_table(rows))]
        for name in names:
            shown = self.view(naming, name, filters)
            parts += [(name, part) for part in shown if isinstance(part, Table)]
        if proposed is not None:
            parts += [
                (f"draft {part.id.removeprefix('explorer-')}", part)
                for part in draft_tables(naming, proposed, _ALL_ROWS)
            ]
        title = words(
            "workbook",
            self.locale,
            round=self.round_code,
            programme=programme_name(naming.opened.programme, self.locale),
        )
        return workbook(title, parts)


class _Key:
    """An opened round as the key of what was computed from it: the same data, the same answer."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened

    def __hash__(self) -> int:
        return hash(self.opened.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.opened.sha256 == other.opened.sha256


@lru_cache(maxsize=4)
def _panel(key: _Key) -> Panel:
    return clean_panel(key.opened)


@lru_cache(maxsize=8)
def _splits(key: _Key) -> tuple[ItemSplit, ...]:
    measured = [code for code in several_modes(key.opened) if key.opened.is_quantitative(code)]
    return tuple(item_split(key.opened, _panel(key), code) for code in measured)


def splits_of(opened: Opened) -> tuple[ItemSplit, ...]:
    """Every measured item with several modes, tested once for the same data."""
    return _splits(_Key(opened))


def plan_of(round_code: str) -> str:
    """Path of the plan of a round below the project, "" when there is none."""
    for path in sorted((project_root() / "parameters" / "rounds").glob("*.yaml")):
        try:
            if load_round(path).round == round_code:
                return path.relative_to(project_root()).as_posix()
        except WorkbenchError:
            continue
    return ""
