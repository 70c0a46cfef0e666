"""Words of the forms this room writes, Chinese and English side by side."""

from __future__ import annotations

_PHRASES: dict[str, tuple[str, str]] = {
    "sheet.instructions": ("填报说明", "Instructions"),
    "sheet.results": ("结果填报", "Results"),
    "sheet.lists": ("代码表", "Code lists"),
    "sheet.quarantined": ("未接收", "Quarantined"),
    "sheet.flagged": ("已接收有提示", "Accepted with notes"),
    "sheet.summary": ("汇总", "Summary"),
    "round": ("轮次", "Round"),
    "programme_no": ("计划编号", "Programme no"),
    "lab_code": ("实验室编码", "Laboratory code"),
    "device_id": ("设备编号", "Device"),
    "tested_on": ("测定日期", "Test date"),
    "analyte": ("项目编码", "Analyte code"),
    "analyte_name": ("项目名称", "Analyte name"),
    "sample": ("样本编号", "Sample"),
    "unit": ("单位", "Unit"),
    "method": ("方法", "Method"),
    "instrument": ("仪器", "Instrument"),
    "reagent": ("试剂", "Reagent"),
    "calibrator": ("校准物", "Calibrator"),
    "expanded_u_result": ("扩展不确定度 U", "Expanded uncertainty U"),
    "coverage_factor": ("包含因子 k", "Coverage factor k"),
    "comment": ("备注", "Comment"),
    "file": ("文件", "File"),
    "sheet": ("工作表", "Sheet"),
    "row": ("行", "Row"),
    "column": ("列", "Column"),
    "reason": ("原因代码", "Reason code"),
    "explanation": ("说明", "Explanation"),
    "raw": ("原始结果", "As sent"),
    "value": ("读取值", "Read as"),
    "unit_as_sent": ("所报单位", "Unit as sent"),
    "factor": ("换算系数", "Factor"),
    "flags": ("提示代码", "Notes"),
    "problem": ("问题", "Problem"),
    "count.read": ("读到的结果", "Results read"),
    "count.loaded_clean": ("接收，无提示", "Accepted without notes"),
    "count.flagged": ("接收，有提示", "Accepted with notes"),
    "count.quarantined": ("未接收", "Quarantined"),
    "count.merged": ("其中：重复合并", "Of these: copies merged"),
    "count.not_returned": ("其中：未回报", "Of these: not returned"),
    "count.blank_rows": ("空行", "Blank rows"),
    "count.repeated_headers": ("重复表头", "Repeated headers"),
    "count.ignored_rows": ("忽略的备注行", "Remarks ignored"),
    "list.of": ("可选{what}", "Choices: {what}"),
    "list.codes": ("{analyte} 结果", "{analyte} result"),
    "form.title": ("室间质评结果填报表", "External quality assessment: result form"),
    "form.help_value": (
        "按报告单原样填写，保留末尾的 0；低于或高于检测限填 <0.5 或 >500；未开展或未测请留空。",
        "Enter as reported, trailing zeros included; <0.5 or >500 beyond the measuring range; leave empty if not tested.",
    ),
    "form.help_lab": ("文本格式，前导 0 会保留。", "Text: leading zeros are kept."),
    "form.help_date": ("年-月-日，如 2026-04-20。", "Year-month-day, e.g. 2026-04-20."),
    "form.bad_date": ("日期须在 {first} 至 {last} 之间。", "The date must lie between {first} and {last}."),
    "form.bad_choice": ("请从列表中选择。", "Choose from the list."),
    "form.odd_choice": ("不在列表中，确定保留？", "Not in the list. Keep it?"),
    "help.1": (
        "只在白底的格子里填写；灰底的格子已锁定，请不要增删行列、改表头。",
        "Fill in the white cells only. Grey cells are locked; do not insert, delete or rename rows or columns.",
    ),
    "help.2": (
        "先填实验室编码和测定日期，再逐项选择方法、仪器、试剂、校准物。",
        "Begin with the laboratory code and the test date, then choose method, instrument, reagent and calibrator for each analyte.",
    ),
    "help.3": (
        "结果按原样填写：5.10 不要写成 5.1；不要用公式；不要合并单元格。",
        "Enter results as reported: 5.10 is not 5.1. No formulas, no merged cells.",
    ),
    "help.4": (
        "小数点用“.”，不用千位分隔符；低于检测限写 <0.5，高于写 >500。",
        "The decimal sign is '.', without thousands separators; below the measuring range write <0.5, above it >500.",
    ),
    "help.5": (
        "单位按下拉列表选择；不在列表中的单位不予换算，结果将退回。",
        "Choose the unit from the list. A unit outside it is never converted: the result is sent back.",
    ),
    "help.6": (
        "未开展或未测的格子留空，不要填 0 或“/”；样本破损请填“样本破损”。",
        "Leave a cell empty if the test was not done, neither 0 nor '/'. For a damaged sample write 'sample damaged'.",
    ),
    "help.7": ("回报截止日期：{closing}。", "Closing date: {closing}."),
    "help.8": (
        "保存为 .xlsx 并按原文件名加实验室编码回报。",
        "Save as .xlsx and return it under this file name with your laboratory code added.",
    ),
    "help.9": (
        "扩展不确定度 U 与包含因子 k 可不填；一行只填一个 U，用于该行各样本，写成百分数（如 4.0%）或按本行单位填写。",
        "Expanded uncertainty U and coverage factor k are optional. One U a row holds for all its samples; write it as a percentage (4.0%) or in the unit of the row.",
    ),
    "form.help_u": ("可不填；如 4.0% 或 0.20。", "Optional; 4.0% or 0.20, for example."),
}

OWN_SHEETS = frozenset(name for key in ("sheet.instructions", "sheet.lists") for name in _PHRASES[key])
"""Sheets of the form that never hold results."""


def phrase(key: str, locale: str, **values: object) -> str:
    """One phrase with its placeholders filled.

    >>> phrase("unit", "en"), phrase("list.of", "zh_CN", what="方法")
    ('Unit', '可选方法')
    """
    zh, en = _PHRASES[key]
    return (zh if locale == "zh_CN" else en).format(**values)
