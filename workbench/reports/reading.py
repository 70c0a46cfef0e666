"""One view of a round as plain rows that the parts of a twin look things up in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.errors import EvaluationError
from workbench.frames import ALL_LABORATORIES
from workbench.parameters import Analyte, CriteriaBook, EvaluationPolicy, Programme
from workbench.parameters.policy import CODED_POLICY
from workbench.reports.printed import Scale
from workbench.reports.report_meta import ReportMeta, localised
from workbench.reports.words import SystemNames

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store import RoundView

Row = dict[str, Any]


def records(table: pd.DataFrame) -> list[Row]:
    """The rows of a frame as dictionaries of Python values."""
    names = [str(name) for name in table.columns]
    columns = [table[name].tolist() for name in table.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def keyed(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by the values of some columns, in their order."""
    out: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        out.setdefault(tuple(row[name] for name in names), []).append(row)
    return out


def params_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The placeholders of a finding or sentence."""
    loaded: dict[str, Any] = json.loads(row["params"] or "{}")
    return loaded


@dataclass(frozen=True)
class Reading:
    """What a twin is built from: the view, the parameters, the language, the report's own facts.

    Parameters
    ----------
    view : of one laboratory or of the programme; nothing else of the round is reachable.
    programme, criteria : the parameters the round was judged by.
    locale : `zh_CN` or `en`.
    meta : number, version, dates, people.
    ready : rows of frames of the view that were made before.
    """

    view: RoundView
    programme: Programme
    criteria: CriteriaBook
    locale: str
    meta: ReportMeta
    ready: Mapping[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def _tables(self) -> dict[str, list[Row]]:
        return dict(self.ready)

    def rows(self, name: str) -> list[Row]:
        """The rows of one frame of the view; not to be changed, every part reads the same."""
        if name not in self._tables:
            self._tables[name] = records(getattr(self.view, name))
        return self._tables[name]

    @cached_property
    def _by_item(self) -> dict[str, dict[tuple[Any, ...], list[Row]]]:
        return {}

    def by_item(self, name: str) -> dict[tuple[Any, ...], list[Row]]:
        """The rows of one frame by device and analyte."""
        if name not in self._by_item:
            self._by_item[name] = keyed(self.rows(name), "device_id", "analyte")
        return self._by_item[name]

    @cached_property
    def names(self) -> SystemNames:
        """Names of methods, instruments, reagents, calibrators."""
        return SystemNames(self.rows("system_names"), self.locale)

    @cached_property
    def samples(self) -> list[Row]:
        """Samples in vial order."""
        return sorted(self.rows("samples"), key=lambda row: row["position"])

    @cached_property
    def sample_codes(self) -> tuple[str, ...]:
        """Sample codes in vial order."""
        return tuple(row["sample"] for row in self.samples)

    @cached_property
    def groups(self) -> dict[tuple[Any, ...], list[Row]]:
        """Disclosed groups by analyte and sample."""
        return keyed(self.rows("groups"), "analyte", "sample")

    @cached_property
    def histograms(self) -> dict[tuple[Any, ...], list[Row]]:
        """Bins by analyte, sample, rung and group; only of groups some result of the view was judged by."""
        bins, scores = self.view.histograms, self.view.scores
        used = set(scores["peer_group"]) | {""}
        shown = bins[bins["peer_group"].isin(used)]
        return keyed(records(shown), "analyte", "sample", "peer_group_level", "peer_group")

    @cached_property
    def scores(self) -> dict[tuple[Any, ...], list[Row]]:
        """Scores by device and analyte, in vial order."""
        order = {code: i for i, code in enumerate(self.sample_codes)}
        rows = sorted(self.rows("scores"), key=lambda row: order[row["sample"]])
        return keyed(rows, "device_id", "analyte")

    @cached_property
    def answers(self) -> dict[tuple[Any, ...], Row]:
        """Coded answers of a laboratory's view by device, analyte and sample."""
        return {(row["device_id"], row["analyte"], row["sample"]): row for row in self.rows("answers")}

    @cached_property
    def answer_counts(self) -> dict[tuple[Any, ...], list[Row]]:
        """Counts of answers by analyte, sample, rung and group."""
        return keyed(self.rows("answer_counts"), "analyte", "sample", "peer_group_level", "peer_group")

    @cached_property
    def answer_levels(self) -> dict[tuple[Any, ...], dict[tuple[str, str], int]]:
        """Results in each distribution of answers: by analyte and sample, then by rung and group."""
        out: dict[tuple[Any, ...], dict[tuple[str, str], int]] = {}
        for row in self.rows("groups"):
            place = out.setdefault((row["analyte"], row["sample"]), {})
            place[row["peer_group_level"], row["peer_group"]] = 0 if row["suppressed"] else int(row["n"])
        return out

    @cached_property
    def expected_details(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Further facts on expected answers by analyte and sample."""
        return {
            (row["analyte"], row["sample"]): json.loads(row["detail"] or "{}")
            for row in self.rows("expected_answers")
        }

    @cached_property
    def positions(self) -> dict[str, int]:
        """Catalogue order of the analytes."""
        return {analyte.analyte: i for i, analyte in enumerate(self.programme.analytes)}

    @cached_property
    def _scores_by_item(self) -> dict[tuple[Any, ...], list[Row]]:
        return keyed(self.rows("scores"), "analyte")

    def scores_of(self, code: str) -> list[Row]:
        """All scores of one item, in the view's order."""
        return self._scores_by_item.get((code,), [])

    def analyte(self, code: str) -> Analyte:
        """The catalogue's entry of one analyte."""
        return self.programme.analyte(code)

    def policy(self, code: str) -> EvaluationPolicy:
        """The policy of one analyte.

        Coded answers without rules of their own are judged by the usual ones.

        Raises
        ------
        EvaluationError
            when the programme has no rules for a quantity.
        """
        policy = self.programme.policy(code)
        if policy is None and not self.analyte(code).is_quantitative:
            return CODED_POLICY
        if policy is None:
            raise EvaluationError(
                f"Programme {self.programme.programme_no}, analyte {code}: no rules for quantities; "
                "enter them in the catalogue."
            )
        return policy

    def scale(self, code: str) -> Scale:
        """How the quantities of one analyte are printed."""
        policy, decimals = self.policy(code), self.analyte(code).decimals or 0
        return Scale(decimals + 1, self.locale, policy.rounding, policy.score, policy.disclosure_min)

    def name(self, code: str) -> str:
        """Name and code of an analyte: `镁 Mg`; the name alone when both are the same."""
        analyte = self.analyte(code)
        name = localised(analyte, "name", self.locale)
        return name if name == code else f"{name} {code}"

    def unit(self, code: str) -> str:
        """The printed unit, empty for pure numbers."""
        analyte = self.analyte(code)
        return (analyte.unit_zh or analyte.unit) if self.locale == "zh_CN" else analyte.unit

    def bins(self, code: str, sample: str, level: str = ALL_LABORATORIES, group: str = "") -> list[Row]:
        """Bins of one distribution, from low to high; empty when it is not disclosed."""
        return sorted(self.histograms.get((code, sample, level, group), []), key=lambda row: row["bin"])
