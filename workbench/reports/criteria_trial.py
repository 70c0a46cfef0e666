"""A rule tried on stored rounds: both judgements, and who is counted. App and report look at the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.figures.operating_map import OperatingMap
from workbench.figures.pass_curve import POINTS, CurveLine, LimitMark
from workbench.parameters.policy import EvaluationPolicy
from workbench.reports.report_meta import localised
from workbench.reports.tuned_rounds import TunedRounds
from workbench.tuning.archive import Archive, select
from workbench.tuning.candidates import Candidate
from workbench.tuning.goals import authorities
from workbench.tuning.judging import NO_VERDICT, PASS, Rejudged, rejudge
from workbench.tuning.operating import Design, pass_grid
from workbench.tuning.pass_rates import DIVISIONS, pass_curve, pass_rates, passing_limits
from workbench.tuning.reachability import Guard, Plan, guards
from workbench.tuning.verdict_diff import result_diff, transitions
from workbench.wording import text

GROUPS_MOST = 6
"""Curves of so many groups at most; the largest."""
DISCLOSED = 5
"""A group with fewer laboratories gets no curve and no row."""
_REACH = 1.8
"""The curve is drawn to so many times the larger limit."""
GRID = 41
"""Places of the map in each direction."""


@dataclass(frozen=True)
class InForce:
    """A part of the archive under the rules in force, and what does not change with a candidate.

    Parameters
    ----------
    judged : the part.
    """

    judged: Rejudged

    @cached_property
    def typical_laboratories(self) -> tuple[tuple[float, float], ...]:
        """|bias| and CV (per cent) of the median laboratory and of the 90th percentile; empty without results."""
        archive, judged = self.judged.archive, self.judged
        target = judged.exact_floats[judged.estimated.group].T
        with np.errstate(divide="ignore", invalid="ignore"):
            deviation = 100.0 * (archive.value - target) / np.abs(target)
        full = deviation[:, np.isfinite(deviation).sum(axis=0) >= 2]
        if not full.size:
            return ()
        bias, cv = np.abs(np.nanmean(full, axis=0)), np.nanstd(full, axis=0, ddof=1)
        return tuple((float(np.quantile(bias, q)), float(np.quantile(cv, q))) for q in (0.5, 0.9))

    @cached_property
    def precedents(self) -> dict[str, pd.DataFrame]:
        """Analyte -> every authority's limit on the same results, see `authorities`."""
        archive = self.judged.archive
        alone = self.judged.estimated if len(archive.rules) == 1 else None
        return {rule.code: authorities(archive, rule.code, alone) for rule in archive.rules}


@dataclass(frozen=True)
class Trial:
    """One candidate on one part of the archive.

    Parameters
    ----------
    rounds : where the results are from. candidate : what is tried.
    in_force, after : the part judged by the rules in force and by the candidate.
    """

    rounds: TunedRounds
    candidate: Candidate
    in_force: InForce
    after: Rejudged

    @property
    def before(self) -> Rejudged:
        """The part judged by the rules in force."""
        return self.in_force.judged

    @property
    def archive(self) -> Archive:
        """The part that is judged."""
        return self.before.archive

    @cached_property
    def rows(self) -> BoolArray:
        """Shape (E,), rows of the hospital levels that are counted."""
        archive, levels = self.archive, self.candidate.levels
        if not levels:
            return np.ones(archive.shape[1], dtype=bool)
        return np.isin(archive.level[archive.lab].astype(str), levels)

    @cached_property
    def flips(self) -> pd.DataFrame:
        """Results that count otherwise, with the alias of the round for the code, and the margin (%).

        Columns of `result_diff` with `alias` for `lab_code` and `device_id`, and `margin`: |deviation| in per
        cent of the new limit.
        """
        table = result_diff(self.before, self.after)
        if self.candidate.levels:
            archive = self.archive
            counted = {archive.labs[lab] for lab in np.unique(archive.lab[self.rows])}
            table = table[table["lab_code"].isin(counted)]
        pairs = zip(table["round"], table["lab_code"], strict=True)
        alias = [self.rounds.aliases.get((r, lab), "") for r, lab in pairs]
        with np.errstate(divide="ignore", invalid="ignore"):
            margin = 100.0 * np.abs(table["value"] - table["target_after"]) / table["limit_after"]
        kept = table.drop(columns=["lab_code", "device_id"])
        return kept.assign(alias=alias, margin=margin).reset_index(drop=True)

    def counts(self, unit: str) -> pd.DataFrame:
        """Counts before x after of results, analytes or programmes, see `transitions`."""
        return transitions(self.before, self.after, unit, self.rows)

    def rate(self, judged: Rejudged) -> float:
        """Per cent of the counted rows with a verdict that pass; NaN without any."""
        verdict = judged.verdict[self.rows]
        n = int((verdict != NO_VERDICT).sum())
        return 100.0 * int((verdict == PASS).sum()) / n if n else float("nan")

    def rates(self, by: tuple[str, ...]) -> pd.DataFrame:
        """One row per combination of `by`: n, before and after (pass rates, %)."""
        old, new = (pass_rates(each, by, self.rows, self.before) for each in (self.before, self.after))
        return old[[*by, "n"]].assign(before=old["pass_percent"], after=new["pass_percent"])

    def group_rates(self) -> pd.DataFrame:
        """Pass rates by the groups of the rules in force, those that may be shown, largest first."""
        table = self.rates(("analyte", "peer_group_level", "peer_group"))
        return table[table["n"] >= DISCLOSED].sort_values("n", ascending=False, kind="stable")

    @cached_property
    def passing(self) -> FloatArray:
        """Shape (E,), the limit (per cent of the target) each row would just pass."""
        return passing_limits(self.after, "percent")

    def typical_limit(self, judged: Rejudged, unit: str) -> float:
        """Median allowed deviation: per cent of the target, or the analyte's unit; NaN without a limit."""
        limit = judged.targets.error
        with np.errstate(divide="ignore", invalid="ignore"):
            shown = 100.0 * limit / np.abs(judged.exact_floats) if unit == "percent" else limit
        kept = shown[np.isfinite(shown)]
        return float(np.median(kept)) if kept.size else float("nan")

    def curves(self, locale: str) -> tuple[list[CurveLine], list[LimitMark]]:
        """The pass rate over limits (%): all rows, then the largest groups; and both limits where there are any.

        Raises
        ------
        DataError
            when nothing is graded.
        """
        whole = pass_curve(self.after, "percent", self.rows, self.passing)
        if not np.isfinite(whole.limits).any():
            raise DataError(text("app.empty", locale, filters=", ".join(self.candidate.analytes)))
        marks = [(self.typical_limit(each, "percent"), each) for each in (self.before, self.after)]
        known = [limit for limit, _ in marks if np.isfinite(limit)]
        reach = max(known) if known else float(whole.limit_for(90.0))
        places = np.linspace(0.0, _REACH * reach if 0 < reach < np.inf else 1.0, POINTS)
        lines = [CurveLine(text("app.all", locale), places, whole.percent_at(places))]
        for name, rows in self._largest_groups():
            curve = pass_curve(self.after, "percent", rows, self.passing)
            lines.append(CurveLine(name, places, curve.percent_at(places)))
        words = ("impact.reading.before", "impact.reading.after")
        shown = [
            LimitMark(text(key, locale), limit, self.rate(judged), judged is self.after)
            for key, (limit, judged) in zip(words, marks, strict=True)
            if np.isfinite(limit)
        ]
        return lines, shown[:1] if self.before.rules == self.after.rules else shown

    def operating(self, locale: str) -> tuple[OperatingMap | None, OperatingMap]:
        """P(pass) in force and tried at the typical target, with the median and 90th percentile laboratory."""
        limits = [self.typical_limit(each, "percent") for each in (self.before, self.after)]
        if not np.isfinite(limits[1]):
            raise DataError(text("app.tuning.no_limit", locale))
        samples = len(self.archive.samples[-1])
        reach = 1.4 * max(limit for limit in limits if np.isfinite(limit))
        biases, cvs = np.linspace(0.0, reach, GRID), np.linspace(0.0, 0.8 * reach, GRID)
        maps: list[OperatingMap | None] = []
        spread = self._laboratories(locale)
        for limit, judged in zip(limits, (self.before, self.after), strict=True):
            if not np.isfinite(limit):
                maps.append(None)
                continue
            design = Design(samples, float(judged.rules[0].policy.pass_mark), limit)
            grid = pass_grid(biases, np.maximum(cvs, 1e-9), design)
            maps.append(OperatingMap(biases, cvs, grid, spread))
        after = maps[1]
        assert after is not None
        return maps[0], after

    def warnings(self) -> tuple[Guard, ...]:
        """What the rule that is tried cannot do."""
        rule = self.after.rules[0]
        n = self.after.estimated.n
        limit = self.typical_limit(self.after, "absolute")
        spread = self.after.estimated.scale[self.after.estimated.scale > 0]
        plan = Plan(
            samples=len(self.archive.samples[-1]),
            pass_mark=float(rule.policy.pass_mark),
            peers=int(n[n > 0].min()) if (n > 0).any() else None,
            z_limit=3.0 if rule.policy.score == "z" else None,
            own_sigma=rule.policy.sigma_pt.kind == "robust_sd",
            limit=limit if np.isfinite(limit) else None,
            step=rule.step,
            typical_sd=float(np.median(spread)) if spread.size else None,
        )
        return guards(plan)

    def _largest_groups(self) -> list[tuple[str, BoolArray]]:
        """Names and rows of the largest groups in use, but for all laboratories."""
        code, names = DIVISIONS["peer_group"](self.after)
        sizes = np.bincount(code[self.rows], minlength=len(names))
        out = []
        for place in np.argsort(-sizes, kind="stable"):
            rows = self.rows & (code == place)
            if names[place] and len(np.unique(self.archive.lab[rows])) >= DISCLOSED:
                out.append((self.rounds.group_words(names[place]), rows))
            if len(out) == GROUPS_MOST:
                break
        return out

    def _laboratories(self, locale: str) -> list[tuple[str, float, float]]:
        """The median laboratory and the 90th percentile one, named."""
        found = zip(("median", "p90"), self.in_force.typical_laboratories, strict=False)
        return [(text(f"app.tuning.laboratory.{name}", locale), *pair) for name, pair in found]


class CriteriaLaboratory:
    """Tries candidates on rounds; what two candidates share is computed once.

    Parameters
    ----------
    rounds : the stored rounds of one programme.
    """

    def __init__(self, rounds: TunedRounds) -> None:
        self.rounds = rounds
        self._parts: dict[tuple[tuple[str, ...], tuple[str, ...]], InForce] = {}
        self._last: Rejudged | None = None

    def trial(self, candidate: Candidate, *, whole: bool = False) -> Trial:
        """Judge by both rules.

        Parameters
        ----------
        whole : on all analytes, as the verdicts on programmes need; else on those of the candidate.

        Raises
        ------
        ParameterError
            when the candidate is not a possible rule.
        """
        analytes = () if whole else candidate.analytes
        in_force = self._in_force(analytes, candidate.rounds)
        before = in_force.judged
        rules = candidate.rules(before.rules)
        known = self._last if self._last is not None and self._last.archive is before.archive else None
        reuse = (
            before.estimated
            if known is None or known.estimated.key == before.estimated.key
            else known.estimated
        )
        after = rejudge(before.archive, rules, reuse)
        self._last = after
        return Trial(self.rounds, candidate, in_force, after)

    def _in_force(self, analytes: Sequence[str], rounds: Sequence[str]) -> InForce:
        """The part judged by the rules in force, kept."""
        key = tuple(analytes), tuple(rounds)
        if key not in self._parts:
            self._parts[key] = InForce(rejudge(select(self.rounds.archive, analytes, rounds)))
        return self._parts[key]

    def name(self, analyte: str, locale: str) -> str:
        """Name of an analyte as the catalogue has it."""
        return localised(self.rounds.programme.analyte(analyte), "name", locale)

    def policy(self, analyte: str) -> EvaluationPolicy:
        """The policy in force of an analyte."""
        return next(rule.policy for rule in self.rounds.archive.rules if rule.code == analyte)
