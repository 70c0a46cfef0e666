"""What the sections of a laboratory's report show of coded items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Block, Displayed, Line, Prose
from workbench.reports import coded_pictures
from workbench.reports.picture_slots import picture_slots
from workbench.reports.type_parts import own_type_parts
from workbench.tables.coded import answers_grid, coded_detail_table, drugs_table, totals_table, types_table
from workbench.tables.coded_groups import agreement_table, coded_rules_table, kits_table
from workbench.tables.coded_programme import answers_table, coded_samples_table, drug_totals_table
from workbench.tables.compatibility import compatibility_table
from workbench.wording import text

SYSTEM = ("method", "instrument", "reagent", "calibrator")
MATRIX_LEAST = 4
"""So many types that are items of their own are drawn as one matrix."""


def coded_of(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The coded items."""
    return [entry for entry in entries if entry["coded"] is not None]


def quantities_of(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The items that are quantities."""
    return [entry for entry in entries if entry["coded"] is None]


def overview_parts(twin: Mapping[str, Any], locale: str) -> list[Displayed]:
    """Page 1 of coded items: the grid of answers; a matrix where many types are items of one panel."""
    entries = coded_of(twin["analytes"])
    if not entries:
        return []
    samples = [part["sample"] for part in twin["samples"]]
    parts: list[Displayed] = []
    if is_panel(entries):
        name = twin["programme"]["name_zh" if locale == "zh_CN" else "name_en"]
        parts.extend(coded_pictures.items_matrix(entries, name, "1", locale))
    parts.extend(answers_grid(entries, samples, locale))
    typed = [entry for entry in entries if entry["family"] == "antigen"]
    if len(typed) > 1:
        parts.append(compatibility_table(typed, samples, locale))
    return parts


def is_panel(entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the items are the types of one panel, each found or not."""
    return len(entries) >= MATRIX_LEAST and all(
        entry["family"] == "genotype" and all(_is_reaction(result) for result in entry["results"])
        for entry in entries
    )


def _is_reaction(result: Mapping[str, Any]) -> bool:
    return (result.get("coded") or {}).get("target") in (None, "POS", "NEG")


def detail_parts(twin: Mapping[str, Any], locale: str) -> tuple[list[Displayed], set[str]]:
    """Of a panel whose types are items: one table over all types, and the items that need no block of their own."""
    entries = coded_of(twin["analytes"])
    if not is_panel(entries):
        return [], set()
    samples = [
        (part["sample"], {entry["analyte"]: _cell_of(entry, part["sample"]) for entry in entries})
        for part in twin["samples"]
    ]
    name = twin["programme"]["name_zh" if locale == "zh_CN" else "name_en"]
    quiet = {entry["analyte"] for entry in entries if entry["acceptable"] == entry["graded"]}
    return [types_table(own_type_parts(samples, locale), "2.0", locale, name)], quiet


def _cell_of(entry: Mapping[str, Any], sample: str) -> str:
    """What happened to the type of one item in one sample."""
    result = next((each for each in entry["results"] if each["sample"] == sample), None)
    return coded_pictures.type_cell(result) if result else ""


def item_block(entry: Mapping[str, Any], no: int, title: str, locale: str) -> Block:
    """The block of one coded item: what was registered, samples, answers of all, sentences."""
    printed = entry["printed"]
    missing = text("head.not_given", locale)
    system = {name: printed[name] if entry[name] else missing for name in SYSTEM}
    group = {"level": printed["group"], "names": printed["group_names"]}
    head = (
        Line(text("prose.coded_head", locale, **system)),
        Line(text("prose.detail_own_group", locale, **group)),
    )
    parts: list[Displayed] = [Prose(head), coded_detail_table(entry, f"2.{no}", locale)]
    parts.extend(picture_slots(entry, locale))
    parts.extend(_family_parts(entry, no, locale))
    parts.extend(coded_pictures.answer_rows(entry, entry["results"], f"2.{no}", locale))
    sentences = tuple(Line(sentence["text"], sentence["code"]) for sentence in entry["sentences"])
    if sentences:
        parts.append(Prose(sentences))
    return Block(title, f"detail-{no}", tuple(parts), unbreakable=True)


def _family_parts(entry: Mapping[str, Any], no: int, locale: str) -> list[Displayed]:
    """Tables only some families have: drugs and their errors, types of a panel."""
    parts: list[Displayed] = []
    if entry["family"] == "susceptibility":
        panels = entry["coded"]["drugs"]
        for place, (sample, drugs) in enumerate(panels.items(), 1):
            if drugs:
                parts.append(drugs_table(drugs, sample, f"2.{no}.{place}", locale))
                parts.extend(coded_pictures.drug_rows(entry, sample, f"2.{no}.{place}", locale))
        parts.append(totals_table(entry["coded"]["totals"], f"2.{no}.{len(panels) + 1}", locale))
    if entry["family"] == "panel":
        parts.extend(coded_pictures.panel_matrix(entry, f"2.{no}.1", locale))
        parts.append(types_table(entry["coded"]["types"], f"2.{no}.1", locale, entry["printed"]["name"]))
    return parts


def history_parts(twin: Mapping[str, Any], locale: str) -> list[Displayed]:
    """Sensitivity and specificity over the rounds of the items with a cut-off."""
    entries = [entry for entry in coded_of(twin["analytes"]) if entry["coded"]["agreement"]]
    if not entries:
        return []
    return [agreement_table(entries, "3.1", locale), *coded_pictures.sensitivity(entries, "3.0", locale)]


def group_blocks(twin: Mapping[str, Any], locale: str) -> list[Displayed]:
    """Agreement of kits, item by item: of items that failed all groups, else own group and all laboratories."""
    parts: list[Displayed] = []
    for no, entry in enumerate(coded_of(twin["analytes"]), 1):
        if entry["verdict"] == "fail" or len(twin["analytes"]) == 1:
            figures = coded_pictures.kits(entry, f"4.{no}.1", locale)
            table = kits_table(entry, f"4.{no}.1", locale)
            parts.append(Block(entry["printed"]["name"], f"kits-{no}", (table, *figures)))
    return parts


def rules_tables(twin: Mapping[str, Any], number: str, locale: str) -> list[Displayed]:
    """How coded items are judged; nothing without one."""
    entries = coded_of(twin["analytes"])
    return [coded_rules_table(entries, number, locale)] if entries else []


def programme_panel(twin: Mapping[str, Any], locale: str) -> tuple[list[Displayed], set[str]]:
    """Of a panel whose types are items: one table over all types, and the items nobody got wrong."""
    entries = coded_of(twin["analytes"])
    if len(entries) < MATRIX_LEAST or not all(
        e["family"] == "genotype" and "types" in e["coded"] for e in entries
    ):
        return [], set()
    name = twin["programme"]["name_zh" if locale == "zh_CN" else "name_en"]
    types = [part for entry in entries for part in entry["coded"]["types"]]
    quiet = {
        entry["analyte"] for entry in entries if all(s["acceptable"] == s["graded"] for s in entry["samples"])
    }
    return [types_table(types, "3.0", locale, name)], quiet


def programme_parts(entry: Mapping[str, Any], no: int, locale: str) -> list[Displayed]:
    """The block of one coded item of a programme's report: samples, answers, confusion, kits."""
    coded = entry["coded"]
    parts: list[Displayed] = [coded_samples_table(entry, f"3.{no}", locale)]
    if entry["family"] == "susceptibility":
        parts.append(drug_totals_table(coded["drug_totals"], f"3.{no}.1", locale))
        parts.append(totals_table(coded["totals"], f"3.{no}.2", locale))
    elif entry["family"] == "panel":
        parts.append(types_table(coded["types"], f"3.{no}.1", locale, entry["printed"]["name"]))
    elif coded["answers"]:
        parts.extend(answers_table(entry, f"3.{no}.1", locale))
    parts.extend(coded_pictures.answer_rows(entry, entry["samples"], f"2.{no}", locale))
    parts.extend(coded_pictures.confusions(entry, f"3.{no}", locale))
    if coded["kits"]:
        parts.append(kits_table(entry, f"4.{no}", locale))
        parts.extend(coded_pictures.kits(entry, f"4.{no}", locale))
    return parts
