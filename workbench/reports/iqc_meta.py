"""Which report on internal quality control this is: number, period, organiser, language."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from workbench.parameters import criteria
from workbench.reports.iqc_evaluation import EvaluatedControls

FORMAT = "eqa-iqc-report/1.0"


@dataclass(frozen=True)
class IqcIssue:
    """What a notebook says of its report.

    Parameters
    ----------
    locale : zh_CN or en. issued_at : ISO 8601 with offset. version : 1, 2 ... status : final or preliminary.
    organiser : name printed. short : organiser's part of the report number.
    """

    locale: str
    issued_at: str
    organiser: str
    short: str = "EQA"
    version: int = 1
    status: str = "final"


def report_head(kind: str, period: str, subject: str, issue: IqcIssue) -> dict[str, Any]:
    """The first fields of every twin."""
    number = f"{issue.short}-{kind}-{period}-1002-{subject}-V{issue.version}"
    return {
        "format": FORMAT,
        "kind": kind,
        "locale": issue.locale,
        "report": {
            "number": number,
            "version": issue.version,
            "status": issue.status,
            "issued_at": issue.issued_at,
        },
        "organiser": issue.organiser,
        "period": period,
        "participant": {"lab_code": subject} if subject != "ALL" else None,
    }


def provenance(evaluated: EvaluatedControls) -> dict[str, Any]:
    """What the figures were made from: hashes of points and limits, version of the code."""
    return {
        "points_sha256": evaluated.points_sha256,
        "points": len(evaluated.table),
        "criteria_version": criteria().version,
        "code_version": version("eqa-workbench"),
        "rule_set": evaluated.rules.rule_set,
        "scheme": evaluated.scheme.scheme,
    }
