"""One programme-round of coded answers: states, groups, counts and verdicts, the same for every coded type.

A coded result type says what an answer is worth (`workbench.evaluation.coded_analytes`); who is compared with
whom, what counts, and how analyte and programme are graded stands here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from workbench.errors import DataError, EvaluationError, Problem
from workbench.evaluation.coded_analytes import SEVERAL, CodedAnalyte, CodedGrades, Expected, Rung
from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.decisions import Decided, decided
from workbench.evaluation.inputs import RoundInputs
from workbench.evaluation.peer_groups import Chosen, PeerGroups, choose, peer_groups
from workbench.evaluation.returns import IntArray, Returns, returns_of
from workbench.evaluation.rules import AnalyteRule
from workbench.evaluation.states import Counted, States, counted
from workbench.parameters.policy import CODED_POLICY

Grade = Callable[[CodedAnalyte], CodedGrades]
_TEXTS = ("answer", "target", "accepted", "target_method", "signal", "reason", "kind", "detail")


@dataclass(frozen=True)
class CodedRound:
    """Everything a table, a finding or a verdict of a coded round is made from.

    E rows (laboratory x device x analyte), S samples, G groups, A analytes.

    Attributes
    ----------
    eligible : shape (E, S), answers that count in distributions. n : shape (G, S), how many of them.
    given, grades : by analyte, what was graded and what came of it; rows are those of `rows_of`.
    cells : state and NS code of each cell. count : what enters k and a.
    """

    returns: Returns
    rules: tuple[AnalyteRule, ...]
    decisions: Decided
    groups: PeerGroups
    chosen: Chosen
    eligible: BoolArray
    n: IntArray
    given: tuple[CodedAnalyte, ...]
    grades: tuple[CodedGrades, ...]
    cells: States
    count: Counted

    def rows_of(self, analyte: int) -> IntArray:
        """Rows of one analyte."""
        return np.flatnonzero(self.returns.analyte == analyte)

    @cached_property
    def asked(self) -> BoolArray:
        """Shape (E, S), cells whose sample the analyte is asked for on."""
        return _asked(self.returns, self.grades)

    def grid(self, name: str) -> np.ndarray:
        """One array of the grades, shape (E, S), over all analytes."""
        return _stacked(self.returns, self.grades, name)

    @cached_property
    def signal(self) -> ObjectArray:
        """Shape (E, S), signal of each answer that may be judged, else not_scored."""
        return _signals(self.returns, self.grades, self.cells)

    @cached_property
    def mark(self) -> FloatArray:
        """Shape (E, S), 0 to 1; NaN where not scored."""
        judged = np.isin(self.cells.state, ["scored", "late"])
        return np.where(judged, self.grid("mark"), np.nan)

    @cached_property
    def critical(self) -> BoolArray:
        """Shape (E, S), errors that could harm a patient."""
        return np.asarray(self.grid("critical") & np.isin(self.cells.state, ["scored", "late"]), dtype=bool)

    @cached_property
    def items(self) -> IntArray:
        """Shape (E, S), results that a graded cell holds; 0 where nothing is graded."""
        return np.where(self.count.graded, _items(self.returns, self.grades, "items", 1), 0)

    @cached_property
    def right(self) -> IntArray:
        """Shape (E, S), of them right."""
        whole = np.where(self.count.acceptable, 1, 0)
        found = np.zeros(self.returns.shape, dtype=np.int64)
        for position, grades in enumerate(self.grades):
            rows = self.rows_of(position)
            credited = self.count.acceptable[rows] & (self.cells.state[rows] == "not_scored")
            own = whole[rows] if grades.right is None else np.where(credited, self.items[rows], grades.right)
            found[rows] = np.where(self.count.graded[rows], own, 0)
        zero = np.isin(self.cells.state, ["not_returned", "unreadable"]) | (
            (self.cells.state == "late") & ~self.count.acceptable
        )
        return np.where(zero, 0, found)

    @cached_property
    def veto(self) -> BoolArray:
        """Shape (E,), rows that a critical error fails whatever the score."""
        rule = np.array([each.policy.coded.veto for each in self.rules], dtype=bool)
        return self.critical.any(axis=1) & rule[self.returns.analyte]


def _stacked(returns: Returns, grades: tuple[CodedGrades, ...], name: str) -> np.ndarray:
    """One array of all analytes' grades in the order of the rows."""
    kind: Any = object if name in _TEXTS else bool if name == "critical" else np.float64
    out = np.full(returns.shape, "" if kind is object else 0, dtype=kind)
    for position, each in enumerate(grades):
        out[returns.analyte == position] = getattr(each, name)
    return out


def _asked(returns: Returns, grades: tuple[CodedGrades, ...]) -> BoolArray:
    out = np.ones(returns.shape, dtype=bool)
    for position, each in enumerate(grades):
        if each.asked is not None:
            out[returns.analyte == position] = each.asked
    return out


def _items(returns: Returns, grades: tuple[CodedGrades, ...], name: str, empty: int) -> IntArray:
    out = np.full(returns.shape, empty, dtype=np.int64)
    for position, each in enumerate(grades):
        found = getattr(each, name)
        if found is not None:
            out[returns.analyte == position] = found
    return out


def _signals(returns: Returns, grades: tuple[CodedGrades, ...], cells: States) -> ObjectArray:
    judged = np.isin(cells.state, ["scored", "late"])
    return np.where(judged, _stacked(returns, grades, "signal"), "not_scored").astype(object)


def coded_round(inputs: RoundInputs, grade: Grade) -> CodedRound:
    """Grade every answer of the programme's analytes, all of which are coded.

    Raises
    ------
    EvaluationError
        when the round has no samples or enrolments, or an expected answer cannot be read.

    Notes
    -----
    In distributions each laboratory counts once: of several devices the first one. Late answers, answers of
    excluded laboratories and withdrawn samples do not count.
    """
    rules = tuple(
        AnalyteRule(analyte, inputs.programme.policy(analyte.analyte) or CODED_POLICY, None)
        for analyte in inputs.programme.analytes
    )
    returns = returns_of(inputs, inputs.programme.codes)
    _refuse_empty(inputs, returns)
    decisions = decided(returns, inputs.decisions, inputs.samples)
    groups = peer_groups(returns, rules)
    eligible = _eligible(returns, decisions)
    n = _group_sizes(groups, eligible)
    chosen = choose(groups, n, rules, returns.analyte)
    expected = expected_answers(inputs)
    given = tuple(
        _analyte(position, rule, (returns, groups, eligible), expected.get(rule.code, {}))
        for position, rule in enumerate(rules)
    )
    grades = tuple(grade(each) for each in given)
    reason = np.where(
        _stacked(returns, grades, "reason") == "",
        _material_reasons(inputs, returns, decisions),
        _stacked(returns, grades, "reason"),
    ).astype(object)
    cells = coded_states(returns, decisions, grades, reason)
    count = counted(returns, cells, _signals(returns, grades, cells), rules)
    asked = _asked(returns, grades)
    count = Counted(count.graded & asked, count.acceptable & asked)
    return CodedRound(returns, rules, decisions, groups, chosen, eligible, n, given, grades, cells, count)


def _refuse_empty(inputs: RoundInputs, returns: Returns) -> None:
    """Without samples or enrolments there is nothing to evaluate."""
    missing = [
        sheet for found, sheet in zip(returns.shape, ("enrolments", "samples"), strict=True) if not found
    ]
    if missing:
        name = f"Programme {inputs.programme.programme_no}, round {inputs.round_code}"
        problems = [Problem(f"the round has no {sheet}; enter them first", sheet=sheet) for sheet in missing]
        raise EvaluationError(f"{name} cannot be evaluated.", problems)


def _eligible(returns: Returns, decisions: Decided) -> BoolArray:
    """Answers that count in distributions."""
    late = (returns.late_days[returns.lab] > 0)[:, None]
    enrolled = (returns.enrolment_state == "enrolled")[:, None]
    out = enrolled & ~late & ~decisions.excluded & ~decisions.left_out & (returns.state == "reported")
    out &= (returns.raw != "") | (returns.code != "")
    out &= ~decisions.withdrawn[returns.analyte]
    seen: set[tuple[int, int]] = set()
    for row in range(returns.shape[0]):
        key = int(returns.lab[row]), int(returns.analyte[row])
        if key in seen:
            out[row] = False
        elif out[row].any():
            seen.add(key)
    return np.asarray(out, dtype=bool)


def _group_sizes(groups: PeerGroups, eligible: BoolArray) -> IntArray:
    """Shape (G, S), answers in the distribution of each group."""
    out = np.zeros((len(groups.level), eligible.shape[1]), dtype=np.int64)
    for rung in groups.group:
        inside = rung >= 0
        np.add.at(out, rung[inside], eligible[inside].astype(np.int64))
    return out


def expected_answers(inputs: RoundInputs) -> dict[str, dict[str, Expected]]:
    """Analyte -> sample -> answer that does not come from participants.

    Raises
    ------
    DataError
        when a detail is no JSON object.
    """
    out: dict[str, dict[str, Expected]] = {}
    for row in inputs.expected_answers.itertuples():
        try:
            detail = json.loads(row.detail) if row.detail else {}
        except ValueError as error:
            raise DataError(
                f"Expected answer of {row.analyte}, {row.sample}: the detail is no JSON."
            ) from error
        accepted = tuple(code for code in row.accepted.split(SEVERAL) if code)
        method = row.assigned_value_method or "reference"
        out.setdefault(row.analyte, {})[row.sample] = Expected(row.code, accepted, method, detail)
    return out


def _analyte(
    position: int,
    rule: AnalyteRule,
    laid_out: tuple[Returns, PeerGroups, BoolArray],
    expected: Mapping[str, Expected],
) -> CodedAnalyte:
    """One analyte's answers as its type gets them."""
    returns, groups, eligible = laid_out
    rows = np.flatnonzero(returns.analyte == position)
    reported = returns.state[rows] == "reported"
    return CodedAnalyte(
        analyte=rule.analyte,
        policy=rule.policy,
        samples=returns.samples,
        labs=returns.lab_codes[rows],
        raw=np.where(reported, returns.raw[rows], "").astype(object),
        code=np.where(reported, returns.code[rows], "").astype(object),
        value=returns.value[rows],
        eligible=eligible[rows],
        system=returns.system[rows],
        rungs=tuple(Rung(groups.levels[rung], groups.group[rung, rows]) for rung in groups.ladders[position])
        or (Rung("all", np.zeros(len(rows), dtype=np.int64)),),
        expected=expected,
    )


def _material_reasons(inputs: RoundInputs, returns: Returns, decisions: Decided) -> ObjectArray:
    """Shape (E, S), NS-E withdrawn, NS-H not homogeneous, NS-S not stable, else ""."""
    out = np.full((len(returns.analytes), len(returns.samples)), "", dtype=object)
    codes = {"homogeneity": "NS-H", "stability": "NS-S"}
    for row in inputs.material_checks.itertuples():
        if row.analyte in returns.analytes and row.sample in returns.samples and not row.passed:
            place = returns.analytes.index(row.analyte), returns.samples.index(row.sample)
            out[place] = codes.get(row.check, "")
    out[decisions.withdrawn] = "NS-E"
    return out[returns.analyte]


def coded_states(
    returns: Returns, decisions: Decided, grades: tuple[CodedGrades, ...], reason: ObjectArray
) -> States:
    """State of each cell; the precedence of `workbench.evaluation.states`.

    Notes
    -----
    An answer that says "not tested" is not performed, never a negative. An answer its type gives neither a mark
    nor a reason for is unreadable.
    """
    late = np.broadcast_to((returns.late_days[returns.lab] > 0)[:, None], returns.shape)
    enrolment = np.broadcast_to(returns.enrolment_state[:, None], returns.shape)
    kind, mark = _stacked(returns, grades, "kind"), _stacked(returns, grades, "mark")
    asked = _asked(returns, grades)
    conditions = [
        (enrolment == "not_performed") | ((returns.state == "reported") & (kind == "not_tested")),
        (enrolment == "excused") | decisions.excused,
        ~asked,
        reason == "NS-X",
        reason != "",
        (returns.state == "sample_fault") | decisions.faulty,
        returns.state == "not_returned",
        late,
        (returns.state == "unreadable") | np.isnan(mark),
    ]
    names = [
        "not_performed",
        "excused",
        "not_performed",
        "survey",
        "not_scored",
        "sample_fault",
        "not_returned",
        "late",
        "unreadable",
    ]
    state = np.select(conditions, names, "scored").astype(object)
    shown = np.where(np.isin(state, ["not_scored", "survey"]), reason, "").astype(object)
    return States(state, shown)


def system_of(given: CodedAnalyte, row: int) -> dict[str, str]:
    """System codes of a row by dimension."""
    return dict(
        zip(("method", "instrument", "reagent", "calibrator"), map(str, given.system[row]), strict=True)
    )
