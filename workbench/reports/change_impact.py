"""CI: what a change of criteria would do to the stored rounds; for statisticians and the committee, anonymous."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any

from workbench.display import Displayed
from workbench.errors import DataError
from workbench.figures.operating_map import operating_map
from workbench.figures.pass_curve import pass_curves
from workbench.figures.rate_pairs import RatePair, rate_pairs
from workbench.reports.change_parts import (
    UNITS,
    change_table,
    flips_table,
    groups_table,
    guard_words,
    matrix_table,
    practice_table,
    precedent_table,
    rates_table,
    summary_line,
    variation_table,
)
from workbench.reports.criteria_trial import CriteriaLaboratory, Trial
from workbench.reports.period_parts import cell, period_twin, programme_name, section_part, table_part
from workbench.reports.period_report import PeriodReport
from workbench.reports.pictures import numbered
from workbench.reports.report_meta import Issue, localised, period_meta, plan_of
from workbench.reports.tuned_rounds import tuned_rounds
from workbench.reports.twin import inert_text, sealed
from workbench.tuning.candidates import candidate_of
from workbench.wording import join, text

KIND = "CI"
_FLIP_COLUMNS = (
    "round", "analyte", "alias", "sample", "value", "before", "after", "direction", "why", "target_before",
    "target_after", "limit_before", "limit_after", "margin",
)  # fmt: skip


@dataclass(frozen=True)
class ChangeImpact(PeriodReport):
    """One report of kind CI.

    Parameters
    ----------
    trials : the candidate on its own analytes, all together and then one by one.
    """

    trials: tuple[Trial, ...] = ()

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed(dict(self.built), _flips_csv(self.built))

    def _period(self) -> str:
        """First and last round that were judged again."""
        return str(self.data["round"])

    def _figures(self, name: str) -> tuple[Displayed, ...]:
        """Curve, map and pairs of the analytes that change."""
        locale = self.locale
        if name == "rates":
            return self._pairs()
        drawn: list[Displayed] = []
        for no, trial in enumerate(self.trials[1:] if name in ("curve", "operating") else (), 1):
            item = localised(trial.before.rules[0].analyte, "name", locale)
            try:
                if name == "curve":
                    drawn.append(
                        numbered(pass_curves(item, *trial.curves(locale), locale), f"2.{no}", locale)
                    )
                else:
                    shown = operating_map(item, *trial.operating(locale), locale)
                    drawn.append(numbered(shown, f"3.{no}", locale))
            except DataError:
                continue
        return tuple(drawn)

    def _pairs(self) -> tuple[Displayed, ...]:
        """G27: rounds before and after."""
        trial, locale = self.trials[0], self.locale
        title = join([localised(rule.analyte, "name", locale) for rule in trial.before.rules], locale)
        rows = [
            RatePair(str(row["round"]), row["before"], row["after"], int(row["n"]))
            for row in trial.rates(("round",)).to_dict("records")
            if row["before"] == row["before"] and row["after"] == row["after"]
        ]
        return (numbered(rate_pairs(title, rows, locale), "1", locale),) if rows else ()


def open_change_impact(
    database: str,
    programme_no: str,
    candidate: str,
    locale: str,
    issue: Issue | None = None,
    *,
    reason: str = "",
) -> ChangeImpact:
    """Open the report on a change.

    Parameters
    ----------
    candidate : JSON, as `Candidate.as_json` gives it: analytes, limit, policy, rounds, hospital levels.
    reason : why the change is proposed.

    Raises
    ------
    ParameterError
        when the candidate is not a possible rule.
    DataError
        when the store holds no round of the programme.
    """
    issue, tried = issue or Issue(), candidate_of(candidate)
    rounds = tuned_rounds(database, programme_no, tried.rounds, locale)
    laboratory = CriteriaLaboratory(rounds)
    trial = laboratory.trial(tried)
    whole = laboratory.trial(tried, whole=True)
    codes = trial.archive.rounds
    digest = hashlib.sha256(tried.as_json().encode("utf-8")).hexdigest()
    plan = plan_of(codes[-1], database, issue.plan)
    meta = period_meta(plan, KIND, (codes[-1], programme_no, digest[:8].upper()), issue, locale)
    period = codes[0] if len(codes) == 1 else f"{codes[0]} … {codes[-1]}"
    source = {
        "candidate": tried.as_json(),
        "results_sha256": rounds.sha256,
        "code_version": version("eqa-workbench"),
    }
    twin = period_twin(KIND, meta, locale, period) | {
        "candidate": tried.as_json(),
        "sections": _sections(trial, whole, reason, source, locale),
        "provenance": source,
        "flips": trial.flips.astype(object).where(trial.flips.notna(), None).to_dict("records"),
    }
    alone = tuple(laboratory.trial(replace(tried, analytes=(code,))) for code in tried.analytes)
    return ChangeImpact(twin, meta, programme_name(rounds.programme, locale), (trial, *alone))


def _sections(
    trial: Trial, whole: Trial, reason: str, source: Mapping[str, str], locale: str
) -> list[dict[str, Any]]:
    """All that is printed."""
    archive = trial.archive
    results = int((trial.before.signal >= 0).sum())
    scope = text(
        "impact.scope", locale, rounds=join(archive.rounds, locale), analytes=len(archive.rules),
        results=results, rows=archive.shape[1],
    )  # fmt: skip
    said = [text("impact.reason", locale, reason=reason)] if reason else []
    matrices = [matrix_table(whole if unit == "programme" else trial, unit, locale) for unit in UNITS]
    varied = variation_table(trial, locale)
    warned = [guard_words(each, locale) for each in trial.warnings()]
    analyte = trial.before.rules[0]
    samples, mark = len(archive.samples[-1]), f"{analyte.policy.pass_mark:g}"
    rows = [(text(f"impact.source.{name}", locale), value) for name, value in source.items()]
    columns = (("what", "left", 40.0), ("value", "left", 135.0))
    return [
        section_part(
            "CI.change",
            locale,
            [summary_line(trial, locale), *said, text("impact.not_retroactive", locale)],
            [change_table(trial, locale)],
        ),
        section_part("CI.scope", locale, [scope]),
        section_part("CI.verdicts", locale, (), matrices),
        section_part(
            "CI.rates", locale, (), [rates_table(trial, "round", "CI_rounds", locale),
                                     rates_table(trial, "hospital_level", "CI_levels", locale)],
        ),
        section_part("CI.groups", locale, (), [groups_table(trial, locale)]),
        section_part("CI.curve", locale, (), [practice_table(trial, locale), *([varied] if varied else [])]),
        section_part("CI.operating", locale, [text("impact.operating_note", locale, samples=samples, mark=mark)]),
        section_part("CI.reach", locale, warned or [text("impact.no_guards", locale)]),
        section_part("CI.flips", locale, (), [flips_table(trial, locale)]),
        section_part("CI.precedent", locale, (), [precedent_table(trial, rule.code, locale) for rule in trial.before.rules]),
        section_part("CI.decision", locale, (), [_decision_table(locale)]),
        section_part("CI.provenance", locale, (), [table_part("CI_provenance", columns, rows, locale)]),
    ]  # fmt: skip


def _decision_table(locale: str) -> dict[str, Any]:
    """What the committee fills in."""
    columns: Sequence[tuple[str, str, float]] = (("decision", "left", 60.0), ("signature", "left", 115.0))
    part = table_part("CI_decision", columns, [], locale)
    blank = cell("") | {"text": "", "blank": True}
    rows = [
        [cell(text(f"impact.decision.{each}", locale)), blank] for each in ("approve", "reject", "change")
    ]
    return part | {"rows": rows}


def _flips_csv(built: Mapping[str, Any]) -> bytes:
    """Every result that counts otherwise, one row each: UTF-8 with byte-order mark, nothing a spreadsheet would run."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["report_number", *_FLIP_COLUMNS])
    for row in built["flips"]:
        writer.writerow([built["report"]["number"], *(inert_text(row[name]) for name in _FLIP_COLUMNS)])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")
