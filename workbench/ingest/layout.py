"""Where in a file the canonical columns stand: headings, constants, long or wide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.ingest.cells import Cell, TypedCell, cell_text
from workbench.ingest.matching import CodeBook

HEADER_ALIASES: Mapping[str, tuple[str, ...]] = {
    "lab_code": (
        *(
            "实验室编码",
            "实验室编号",
            "实验室代码",
            "参加者代码",
            "参加者编码",
            "参加者编号",
            "参评单位编码",
            "单位编码",
        ),
        *(
            "单位代码",
            "lab",
            "lab code",
            "laboratory",
            "laboratory code",
            "participant",
            "participant code",
            "lab id",
        ),
    ),
    "device_id": ("设备编号", "设备编码", "仪器编号", "仪器序列号", "device", "device id", "serial number"),
    "analyte": ("项目编码", "项目代码", "项目编号", "检验项目代码", "analyte code", "test code", "item code"),
    "analyte_name": (
        *("项目", "项目名称", "项目中文名称", "项目英文名称", "检验项目", "检测项目", "测定项目", "分析物"),
        *("analyte name", "test", "test name", "item", "parameter", "measurand"),
    ),
    "sample": (
        *("样本编号", "样本号", "样品编号", "样品号", "样本", "批号", "质评样本", "质控物编号", "样本编码"),
        *("sample", "sample code", "sample no", "sample number", "sample id", "specimen", "vial"),
    ),
    "value": (
        *("结果", "检测结果", "测定结果", "检验结果", "回报结果", "测定值", "检测值", "数值", "值"),
        *("value", "result", "results", "reported value", "reported result"),
    ),
    "expanded_u_result": (
        *("扩展不确定度", "扩展不确定度U", "测量不确定度", "测量不确定度U", "不确定度", "U(k=2)", "Uk2"),
        *("相对扩展不确定度", "相对扩展不确定度Urel", "Urel", "relative expanded uncertainty"),
        *("uncertainty", "expanded uncertainty", "expanded uncertainty U", "measurement uncertainty"),
    ),
    "u_result": (
        *("标准不确定度", "标准不确定度u", "相对标准不确定度", "合成标准不确定度"),
        *("standard uncertainty", "standard uncertainty u", "combined standard uncertainty"),
    ),
    "coverage_factor": (
        "包含因子",
        "包含因子k",
        "包含因子(k)",
        "扩展因子",
        "coverage factor",
        "coverage factor k",
    ),
    "unit": ("单位", "计量单位", "结果单位", "unit", "units"),
    "method": ("方法", "测定方法", "检测方法", "方法编码", "方法代码", "方法学", "method", "method code"),
    "instrument": (
        "仪器",
        "仪器型号",
        "仪器编码",
        "仪器代码",
        "检测仪器",
        "instrument",
        "instrument code",
        "analyser",
    ),
    "reagent": ("试剂", "试剂厂家", "试剂编码", "试剂代码", "试剂品牌", "reagent", "reagent code", "kit"),
    "calibrator": ("校准物", "校准品", "校准物编码", "校准物代码", "calibrator", "calibrator code"),
    "tested_on": (
        "测定日期",
        "检测日期",
        "检验日期",
        "测试日期",
        "test date",
        "tested on",
        "date of testing",
    ),
    "comment": ("备注", "说明", "remark", "remarks", "comment", "comments", "note"),
    "round": ("轮次", "轮次编号", "round", "round code"),
    "programme_no": ("计划编号", "计划", "programme", "program", "programme no", "program no"),
}
"""Canonical column -> headings that mean it; compared without case, width, blanks and punctuation.

A bare "u", "U" or "k" is nobody's: without case, standard and expanded uncertainty cannot be told apart,
nor a coverage factor from potassium.
"""

REQUIRED_LONG = ("lab_code", "analyte", "sample", "value")
REQUIRED_WIDE = ("lab_code", "analyte")

_NOISE = re.compile(r"[\s_\-*＊:：.。#/]+")
_BRACKETS = re.compile(r"[(\[【](.*?)[)\]】]")
_SAMPLE_WORDS = re.compile(r"样本|样品|质控物|编号|结果|sample|vial|specimen|result|no\.?|号", re.IGNORECASE)
_UNIT_LIKE = re.compile(r"[/%]")


@dataclass(frozen=True)
class Layout:
    """How to read a file; the default recognises the usual headings and both shapes.

    Parameters
    ----------
    aliases : canonical column -> headings.
    constants : canonical column -> value for a file that has no such column, e.g. the only sample.
    sheets : names of the sheets to read; empty means all.
    shape : "auto", "long" (one row a result) or "wide" (analytes as rows, samples as columns).
    encoding, delimiter : of text files; empty means detect.
    header_search_rows : the header is looked for in that many first rows.
    """

    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: HEADER_ALIASES)
    constants: Mapping[str, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    shape: str = "auto"
    encoding: str = ""
    delimiter: str = ""
    header_search_rows: int = 40

    def with_headings(self, **headings: str) -> Layout:
        """The same layout that knows one more heading for each column named.

        >>> Layout().with_headings(value="Resultado").aliases["value"][-1]
        'Resultado'
        """
        merged = {name: (*self.aliases.get(name, ()), text) for name, text in headings.items()}
        return replace(self, aliases={**self.aliases, **merged})

    def headings(self) -> dict[str, str]:
        """Folded heading -> canonical column; canonical names always stand for themselves."""
        known = {fold_heading(text): name for name, texts in self.aliases.items() for text in texts}
        return known | {fold_heading(name): name for name in self.aliases}


@dataclass(frozen=True)
class Header:
    """The header row of one sheet, understood.

    Parameters
    ----------
    row : its number in the file.
    columns : canonical column -> index from 0.
    samples : sample code -> index, for the wide shape; empty for the long one.
    texts : the headings as written.
    unknown : headings nobody asked for.
    missing, duplicated : canonical columns that are not there, or stand there twice.
    heading_unit : unit written in the heading of the value column, else "".
    facts : label-value pairs above the header, canonical column -> cell.
    """

    row: int
    columns: Mapping[str, int]
    samples: Mapping[str, int]
    texts: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    duplicated: tuple[str, ...] = ()
    heading_unit: str = ""
    facts: Mapping[str, Cell] = field(default_factory=dict)

    @property
    def wide(self) -> bool:
        """Samples stand as columns."""
        return bool(self.samples)

    @property
    def holds_results(self) -> bool:
        """The sheet is meant to hold results, even if its header is incomplete."""
        return self.recognised >= 2 and ("value" in self.columns or bool(self.samples))

    @property
    def recognised(self) -> int:
        """Headings understood."""
        return len(self.columns) + len(self.samples)


def fold_heading(text: str) -> str:
    """A heading without case, width, blanks and punctuation.

    >>> fold_heading("Lab_Code ："), fold_heading("样本 编号*")
    ('labcode', '样本编号')
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def find_header(
    rows: Sequence[tuple[int, Sequence[Cell]]], layout: Layout, samples: CodeBook
) -> Header | None:
    """The first row that holds every required column, else the row that holds most; None if no row does.

    Parameters
    ----------
    rows : rows of a sheet, the first `layout.header_search_rows` are looked at.
    layout : headings and constants.
    samples : the sample codes, which are headings of the wide shape.
    """
    known = layout.headings()
    facts: dict[str, Cell] = {}
    best: Header | None = None
    for number, cells in rows[: layout.header_search_rows]:
        header = _understood(number, cells, layout, known, samples)
        header = replace(header, facts=dict(facts), missing=_missing(header, layout, facts))
        if header.recognised >= 2 and not header.missing:
            return header
        if best is None or header.recognised > best.recognised:
            best = header
        facts.update(_facts(cells, known))
    return best if best is not None and best.recognised >= 2 else None


def _understood(
    number: int, cells: Sequence[Cell], layout: Layout, known: Mapping[str, str], samples: CodeBook
) -> Header:
    """One row read as a header."""
    columns: dict[str, int] = {}
    wide: dict[str, int] = {}
    unknown, duplicated, unit = [], [], ""
    for index, cell in enumerate(cells):
        text = cell_text(cell)
        if not text or (isinstance(cell, TypedCell) and cell.covered):
            continue
        name, bracket = _canonical(text, known)
        sample = "" if name or layout.shape == "long" else _sample(text, bracket, samples)
        target, key = (wide, sample) if sample else (columns, name)
        if not key:
            unknown.append(text)
        elif key in target:
            duplicated.append(key)
        else:
            target[key] = index
            unit = bracket if name == "value" and _UNIT_LIKE.search(bracket) else unit
    if "value" in columns and layout.shape != "wide":
        unknown, wide = unknown + [cell_text(cells[i]) for i in wide.values()], {}
    texts = tuple(cell_text(cell) for cell in cells)
    return Header(number, columns, wide, texts, tuple(unknown), (), tuple(duplicated), unit)


def _canonical(text: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Canonical column of a heading, and what stood in its brackets."""
    plain = unicodedata.normalize("NFKC", text)
    bracket = _BRACKETS.search(plain)
    name = known.get(fold_heading(text)) or known.get(fold_heading(_BRACKETS.sub("", plain)), "")
    return name, bracket.group(1).strip() if bracket else ""


def _sample(text: str, bracket: str, samples: CodeBook) -> str:
    """Sample code of a heading such as "2026111", "样本 2026111" or "1 号 (2026111)"; "" when none."""
    plain = _SAMPLE_WORDS.sub("", text)
    return next((code for part in (text, bracket, plain) if (code := samples.find(part).code)), "")


def _missing(header: Header, layout: Layout, facts: Mapping[str, Cell]) -> tuple[str, ...]:
    """Required columns that neither the row, nor the constants, nor the facts above supply."""
    wide = header.wide or layout.shape == "wide"
    required = REQUIRED_WIDE if wide else REQUIRED_LONG
    missing = [n for n in required if not (n in header.columns or n in layout.constants or n in facts)]
    named = "analyte_name" in header.columns or "analyte_name" in layout.constants
    if "analyte" in missing and named:
        missing.remove("analyte")
    if wide and not header.samples:
        missing.append("sample")
    return tuple(missing)


def _facts(cells: Sequence[Cell], known: Mapping[str, str]) -> dict[str, Cell]:
    """Label-value pairs of a row above the header: a known label and the next filled cell."""
    facts: dict[str, Cell] = {}
    label = ""
    for cell in cells:
        text = cell_text(cell)
        if isinstance(cell, TypedCell) and cell.covered:
            continue
        name = _canonical(text, known)[0] if text else ""
        if name:
            label = name
        elif label and text:
            facts[label] = cell
            label = ""
    return facts
