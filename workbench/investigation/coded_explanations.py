"""Hypotheses about wrong answers: which cells they touch, what the answers would be, how likely they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from workbench.evaluation.criteria import FloatArray, ObjectArray
from workbench.investigation.likelihood import log_sum

EXACT = 0.97
"""Share of answers a relabelling explains; the rest is anything the marker can have."""


@dataclass(frozen=True)
class CodedExplanation:
    """One hypothesis about the answers of one marker, or of one analyte's drugs.

    Attributes
    ----------
    cause : its name. log_density : ln p(answers | cause), alternatives counted, prior not.
    samples : positions it concerns; empty for all. repaired : shape (markers, n), answers as they would be; None
        where there is no repair. parameters, reading : what fills its sentence.
    """

    cause: str
    log_density: float
    samples: tuple[int, ...] = ()
    repaired: ObjectArray | None = None
    parameters: dict[str, float] = field(default_factory=dict)
    reading: str = ""


def best_of(alternatives: list[CodedExplanation]) -> list[CodedExplanation]:
    """Sum over the alternatives of one cause; the best one is shown. An empty list stays empty."""
    if not alternatives:
        return []
    densities = np.array([each.log_density for each in alternatives])
    best = alternatives[int(np.argmax(densities))]
    return [
        CodedExplanation(
            best.cause, log_sum(densities), best.samples, best.repaired, best.parameters, best.reading
        )
    ]


def orders(n: int) -> list[tuple[str, tuple[int, ...], float, dict[str, float]]]:
    """Ways in which samples get out of order: shift, source of each answer (-1: of no sample), ln weight, size.

    Notes
    -----
    The whole set rolled by one, reversed, or one answer skipped or inserted at some sample, from which on every
    answer stands one place off.
    """
    places = list(range(n))
    found: list[tuple[int, ...]] = []
    for size in (1, -1):
        found.append(tuple(places[-size:] + places[:-size]))
    found.append(tuple(reversed(places)))
    for start in range(1, n - 1):
        found.append((*places[:start], *places[start + 1 :], -1))
        found.append((*places[:start], -1, *places[start:-1]))
    found.append((*places[1:], -1))
    found.append((-1, *places[:-1]))
    unique = list(dict.fromkeys(each for each in found if each != tuple(places)))
    weight = -float(np.log(max(len(unique), 1)))
    return [("shifted_order", each, weight, {"places": 1.0}) for each in unique]


def swaps(n: int, tested: list[int]) -> list[tuple[str, tuple[int, ...], float, dict[str, float]]]:
    """Pairs of samples that may have been exchanged, as `orders`."""
    pairs = [(i, j) for k, i in enumerate(tested) for j in tested[k + 1 :]]
    out: list[tuple[str, tuple[int, ...], float, dict[str, float]]] = []
    for i, j in pairs:
        source = list(range(n))
        source[i], source[j] = j, i
        out.append(("sample_swap", tuple(source), -float(np.log(len(pairs))), {}))
    return out


def ordered_density(same: FloatArray, anything: FloatArray, source: tuple[int, ...]) -> FloatArray:
    """Shape (C,), ln p of each marker's answers if each belongs to the sample of its source.

    Parameters
    ----------
    same : shape (C, n, n). anything : shape (C, n), ln p of an answer of which nothing is known.
    """
    taken = np.array(source)
    known = taken >= 0
    rows = np.flatnonzero(known)
    total = same[:, rows, taken[rows]].sum(axis=1)
    return np.asarray(total + anything[:, ~known].sum(axis=1))


def put_back(code: ObjectArray, source: tuple[int, ...]) -> ObjectArray:
    """Answers laid where they belong; "" where no answer belongs to a sample.

    Examples
    --------
    >>> put_back(np.array([["a", "b", "c"]], dtype=object), (1, 0, 2)).tolist()
    [['b', 'a', 'c']]
    """
    out = np.full(code.shape, "", dtype=object)
    for place, sample in enumerate(source):
        if sample >= 0:
            out[..., sample] = code[..., place]
    return out
