"""Files of laboratories -> the store: read, validated, kept as new revisions; what is rejected is listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from workbench.errors import DataError, Problem
from workbench.frames import ENROLMENTS, RESULTS
from workbench.ingest import (
    AcceptedUnit,
    Expectations,
    ExpectedAnalyte,
    IngestReport,
    Layout,
    SystemChoice,
    answer_choices,
    answer_reader,
    read_submission_file,
)
from workbench.parameters import Analyte, Programme, catalogue
from workbench.rounds.year_terms import YearTerms, year_terms
from workbench.store import (
    IngestRun,
    ProgrammeRound,
    SnapshotFrames,
    Store,
    Submissions,
    add_submissions,
    round_inputs,
    save_programme_round,
)

_KEY = list(RESULTS.key)
_SYSTEM = ["method", "instrument", "reagent", "calibrator"]


@dataclass(frozen=True)
class Arrival:
    """When a file came, and since when it can hold results of the round.

    Parameters
    ----------
    received_at : time of return; nothing here reads a clock.
    opens_at : day the samples were sent out; None: test dates are not held against it.
    """

    received_at: datetime
    opens_at: date | None = None


@dataclass(frozen=True)
class Intake:
    """What became of one file: the reader's report, the store's run, and what was noticed on the way.

    Parameters
    ----------
    report : loaded, flagged and quarantined rows with their counts.
    run : the store's counts and the revision each laboratory got; None where no row could be loaded.
    notes : differences to what the laboratory has registered.
    """

    report: IngestReport
    run: IngestRun | None
    notes: tuple[Problem, ...]


def expectations(
    programme: Programme, inputs: SnapshotFrames, arrival: Arrival, terms: YearTerms | None = None
) -> Expectations:
    """What a file of this programme-round may hold.

    Parameters
    ----------
    programme : its analytes, units and decimals.
    inputs : the programme-round as stored: samples, participants, systems.
    arrival : when the files arrived, and when the samples had been sent out.
    terms : what the year's registers say; a recorded dispatch goes before the arrival's day.
    """
    terms = terms or YearTerms()
    names = inputs.system_names
    systems = [
        SystemChoice(*row) for row in names[["kind", "code", "name_zh", "name_en"]].itertuples(index=False)
    ]
    return Expectations(
        round=inputs.round_code,
        programme_no=inputs.programme_no,
        analytes=tuple(_expected(analyte, programme) for analyte in programme.analytes),
        samples=tuple(inputs.samples["sample"]),
        lab_codes=frozenset(inputs.laboratories["lab_code"]),
        today=arrival.received_at,
        opens_at=terms.first_opened or arrival.opens_at,
        closing_at=inputs.closing_at,
        systems=tuple(systems),
        opened=terms.opened,
        due=terms.due,
        refused=terms.refused,
        warned=terms.warned,
    )


def _expected(analyte: Analyte, programme: Programme) -> ExpectedAnalyte:
    policy = programme.policy(analyte.analyte)
    units = tuple(AcceptedUnit(u.unit, u.factor, u.offset) for u in analyte.unit_conversions)
    result_type = "quantitative" if analyte.is_quantitative else analyte.result_type
    return ExpectedAnalyte(
        analyte.analyte,
        analyte.name_zh,
        analyte.name_en,
        unit=analyte.unit,
        accepted_units=units,
        decimals=analyte.decimals or 0,
        result_type=result_type,
        plausible_low=analyte.plausible_low,
        plausible_high=analyte.plausible_high,
        choices=answer_choices(analyte),
        reader=answer_reader(analyte, policy.coded if policy else None),
    )


def take_in(
    store: Store, round_code: str, programme_no: str, path: Path, arrival: Arrival, layout: Layout
) -> Intake:
    """Read one file and add a revision for every laboratory in it.

    Parameters
    ----------
    store : the database.
    round_code, programme_no : the programme-round, saved before.
    path : CSV, .xlsx or .xls.
    arrival : when the file arrived, which is the time of return, and when the samples had been sent out.
    layout : where the columns stand.

    Raises
    ------
    DataError
        when the file cannot be read at all. Bad rows of a readable file are no error: they are kept in
        quarantine and listed in the result.
    """
    inputs = round_inputs(store, round_code, programme_no)
    programme = catalogue()[programme_no]
    terms = year_terms(store, round_code, programme)
    report = read_submission_file(path, layout, expectations(programme, inputs, arrival, terms))
    loaded = report.loaded[report.loaded["result_state"] != "not_returned"]
    if loaded.empty and report.quarantined.empty:
        raise DataError(f"{path.name} holds no result; fill in the form and send it again.")
    notes = _register_systems(store, inputs, loaded)
    load = Submissions(
        submissions=_returns(loaded, arrival.received_at),
        results=whole_return(inputs.results, loaded),
        quarantine=_quarantine(report),
        source=report.file,
        source_sha256=report.sha256,
        received_at=arrival.received_at.replace(tzinfo=None),
    )
    return Intake(report, add_submissions(store, round_code, programme_no, load), notes)


def _returns(loaded: pd.DataFrame, received_at: datetime) -> pd.DataFrame:
    """One row a laboratory: when it returned, when it tested, its remarks."""
    grouped = loaded.groupby("lab_code", sort=True)
    remarks = grouped["comment"].agg(lambda texts: "\n".join(dict.fromkeys(t for t in texts if t)))
    out = pd.DataFrame({"tested_on": grouped["tested_on"].max(), "comment": remarks}).reset_index()
    return out.assign(returned_at=pd.Timestamp(received_at.replace(tzinfo=None)))


def whole_return(held: pd.DataFrame, loaded: pd.DataFrame) -> pd.DataFrame:
    """A revision holds all of a laboratory's results: the new rows, and the earlier ones they leave."""
    names = [name for name in RESULTS.names if name != "revision"]
    new = loaded[[n for n in names if n in loaded]]
    earlier = held[held["lab_code"].isin(set(loaded["lab_code"])) & (held["revision"] > 0)]
    kept = earlier.merge(new[_KEY], on=_KEY, how="left", indicator=True)
    kept = kept[(kept["_merge"] == "left_only") & (kept["result_state"] != "not_returned")]
    return pd.concat([new[names], kept[names]], ignore_index=True)


def _quarantine(report: IngestReport) -> pd.DataFrame:
    """Rejected rows as the store keeps them: place, reason, content."""
    rows = report.quarantined
    place = [
        ":".join(str(part) for part in (r.file, r.sheet, r.row, r.column) if str(part))
        for r in rows.itertuples(index=False)
    ]
    return pd.DataFrame(
        {"place": place, "reason": list(rows["reasons"]), "content": list(rows["whole_row"])}, dtype="str"
    )


def _register_systems(store: Store, inputs: SnapshotFrames, loaded: pd.DataFrame) -> tuple[Problem, ...]:
    """Enter systems that are stated now and were not registered; report those that differ."""
    stated = loaded.loc[(loaded[_SYSTEM] != "").any(axis=1), [*ENROLMENTS.key, *_SYSTEM]]
    stated = stated.drop_duplicates(list(ENROLMENTS.key))
    both = inputs.enrolments.merge(stated, on=list(ENROLMENTS.key), how="left", suffixes=("", "_stated"))
    notes: list[Problem] = []
    enrolments, changed = inputs.enrolments.copy(), False
    for kind in _SYSTEM:
        said = both[f"{kind}_stated"].fillna("")
        fresh = (enrolments[kind] == "") & (said != "")
        enrolments.loc[fresh, kind] = said[fresh]
        changed |= bool(fresh.any())
        differs = (said != "") & (both[kind] != "") & (said != both[kind])
        notes += [
            Problem(
                f"{row.analyte}: registered {kind} {registered!r}, sent {sent!r}; the registered one is used",
                column=kind,
            )
            for row, registered, sent in zip(
                both[differs].itertuples(index=False), both.loc[differs, kind], said[differs], strict=True
            )
        ]
    if changed:
        save_programme_round(store, _with_enrolments(inputs, enrolments))
    return tuple(notes)


def _with_enrolments(inputs: SnapshotFrames, enrolments: pd.DataFrame) -> ProgrammeRound:
    return ProgrammeRound(
        inputs.round_code,
        inputs.programme_no,
        inputs.closing_at,
        inputs.laboratories[["lab_code", "region", "hospital_level", "round_alias"]],
        enrolments,
        inputs.samples,
        inputs.material_checks,
        inputs.reference_values,
        inputs.system_names,
        expected_answers=inputs.expected_answers,
    )


def intake_lines(intakes: Sequence[Intake]) -> list[str]:
    """What to tell the user: one line of counts a file, then every problem with its place."""
    lines = []
    for intake in intakes:
        c = intake.report.counts
        lines.append(
            f"{intake.report.file}: read {c.read} = loaded {c.loaded_clean} + flagged {c.flagged} + "
            f"quarantined {c.quarantined}"
        )
        lines += [f"  {problem}" for problem in (*intake.report.problems, *intake.notes)]
    return lines


def intake_json(intake: Intake) -> str:
    """One file's outcome as a JSON line."""
    counts = intake.report.counts
    return json.dumps(
        {
            "event": "ingest",
            "file": intake.report.file,
            "sha256": intake.report.sha256,
            "read": counts.read,
            "loaded_clean": counts.loaded_clean,
            "flagged": counts.flagged,
            "quarantined": counts.quarantined,
            "problems": [str(problem) for problem in (*intake.report.problems, *intake.notes)],
            "laboratories": len(intake.run.revisions) if intake.run else 0,
        },
        ensure_ascii=False,
    )
