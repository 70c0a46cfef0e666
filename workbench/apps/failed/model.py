"""What the investigation of failures shows: the list of cases, the facts, the causes, what would be if; no widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from workbench.display import Cell, Column, Displayed, Line, Prose, Table
from workbench.errors import DataError
from workbench.investigation.what_if import corrected
from workbench.reports import coded_sections, pictures
from workbench.reports.cause_parts import (
    cause_parts,
    certainty_lines,
    excluded_parts,
    support_text,
    supposition_parts,
)
from workbench.reports.control_parts import control_charts, control_parts
from workbench.reports.evidence_parts import (
    clean_table,
    fact_lines,
    history_table,
    part_of,
    peers_table,
    returns_table,
    sign_matrix,
)
from workbench.reports.investigated_round import InvestigatedRound, investigated_round
from workbench.reports.investigation_case import DEVICE_MARK, Case, open_case
from workbench.reports.lab_round import farthest_sample
from workbench.reports.period_report import shown_table
from workbench.reports.sources import opened_store
from workbench.store import evaluation_in_force
from workbench.store.failures import borderline_analytes, failed_analytes
from workbench.tables import sample_detail_table
from workbench.wording import join, text

FAILED, PASSED = "failed", "passed"
NO_RESULT = "returns"
"""In place of a family of causes: nothing was returned in time, there is nothing to be ranked."""

UNRANKED = "unranked"
"""In place of a family of causes: coded answers, or too few numbers."""

PANELS = ("distribution", "level", "history", "peers", "signs", "controls", "groups", "returns")
"""Panels of evidence in the order of their buttons."""


@dataclass(frozen=True)
class Listed:
    """One line of the list of cases.

    Attributes
    ----------
    kind : `failed`, or `passed` with an unacceptable result or close to the limit.
    status : over rounds. family : of the most probable cause; `returns` or `unranked` where there is none.
    """

    lab_code: str
    analyte: str
    kind: str
    acceptable: int = 0
    graded: int = 0
    status: str = ""
    family: str = UNRANKED
    device_id: str = ""

    @property
    def who(self) -> str:
        """Participant code, with the device where there is one."""
        return f"{self.lab_code}{DEVICE_MARK}{self.device_id}" if self.device_id else self.lab_code

    @property
    def label(self) -> str:
        """As it stands in the list."""
        score = f" · {self.acceptable}/{self.graded}" if self.graded else ""
        return f"{self.who} · {self.analyte}{score}"


@dataclass(frozen=True)
class Wanted:
    """Filters of the list; "" for all.

    Attributes
    ----------
    typed : beginning of a code of a laboratory, or of an analyte; case does not matter.
    """

    kind: str = FAILED
    family: str = ""
    status: str = ""
    typed: str = ""

    def fits(self, each: Listed) -> bool:
        """Whether a case is to be listed."""
        start = self.typed.strip().lower()
        return (
            self.kind in ("", each.kind)
            and self.family in ("", each.family)
            and self.status in ("", each.status)
            and (each.who.lower().startswith(start) or each.analyte.lower().startswith(start))
        )


@dataclass(frozen=True)
class Investigation:
    """The cases of one programme-round.

    Parameters
    ----------
    round : as investigated. locale : zh_CN or en.
    """

    round: InvestigatedRound
    locale: str
    _cases: dict[Listed, Case] = field(default_factory=dict)

    @cached_property
    def cases(self) -> tuple[Listed, ...]:
        """All cases: the failed first, of them those without results last; each kind by analyte and laboratory."""
        found, families = self.round, self._families
        near = borderline_analytes(found.store, found.record)
        failed = [
            Listed(
                row.lab_code, row.analyte, FAILED, int(row.acceptable), int(row.graded), row.status,
                self._family(row.lab_code, row.device_id, row.analyte, row.reason), row.device_id,
            )
            for row in failed_analytes(found.store, found.record).itertuples()
        ]  # fmt: skip
        failed.sort(key=lambda each: each.family == NO_RESULT)
        known = {(each.lab_code, each.device_id, each.analyte) for each in failed}
        others = {(row.lab_code, row.device_id, row.analyte) for row in near.itertuples()} | set(families)
        passed = [
            self._passed(key) for key in sorted(others - known, key=lambda key: (key[2], key[0], key[1]))
        ]
        return (*failed, *passed)

    @cached_property
    def _families(self) -> dict[tuple[str, str, str], str]:
        """Family of the most probable cause of every cell with an unacceptable result."""
        if self.round.investigation is None:
            return {}
        table = self.round.investigation.table()
        first = table[table["rank"] == 1]
        keys = zip(first["lab_code"], first["device_id"], first["analyte"], strict=True)
        return dict(zip(keys, first["family"], strict=True))

    def _family(self, lab_code: str, device_id: str, analyte: str, reason: str) -> str:
        """The family of a failed case, or what stands in its place."""
        if reason or lab_code in self._silent:
            return NO_RESULT
        return self._families.get((lab_code, device_id, analyte), UNRANKED)

    @cached_property
    def _silent(self) -> frozenset[str]:
        """Laboratories that returned nothing."""
        table = self.round.inputs.laboratories
        return frozenset(table.loc[table["returned_at"].isna(), "lab_code"])

    def _passed(self, key: tuple[str, str, str]) -> Listed:
        """A case that passed, with its counts."""
        lab_code, device_id, analyte = key
        counts = (0, 0)
        if self.round.investigation is not None:
            panel = self.round.investigation.panel
            try:
                place = panel.laboratory(lab_code, device_id), panel.analyte(analyte)
                counts = int(panel.acceptable[place]), int(panel.graded[place])
            except KeyError:
                pass
        family = self._families.get(key, UNRANKED)
        return Listed(lab_code, analyte, PASSED, *counts, "", family, device_id)

    def listed(self, wanted: Wanted) -> tuple[Listed, ...]:
        """The cases that fit some filters."""
        return tuple(each for each in self.cases if wanted.fits(each))

    @property
    def is_current(self) -> bool:
        """Whether the evaluation shown is still the one in force."""
        record = self.round.record
        now = evaluation_in_force(self.round.store, record.round, record.programme_no)
        return now is not None and now.evaluation_id == record.evaluation_id

    def case(self, each: Listed) -> Case:
        """One case, opened once.

        Raises
        ------
        DataError
            when the laboratory returned nothing of the analyte.
        """
        if each not in self._cases:
            case = open_case(self.round, each.who, each.analyte, self.locale)
            _ = case.entry
            self._cases[each] = case
        return self._cases[each]


def open_investigation(
    database: str,
    round_code: str,
    programme_no: str,
    locale: str,
    told: Callable[[int, int], None] | None = None,
) -> Investigation:
    """Open the cases of a programme-round; `told` is called with steps done and all steps.

    Raises
    ------
    DataError
        when the round has no evaluation.
    """
    made = Investigation(investigated_round(database, round_code, programme_no, told), locale)
    _ = made.cases
    return made


def failed_listed(database: str, round_code: str, programme_no: str) -> tuple[Listed, ...]:
    """What failed in a round, without the families of causes: read in a moment, while those are looked for."""
    store = opened_store(database)
    record = evaluation_in_force(store, round_code, programme_no)
    if record is None:
        return ()
    return tuple(
        Listed(
            row.lab_code,
            row.analyte,
            FAILED,
            int(row.acceptable),
            int(row.graded),
            row.status,
            UNRANKED,
            row.device_id,
        )
        for row in failed_analytes(store, record).itertuples()
    )


def facts(case: Case) -> tuple[Displayed, ...]:
    """Score, system, group, sentences, and every sample; of coded answers their block."""
    lines = Prose(tuple(Line(line, strong=no == 0) for no, line in enumerate(fact_lines(case))))
    locale = case.reading.locale
    if case.entry["coded"] is not None:
        return lines, coded_sections.item_block(case.entry, 1, case.entry["printed"]["name"], locale)
    return lines, shown_table(part_of(sample_detail_table(case.entry, "1", locale)))


def evidence(case: Case, panel: str) -> tuple[Displayed, ...]:
    """One panel of evidence; a sentence where it has nothing to show.

    Parameters
    ----------
    panel : one of `PANELS`.
    """
    locale, entry = case.reading.locale, case.entry
    found: Sequence[Displayed] = ()
    if panel == "distribution" and entry["coded"] is None:
        found = pictures.distributions(entry, 1, locale)
    elif panel == "level" and entry["coded"] is None:
        found = (
            *pictures.histories([entry], case.lab_round.data, locale),
            *map(shown_table, clean_table(case)),
        )
    elif panel == "groups" and entry["coded"] is None:
        found = pictures.groups(entry, farthest_sample(entry), 1, locale)
    elif panel == "controls":
        found = _controls(case)
    elif panel in _TABLES:
        found = [shown_table(part) for part in _TABLES[panel](case)]
    return tuple(found) or (Prose((Line(text("app.failed.no_evidence", locale)),)),)


def _controls(case: Case) -> tuple[Displayed, ...]:
    """Internal control about the time of the round: what it says, means, charts."""
    parts = control_parts(case)
    lines = Prose(tuple(Line(line) for line in parts["lines"]))
    charts = control_charts(parts["charts"], case.reading.locale)
    return (lines, *map(shown_table, parts["tables"]), *charts) if parts["lines"] else ()


_TABLES = {"history": history_table, "peers": peers_table, "signs": sign_matrix, "returns": returns_table}


def causes(case: Case) -> tuple[Displayed, ...]:
    """What is said of certainty, then the ranked causes with sentence, check and outcome."""
    locale = case.reading.locale
    lines = Prose(tuple(Line(line) for line in certainty_lines(case)))
    rows = tuple(
        (
            Cell(str(each["rank"])),
            Cell(each["printed"]["name"], bold=each["rank"] == 1),
            Cell(f"{each['printed']['dots']} {each['printed']['support']}"),
            Cell(each["printed"]["words"]),
            Cell(each["printed"]["evidence"]),
            Cell(each["check"]),
            Cell(each["printed"]["if"]),
        )
        for each in cause_parts(case)
    )
    if not rows:
        return (lines,)
    keys = ("rank", "cause", "support", "words", "evidence", "check", "if")
    heads = tuple(Column(key, text(f"table.id_causes.{key}", locale)) for key in keys)
    return lines, Table("causes", text("caption.id_causes", locale), heads, rows)


def excluded(case: Case) -> Table | None:
    """Every other cause with the reason it stands back; None where no causes are ranked."""
    locale, parts = case.reading.locale, excluded_parts(case)
    rows = tuple(
        (Cell(each["name"]), Cell(support_text(each["support"])), Cell(each["reason"]))
        for each in parts
        if each["tried"]
    )
    untried = [each["name"] for each in parts if not each["tried"]]
    notes = (text("dossier.excluded.not_tried", locale, names=join(untried, locale)),) if untried else ()
    heads = tuple(
        Column(key, text(f"table.id_excluded.{key}", locale)) for key in ("cause", "support", "reason")
    )
    return Table("excluded", text("caption.id_excluded", locale), heads, rows, notes) if parts else None


@dataclass(frozen=True)
class Own:
    """A supposition of somebody's own: results / factor - minus, in another order of samples."""

    factor: float = 1.0
    minus: float = 0.0
    order: str = ""

    def places(self) -> tuple[int, ...]:
        """The order as positions from 0; empty for the order as it is.

        Raises
        ------
        ValueError
            when something of it is no number.
        """
        words = self.order.replace(",", " ").replace("，", " ").replace("、", " ").split()
        return tuple(int(word) - 1 for word in words)


def suppositions(case: Case, own: Own | None = None) -> Table | None:
    """What score and verdict would be if ..., the own supposition first; None where nothing can be reckoned.

    Raises
    ------
    DataError
        when the own supposition cannot be reckoned.
    """
    if case.place is None or case.cell is None:
        return None
    locale, parts = case.reading.locale, supposition_parts(case)
    if own is not None:
        try:
            rows = corrected(
                case.investigation, *case.place, factor=own.factor, minus=own.minus, order=own.places()
            )
        except ValueError as error:
            raise DataError(text("app.failed.own_refused", locale, n=case.cell.size)) from error
        parts = [*supposition_parts(case, rows), *parts]
    keys = ("what", "score", "verdict", "change")
    heads = tuple(Column(key, text(f"table.id_suppositions.{key}", locale)) for key in keys)
    rows_shown = tuple(
        (
            Cell(each["printed"]["what"], bold=each["what"] == "own"),
            Cell(each["printed"]["score"]),
            Cell(each["printed"]["verdict"], "" if each["passes"] else "bad"),
            Cell(each["printed"]["change"]),
        )
        for each in parts
    )
    return Table("suppositions", text("caption.id_suppositions", locale), heads, rows_shown)
