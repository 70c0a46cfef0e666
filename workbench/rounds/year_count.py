"""What a year came to: evaluations in the store, reports on disk, and how every laboratory is accounted for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.errors import ParameterError
from workbench.evaluation.reconciliation import OUTCOMES
from workbench.parameters import Programme, programme_folder
from workbench.rounds.records import as_json, load_records, write_atomically
from workbench.rounds.tasks import LABORATORY_KIND, PROGRAMME_KIND
from workbench.store import Store, evaluation_in_force, programme_view

ABSENT = ("excused", "not_performed")
"""Reasons of an enrolment that was not meant to be scored."""


@dataclass(frozen=True)
class Phase:
    """Seconds spent on a number of pieces: rounds filled, rounds evaluated, reports made."""

    seconds: float = 0.0
    pieces: int = 0

    def plus(self, seconds: float, pieces: int) -> Phase:
        """More of the same."""
        return Phase(self.seconds + seconds, self.pieces + pieces)


@dataclass(frozen=True)
class ProgrammeCount:
    """One programme's year.

    Parameters
    ----------
    rounds, evaluated : rounds of the year, and those with an evaluation in force.
    laboratories : of the last round.
    programme_reports, laboratory_reports : reports of the last round that stand on disk with their hash.
    enrolled : laboratory x analyte over all evaluated rounds; outcomes : the same by what became of it.
    reasons : reason -> enrolments that were not scored for it, over all evaluated rounds.
    unexplained : enrolments that were not scored for no reason.
    """

    programme_no: str
    rounds: int
    evaluated: int
    laboratories: int
    programme_reports: int
    laboratory_reports: int
    enrolled: int
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    unexplained: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every enrolment is accounted for once, and whatever is not scored has a reason."""
        explained = self.unexplained == 0 and self.outcomes["not_scored"] <= sum(self.reasons.values())
        return self.enrolled == sum(self.outcomes.values()) and self.enrolled > 0 and explained

    @property
    def reported(self) -> bool:
        """Whether the programme's report and one for each laboratory stand on disk."""
        return self.programme_reports > 0 and 0 < self.laboratories == self.laboratory_reports


def count_programme(
    store: Store, programme: Programme, rounds: Sequence[str], outputs: Path
) -> ProgrammeCount:
    """Count one programme's year.

    Parameters
    ----------
    rounds : its round codes in time order; reports are those of the last one.
    outputs : root of all outputs.
    """
    number, enrolled, laboratories = programme.programme_no, 0, 0
    outcomes, reasons, evaluated = dict.fromkeys(OUTCOMES, 0), dict[str, int](), 0
    for code in rounds:
        record = evaluation_in_force(store, code, number)
        if record is None:
            continue
        evaluated += 1
        view = programme_view(store, record.evaluation_id)
        table = view.reconciliation[view.reconciliation["analyte"] != ""]
        enrolled += int(table["enrolled"].sum())
        for name in OUTCOMES:
            outcomes[name] += int(table[name].sum())
        verdicts = view.analyte_verdicts
        lost = verdicts.loc[verdicts["verdict"] == "not_scored", "reason"]
        for reason, count in lost[~lost.isin(ABSENT)].value_counts().items():
            reasons[str(reason)] = reasons.get(str(reason), 0) + int(count)
        laboratories = len(view.laboratories) if code == rounds[-1] else 0
    folder = outputs / rounds[-1] / programme_folder(number)
    kinds = [record.kind for record in load_records(folder) if record.intact(outputs)]
    return ProgrammeCount(
        number,
        len(rounds),
        evaluated,
        laboratories,
        kinds.count(PROGRAMME_KIND),
        kinds.count(LABORATORY_KIND),
        enrolled,
        outcomes,
        {reason: count for reason, count in sorted(reasons.items()) if reason},
        reasons.get("", 0),
    )


def kept_phases(path: Path, phases: Mapping[str, Phase]) -> dict[str, Phase]:
    """Add the phases of a call to those of earlier calls on the same folder.

    Notes
    -----
    A call that did nothing new would divide by nothing: the rates rest on all calls.
    """
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    out = {name: Phase(**value) for name, value in known.items()}
    for name, phase in phases.items():
        # what was there already took no time worth counting
        if phase.pieces and phase.seconds / phase.pieces > 0.02:
            out[name] = out.get(name, Phase()).plus(phase.seconds, phase.pieces)
    write_atomically(path, as_json({name: asdict(phase) for name, phase in out.items()}))
    return out


def projected_seconds(phases: Mapping[str, Phase], laboratories: int, wanted: tuple[int, int, int]) -> float:
    """Wall time of a year of another size on the same machine, every laboratory in every programme.

    Parameters
    ----------
    phases : measured. laboratories : of the province they were measured with.
    wanted : laboratories, programmes and rounds of the year to come.

    Notes
    -----
    A report takes what a report took, of control values as well; filling and evaluating a round grow with its
    laboratories.

    Examples
    --------
    >>> measured = {"fill": Phase(10.0, 5), "evaluate": Phase(10.0, 5), "report": Phase(50.0, 100)}
    >>> projected_seconds(measured, 10, (100, 5, 10))
    652.5
    """
    more, programmes, rounds = wanted
    each = {name: phase.seconds / phase.pieces for name, phase in phases.items() if phase.pieces}
    a_round = (each.get("fill", 0.0) + each.get("evaluate", 0.0)) * more / laboratories
    reports = each.get("report", 0.0) * (more + 1) * programmes + each.get("control", 0.0) * (more + 1)
    return a_round * rounds + reports


def refuse_another_size(path: Path, laboratories: int) -> None:
    """Keep how many laboratories a folder's year has.

    Raises
    ------
    ParameterError
        when the folder holds a year of another number of laboratories: the two would be mixed.
    """
    if path.is_file():
        held = int(json.loads(path.read_text(encoding="utf-8"))["laboratories"])
        if held != laboratories:
            raise ParameterError(
                f"{path.parent} holds a year of {held} laboratories; ask for as many, or remove the folder."
            )
        return
    write_atomically(path, as_json({"laboratories": laboratories}))
