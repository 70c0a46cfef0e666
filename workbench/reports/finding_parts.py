"""Findings and sentences of a twin: numbered, merged over the items they hold for, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.reports.reading import Reading, Row, params_of
from workbench.wording import finding_text, join, sentence_text, text

_ITEM_NAMES = ("item", "analyte", "list")
"""Placeholders that hold codes of items, printed as names."""


@dataclass
class FindingBook:
    """The findings of one report, gathered first, then numbered once.

    Parameters
    ----------
    reading : the view and the parameters.
    level_column : `level` for a laboratory's report, `organiser_level` for a programme's.
    """

    reading: Reading
    level_column: str = "level"
    _places: dict[tuple[str, str, int], list[tuple[str, str]]] = field(default_factory=dict)

    def gather(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows of the frame `findings`; those of level 0 are not for this report's readers."""
        for row in rows:
            level = int(row[self.level_column])
            if level:
                self.add(row["code"], level, params_of(row), row["analyte"], row["sample"])

    def add(
        self, code: str, level: int, params: Mapping[str, Any], analyte: str = "", sample: str = ""
    ) -> None:
        """Take one finding."""
        text_of_params = json.dumps(params, ensure_ascii=False, sort_keys=True)
        place = (analyte, sample)
        places = self._places.setdefault((code, text_of_params, level), [])
        if place not in places:
            places.append(place)

    def numbered(self) -> list[dict[str, Any]]:
        """All findings by level, then catalogue order, numbered from 1; equal texts once."""
        ordered = sorted(self._places.items(), key=self._order)
        return [self._part(no, *key, places) for no, (key, places) in enumerate(ordered, 1)]

    def _order(self, item: tuple[tuple[str, str, int], list[tuple[str, str]]]) -> tuple[Any, ...]:
        (code, params, level), places = item
        first = min(self.reading.positions.get(analyte, -1) for analyte, _ in places)
        return (-level, code, first, places[0][1], params)

    def _part(
        self, no: int, code: str, params_text: str, level: int, places: list[tuple[str, str]]
    ) -> dict[str, Any]:
        """One finding with its words."""
        params, locale = json.loads(params_text), self.reading.locale
        return {
            "no": no,
            "code": code,
            "level": level,
            "params": params,
            "places": [{"analyte": analyte or None, "sample": sample or None} for analyte, sample in places],
            "printed": {
                "level": text(f"finding_level.{level}", locale),
                "applies_to": self._applies_to(places) + self._group(params),
                "text": finding_text(code, named(self.reading, params), locale),
            },
        }

    def _group(self, params: Mapping[str, Any]) -> str:
        """In a programme's report, the group a finding speaks of: `own group` there has no owner."""
        if self.level_column == "level" or not params.get("group"):
            return ""
        level = str(params.get("from_level") or params.get("level") or "")
        return f" · {self.reading.names.group(level, str(params['group']))}"

    def _applies_to(self, places: list[tuple[str, str]]) -> str:
        """Items and samples a finding holds for, in catalogue order."""
        locale, reading = self.reading.locale, self.reading
        analytes = dict.fromkeys(analyte for analyte, _ in places)
        if not any(analytes):
            samples = [sample for _, sample in places if sample]
            return join(samples, locale) if samples else text("table.fnd.programme", locale)
        if set(analytes) >= set(reading.positions) and len(analytes) > 1:
            return text("table.fnd.all_items", locale)
        shown = []
        for analyte in sorted(analytes, key=lambda code: reading.positions.get(code, -1)):
            samples = [sample for code, sample in places if code == analyte and sample]
            name = reading.name(analyte) if analyte else text("table.fnd.programme", locale)
            if not samples or len(samples) == len(reading.sample_codes):
                shown.append(name)
            else:
                shown.append(text("table.fnd.item_sample", locale, item=name, sample=join(samples, locale)))
        return join(shown, locale)


def numbers_for(findings: Iterable[Mapping[str, Any]], analyte: str, sample: str = "") -> list[int]:
    """Numbers of the findings that hold for an item, or for one of its samples."""
    return [
        finding["no"]
        for finding in findings
        if any(
            place["analyte"] == analyte and (not sample or place["sample"] == sample)
            for place in finding["places"]
        )
    ]


def named(reading: Reading, params: Mapping[str, Any]) -> dict[str, Any]:
    """Placeholders with names of items and groups instead of their codes."""
    out = dict(params)
    for name in _ITEM_NAMES:
        if name in out:
            out[name] = _names(reading, out[name])
    if "group" in out:
        out["group"] = reading.names.group(str(out.get("level", "")), str(out["group"]))
    return out


def _names(reading: Reading, value: Any) -> Any:
    """Names of item codes; anything else as it is."""
    if isinstance(value, list):
        return [_names(reading, item) for item in value]
    return reading.name(value) if isinstance(value, str) and value in reading.positions else value


def sentence_parts(reading: Reading, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Sentences in the order of printing: code, placeholders, text."""
    ordered = sorted(rows, key=lambda row: row["position"])
    return [_sentence(reading, row["code"], params_of(row), row["analyte"]) for row in ordered]


def _sentence(reading: Reading, code: str, params: dict[str, Any], analyte: str) -> dict[str, Any]:
    """One sentence; the item it belongs to, the due date and samples are filled in."""
    values = {"item": analyte, "due": reading.meta.due} | params
    return {
        "code": code,
        "params": params,
        "text": sentence_text(code, named(reading, values), reading.locale),
    }


def sentences_by_item(reading: Reading) -> dict[tuple[str, str], list[Row]]:
    """Rows of the frame `sentences` by device and item."""
    out: dict[tuple[str, str], list[Row]] = {}
    for row in reading.rows("sentences"):
        out.setdefault((row["device_id"], row["analyte"]), []).append(row)
    return out
