"""The register of issued reports: each number once, each version kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from workbench.errors import DataError
from workbench.store.connection import Store
from workbench.store.programme_rounds import programme_round_number
from workbench.store.queries import query
from workbench.store.reading import read_frame
from workbench.store.schema.evaluation import EVALUATION
from workbench.store.schema.programme_round import LABORATORY
from workbench.store.schema.report import REPORT
from workbench.store.writing import numbers


@dataclass(frozen=True)
class IssuedReport:
    """One report as it went out.

    Parameters
    ----------
    number, locale : what is printed on it; together never used twice.
    kind : LR, PR ...
    lab_code : empty for a report on all laboratories.
    evaluation_id : what it was made from.
    version, status : 1, 2 ... ; preliminary, final, amended or withdrawn.
    twin_sha256 : hash of its machine-readable twin.
    content_sha256 : `view_hashes` of the laboratory when it was made.
    issued_at : local time.
    replaces : number of the report it replaces, or empty.
    """

    number: str
    locale: str
    kind: str
    evaluation_id: str
    version: int
    status: str
    twin_sha256: str
    content_sha256: str
    issued_at: datetime
    lab_code: str = ""
    replaces: str = ""


def add_reports(store: Store, round_code: str, programme_no: str, reports: Sequence[IssuedReport]) -> None:
    """Enter reports of a programme-round, all or none.

    Raises
    ------
    DataError
        when a number was used before, or the evaluation or laboratory is unknown.
    """
    try:
        with store.writing() as connection:
            number = programme_round_number(connection, round_code, programme_no)
            labs = numbers(connection, LABORATORY, "lab_id", "lab_code")
            made = numbers(
                connection, EVALUATION, "evaluation_no", "evaluation_id", programme_round_id=number
            )
            rows = [
                {
                    **asdict(report),
                    "programme_round_id": number,
                    "lab_id": labs[report.lab_code] if report.lab_code else None,
                    "evaluation_no": made[report.evaluation_id],
                }
                for report in reports
            ]
            names = {column.name for column in REPORT.columns}
            if rows:
                kept = [{name: row[name] for name in row if name in names} for row in rows]
                connection.execute(insert(REPORT), kept)
    except KeyError as error:
        raise DataError(
            f"{error.args[0]!r} is no laboratory or evaluation of the programme-round."
        ) from error
    except IntegrityError as error:
        raise DataError("A report number is already in use; a changed report needs a new version.") from error


def issued_reports(store: Store, round_code: str, programme_no: str) -> pd.DataFrame:
    """All reports of a programme-round, one row per number x locale, oldest first."""
    with store.reading() as connection:
        found = read_frame(
            connection,
            query("reports_of_round", store.dialect),
            {"round": round_code, "programme_no": programme_no},
        )
    return found.sort_values(["kind", "lab_code", "locale", "version"], ignore_index=True)


def number_is_used(store: Store, number: str) -> bool:
    """Whether a report of that number went out in any language."""
    with store.reading() as connection:
        found = connection.execute(select(REPORT.c.report_id).where(REPORT.c.number == number).limit(1))
        return found.first() is not None
