"""The figures of coded items, drawn from the twin and numbered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.display import Figure, FigureRow
from workbench.figures.agreement import ShareRow, shares
from workbench.figures.answers import Answer, Answers, answer_bars, needs_width
from workbench.figures.confusion import Confusion, confusion
from workbench.figures.type_matrix import TypeMatrix, type_matrix
from workbench.reports.coded_parts import COUNTS_FAMILIES
from workbench.reports.pictures import numbered, numbered_row
from workbench.reports.type_parts import cells_of, reaction_cell
from workbench.wording import text

KITS_MOST = 14
"""A figure of kits shows so many; the table holds them all."""


def answer_rows(
    entry: Mapping[str, Any], samples: Sequence[Mapping[str, Any]], no: str, locale: str
) -> tuple[FigureRow, ...]:
    """G7 or G10: the answers on each sample of one item; samples too few answered are left out."""
    if entry["family"] not in COUNTS_FAMILIES:
        return ()
    name = entry["printed"]["name"]
    wide = needs_width(
        part["name"]
        for sample in samples
        for part in ((sample.get("coded") or {}).get("counts") or {"answers": []})["answers"]
    )
    panels = [
        answer_bars(replace(_panel(name, entry["family"], sample), wide=wide), locale)
        for sample in samples
        if sample.get("coded") and sample["coded"]["counts"]
    ]
    if not panels:
        return ()
    n = max(
        sample["coded"]["counts"]["n"]
        for sample in samples
        if sample.get("coded") and sample["coded"]["counts"]
    )
    own = any("answer" in sample["coded"] for sample in samples if sample.get("coded"))
    caption = text("caption.answer_row" if own else "caption.answer_row_programme", locale, item=name, n=n)
    return (numbered_row(panels, no, locale, caption),)


def _panel(item: str, family: str, sample: Mapping[str, Any]) -> Answers:
    """One sample."""
    coded = sample["coded"]
    accepted = {*coded["accepted"], coded["target"]}
    own = coded.get("answer")
    rows = [
        Answer(
            part["name"],
            part["all"],
            part["own_group"],
            part["answer"] == coded["target"],
            part["answer"] in accepted,
            own is not None and part["answer"] == own,
        )
        for part in coded["counts"]["answers"]
    ]
    shown = coded["printed"]["answer"] if own else ""
    return Answers(item, sample["sample"], rows, family in ("ordinal", "qualitative"), shown)


def drug_rows(entry: Mapping[str, Any], sample: str, no: str, locale: str) -> tuple[FigureRow, ...]:
    """Categories given for each drug of one isolate, the reference category outlined, the own one marked."""
    result = next(each for each in entry["results"] if each["sample"] == sample)
    counts = result["coded"]["counts"]
    if not counts:
        return ()
    panels = []
    for drug in entry["coded"]["drugs"][sample]:
        found = {
            category: part
            for part in counts["answers"]
            for code, _, category in (part["answer"].partition(":"),)
            if code == drug["drug_code"]
        }
        rows = [
            Answer(name, part["all"], part["own_group"], name == drug["expected"], name == drug["expected"],
                   name == drug["answer"])
            for name, part in found.items()
        ]  # fmt: skip
        if rows:
            panels.append(
                answer_bars(
                    Answers(sample, drug["printed"]["drug"], rows, True, drug["printed"]["own_category"]),
                    locale,
                )
            )
    if not panels:
        return ()
    caption = text("caption.drug_row", locale, sample=sample, n=counts["n"])
    return (numbered_row(panels, no, locale, caption),)


def kits(entry: Mapping[str, Any], no: str, locale: str) -> tuple[Figure, ...]:
    """G8: agreement of every kit that may be shown; none where there is only one row."""
    rows = [
        ShareRow(part["printed"]["group"], part["a"], part["n"], part["low"], part["high"], part["own"])
        for part in entry["coded"]["kits"]
        if not part["suppressed"] and part["n"]
    ][:KITS_MOST]
    if len(rows) < 2:
        return ()
    figure = shares(rows, entry["printed"]["name"], locale, "G8", entry["criterion"]["pass_mark"])
    return (numbered(figure, no, locale),)


def sensitivity(entries: Sequence[Mapping[str, Any]], no: str, locale: str) -> tuple[Figure, ...]:
    """A laboratory's sensitivity (filled) and specificity (ring) of each item over the rounds."""
    rows = []
    for entry in entries:
        part = entry["coded"]["agreement"]
        for name, hollow in (("sensitivity", False), ("specificity", True)):
            rate = part[name]
            if rate["n"]:
                label = text(f"figure.{name}_of", locale, item=entry["printed"]["name"])
                rows.append(ShareRow(label, rate["a"], rate["n"], rate["low"], rate["high"], True, hollow))
    if not rows:
        return ()
    figure = shares(rows, text("figure.all_items", locale), locale, "SENS", None)
    return (numbered(figure, no, locale),)


def panel_matrix(entry: Mapping[str, Any], no: str, locale: str) -> tuple[Figure, ...]:
    """G11 of an item whose answers are lists of types."""
    cells = {
        (result["sample"], kind): cell
        for result in entry["results"]
        for kind, cell in cells_of(result).items()
    }
    return _matrix(entry["printed"]["name"], cells, entry["results"], no, locale)


def items_matrix(entries: Sequence[Mapping[str, Any]], name: str, no: str, locale: str) -> tuple[Figure, ...]:
    """G11 of a panel whose types are items of their own."""
    cells = {}
    for entry in entries:
        for result in entry["results"]:
            cell = type_cell(result)
            if cell:
                cells[result["sample"], entry["analyte"]] = cell
    results = entries[0]["results"] if entries else ()
    return _matrix(name, cells, results, no, locale)


def type_cell(result: Mapping[str, Any]) -> str:
    """What happened to one type that is an item of its own; a type not tested is never a negative."""
    coded = result.get("coded")
    if coded is None:
        return ""
    where = result["state"], result["reason"]
    return reaction_cell(coded["target"], coded["answer"], coded["kind"], where)


def _matrix(
    name: str,
    cells: Mapping[tuple[str, str], str],
    results: Sequence[Mapping[str, Any]],
    no: str,
    locale: str,
) -> tuple[Figure, ...]:
    types = list(dict.fromkeys(kind for _, kind in cells))
    samples = [result["sample"] for result in results]
    if not types:
        return ()
    figure = type_matrix(TypeMatrix(name, _shortened(types), samples, _renamed(cells)), locale)
    return (numbered(figure, no, locale),)


def _shortened(types: Sequence[str]) -> list[str]:
    """Types of one family without the letters they share: HPV16 as 16."""
    return [_short(kind) for kind in types]


def _short(kind: str) -> str:
    digits = kind.removeprefix("HPV")
    return digits or kind


def _renamed(cells: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    return {(sample, _short(kind)): cell for (sample, kind), cell in cells.items()}


def confusions(entry: Mapping[str, Any], no: str, locale: str) -> tuple[Figure, ...]:
    """Heat table of a programme's item: answers given by expected answer, over all samples."""
    part = entry["coded"]["confusion"]
    if not part or len(part["expected"]) < 2:
        return ()
    name = part["names"]
    counts = {(name[pair[0]], name[pair[1]]): count for *pair, count in part["counts"]}
    right = frozenset((name[expected], name[given]) for expected, given in part["right"])
    table = Confusion(
        entry["printed"]["name"],
        [name[c] for c in part["expected"]],
        [name[c] for c in part["given"]],
        counts,
        right,
    )
    return (numbered(confusion(table, locale), no, locale),)
