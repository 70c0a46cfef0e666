"""Delivered reports in both languages: the same sections, tables, numbers and findings.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.rounds.delivered import Delivered, Opened
from tests.rounds.test_delivered_numbers import printed
from workbench.wording import keys
from workbench.wording.catalogue import known

pytestmark = pytest.mark.xdist_group("delivered-files")
LANGUAGE_FIELDS = {
    "locale",
    "text",
    "printed",
    "organiser",
    "signed",
    "csv_sha256",
    "amendment",
    "remark",
    "params",
    "history_notes",
}


def pairs(delivered: Delivered) -> list[tuple[Opened, Opened]]:
    found = [report for report in delivered.reports() if report.locale == "en"]
    return [(en, Opened(en.path.with_name(en.path.name.replace(".en.", ".")))) for en in found]


def test_42_the_data_of_both_languages_are_the_same(delivered: Delivered) -> None:
    assert len(pairs(delivered)) == 6
    for en, zh in pairs(delivered):
        assert neutral(en.twin) == neutral(zh.twin), en.name


def neutral(value: Any) -> Any:
    """A twin without its words."""
    if isinstance(value, dict):
        return {k: neutral(v) for k, v in value.items() if k not in LANGUAGE_FIELDS and "printed" not in k}
    return [neutral(part) for part in value] if isinstance(value, list) else value


def test_42_sections_tables_and_figures_are_the_same(delivered: Delivered) -> None:
    for en, zh in pairs(delivered):
        for path in (
            "//section/@id",
            "//div[contains(@class,'wb-table')][not(ancestor::details)]/@id",
            "//*[@data-code]/@data-code",
        ):
            assert en.html.xpath(path) == zh.html.xpath(path), (en.name, path)
        assert len(en.pdf.root.all("Figure")) == len(zh.pdf.root.all("Figure"))
        shapes = [[(len(t), len(t[0]) if t else 0) for t in printed(one)] for one in (en, zh)]
        assert shapes[0] == shapes[1], en.name


def test_42_every_number_printed_in_one_language_is_printed_in_the_other(delivered: Delivered) -> None:
    n = 0
    for en, zh in pairs(delivered):
        for ours, theirs in zip(printed(en), printed(zh), strict=True):
            for row, other in zip(ours, theirs, strict=True):
                for a, b in zip(row, other, strict=True):
                    if re.fullmatch(r"[+−]?\d[\d.]*%?", a):
                        assert a == b, (en.name, row, other)
                        n += 1
    assert n > 2000


def test_42_finding_codes_are_the_same_on_paper(delivered: Delivered) -> None:
    for en, zh in pairs(delivered):
        found = [
            [
                c
                for table in printed(one)
                for row in table
                for cell in row
                for c in re.findall(r"\[F\d\d\]$", cell)
            ]
            for one in (en, zh)
        ]
        assert found[0] == found[1], en.name
        assert found[0] or not en.twin["findings"] or not en.twin["analytes"]


def test_66_every_message_exists_in_both_languages(delivered: Delivered) -> None:
    """And no key shows through where its words should stand."""
    every = keys()
    assert len(every) > 500
    assert all(known(key) for key in every)
    for report in delivered.reports():
        text = report.html.text_content()
        assert not re.search(
            r"(?:term|verdict|state|why|caption|table|prose)\.[a-z_]+\.?[a-z_]*\b(?!\w)", text
        )
        assert not re.search(r"\{[a-z_]+\}", re.sub(r"\{[^{}]*[:;][^{}]*\}", "", text.split('{"schema"')[0]))
