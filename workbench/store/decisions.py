"""Decisions of the organiser on laboratories, analytes or samples: added, never changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, insert, select

from workbench.errors import DataError, Problem
from workbench.store.connection import Store
from workbench.store.programme_rounds import programme_round_number
from workbench.store.schema.programme_round import ANALYTE_ITEM, LABORATORY, PARTICIPATION, SAMPLE
from workbench.store.schema.submission import DECISION
from workbench.store.writing import numbers

DECISION_KINDS = ("exclude_from_statistics", "excuse", "sample_fault", "withdraw", "keep", "correct")
"""What changes a judgement; `correct` only records why a revision of the submission was entered."""

ACCEPTANCE = re.compile(r"accept_F\d\d")
"""Kinds that record why a finding does not stop the release, for example accept_F05; nothing is judged by them."""

NEVER_ACCEPTED = frozenset({"accept_F42"})
"""Counts that do not reconcile stop the release whatever anybody says."""


@dataclass(frozen=True)
class Decision:
    """One decision; an empty code means all laboratories, analytes or samples.

    Parameters
    ----------
    kind : exclude_from_statistics, excuse, sample_fault (damaged or lost, not replaced), withdraw, or keep, which
        lifts an earlier one of equal scope; correct, which goes with a revision; accept_F.., which says why a finding does not stop the release.
    reason : why, one phrase; never empty.
    decided_at : when, local time.
    by_role : role of who decided, never a person's name.
    """

    kind: str
    reason: str
    decided_at: datetime
    lab_code: str = ""
    analyte: str = ""
    sample: str = ""
    by_role: str = "organiser"


def add_decision(store: Store, round_code: str, programme_no: str, decision: Decision) -> int:
    """Add a decision and return its number within the programme-round.

    Raises
    ------
    DataError
        when the kind or a code is unknown, or the reason is empty.
    """
    with store.writing() as connection:
        number = programme_round_number(connection, round_code, programme_no)
        return insert_decision(connection, number, programme_no, decision)


def insert_decision(connection: Connection, number: int, programme_no: str, decision: Decision) -> int:
    """The same inside the caller's transaction, which other rows depend on.

    Parameters
    ----------
    number : the store's number of the programme-round.
    """
    scope = _scope(connection, number, programme_no, decision)
    held = connection.execute(
        select(func.max(DECISION.c.decision_no)).where(DECISION.c.programme_round_id == number)
    ).scalar()
    row: dict[str, Any] = {
        "programme_round_id": number,
        "decision_no": int(held or 0) + 1,
        "kind": decision.kind,
        "reason": decision.reason,
        "by_role": decision.by_role,
        "decided_at": decision.decided_at,
        **scope,
    }
    connection.execute(insert(DECISION).values(row))
    return int(row["decision_no"])


def _scope(
    connection: Connection, number: int, programme_no: str, decision: Decision
) -> dict[str, int | None]:
    """Integer keys of what the decision is about; all problems at once."""
    labs = connection.execute(
        select(LABORATORY.c.lab_code, LABORATORY.c.lab_id)
        .join_from(LABORATORY, PARTICIPATION)
        .where(PARTICIPATION.c.programme_round_id == number)
    ).all()
    known: dict[str, tuple[str, dict[Any, int]]] = {
        "lab_code": ("lab_id", {row[0]: row[1] for row in labs}),
        "analyte": (
            "item_id",
            numbers(connection, ANALYTE_ITEM, "item_id", "analyte", programme_no=programme_no),
        ),
        "sample": (
            "sample_id",
            numbers(connection, SAMPLE, "sample_id", "sample", programme_round_id=number),
        ),
    }
    problems = [
        Problem(f"{name} {code!r} does not belong to the programme-round", column=name)
        for name, (_, codes) in known.items()
        if (code := getattr(decision, name)) and code not in codes
    ]
    if not is_kind(decision.kind):
        known_kinds = ", ".join((*DECISION_KINDS, "accept_F.."))
        problems.append(Problem(f"kind {decision.kind!r} is not one of {known_kinds}"))
    if not decision.reason.strip():
        problems.append(Problem("a decision needs its reason", column="reason"))
    if problems:
        raise DataError("The decision was not recorded.", problems)
    return {column: codes.get(getattr(decision, name)) for name, (column, codes) in known.items()}


def is_kind(kind: str) -> bool:
    """Whether a decision may be of this kind.

    >>> is_kind("excuse"), is_kind("accept_F05"), is_kind("accept_F42")
    (True, True, False)
    """
    return kind in DECISION_KINDS or (bool(ACCEPTANCE.fullmatch(kind)) and kind not in NEVER_ACCEPTED)


def with_withdrawals(samples: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Samples with the organiser's decisions on whole samples applied, the last one winning.

    Parameters
    ----------
    samples, decisions : frames of the vocabulary.
    """
    out = samples.copy()
    whole = decisions[(decisions["lab_code"] == "") & (decisions["analyte"] == "")]
    for row in whole.sort_values("decision_id").itertuples():
        if row.kind in ("withdraw", "keep"):
            chosen = out["sample"].eq(row.sample) | (row.sample == "")
            out.loc[chosen, "withdrawn"] = row.kind == "withdraw"
            out.loc[chosen, "reason"] = row.reason if row.kind == "withdraw" else ""
    return out
