"""Delivered PDFs against the clauses of PDF/A-3 (ISO 19005-3) and PDF/UA-1 (ISO 14289-1), by qpdf's parser.

The compiler enforces both standards itself; here an independent reader looks at what it wrote. No
validator of the whole standards comes through a package registry, so each test names its clause.
"""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tests.rounds.delivered import ROUND, Delivered

pytestmark = pytest.mark.xdist_group("delivered-files")

FORBIDDEN_ACTIONS = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Rendition"}
TEXT_AND_PAINT = {
    "Tj",
    "TJ",
    "'",
    '"',
    "f",
    "f*",
    "F",
    "S",
    "s",
    "B",
    "B*",
    "b",
    "b*",
    "Do",
    "sh",
    "INLINE IMAGE",
}


@pytest.fixture(scope="module")
def files(delivered: Delivered) -> list[Path]:
    """A laboratory's report and the programme's of each programme, all languages."""
    root = delivered.outputs / ROUND
    chosen = []
    for folder in sorted(root.glob("[0-9]*")):
        chosen += [*sorted((folder / "labs").glob("*.pdf"))[:3], *sorted(folder.glob("programme*.pdf"))]
    assert len(chosen) >= 6
    return chosen


@pytest.fixture(scope="module")
def documents(files: list[Path]) -> Iterator[list[pikepdf.Pdf]]:
    opened = [pikepdf.open(path) for path in files]
    yield opened
    for document in opened:
        document.close()


def elements(node: Any) -> Iterator[pikepdf.Dictionary]:
    """Every structure element below a node, in reading order."""
    if isinstance(node, pikepdf.Array):
        for part in node:
            yield from elements(part)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node.K)


def streams(document: pikepdf.Pdf) -> list[pikepdf.Stream]:
    return [o for o in document.objects if isinstance(o, pikepdf.Stream)]


def test_qpdf_finds_nothing_wrong_with_the_files(files: list[Path], documents: list[pikepdf.Pdf]) -> None:
    assert [document.check_pdf_syntax() for document in documents] == [[]] * len(documents)
    if program := shutil.which("qpdf"):
        for path in files:
            subprocess.run([program, "--check", path], check=True, capture_output=True)


def test_file_structure_a3_6_1(files: list[Path], documents: list[pikepdf.Pdf]) -> None:
    for path, document in zip(files, documents, strict=True):
        head = path.read_bytes()[:20]
        assert re.match(rb"%PDF-1\.[4-7]\r?\n%[\x80-\xff]{4}", head)
        assert not document.is_encrypted
        assert len(document.trailer.ID) == 2
        for stream in streams(document):
            assert "/LZWDecode" not in str(stream.get("/Filter"))
            assert "/F" not in stream, "the content of a stream lies outside the file"
        assert "/OCProperties" not in document.Root


def test_colours_have_a_profile_a3_6_2_3(documents: list[pikepdf.Pdf]) -> None:
    for document in documents:
        (intent,) = document.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        profile = intent.DestOutputProfile.read_bytes()
        assert profile[36:40] == b"acsp"
        assert (intent.DestOutputProfile.N, profile[16:20]) == (3, b"RGB ")
        for stream in streams(document):
            assert stream.get("/ColorSpace") not in ("/DeviceCMYK",)
            assert "/OPI" not in stream


def test_every_font_is_embedded_and_maps_to_unicode_a3_6_2_11(documents: list[pikepdf.Pdf]) -> None:
    for document in documents:
        fonts = [
            o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"
        ]
        shown = [f for f in fonts if f.Subtype != "/CIDFontType0" and f.Subtype != "/CIDFontType2"]
        assert shown
        for font in shown:
            assert "/ToUnicode" in font
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            descriptor = inner.FontDescriptor
            assert any(f"/FontFile{n}" in descriptor for n in ("", "2", "3"))
            assert re.match(r"/[A-Z]{6}\+", str(descriptor.FontName))
            if inner.Subtype == "/CIDFontType2":
                assert "/CIDToGIDMap" in inner


def test_nothing_acts_a3_6_5_and_6_6(documents: list[pikepdf.Pdf]) -> None:
    for document in documents:
        for thing in document.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert str(thing.get("/S")) not in FORBIDDEN_ACTIONS
                assert "/AA" not in thing
                assert "/JS" not in thing
        assert "/AcroForm" not in document.Root
        for page in document.pages:
            for annotation in page.get("/Annots", ()):
                assert annotation.Subtype == "/Link"
                assert int(annotation.get("/F", 0)) & 0b100, "a link that does not print"


def test_metadata_says_the_same_twice_a3_6_6_2(files: list[Path], documents: list[pikepdf.Pdf]) -> None:
    for path, document in zip(files, documents, strict=True):
        info, xmp = document.docinfo, document.open_metadata()
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"], xmp["pdfuaid:part"]) == ("3", "A", "1")
        assert xmp["dc:title"] == str(info["/Title"]) != ""
        assert xmp["dc:creator"] == [str(info["/Author"])]
        assert xmp["pdf:Keywords"] == str(info["/Keywords"])
        moment = re.sub(r"\D", "", xmp["xmp:CreateDate"])
        assert re.sub(r"\D", "", str(info["/CreationDate"])) == moment
        assert str(document.Root.Lang) in xmp["dc:language"]
        assert str(document.Root.Lang).startswith("en-" if ".en." in path.name else "zh-")


def test_attachments_are_associated_files_a3_6_8(files: list[Path], documents: list[pikepdf.Pdf]) -> None:
    for path, document in zip(files, documents, strict=True):
        found = {}
        for attached in document.Root.AF:
            assert (attached.Type, attached.AFRelationship) == ("/Filespec", "/Data")
            assert attached.F == attached.UF
            stream = attached.EF.F
            found[str(attached.F)] = (str(stream.Subtype), stream.read_bytes())
            assert int(stream.Params.Size) == len(found[str(attached.F)][1])
            assert "/ModDate" in stream.Params
        assert set(document.attachments) == set(found) == {"report.json", "report.csv"}
        assert found["report.json"] == ("/application/json", path.with_suffix(".json").read_bytes())
        assert found["report.csv"] == ("/text/csv", path.with_suffix(".csv").read_bytes())


def test_all_that_is_drawn_is_tagged_or_an_artefact_ua1_7_1(documents: list[pikepdf.Pdf]) -> None:
    for document in documents:
        assert document.Root.MarkInfo.Marked
        assert not document.Root.MarkInfo.get("/Suspects", False)
        assert document.Root.ViewerPreferences.DisplayDocTitle
        assert "/ParentTree" in document.Root.StructTreeRoot
        for page in document.pages:
            assert page.get("/Tabs") == "/S"
            assert "/StructParents" in page
            depth = 0
            for instruction in pikepdf.parse_content_stream(page):
                operator = str(instruction.operator)
                depth += (operator in ("BDC", "BMC")) - (operator == "EMC")
                assert depth or operator not in TEXT_AND_PAINT, f"{operator} outside any marked content"
            assert depth == 0


def test_headings_descend_by_one_and_are_the_bookmarks_ua1_7_4(documents: list[pikepdf.Pdf]) -> None:
    for document in documents:
        levels = [
            int(str(e.S)[2:]) for e in elements(document.Root.StructTreeRoot.K) if re.match(r"/H\d", str(e.S))
        ]
        assert len(levels) >= 5
        assert levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
        with document.open_outline() as outline:
            assert len(outline.root) == levels.count(1)
            assert all((item.title.strip() and item.destination) or item.action for item in outline.root)


def test_figures_speak_and_header_cells_have_a_direction_ua1_7_3_and_7_5(
    documents: list[pikepdf.Pdf],
) -> None:
    n_figures = n_headers = 0
    for document in documents:
        tree = list(elements(document.Root.StructTreeRoot.K))
        figures = [e for e in tree if e.S == "/Figure"]
        assert all(str(e.get("/Alt", "")).strip() for e in figures)
        headers = [e for e in tree if e.S == "/TH"]
        for header in headers:
            given = header.get("/A")
            attributes = given if isinstance(given, pikepdf.Array) else [given]
            scopes = [str(a.Scope) for a in attributes if isinstance(a, pikepdf.Dictionary) and "/Scope" in a]
            assert scopes[0] in ("/Row", "/Column", "/Both")
        for table in (e for e in tree if e.S == "/Table"):
            assert [e for e in elements(table.K) if e.S == "/TR"]
        n_figures, n_headers = n_figures + len(figures), n_headers + len(headers)
    assert n_figures > 5
    assert n_headers > 50


def test_links_are_tagged_and_described_ua1_7_18(documents: list[pikepdf.Pdf]) -> None:
    for document in documents:
        tagged = sum(e.S == "/Link" for e in elements(document.Root.StructTreeRoot.K))
        links = [a for page in document.pages for a in page.get("/Annots", ())]
        assert tagged >= bool(links)
        for link in links:
            assert str(link.get("/Contents", "")).strip()
            assert "/StructParent" in link
