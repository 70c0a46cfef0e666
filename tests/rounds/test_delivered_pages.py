"""The pages of delivered PDFs: furniture, page 1, end, glyphs, archive format, breaks, size of print.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from tests.rounds.delivered import Delivered, Opened
from tests.rounds.tagged_pdf import read

pytestmark = pytest.mark.xdist_group("delivered-files")
ROLES = {"zh_CN": ("编制", "审核", "批准"), "en": ("Prepared", "Reviewed", "Approved")}
END = {"zh_CN": "报告结束", "en": "Endofreport"}
SUPERSCRIPT = 0.6
"""Raised digits of numbers of findings and of powers of ten are this share of their text."""


@cache
def pages(path: Path) -> list[str]:
    """Text of every page, without the white space that lines and cells put in."""
    document = pypdfium2.PdfDocument(path)
    return [squeezed(document[i].get_textpage().get_text_range()) for i in range(len(document))]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_01_number_code_confidentiality_and_page_are_on_every_page(delivered: Delivered) -> None:
    for report in delivered.reports():
        twin, text = report.twin, pages(report.beside(".pdf"))
        own = (twin["participant"] or {}).get("lab_code")
        secret = {
            ("zh_CN", True): f"仅供参加者 {own} 使用；未经许可不得部分复制。",
            (
                "en",
                True,
            ): f"For participant {own} only. Not to be reproduced except in full without permission.",
            ("zh_CN", False): "不含可识别参加者身份的信息。",
            ("en", False): "Contains no information that identifies a participant.",
        }[report.locale, bool(own)]
        for at, page in enumerate(text, 1):
            words = f"Page{at}of{len(text)}" if report.locale == "en" else f"第{at}页共{len(text)}页"
            assert squeezed(twin["report"]["number"]) in page, report.name
            assert squeezed(secret) in page, (report.name, at)
            assert words in page, (report.name, at)


def test_02_page_one_holds_verdict_counts_actions_and_due_date(delivered: Delivered) -> None:
    n_failed = 0
    for report in delivered.reports("LR"):
        first, verdict = pages(report.beside(".pdf"))[0], report.twin["verdict"]
        assert squeezed(verdict["printed"]["verdict"]) in first, report.name
        if verdict["graded"]:
            assert squeezed(verdict["printed"]["score"]) in first
            assert f"{verdict['acceptable']}/{verdict['graded']}" in first, report.name
        for line in report.twin["conclusion"]:
            assert squeezed(line["text"]) in first, (report.name, line["text"])
        for action in report.twin["actions"]:
            for word in action["printed"].values():
                assert squeezed(word) in first, (report.name, word)
            n_failed += 1
        if report.twin["actions"]:
            assert report.twin["report"]["due"] in first
        elif report.twin["returned"]:
            nothing = {"zh_CN": "无需处理的项目。", "en": "No item needs action."}[report.locale]
            assert squeezed(nothing) in first
    assert n_failed > 3


def test_03_the_end_mark_closes_the_body_after_the_sign_off(delivered: Delivered) -> None:
    for report in delivered.reports():
        tables = report.pdf.tables()
        roles = [[row[0] for row in table[1:] if any(row)] for table in tables]
        assert list(ROLES[report.locale]) in roles, report.name
        text = "".join(pages(report.beside(".pdf")))
        end = END[report.locale]
        assert text.count(end) == 1
        assert all(0 <= text.find(role) < text.find(end) for role in ROLES[report.locale])
        after = [squeezed(h.text) for h in headings_after(report, end)]
        assert len(after) <= 3, after


def headings_after(report: Opened, mark: str) -> list[Any]:
    """First-level headings below the end mark: annexes and how to read only."""
    seen, out = False, []
    for element in report.pdf.root.walk():
        if element.tag == "H1" and seen:
            out.append(element)
        seen = seen or (not element.all("H1") and squeezed(element.text) == mark)
    return out


def test_04_status_word_and_version_stand_in_the_title_block(delivered: Delivered) -> None:
    words = {"final": ("最终", "Final"), "amended": ("更正", "Amended")}
    seen = set()
    for report in delivered.reports():
        twin = report.twin["report"]
        word = words[twin["status"]][report.locale == "en"]
        assert f"{word}V{twin['version']}" in pages(report.beside(".pdf"))[0], report.name
        seen.add(twin["status"])
    assert seen == set(words)


def test_04_a_preliminary_report_says_so_across_every_page(delivered: Delivered) -> None:
    (path,) = delivered.preliminary.glob("*.pdf")
    for page in pypdfium2.PdfDocument(path):
        text = page.get_textpage()
        rotated = [
            obj
            for obj in page.get_objects(max_depth=4)
            if obj.type == 1 and abs(obj.get_matrix().b) > 0.1 and abs(obj.get_matrix().a) > 0.1
        ]
        assert "初步报告" in squeezed(text.get_text_range())
        assert rotated
    assert "初步V1" in pages(path)[0]
    (html,) = delivered.preliminary.glob("*.html")
    assert re.search(r'class="wb-watermark"[^>]*>\s*初步报告', html.read_text(encoding="utf-8"))
    final = delivered.reports("LR")[0]
    assert "初步报告" not in "".join(pages(final.beside(".pdf")))


def test_13_every_glyph_is_embedded_and_none_is_missing(delivered: Delivered) -> None:
    """Page streams and forms: no box of a missing glyph, every font embedded as a subset."""
    for report in delivered.reports():
        pdf = report.pdf
        assert pdf.fonts
        for name, embedded in pdf.fonts:
            assert embedded, (report.name, name)
            assert re.match(r"/[A-Z]{6}\+", name), name
        assert pdf.glyph_zero == 0, report.name
        text = pdf.root.text
        assert "\N{REPLACEMENT CHARACTER}" not in text
        assert not re.search(r"[\ue000-\uf8ff]", text)


def test_18_archival_accessible_pdf_with_bookmarks_title_and_language(delivered: Delivered) -> None:
    for report in delivered.reports():
        with pikepdf.open(report.beside(".pdf")) as document:
            metadata = document.open_metadata()
            assert metadata.get("pdfaid:part") == "3"
            assert metadata.get("pdfaid:conformance") == "A"
            assert metadata.get("pdfuaid:part") == "1"
            assert document.Root.MarkInfo.Marked
            assert document.Root.ViewerPreferences.DisplayDocTitle
            assert metadata.get("dc:title")
            assert str(document.Root.Lang).startswith({"zh_CN": "zh", "en": "en"}[report.locale])
            with document.open_outline() as outline:
                marks = [squeezed(item.title) for item in outline.root]
        sections = [squeezed(h.text_content()) for h in report.html.xpath("//section/h2")]
        assert marks == sections, report.name
        assert marks == [squeezed(h.text) for h in report.pdf.root.all("H1")]


def test_19_twins_are_attached_byte_for_byte_and_hashes_are_printed(delivered: Delivered) -> None:
    for report in delivered.reports():
        with pikepdf.open(report.beside(".pdf")) as document:
            assert set(document.attachments) == {"report.json", "report.csv"}
            for name, ending in (("report.json", ".json"), ("report.csv", ".csv")):
                attached = document.attachments[name]
                assert attached.get_file().read_bytes() == report.beside(ending).read_bytes()
                assert attached.obj.AFRelationship == "/Data"
        csv_hash = hashlib.sha256(report.beside(".csv").read_bytes()).hexdigest()
        assert report.twin["provenance"]["csv_sha256"] == csv_hash
        json_hash = hashlib.sha256(report.path.read_bytes()).hexdigest()
        cells = [cell for table in report.pdf.tables() for row in table for cell in row]
        assert json_hash in cells, report.name


def test_54_no_row_is_split_and_no_page_is_blank(delivered: Delivered) -> None:
    for report in delivered.reports():
        for row in report.pdf.root.all("TR"):
            assert len(row.pages) <= 1, (report.name, row.text)
        furniture = len(min(pages(report.beside(".pdf")), key=len))
        assert furniture > 0
        by_page = dict.fromkeys(range(report.pdf.n_pages), 0)
        for run in report.pdf.root.runs():
            by_page[run.page] += len(run.text)
        assert not [page for page, n in by_page.items() if n == 0], report.name


def test_54_a_header_stands_with_rows_and_repeats_with_a_mark(delivered: Delivered) -> None:
    word = {"zh_CN": "（续）", "en": "(cont.)"}
    n_continued = 0
    for report in delivered.reports():
        text = pages(report.beside(".pdf"))
        for table in report.pdf.root.all("Table"):
            head = [row for row in table.all("THead")[0].all("TR") if row.text]
            body = table.all("TBody")[0]
            first = min(head[-1].pages)
            rows = [row for row in body.all("TR") if row.text]
            assert sum(first in row.pages for row in rows) >= min(len(rows), 2), (report.name, head[-1].text)
            for page in sorted(body.pages - {first}):
                assert squeezed(word[report.locale]) in text[page], (report.name, page)
                columns = squeezed(head[-1].all("TH")[0].text)
                assert columns in text[page]
                n_continued += 1
    assert n_continued > 3


def test_55_no_print_is_too_small_and_no_line_too_thin(delivered: Delivered) -> None:
    for report in delivered.reports():
        pdf = read(report.beside(".pdf"))
        full = {size for size in pdf.sizes if size >= 7.0}
        raised = pdf.sizes - full
        assert all(any(abs(size - SUPERSCRIPT * f) < 0.31 for f in full) for size in raised), raised
        assert min(pdf.line_widths) >= 0.499, (report.name, sorted(pdf.line_widths))
        if report.twin["analytes"]:
            assert pdf.dashes, report.name
