"""One programme-round laid out for investigation, kept in the process while its evaluation is in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from workbench.errors import DataError, EvaluationError
from workbench.evaluation import RoundInputs
from workbench.investigation.coded_investigation import CodedInvestigation, coded_investigation
from workbench.investigation.evidence import Earlier
from workbench.investigation.panel import panel_of
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.parameters import Programme, catalogue, criteria
from workbench.reports.control_evidence import RoundControls, round_controls
from workbench.reports.history_parts import round_order
from workbench.reports.sources import opened_store
from workbench.store import Store, evaluation_in_force, round_inputs
from workbench.store.control_tables import control_state
from workbench.store.evaluations import EvaluationRecord

Told = Callable[[int, int], None]
KEPT = 4
"""Rounds kept in one process, the last ones asked for."""


@dataclass(frozen=True)
class InvestigatedRound:
    """A programme-round with everything its causes are looked for in.

    Attributes
    ----------
    database : URL as given. store, record : the database and the evaluation in force.
    investigation : None where nothing of the programme is a quantity.
    earlier : codes of the rounds before it that were found, oldest first.
    controls : internal control about the time of the round; None where there is none.
    """

    database: str
    store: Store
    record: EvaluationRecord
    programme: Programme
    inputs: RoundInputs
    investigation: RoundInvestigation | None
    earlier: tuple[str, ...] = ()
    controls: RoundControls | None = None

    @property
    def round_code(self) -> str:
        """Code of the round."""
        return self.record.round

    @cached_property
    def coded(self) -> CodedInvestigation | None:
        """What the coded answers are explained with; None where the programme has none that were graded."""
        try:
            return coded_investigation(self.inputs)
        except EvaluationError:
            return None


_KEPT: dict[tuple[object, ...], InvestigatedRound] = {}


def investigated_round(
    database: str, round_code: str, programme_no: str, told: Told | None = None
) -> InvestigatedRound:
    """Read a round and the rounds before it; a second call takes what the process has kept.

    Parameters
    ----------
    told : called with steps done and all steps.

    Raises
    ------
    DataError
        when the round has no evaluation.
    """
    store = opened_store(database)
    record = evaluation_in_force(store, round_code, programme_no)
    if record is None:
        raise DataError(
            f"Programme {programme_no} of round {round_code} has no evaluation; evaluate it first."
        )
    key = (database, record.evaluation_id, control_state(store))
    if key not in _KEPT:
        made = _investigated(database, store, record, told or (lambda _done, _total: None))
        while len(_KEPT) >= KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        _KEPT[key] = made
    return _KEPT[key]


def forget_rounds() -> None:
    """Read again what the database holds now."""
    _KEPT.clear()


def _investigated(database: str, store: Store, record: EvaluationRecord, told: Told) -> InvestigatedRound:
    """Inputs, panel, and the panels of earlier rounds."""
    programme = catalogue()[record.programme_no]
    inputs = _inputs(store, record.round, programme)
    made = InvestigatedRound(database, store, record, programme, inputs, None)
    if not any(analyte.is_quantitative for analyte in programme.analytes):
        return made
    codes = sorted(set(inputs.history["round"]), key=round_order)
    total = len(codes) + 2
    told(1, total)
    panel = panel_of(inputs)
    found: list[tuple[str, Earlier]] = []
    for step, code in enumerate(codes, 2):
        told(step, total)
        try:
            found.append((code, Earlier.of(panel_of(_inputs(store, code, programme)))))
        except (DataError, EvaluationError):
            continue
    names = tuple(code for code, _ in found)
    investigation = RoundInvestigation(panel, tuple(each for _, each in found))
    controls = round_controls(store, investigation, record.shipped_at, record.closing_at)
    if controls is not None:
        investigation = replace(investigation, controls=controls.evidence)
    told(total, total)
    return replace(made, investigation=investigation, earlier=names, controls=controls)


def _inputs(store: Store, round_code: str, programme: Programme) -> RoundInputs:
    """What an evaluation of the round would be made from now."""
    frames = round_inputs(store, round_code, programme.programme_no, arrow=False)
    return RoundInputs.of(programme, round_code, criteria(), frames.frames(), frames.closing_at)
