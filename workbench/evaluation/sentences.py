"""Interpretive sentences, chosen by rule: S01 to S07 for the programme, S10 to S19 for one analyte.

Only codes and placeholders are chosen here; the words are the catalogue's. Per analyte the first three
that fire are kept, for the programme the first five.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation.findings import Judged
from workbench.evaluation.history import latest_means
from workbench.evaluation.params import params_text
from workbench.evaluation.patterns import OtherGroup, fitting_groups
from workbench.evaluation.verdicts import Grades

PER_ANALYTE, PER_PROGRAMME = 3, 5

_NEAR_GROUP = 50.0
"""A laboratory shares its group's deviation when its mean PA % is within so much of the group's."""

Sentence = tuple[str, dict[str, Any]]


def sentences_table(judged: Judged, marks: Grades) -> pd.DataFrame:
    """One row per sentence, programme first, then catalogue order, in the order of printing."""
    rows = [
        (lab, "", "", position, code, params_text(**params))
        for lab, chosen in _of_programmes(judged, marks).items()
        for position, (code, params) in enumerate(chosen[:PER_PROGRAMME], 1)
    ]
    returns = judged.given.returns
    rows += [
        (
            returns.lab_codes[row],
            returns.device[row],
            returns.analyte_codes[row],
            position,
            code,
            params_text(**params),
        )
        for row, chosen in _of_analytes(judged).items()
        for position, (code, params) in enumerate(chosen[:PER_ANALYTE], 1)
    ]
    order = {code: place for place, code in enumerate(("", *returns.analytes))}
    rows.sort(key=lambda r: (r[0], order[r[2]], r[1], r[3]))
    return pd.DataFrame(rows, columns=["lab_code", "device_id", "analyte", "position", "code", "params"])


# ---- the programme ------------------------------------------------------------------------------


def _of_programmes(judged: Judged, marks: Grades) -> dict[str, list[Sentence]]:
    """S01 to S07 of every laboratory, all that fire."""
    returns = judged.given.returns
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, lab in enumerate(returns.lab_codes.tolist()):
        rows_of[lab].append(row)
    return {lab: list(_programme_sentences(judged, marks, rows)) for lab, rows in sorted(rows_of.items())}


def _programme_sentences(judged: Judged, marks: Grades, rows: list[int]) -> Iterator[Sentence]:
    """The sentences of one laboratory in the order of printing."""
    given, count = judged.given, judged.count
    codes = given.returns.analyte_codes

    def items(chosen: list[int]) -> list[str]:
        return list(dict.fromkeys(codes[row] for row in chosen))

    graded = [row for row in rows if marks.graded[row] > 0]
    unreturned = [row for row in rows if (given.cells.state[row] == "not_returned").any()]
    failed = [row for row in graded if marks.verdict[row] == "fail"]
    if graded and not unreturned and all(marks.acceptable[row] == marks.graded[row] for row in graded):
        yield "S01", {"k": len(items(graded))}
    if failed:
        yield "S02", {"m": len(items(failed)), "list": items(failed)}
    if unreturned:
        yield "S04", {"item": items(unreturned)}
    unsuccessful = [row for row in rows if marks.status[row] == "unsuccessful"]
    if unsuccessful:
        yield "S05", {"item": items(unsuccessful)}
    for row in rows:
        wrong = np.flatnonzero(count.graded[row] & ~count.acceptable[row])
        if marks.verdict[row] == "pass" and wrong.size == 1:
            yield "S06", {"item": [codes[row]], "sample": [given.returns.samples[wrong[0]]]}
    yield from _not_scored(judged, marks, rows)


def _not_scored(judged: Judged, marks: Grades, rows: list[int]) -> Iterator[Sentence]:
    """S07, one for each reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        code, reason = judged.given.returns.analyte_codes[row], marks.reason[row]
        if marks.verdict[row] == "not_scored" and reason.startswith("NS-") and code not in by_reason[reason]:
            by_reason[reason].append(code)
    for reason, codes in by_reason.items():
        yield "S07", {"item": codes, "reason": reason}


# ---- one analyte --------------------------------------------------------------------------------


def _of_analytes(judged: Judged) -> dict[int, list[Sentence]]:
    """S10 to S19 of every row that has any, in the order of the catalogue of sentences."""
    found: dict[int, list[Sentence]] = defaultdict(list)
    fits = fitting_groups(judged.given, judged.scored, _out_somewhere(judged))
    before = latest_means(judged.history)
    for code, rows, params in _rules(judged, fits, before):
        for row in rows.tolist():
            found[row].append((code, params(row)))
    return {row: found[row] for row in sorted(found)}


def _out_somewhere(judged: Judged) -> np.ndarray:
    """Rows with some |PA| above 100 and no unit factor that explains them."""
    with np.errstate(invalid="ignore"):
        return np.flatnonzero(judged.seen.enough & (judged.seen.peak > 100.0) & (judged.seen.factor < 0))


def _rules(
    judged: Judged, fits: dict[int, OtherGroup], before: dict[tuple[str, str, str], float]
) -> list[tuple[str, np.ndarray, Callable[[int], dict[str, Any]]]]:
    """Code, rows where it fires, placeholders of a row; in order."""
    seen, effects = judged.seen, judged.effects
    samples = judged.given.returns.samples
    moved, old = _moved(judged, before)
    graded = np.isin(judged.given.cells.state, ["scored", "late"]).any(axis=1)
    with np.errstate(invalid="ignore"):
        near = (
            effects.apart
            & graded
            & seen.enough
            & (np.abs(seen.mean - effects.percent_allowed) <= _NEAR_GROUP)
        )
    return [
        ("S10", np.flatnonzero(seen.factor >= 0), lambda row: _unit(judged, row)),
        ("S11", np.flatnonzero(seen.swap[:, 0] >= 0), lambda r: {n: samples[s] for n, s in zip("ab", seen.swap[r], strict=True)}),
        ("S12", np.flatnonzero(seen.constant), lambda row: {"m": float(seen.mean[row])}),
        ("S13", np.flatnonzero(seen.proportional), lambda row: {"b": 100.0 * float(seen.slope[row])}),
        ("S14", np.flatnonzero(seen.random), lambda row: {"s": float(seen.sd[row])}),
        ("S15", np.flatnonzero(seen.accident >= 0), lambda row: {"a": samples[seen.accident[row]]}),
        ("S16", np.array(sorted(fits), dtype=np.int64), lambda row: _group(fits[row])),
        ("S17", np.flatnonzero(seen.near_limit), lambda row: {"pa": float(seen.peak[row])}),
        ("S18", np.flatnonzero(moved), lambda row: {"m0": float(old[row]), "m1": float(seen.mean[row])}),
        ("S19", np.flatnonzero(near), lambda row: {"b": float(effects.percent[row]), "n": int(effects.n[row])}),
    ]  # fmt: skip


def _unit(judged: Judged, row: int) -> dict[str, Any]:
    factor = judged.seen.factors[judged.seen.factor[row]]
    return {"f": factor.factor, "u1": factor.reported, "u2": factor.expected, "kind": factor.kind}


def _group(fit: OtherGroup) -> dict[str, Any]:
    return {"group": fit.name, "level": fit.level, "n": fit.n}


def _moved(judged: Judged, before: dict[tuple[str, str, str], float]) -> tuple[np.ndarray, np.ndarray]:
    """S18: mean PA % moved by more than the threshold since the last round; and the old mean."""
    returns = judged.given.returns
    keys = zip(returns.lab_codes, returns.device, returns.analyte_codes, strict=True)
    old = np.array([before.get(key, np.nan) for key in keys], dtype=np.float64)
    shift = np.array([judged.given.rules[a].policy.patterns.shift for a in returns.analyte])
    with np.errstate(invalid="ignore"):
        return judged.seen.enough & (np.abs(judged.seen.mean - old) > shift), old
