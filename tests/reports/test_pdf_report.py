"""The PDF of the sample report: archival, tagged, complete, and the same each time."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import nbformat
import pikepdf
import pypdfium2
import pytest

from workbench.display import Block, Cell, Column, Displayed, Figure, Line, Prose, Section, Table
from workbench.errors import RenderError
from workbench.reports.exporters.document import read_document
from workbench.reports.exporters.pdf import ReportPDFExporter, typst_source
from workbench.reports.fonts import FontSet, find_fonts
from workbench.reports.typst_pdf import compile_pdf

SAMPLE = Path(__file__).parent.parent / "display" / "sample_report.py"
FIXED_TEXT_MM = 297 - 22 - 20


@lru_cache(maxsize=1)
def sample() -> ModuleType:
    """The sample report's module."""
    spec = spec_from_file_location("sample_report", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache(maxsize=4)
def exported(locale: str = "zh_CN", status: str = "final") -> bytes:
    """The sample as PDF."""
    pdf, resources = ReportPDFExporter().from_notebook_node(sample().report(locale, status))
    assert resources["output_extension"] == ".pdf"
    return pdf


@lru_cache(maxsize=4)
def pages(locale: str = "zh_CN", status: str = "final") -> tuple[str, ...]:
    """Text of each page."""
    document = pypdfium2.PdfDocument(exported(locale, status))
    return tuple(page.get_textpage().get_text_range() for page in document)


def squeezed(text: str) -> str:
    """Text without any white space."""
    return re.sub(r"\s", "", text)


def opened(pdf: bytes) -> pikepdf.Pdf:
    """The PDF's structure."""
    return pikepdf.open(io.BytesIO(pdf))


def outline(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Titles of the bookmarks, all levels."""
    with pdf.open_outline() as found:
        pending = list(found.root)
        while pending:
            item = pending.pop(0)
            yield str(item.title)
            pending = list(item.children) + pending


def elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """All structure elements."""
    pending = [pdf.Root.StructTreeRoot]
    while pending:
        node = pending.pop()
        if isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                yield node
            kids = node.get("/K")
            if kids is not None:
                pending += list(kids) if isinstance(kids, pikepdf.Array) else [kids]


@pytest.mark.parametrize(("locale", "language"), [("zh_CN", "zh-CN"), ("en", "en-GB")])
def test_archival_and_accessible_by_its_own_statement(locale: str, language: str) -> None:
    pdf = opened(exported(locale))
    with pdf.open_metadata() as meta:
        assert meta["pdfaid:part"] == "3"
        assert meta["pdfaid:conformance"] == "A"
        assert meta["pdfuaid:part"] == "1"
        assert sample().WORDS[locale]["title"] in str(meta["dc:title"])
        assert str(meta["xmp:CreateDate"]).startswith("2026-05-20T02:00:00")
    assert bool(pdf.Root.MarkInfo.Marked)
    assert str(pdf.Root.Lang) == language
    assert "L0427" not in str(pdf.docinfo.get("/Author"))


def test_bookmarks_are_the_sections() -> None:
    assert list(outline(opened(exported()))) == [section.title for section in sample().sections()]


def test_twin_is_attached_byte_for_byte_with_relationship_data() -> None:
    pdf = opened(exported())
    twin = sample().twin()
    attached = {name: pdf.attachments[name] for name in pdf.attachments}
    assert attached["report.json"].get_file().read_bytes() == twin.json_bytes
    assert attached["report.csv"].get_file().read_bytes() == twin.csv_bytes
    assert {str(each.obj.AFRelationship) for each in attached.values()} == {"/Data"}
    assert json.loads(twin.json_bytes)["kind"] == "LR"


def test_tags_name_tables_headers_and_figures() -> None:
    tags = [(str(node.S), str(node.get("/Alt", ""))) for node in elements(opened(exported()))]
    kinds = [kind for kind, _ in tags]
    tables = 3 + 30 + 1
    assert kinds.count("/Table") == tables
    assert kinds.count("/TH") >= 30 * 12
    alts = [alt for kind, alt in tags if kind == "/Figure" and alt]
    assert len(alts) == len(set(alts)) == 151
    assert kinds.count("/Caption") == tables + 1
    assert kinds.count("/Title") == 1
    assert kinds.count("/H1") == len(sample().sections())
    assert kinds.count("/H2") == 30


def test_fonts_are_embedded_subsets_without_missing_glyphs() -> None:
    pdf = opened(exported())
    fonts = {}
    for page in pdf.pages:
        for font in page.Resources.get("/Font", {}).values():
            fonts[str(font.BaseFont)] = font
    assert fonts
    for name, font in fonts.items():
        assert re.match(r"^/[A-Z]{6}\+NotoSansSC", name)
        (inner,) = font.DescendantFonts
        descriptor = inner.FontDescriptor
        assert any(key in descriptor for key in ("/FontFile2", "/FontFile3"))
    for text in pages():
        assert "\ufffd" not in text
        assert "\u200b" not in text


def test_no_glyph_of_any_page_is_the_empty_box() -> None:
    checked = 0
    for number, page in enumerate(opened(exported()).pages):
        stack = [page.obj]
        while stack:
            holder = stack.pop()
            for operands, operator in pikepdf.parse_content_stream(holder):
                if str(operator) not in ("Tj", "TJ"):
                    continue
                parts = operands[0] if str(operator) == "TJ" else [operands[0]]
                codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
                glyphs = [codes[i : i + 2] for i in range(0, len(codes), 2)]
                checked += len(glyphs)
                assert b"\x00\x00" not in glyphs, f"page {number + 1}"
            inner = holder.get("/Resources", {}).get("/XObject", {})
            stack += [each for each in inner.values() if each.get("/Subtype") == "/Form"]
    assert checked > 10_000


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_furniture_is_on_every_page(locale: str) -> None:
    words = sample().WORDS[locale]
    shown = pages(locale)
    for number, text in enumerate(shown, 1):
        assert "EQA-LR-2026-1-0101-L0427-V1" in text
        assert squeezed(words["secret"]) in squeezed(text)
        assert squeezed(words["organiser"]) in squeezed(text)
        last = f"第{number}页共{len(shown)}页" if locale == "zh_CN" else f"Page{number}of{len(shown)}"
        assert last in squeezed(text)


def test_end_mark_closes_the_last_page_and_no_page_is_blank() -> None:
    shown = pages()
    body = squeezed(shown[-1])
    assert body.rindex("报告结束") > body.rindex("批准")
    furniture = 90
    assert all(len(squeezed(text)) > furniture + 30 for text in shown)


def test_watermark_only_on_preliminary_reports() -> None:
    assert all("初步报告" in text for text in pages("zh_CN", "preliminary"))
    assert not any("初步报告" in text for text in pages())


def test_every_cell_is_printed_as_given() -> None:
    from workbench.display.escape import SUBSCRIPTS, SUPERSCRIPTS, printable

    everything = squeezed("".join(pages()))
    flat = str.maketrans(SUPERSCRIPTS | SUBSCRIPTS)
    for section in sample().sections():
        for part in section.parts:
            for table in tables_in(part):
                for row in table.rows:
                    for cell in row:
                        # page furniture stands in the middle of what runs over a page
                        wanted = squeezed(printable(cell.text).translate(flat))[:60]
                        assert wanted in everything, cell.text


def tables_in(part: Displayed) -> Iterator[Table]:
    """Printed tables of a part."""
    if isinstance(part, Table):
        yield part
    for inner in getattr(part, "parts", ()):
        yield from tables_in(inner)


def test_a_continued_table_says_so_and_repeats_its_header() -> None:
    continued = [text for text in pages() if "（续）" in text]
    assert continued
    for text in continued:
        position = text.index("（续）")
        caption = text[:position].splitlines()[-1].strip()
        heading = {"需要处理的项目": "问题", "表 1 项目汇总（按目录顺序）": "评价", "表 2 提示": "级别"}[
            caption
        ]
        assert heading in text[position : position + 80]
    assert sum(text.count("表 1 项目汇总（按目录顺序）（续）") for text in pages()) == 1


def test_rows_and_blocks_never_split() -> None:
    for text in pages():
        for number, entry in enumerate(sample().ANALYTES):
            name, unit = entry.split("|")
            title = squeezed(f"{name}（{unit}）")
            if title in squeezed(text):
                rest = squeezed(text)[squeezed(text).index(title) :]
                assert rest.count("202611") >= 10, (number, name)


def test_same_notebook_same_bytes() -> None:
    again, _ = ReportPDFExporter().from_notebook_node(sample().report())
    assert again == exported()


def test_sizes_stay_within_the_page() -> None:
    """Nothing is drawn within 8 mm of the edge, in spite of 500 characters without a space."""
    document = pypdfium2.PdfDocument(exported())
    for page in document:
        text = page.get_textpage()
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index)
            if right > left:
                assert left > 8 / 25.4 * 72
                assert right < (210 - 8) / 25.4 * 72
                assert bottom > 8 / 25.4 * 72
                assert top < (297 - 8) / 25.4 * 72


def test_smallest_text_is_seven_points() -> None:
    sizes = {
        round(page.get_textpage().get_charbox(0)[3], 0) for page in pypdfium2.PdfDocument(exported("en"))
    }
    assert sizes
    template = (Path(__file__).parents[2] / "workbench/reports/templates/report.typ").read_text(
        encoding="utf-8"
    )
    assert min(float(found) for found in re.findall(r"size: ([0-9.]+)pt", template)) >= 7


def shown(*displayed: Displayed) -> nbformat.NotebookNode:
    """A report notebook with the sample's head and other content."""
    return sample().notebook_of([sample().head("zh_CN"), *displayed])


def test_a_tall_block_that_asks_to_stay_whole_breaks_rather_than_losing_its_end() -> None:
    lines = tuple(Line(f"第 {i} 行。" + "文字" * 60) for i in range(90))
    pdf, _ = ReportPDFExporter().from_notebook_node(
        shown(Section("s", "节", (Block("块", "b", (Prose(lines),), unbreakable=True),)))
    )
    text = squeezed("".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)))
    assert "第89行" in text


def test_a_wide_table_is_printed_on_a_landscape_page() -> None:
    columns = tuple(Column(str(i), f"列 {i}", width_mm=24.0) for i in range(10))
    rows = tuple(tuple(Cell(f"{i}.{j}") for j in range(10)) for i in range(40))
    pdf, _ = ReportPDFExporter().from_notebook_node(
        shown(
            Section("s", "宽表", (Table("w", "表", columns, rows),)),
            Section("t", "后", (Prose((Line("x"),)),)),
        )
    )
    sizes = [page.get_size() for page in pypdfium2.PdfDocument(pdf)]
    assert any(width > height for width, height in sizes)
    assert sizes[-1][0] < sizes[-1][1]


@pytest.mark.parametrize("count", range(38, 50))
def test_three_rows_stand_on_either_side_of_a_page_break(count: int) -> None:
    rows = tuple((Cell(f"行{i:03}"), Cell("1.5")) for i in range(count))
    table = Table("t", "表 1", (Column("a", "项目"), Column("b", "值", align="decimal")), rows)
    pdf, _ = ReportPDFExporter().from_notebook_node(shown(Section("s", "节", (table,))))
    found = [page.get_textpage().get_text_range().count("行") for page in pypdfium2.PdfDocument(pdf)]
    assert sum(found) == count
    assert all(number >= 3 for number in found)


def test_bold_face_and_other_family_compile() -> None:
    document = read_document(sample().report())
    package = find_fonts()
    fonts = FontSet(package.folders, package.family, True, package.characters)
    assert compile_pdf(typst_source(document, fonts), fonts, document.issued_at).startswith(b"%PDF-")
    other = FontSet(package.folders, "Noto Sans CJK SC", True, package.characters)
    assert "Noto Sans SC" not in typst_source(document, other)


def test_a_typesetting_error_is_told_with_its_line() -> None:
    with pytest.raises(RenderError, match="unknown variable: nothing"):
        compile_pdf("#nothing", find_fonts(), datetime(2026, 5, 20, tzinfo=UTC))


def test_a_missing_glyph_stops_the_export_and_names_the_cell() -> None:
    with pytest.raises(RenderError, match=r"cell 2.*U\+2717"):
        ReportPDFExporter().from_notebook_node(shown(Section("s", "✗", ())))


def test_a_missing_glyph_inside_a_drawing_is_seen() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text>&#x2717;</text></svg>'
    with pytest.raises(RenderError, match=r"U\+2717"):
        ReportPDFExporter().from_notebook_node(shown(Figure("f", svg, "alt", "", 10, 10)))
