"""Columns of the year's files: headings that mean them, and how their cells are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from workbench.ingest.cells import Cell, TypedCell, cell_text
from workbench.ingest.matching import folded
from workbench.ingest.tested_on import read_date


class Reading(NamedTuple):
    """A value, or the reason why there is none."""

    value: Any
    reason: str = ""


CellReader = Callable[[Cell], Reading]


@dataclass(frozen=True)
class Field:
    """One column.

    Parameters
    ----------
    headings : words that mean it besides its own name.
    reader : what to make of a filled cell.
    empty : value of an empty one.
    missing : reason where the column must be filled.
    """

    headings: tuple[str, ...]
    reader: CellReader
    empty: Any = ""
    missing: str = "cell_empty"

    def read(self, cell: Cell, *, required: bool = False) -> Reading:
        """The value of a cell."""
        if isinstance(cell, TypedCell) and cell.kind in ("error", "formula"):
            return Reading(self.empty, "cell_broken")
        if not cell_text(cell):
            return Reading(self.empty, self.missing if required else "")
        return self.reader(cell)


def _text(cell: Cell) -> Reading:
    return Reading(cell_text(cell))


def _day(cell: Cell) -> Reading:
    """A day: of a date cell, or as `tested_on.read_date` reads it."""
    if isinstance(cell, TypedCell) and cell.moment is not None:
        return Reading(pd.Timestamp(cell.moment).normalize())
    moment, _ = read_date(cell_text(cell))
    return Reading(pd.NaT, "date_unreadable") if moment is None else Reading(pd.Timestamp(moment))


def _choice(words: Mapping[Any, tuple[str, ...]], reason: str) -> CellReader:
    """One of some values by any of its words, whatever case, width and blanks."""
    known = {folded(word): value for value, spelt in words.items() for word in spelt}

    def read(cell: Cell) -> Reading:
        value = known.get(folded(cell_text(cell)))
        return Reading("", reason) if value is None else Reading(value)

    return read


_YES_NO = _choice(
    {
        True: ("yes", "y", "1", "true", "是", "已缴", "已结清", "有", "√"),
        False: ("no", "n", "0", "false", "否", "未缴", "未结清", "无", "×"),
    },
    "not_yes_or_no",
)

FIELDS: Mapping[str, Field] = {
    "lab_code": Field(
        (
            "实验室编码",
            "实验室编号",
            "实验室代码",
            "参加者编码",
            "lab",
            "laboratory",
            "laboratory code",
            "participant code",
        ),
        _text,
    ),
    "programme_no": Field(("计划编号", "计划", "programme", "program", "programme no", "program no"), _text),
    "device_id": Field(("设备编号", "设备编码", "仪器编号", "device", "device id", "serial number"), _text),
    "fee_settled": Field(
        ("费用结清", "费用是否结清", "是否缴费", "缴费", "fee", "fee settled", "paid"), _YES_NO, False
    ),
    "designated": Field(("指定实验室", "是否指定", "designated", "designated laboratory"), _YES_NO, False),
    "year_state": Field(
        ("状态", "报名状态", "state", "status"),
        _choice(
            {
                "enrolled": ("enrolled", "报名", "已报名"),
                "withdrawn": ("withdrawn", "退出", "已退出", "取消"),
            },
            "state_unknown",
        ),
        "enrolled",
    ),
    "reason": Field(("原因", "理由", "说明", "备注", "why", "remark", "note"), _text),
    "region": Field(("地区", "区域"), _text),
    "hospital_level": Field(("医院等级", "医院级别", "level"), _text),
    "received_on": Field(
        ("收样日期", "接收日期", "签收日期", "received", "date received", "received on"), _day, pd.NaT
    ),
    "condition": Field(
        ("样本状态", "收样状态", "包装状态", "state of parcel"),
        _choice(
            {
                "intact": ("intact", "ok", "完好", "正常"),
                "damaged": ("damaged", "broken", "破损", "溶血", "泄漏"),
                "incomplete": ("incomplete", "missing", "缺少", "不全", "缺样"),
            },
            "condition_unknown",
        ),
        "intact",
    ),
    "sample": Field(("样本编号", "样品编号", "样本", "sample code", "vial"), _text),
    "claim_kind": Field(
        ("申报类型", "申请类型", "问题", "claim", "kind"),
        _choice(
            {
                "damage": ("damage", "damaged", "破损", "损坏"),
                "loss": ("loss", "lost", "丢失", "遗失", "未收到"),
            },
            "claim_kind_unknown",
        ),
    ),
    "claimed_on": Field(("申报日期", "申请日期", "claimed", "date of claim", "claimed on"), _day, pd.NaT),
    "claim_state": Field(
        ("处理", "处理决定", "决定", "decision"),
        _choice(
            {
                "open": ("open", "待处理"),
                "replaced": ("replaced", "replace", "补发", "已补发"),
                "sample_fault": ("sample fault", "sample_fault", "样本异常", "免评"),
                "refused": ("refused", "不予受理", "驳回"),
            },
            "decision_unknown",
        ),
        "open",
    ),
    "replaced_on": Field(("补发日期", "replaced", "date of replacement", "replaced on"), _day, pd.NaT),
    "decided_on": Field(("处理日期", "决定日期", "decided", "decided on"), _day, pd.NaT),
}
"""Column -> headings and reader; a heading is compared without case, width, blanks and punctuation."""
