"""Blood groups, antibody screen and cross-match in a round: 100 % rule, forward against reverse group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from workbench.evaluation.coded_analytes import CodedAnalyte, CodedGrades
from workbench.evaluation.coded_part import coded_type
from workbench.evaluation.coded_round import CodedRound
from workbench.evaluation.result_types.antigen_typing import forward_reverse, grade_typing, possible_answers

FORWARD, REVERSE = "ABO-FWD", "ABO-REV"


def grade_groups(given: CodedAnalyte) -> CodedGrades:
    """Grade one item.

    Notes
    -----
    Targets come from characterised material, never from participants: a sample without one is not graded (NS-E).
    Whether the sample stands for a donor or a recipient is told by the detail of the expected answer (`role`).

    References
    ----------
    42 CFR 493.859, 493.861, 493.863.
    """
    blank = CodedGrades.blank(given)
    item = given.analyte.analyte
    for place, sample in enumerate(given.samples):
        expected = given.expected.get(sample)
        if expected is None:
            blank["reason"][:, place] = "NS-E"
            continue
        role = str(expected.detail.get("role", "recipient"))
        rows = given.shape[0]
        texts = [str(text or given.code[row, place]) for row, text in enumerate(given.raw[:, place])]
        graded = grade_typing(item, texts, [expected.code] * rows, [role] * rows)
        blank["answer"][:, place] = graded["answer"].to_numpy(dtype=object)
        blank["target"][:, place] = graded["expected"].to_numpy(dtype=object)
        blank["accepted"][:, place] = graded["expected"].to_numpy(dtype=object)
        blank["target_method"][:, place] = expected.method
        blank["mark"][:, place] = graded["mark"].to_numpy(dtype=float)
        blank["signal"][:, place] = graded["signal"].to_numpy(dtype=object)
        blank["kind"][:, place] = graded["error"].to_numpy(dtype=object)
        blank["critical"][:, place] = graded["critical"].to_numpy(dtype=bool)
        blank["detail"][:, place] = [
            json.dumps({"role": role, "weight": weight}) if weight else "" for weight in graded["weight"]
        ]
        if expected.detail.get("educational"):
            blank["reason"][:, place] = "NS-X"
    answers = possible_answers(item)
    polarity = {"positive": "positive", "negative": "negative"} if "positive" in answers else {}
    return CodedGrades(**blank, order=answers, polarity=polarity)


def conflicts(given: CodedRound) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """S43: forward and reverse group of a laboratory differ where those of the material agree."""
    codes = given.returns.analytes
    if FORWARD not in codes or REVERSE not in codes:
        return
    answer, target = given.grid("answer"), given.grid("target")
    keys = list(zip(given.returns.lab.tolist(), given.returns.device.tolist(), strict=True))
    reverse = {keys[row]: row for row in given.rows_of(codes.index(REVERSE)).tolist()}
    for row in given.rows_of(codes.index(FORWARD)).tolist():
        other = reverse.get(keys[row])
        if other is None:
            continue
        own = forward_reverse(answer[row], answer[other])["consistent"].to_numpy(dtype=float)
        real = forward_reverse(target[row], target[other])["consistent"].to_numpy(dtype=float)
        hit = np.flatnonzero((own == 0.0) & (real == 1.0)).tolist()
        if hit:
            yield other, "S43", {"sample": [given.returns.samples[place] for place in hit]}


ANTIGEN_TYPING = coded_type("antigen_typing", ("antigen_typing",), grade_groups, conflicts)
