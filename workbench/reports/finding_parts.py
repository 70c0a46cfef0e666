"""Findings and sentences of a twin: numbered, merged over the items they hold for, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.reports.answer_words import AnswerNames
from workbench.reports.reading import Reading, Row, params_of
from workbench.wording import finding_text, join, printed, sentence_text, text

_ITEM_NAMES = ("item", "analyte", "list")
"""Placeholders that hold codes of items, printed as names."""
_ANSWERS = ("drug", "organism", "x", "list", "answer", "target")
"""Placeholders that may hold codes of answers."""
_OVER_ITEMS = ("F01",)
"""Findings of one group that are told once for all items, with the range of their numbers."""
_OVER_GROUPS = ("F01", "F03", "F04", "F09")
"""Findings that a programme's report tells once an item, with the range over its groups."""
_GROUP_NAMES = ("group", "from_level")
_TWO_DECIMALS, _SIGNED = ("ratio", "zmax"), ("b",)
GROUPS_NAMED, NAMES_MOST = 3, 4

Place = tuple[str, str]


@dataclass(frozen=True)
class _Raw:
    """One row of the frame, read."""

    code: str
    level: int
    params: Mapping[str, Any]
    analyte: str
    sample: str

    def key(self, over_groups: bool) -> tuple[Any, ...]:
        """What rows must share to be told together; numbers may differ."""
        words = tuple(
            (name, json.dumps(value, ensure_ascii=False))
            for name, value in sorted(self.params.items())
            if not _is_number(value) and not (over_groups and self._names_group(name))
        )
        item = "" if self.code in _OVER_ITEMS else self.analyte
        return self.code, self.level, item, words

    def _names_group(self, name: str) -> bool:
        """Whether a placeholder only says which group is meant; F01 prints the level it falls back to."""
        return name in _GROUP_NAMES or (name == "level" and self.code not in _OVER_ITEMS)


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
    _rows: list[_Raw] = field(default_factory=list)

    @property
    def _anonymous(self) -> bool:
        return self.level_column != "level"

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
        self._rows.append(_Raw(code, level, params, analyte, sample))

    def numbered(self) -> list[dict[str, Any]]:
        """All findings by level, then catalogue order, numbered from 1.

        Notes
        -----
        Rows of one item that differ in numbers only are one finding with the range of the numbers; what
        then reads alike for several items is told once.
        """
        merged: dict[tuple[Any, ...], list[_Raw]] = {}
        for row in self._rows:
            over_groups = self._anonymous and row.code in _OVER_GROUPS
            merged.setdefault(row.key(over_groups), []).append(row)
        alike: dict[tuple[Any, ...], dict[str, Any]] = {}
        for rows in merged.values():
            part = self._part(rows)
            key = (part["code"], part["level"], part["printed"]["text"], part["groups"])
            alike.setdefault(key, part | {"places": []})["places"].extend(part["places"])
        for part in alike.values():
            part["places"].sort(key=self._place_order)
        ordered = sorted(alike.values(), key=self._order)
        return [self._finished(no, part) for no, part in enumerate(ordered, 1)]

    def _order(self, part: Mapping[str, Any]) -> tuple[Any, ...]:
        first = min(self.reading.positions.get(analyte, -1) for analyte, _ in part["places"])
        return (-part["level"], part["code"], first, part["places"], part["printed"]["text"])

    def _part(self, rows: list[_Raw]) -> dict[str, Any]:
        """Rows that are told together: their common placeholders, places and groups."""
        first, reading = rows[0], self.reading
        params = {name: _range_of([row.params.get(name) for row in rows]) for name in first.params}
        groups = dict.fromkeys(filter(None, (self._group(row.params) for row in rows)))
        shown = _shown(reading, first, answers_named(reading, first.analyte, params))
        return {
            "code": first.code,
            "level": first.level,
            "params": params,
            "groups": tuple(groups),
            "places": sorted({(row.analyte, row.sample) for row in rows}, key=self._place_order),
            "printed": {"text": finding_text(first.code, shown, reading.locale)},
        }

    def _place_order(self, place: Place) -> tuple[int, str]:
        return self.reading.positions.get(place[0], -1), place[1]

    def _finished(self, no: int, part: Mapping[str, Any]) -> dict[str, Any]:
        """One finding as the twin holds it."""
        locale = self.reading.locale
        applies_to = self._applies_to(part["places"])
        groups = list(part["groups"][:GROUPS_NAMED])
        if len(part["groups"]) > GROUPS_NAMED:
            groups.append(text("cell.small_groups", locale, groups=len(part["groups"]) - GROUPS_NAMED))
        return {
            "no": no,
            "code": part["code"],
            "level": part["level"],
            "params": part["params"],
            "places": [{"analyte": a or None, "sample": s or None} for a, s in part["places"]],
            "printed": {
                "level": text(f"finding_level.{part['level']}", locale),
                "applies_to": " · ".join([applies_to, join(groups, locale)] if groups else [applies_to]),
                **part["printed"],
            },
        }

    def _group(self, params: Mapping[str, Any]) -> str:
        """In a programme's report, the group a finding speaks of: `own group` there has no owner."""
        if not self._anonymous or not params.get("group"):
            return ""
        level = str(params.get("from_level") or params.get("level") or "")
        return self.reading.names.group(level, str(params["group"]))

    def _applies_to(self, places: list[Place]) -> str:
        """Items and samples a finding holds for, in catalogue order."""
        locale, reading = self.reading.locale, self.reading
        analytes = dict.fromkeys(analyte for analyte, _ in places)
        if not any(analytes):
            samples = [sample for _, sample in places if sample]
            return join(samples, locale) if samples else text("table.fnd.programme", locale)
        if set(analytes) >= set(reading.positions) and len(analytes) > 1:
            return text("table.fnd.all_items", locale)
        short = len(analytes) > NAMES_MOST
        return join([self._item_place(analyte, places, short) for analyte in analytes], locale)

    def _item_place(self, analyte: str, places: list[Place], short: bool) -> str:
        """One item, by its code alone in a long list, with its samples as far as not all are meant."""
        locale, reading = self.reading.locale, self.reading
        samples = [sample for code, sample in places if code == analyte and sample]
        name = text("table.fnd.programme", locale)
        if analyte:
            name = analyte if short else reading.name(analyte)
        if not samples or set(samples) == set(reading.sample_codes):
            return name
        return text("table.fnd.item_sample", locale, item=name, sample=join(samples, locale))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _range_of(values: list[Any]) -> Any:
    """The common value, or lowest and highest of numbers that differ."""
    known = [value for value in values if value is not None]
    if not known or not all(map(_is_number, known)):
        return values[0]
    return known[0] if min(known) == max(known) else [min(known), max(known)]


def _shown(reading: Reading, row: _Raw, params: Mapping[str, Any]) -> dict[str, Any]:
    """Placeholders ready for the wording: names for codes, ranges and modes as text."""
    out = named(reading, params)
    for name, value in params.items():
        if isinstance(value, list) and value and all(map(_is_number, value)):
            low, high = (_number_text(name, number) for number in value)
            out[name] = low if low == high else text("range", reading.locale, low=low, high=high)
    if row.code == "F05":
        out["m"] = str(params["m"])
        out["modes"] = _modes_text(reading, row.analyte, params["modes"])
    return out


def _number_text(name: str, value: float) -> str:
    """One end of a range."""
    decimals = 0 if isinstance(value, int) else 2 if name in _TWO_DECIMALS else 1
    return printed(value, decimals, signed=name in _SIGNED)


def _modes_text(reading: Reading, analyte: str, modes: Any) -> Any:
    """Where the modes lie and what share each holds."""
    scale = reading.scale(analyte)
    return [
        text("figure.mode_share", reading.locale, location=scale.quantity(mode["location"]),
             share=scale.fixed(100 * mode["share"], 0))
        if isinstance(mode, Mapping) else scale.quantity(mode)
        for mode in modes
    ]  # fmt: skip


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


def answers_named(reading: Reading, analyte: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Placeholders with names of coded answers instead of their codes: drugs, organisms, grades."""
    if analyte not in reading.positions or reading.analyte(analyte).is_quantitative:
        return dict(params)
    names = AnswerNames(reading.analyte(analyte), reading.locale)

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return [shown(each) for each in value]
        return names.of(value) if isinstance(value, str) and value else value

    return {name: shown(value) if name in _ANSWERS else value for name, value in params.items()}


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
    values = {"item": analyte, "due": reading.meta.due} | answers_named(reading, analyte, params)
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
