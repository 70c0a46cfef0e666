"""From a draft to the tables of the vocabulary: what laboratories registered and sent, digit for digit."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from workbench.frames import ENROLMENTS, LABORATORIES, RESULTS, SAMPLES
from workbench.simulation.drafts import Draft
from workbench.simulation.stated_uncertainty import stated_uncertainty
from workbench.simulation.systems import calibrator

_NUMBER = re.compile(r"^(?P<sign>[<>]?)(?P<digits>\d+(?:\.(?P<fraction>\d+))?)$")


def written_results(draft: Draft) -> pd.DataFrame:
    """Every revision of every result: RESULTS columns, one row per laboratory x analyte x sample x revision.

    A second revision repeats the laboratory's whole return.
    """
    twice = {lab for lab, *_ in draft.first_text}
    rows = []
    for lab in returning(draft):
        for revision in (1, 2) if lab in twice else (1,):
            rows += _rows(draft, lab, revision, first_of_two=lab in twice and revision == 1)
    return pd.DataFrame(rows, columns=RESULTS.names)


def returning(draft: Draft) -> list[int]:
    """Positions of the laboratories that sent something."""
    offered = draft.enrolled.copy()
    for lab, analyte in draft.not_performed:
        offered[lab, analyte] = False
    absent = draft.silent | set(draft.excused)
    return [int(lab) for lab in np.flatnonzero(offered.any(axis=1)) if int(lab) not in absent]


def _rows(draft: Draft, lab: int, revision: int, first_of_two: bool) -> list[tuple[object, ...]]:
    """One revision of one laboratory."""
    rows: list[tuple[object, ...]] = []
    for analyte in np.flatnonzero(draft.enrolled[lab]):
        if (lab, int(analyte)) in draft.not_performed:
            continue
        digits = int(draft.decimals[lab, analyte])
        for sample, name in enumerate(draft.samples):
            key = (lab, int(analyte), sample)
            raw = draft.text.get(key)
            if raw is None:
                raw = f"{max(draft.values[key], 0.02 * draft.levels[analyte, sample]):.{digits}f}"
            if first_of_two:
                raw = draft.first_text.get(key, raw)
            state = draft.states.get(key, "reported")
            value, decimals, censor = read_number(raw)
            who = (draft.lab_codes[lab], "", draft.codes[analyte], name)
            stated = stated_uncertainty(draft, *key)
            rows.append((*who, raw, value, decimals, censor, "", state, "", revision, *stated))
    return rows


def read_number(raw: str) -> tuple[float, int, int]:
    """Value, decimals and censoring of a result as sent; NaN where it is no number.

    Examples
    --------
    >>> read_number("4.10"), read_number("<5")
    ((4.1, 2, 0), (5.0, 0, -1))
    """
    found = _NUMBER.match(raw)
    if found is None:
        return float("nan"), 0, 0
    censor = {"": 0, "<": -1, ">": 1}[found["sign"]]
    return float(found["digits"]), len(found["fraction"] or ""), censor


def current(results: pd.DataFrame) -> pd.DataFrame:
    """The RESULTS frame: the last revision of each laboratory."""
    last = results.groupby("lab_code")["revision"].transform("max")
    return RESULTS.checked(results.loc[results["revision"] == last])


def enrolment_table(draft: Draft) -> pd.DataFrame:
    """The ENROLMENTS frame."""
    systems, rows = draft.equipment.family, []
    for lab, analyte in zip(*np.nonzero(draft.enrolled), strict=True):
        reagent = systems.reagents[draft.equipment.reagent[lab]]
        instrument = systems.instruments[draft.equipment.instrument[lab]].code
        state = "excused" if lab in draft.excused else "enrolled"
        if (int(lab), int(analyte)) in draft.not_performed:
            state = "not_performed"
        method = draft.equipment.method_code(int(analyte), int(lab))
        used = (method, instrument, reagent.code, calibrator(reagent).code)
        who = (draft.lab_codes[lab], "", draft.codes[analyte])
        rows.append((*who, *used, state, draft.excused.get(int(lab), "")))
    return ENROLMENTS.checked(pd.DataFrame(rows, columns=ENROLMENTS.names))


def sample_table(draft: Draft) -> pd.DataFrame:
    """The SAMPLES frame."""
    matrix = {"whole blood": "稳定全血，液体", "serum/plasma": "人源血清，冻干"}
    phrase = matrix.get(draft.programme.analytes[0].matrix, "质评材料")
    rows = [
        (
            name,
            position + 1,
            f"LOT-{name}",
            phrase,
            position in draft.withdrawn,
            draft.withdrawn.get(position, ""),
        )
        for position, name in enumerate(draft.samples)
    ]
    return SAMPLES.checked(pd.DataFrame(rows, columns=SAMPLES.names))


def submission_table(draft: Draft, closing_at: datetime, remarks: list[str]) -> pd.DataFrame:
    """Times of every revision: lab_code, revision, received_on, tested_on, returned_at, comment."""
    twice = {lab for lab, *_ in draft.first_text}
    rows = []
    for lab in returning(draft):
        received = closing_at.date() - timedelta(days=int(draft.rng.integers(18, 22)))
        tested = received + timedelta(days=int(draft.rng.integers(1, 9)))
        hours = int(draft.rng.integers(2, 24 * 7))
        returned = closing_at - timedelta(hours=hours, minutes=int(draft.rng.integers(60)))
        if lab in draft.late_days:
            returned = closing_at + timedelta(days=draft.late_days[lab] - 1, hours=16)
        code, remark = draft.lab_codes[lab], remarks[lab]
        if lab in twice:
            rows.append((code, 1, received, tested, returned - timedelta(hours=20), ""))
        rows.append((code, 2 if lab in twice else 1, received, tested, returned, remark))
    columns = ["lab_code", "revision", "received_on", "tested_on", "returned_at", "comment"]
    table = pd.DataFrame(rows, columns=columns)
    for name in ("received_on", "tested_on", "returned_at"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[s]")
    return table


def laboratory_table(draft: Draft, master: pd.DataFrame, submissions: pd.DataFrame) -> pd.DataFrame:
    """The LABORATORIES frame: enrolled laboratories with their current submission and a drawn alias."""
    enrolled = [draft.lab_codes[n] for n in np.flatnonzero(draft.enrolled.any(axis=1))]
    last = submissions.drop_duplicates("lab_code", keep="last").set_index("lab_code")
    table = master.set_index("lab_code").loc[enrolled, ["region", "hospital_level"]]
    table = table.join(last).reset_index()
    late = {draft.lab_codes[lab]: days for lab, days in draft.late_days.items()}
    table["late_days"] = table["lab_code"].map(late).fillna(0)
    table["round_alias"] = _aliases(len(table), draft.rng)
    return LABORATORIES.checked(table)


def _aliases(count: int, rng: np.random.Generator) -> list[str]:
    """Letter and three digits, each once."""
    numbers = rng.permutation(24 * 900)[:count]
    return [f"{'ABCDEFGHJKLMNPQRSTUVWXYZ'[n // 900]}{100 + n % 900}" for n in numbers]
