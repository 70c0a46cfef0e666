"""Multi-label panels: a set of types per sample, for example HPV. "Not tested" is never "negative"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.parameters.loci import Locus
from workbench.statistics.agreement import proportion

CELLS = ("hit", "missed", "extra", "negative", "outside", "not_tested")
"""● expected and found, ○ missed, ▲ extra, · rightly negative, / outside the kit's scope, not tested."""

_PARTS = re.compile(r"[,;，；、/+＋|\s]+|和|与|及|and")
_NEGATIVE = re.compile(r"(全部)?(阴性|未检出|negative|none|neg|-|not detected)", re.IGNORECASE)
_NOT_TESTED = re.compile(r"(未检测|未做|未测|not tested|not done|n/?t)", re.IGNORECASE)
_FILLER = re.compile(r"阳性|型|positive|types?", re.IGNORECASE)


@dataclass(frozen=True)
class TypeAnswer:
    """Types said to be there, in panel order; or why the text says nothing."""

    found: tuple[str, ...] = ()
    reason: str = ""


def says_not_tested(text: str) -> bool:
    """Whether a text says that the laboratory does not test for it.

    >>> says_not_tested("未检测"), says_not_tested("未检出")
    (True, False)
    """
    return bool(_NOT_TESTED.fullmatch(text.strip()))


def read_types(text: str, panel: Locus) -> TypeAnswer:
    """Read a list of types, for example "16,52", "HPV16+HPV-52 阳性", "阴性".

    Notes
    -----
    An empty text is missing, "未检测" is not tested; only a stated negative is negative.

    Examples
    --------
    >>> from workbench.parameters.loci import loci
    >>> panel = loci()["HPV-PANEL"]
    >>> read_types("HPV-52、16型", panel).found, read_types("阴性", panel).found, read_types("", panel).reason
    (('HPV16', 'HPV52'), (), 'genotype_missing')
    """
    bare = text.strip()
    if not bare:
        return TypeAnswer(reason="genotype_missing")
    if says_not_tested(bare):
        return TypeAnswer(reason="not_tested")
    if _NEGATIVE.fullmatch(bare):
        return TypeAnswer()
    whole = panel.named(_FILLER.sub("", bare).strip())
    if len(whole) == 1:
        return TypeAnswer(whole)
    found: set[str] = set()
    for part in _PARTS.split(re.sub(r"HPV\s*-?\s*", "", bare, flags=re.IGNORECASE)):
        name = _FILLER.sub("", part).strip()
        codes = (panel.named(part) or panel.named(name)) if name else ()
        if name and len(codes) != 1:
            return TypeAnswer(reason="type_unknown")
        found.update(codes)
    return TypeAnswer(tuple(code for code in panel.by_code if code in found))


@dataclass(frozen=True)
class PanelRule:
    """How a sample is judged.

    Attributes
    ----------
    partial : share of the right cells instead of all or nothing.
    """

    partial: bool = False


def panel_cells(
    answers: Iterable[TypeAnswer],
    expected: Iterable[Collection[str]],
    panel: Locus,
    scopes: Iterable[Collection[str] | None],
) -> pd.DataFrame:
    """Every type of every answer.

    Parameters
    ----------
    answers, expected, scopes : shape (n,); a scope is the set of types the laboratory's kit covers, None for all.

    Returns
    -------
    DataFrame
        Grain: one row per answer x type, in panel order. ``row`` (0 to n - 1), ``type``, ``cell`` (one of CELLS).

    Raises
    ------
    EvaluationError
        when an expected type or a type of a scope is not in the panel.

    Notes
    -----
    A type outside the scope is neither right nor wrong, unless the laboratory reports it: then it is judged.
    """
    answered, wanted, covered = list(answers), [set(e) for e in expected], list(scopes)
    known = set(panel.by_code)
    stray = sorted(set().union(*wanted, *(set(s) for s in covered if s is not None)) - known)
    if stray:
        raise EvaluationError(f"{', '.join(stray)} not in the panel {panel.locus}. Correct target or scope.")
    types = np.array(list(panel.by_code), dtype=object)
    said = _flags((a.found for a in answered), types)
    true = _flags(wanted, types)
    inside = _flags((known if s is None else s for s in covered), types) | said
    blank = np.array([bool(a.reason) for a in answered], dtype=bool)[:, None] & np.ones_like(said)
    cell = np.select(
        [blank, ~inside, said & true, true, said],
        ["not_tested", "outside", "hit", "missed", "extra"],
        "negative",
    )
    rows = np.repeat(np.arange(len(answered)), len(types))
    return pd.DataFrame(
        {"row": rows, "type": np.tile(types, len(answered)), "cell": cell.ravel().astype(object)}
    )


def _flags(sets: Iterable[Collection[str]], types: np.ndarray) -> np.ndarray:
    """Shape (n, types): whether each set holds each type."""
    found = [[code in one for code in types] for one in sets]
    return np.array(found, dtype=bool).reshape(len(found), len(types))


def panel_samples(cells: pd.DataFrame, rule: PanelRule | None = None) -> pd.DataFrame:
    """Judge each answer: acceptable when no type in scope is missed and none is extra.

    Returns
    -------
    DataFrame
        Grain: one row per answer. ``row``, ``missed``, ``extra`` (counts), ``missed_types``, ``extra_types``
        (comma-separated), ``judged`` (cells in scope), ``mark`` (0 to 1, NaN when not scored), ``signal``,
        ``reason`` (not_tested; outside_scope when the kit covers no type of the panel).
    """
    settled = rule or PanelRule()
    out = pd.DataFrame({"row": np.sort(cells["row"].unique())})
    for name in ("missed", "extra"):
        hits = cells[cells["cell"] == name]
        listed: dict[int, list[str]] = {}
        for row, kind in zip(hits["row"].tolist(), hits["type"].tolist(), strict=True):
            listed.setdefault(row, []).append(kind)
        found = [listed.get(row, []) for row in out["row"].tolist()]
        out[name] = np.array([len(types) for types in found], dtype=np.int64)
        out[f"{name}_types"] = np.array([",".join(types) for types in found], dtype=object)
    judged = cells["cell"].isin(["hit", "missed", "extra", "negative"]).groupby(cells["row"]).sum()
    out["judged"] = out["row"].map(judged).astype("int64")
    wrong = (out["missed"] + out["extra"]).to_numpy()
    full = out["judged"].to_numpy()
    share = 1.0 - wrong / np.maximum(full, 1)
    out["mark"] = np.where(full == 0, np.nan, share if settled.partial else (wrong == 0).astype(float))
    out["signal"] = np.select([full == 0, wrong == 0], ["not_scored", "acceptable"], "action")
    blank = out["row"].map((cells["cell"] == "not_tested").groupby(cells["row"]).any())
    out["reason"] = np.select([blank, full == 0], ["not_tested", "outside_scope"], "")
    return out


def panel_types(cells: pd.DataFrame) -> pd.DataFrame:
    """Per type, over all answers given: found of expected, extra of not expected, with Wilson intervals.

    Returns
    -------
    DataFrame
        Grain: one row per type, in panel order. ``type``, ``hit``, ``missed``, ``extra``, ``negative``,
        ``outside``, ``not_tested`` (counts), ``sensitivity``, ``sensitivity_low``, ``sensitivity_high``,
        ``specificity``, ``specificity_low``, ``specificity_high`` (0 to 1; NaN without a sample, never 0).
    """
    order = list(dict.fromkeys(cells["type"]))
    counts = cells.groupby(["type", "cell"]).size().unstack(fill_value=0)
    counts = counts.reindex(index=order, columns=list(CELLS), fill_value=0).astype("int64")
    for name, right, wrong in (("sensitivity", "hit", "missed"), ("specificity", "negative", "extra")):
        rates = [proportion(int(a), int(a + b)) for a, b in zip(counts[right], counts[wrong], strict=True)]
        counts[name] = [rate.value for rate in rates]
        counts[f"{name}_low"] = [rate.wilson[0] for rate in rates]
        counts[f"{name}_high"] = [rate.wilson[1] for rate in rates]
    return counts.rename_axis("type").rename_axis(None, axis=1).reset_index()


def pooled(found: Iterable[str], sets: Mapping[str, Collection[str]]) -> dict[str, bool]:
    """Whether any type of each named set was found, for example the carcinogenic types.

    >>> pooled(["HPV6"], {"carcinogenic": ["HPV16", "HPV18"]})
    {'carcinogenic': False}
    """
    types = set(found)
    return {name: bool(types & set(members)) for name, members in sets.items()}
