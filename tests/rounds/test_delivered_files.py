"""What a laboratory receives, opened as it is delivered: PDF, HTML, JSON, CSV and workbook of one round.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pypdfium2
import pytest

from tests.rounds.round_fixture import fill
from workbench.parameters import catalogue, load_round
from workbench.reports.twin import check_twin
from workbench.rounds.demonstration import EARLIER_ROUNDS, SEED
from workbench.rounds.run import RunOptions, run_round
from workbench.simulation import simulate_province

pytestmark = pytest.mark.xdist_group("delivered-files")
N_LABORATORIES = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of one finished programme-round."""
    path = fill(tmp_path_factory.mktemp("delivered"))
    result = run_round(load_round(path), RunOptions(workers=2))
    assert result.failures == ()
    return path.parent / "outputs" / "2026-1" / "0104"


def reports(folder: Path) -> list[Path]:
    """Every PDF, laboratories first."""
    return [*sorted((folder / "labs").glob("*.pdf")), *sorted(folder.glob("programme*.pdf"))]


def pages(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    return [document[i].get_textpage().get_text_range() for i in range(len(document))]


def squeezed(text: str) -> str:
    """Text without the white space that lines and cells put in."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def twin_of(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".json").read_bytes())


def printed_strings(value: Any) -> Iterator[str]:
    """Every string below a `printed` object."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from (_leaves(part) if name == "printed" else printed_strings(part))
    elif isinstance(value, list):
        for part in value:
            yield from printed_strings(part)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)


def test_01_number_code_confidentiality_and_page_are_on_every_page(folder: Path) -> None:
    for path in reports(folder):
        twin, text = twin_of(path), pages(path)
        number = squeezed(twin["report"]["number"])
        for at, page in enumerate(text, 1):
            plain = squeezed(page)
            words = f"Page{at}of{len(text)}" if twin["locale"] == "en" else f"第{at}页共{len(text)}页"
            assert number in plain
            assert words in plain
            if twin["kind"] == "LR":
                assert twin["participant"]["lab_code"] in plain


def test_02_page_one_of_a_laboratory_holds_verdict_counts_and_due_date(folder: Path) -> None:
    for path in reports(folder):
        twin = twin_of(path)
        if twin["kind"] != "LR":
            continue
        first, verdict = squeezed(pages(path)[0]), twin["verdict"]
        if verdict["graded"]:
            assert f"{verdict['acceptable']}/{verdict['graded']}" in first
        failed = [entry for entry in twin["analytes"] if entry["verdict"] == "fail"]
        if failed and twin["locale"] == "zh_CN":
            assert "2026年6月19日" in first


def test_03_the_end_mark_closes_the_body_after_the_sign_off(folder: Path) -> None:
    for path in reports(folder):
        text = squeezed("".join(pages(path)))
        end = "Endofreport" if twin_of(path)["locale"] == "en" else "报告结束"
        roles = ("Prepared", "Reviewed", "Approved") if end == "Endofreport" else ("编制", "审核", "批准")
        assert text.count(end) == 1
        assert all(0 <= text.find(role) < text.find(end) for role in roles)


def test_08_no_file_of_one_laboratory_holds_a_word_of_another(folder: Path) -> None:
    programmes = [catalogue()["1.4"]]
    province = simulate_province(programmes, (*EARLIER_ROUNDS, "2026-1"), SEED, N_LABORATORIES)
    canaries = dict(zip(province.laboratories["lab_code"], province.laboratories["canary"], strict=True))
    words = json.loads((folder / ".watch.json").read_bytes())
    assert len(words) > 5
    for code, own in words.items():
        content = "\n".join(_everything(path) for path in sorted((folder / "labs").glob(f"{code}.*")))
        assert own[0] in content
        others = {word for c, group in words.items() if c != code for word in (*group, canaries[c])}
        found = [w for w in others if re.search(rf"(?<![A-Za-z0-9]){re.escape(w)}(?![A-Za-z0-9])", content)]
        assert not found, code
    anonymous = "\n".join(_everything(path) for path in folder.glob("programme*"))
    assert not [code for code in words if re.search(rf"\b{code}\b", anonymous)]
    assert not [canary for canary in canaries.values() if canary in anonymous]


def _everything(path: Path) -> str:
    """All text a reader could get out of a file, its name included."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return unescape(
                "\n".join(book.read(n).decode() for n in book.namelist() if not re.search("sheet|styles", n))
            )
    if path.suffix == ".pdf":
        with pikepdf.open(path) as document:
            attached = [
                document.attachments[name].get_file().read_bytes().decode() for name in document.attachments
            ]
            return "\n".join([path.name, *pages(path), str(document.open_metadata()), *attached])
    text = path.read_text(encoding="utf-8-sig")
    return path.name + "\n" + re.sub(r' d="[^"]*"', "", unescape(text))


def test_13_every_glyph_is_embedded_and_none_is_missing(folder: Path) -> None:
    for path in reports(folder):
        assert not re.search(r"[\ufffd\u25a1]{2}|\ufffd", "".join(pages(path)))
        with pikepdf.open(path) as document:
            for page in document.pages:
                for font in page.resources.get("/Font", {}).values():
                    descendant = font.DescendantFonts[0] if "/DescendantFonts" in font else font
                    descriptor = descendant.FontDescriptor
                    assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
                    assert re.match(r"/[A-Z]{6}\+", str(descriptor.FontName))
                for operands, operator in pikepdf.parse_content_stream(page):
                    if str(operator) in ("Tj", "TJ"):
                        assert 0 not in _glyphs(operands[0])


def _glyphs(shown: Any) -> list[int]:
    """Glyph numbers of a text operator; 0 is the box of a missing glyph."""
    parts = (
        [shown] if isinstance(shown, pikepdf.String) else [p for p in shown if isinstance(p, pikepdf.String)]
    )
    codes = b"".join(bytes(part) for part in parts)
    return [int.from_bytes(codes[i : i + 2], "big") for i in range(0, len(codes), 2)]


def test_14_html_asks_for_nothing_and_runs_nothing(folder: Path) -> None:
    for path in [*(folder / "labs").glob("*.html"), *folder.glob("programme*.html")]:
        html = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in html
        scripts = re.findall(r"<script[^>]*>", html)
        assert scripts == ['<script type="application/json" id="report-data">']
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)
        assert not re.search(r"<(?:iframe|object|embed|link)\b", html)
        assert html.count("<h1") == 1


def test_18_19_archival_pdf_with_both_twins_attached_byte_for_byte(folder: Path) -> None:
    for path in reports(folder):
        with pikepdf.open(path) as document:
            metadata = document.open_metadata()
            assert metadata.get("pdfaid:part") == "3"
            assert metadata.get("pdfaid:conformance") == "A"
            assert metadata.get("pdfuaid:part") == "1"
            assert str(document.Root.Lang).startswith("en" if ".en." in path.name else "zh")
            with document.open_outline() as outline:
                assert len(outline.root) >= 5
            for name, ending in (("report.json", ".json"), ("report.csv", ".csv")):
                attached = document.attachments[name]
                assert attached.get_file().read_bytes() == path.with_suffix(ending).read_bytes()
                assert attached.obj.AFRelationship == "/Data"
        digest = hashlib.sha256(path.with_suffix(".csv").read_bytes()).hexdigest()
        assert twin_of(path)["provenance"]["csv_sha256"] == digest


def test_20_the_twin_follows_the_published_schema(folder: Path) -> None:
    for path in reports(folder):
        check_twin(twin_of(path))


def test_21_every_printed_number_of_the_results_stands_in_the_pdf(folder: Path) -> None:
    checked = 0
    for path in reports(folder):
        twin = twin_of(path)
        if twin["kind"] != "LR":
            continue
        text = squeezed("".join(pages(path)))
        for entry in twin["analytes"]:
            for result in entry["results"]:
                for name in (
                    "value",
                    "assigned_value",
                    "range",
                    "percent_difference",
                    "percent_allowed",
                    "score",
                ):
                    shown = result["printed"].get(name)
                    if isinstance(shown, str) and shown.strip():
                        assert squeezed(shown) in text, (path.name, result["sample"], name, shown)
                        checked += 1
    assert checked > 100


def test_22_workbooks_hold_values_only(folder: Path) -> None:
    for path in sorted((folder / "labs").glob("*.xlsx"))[:4]:
        book = openpyxl.load_workbook(path)
        assert len(book.sheetnames) >= 6
        for sheet in book:
            assert sheet.sheet_state == "visible"
            assert not sheet.merged_cells.ranges
            assert sheet.freeze_panes
            assert not [c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_24_own_results_are_printed_as_sent(folder: Path) -> None:
    for path in (folder / "labs").glob("*.json"):
        twin = json.loads(path.read_bytes())
        for entry in twin["analytes"]:
            for result in entry["results"]:
                if result["state"] == "scored":
                    assert result["printed"]["value"].startswith(result["raw"])


def test_41_no_sentence_blames(folder: Path) -> None:
    for path in reports(folder):
        text = "".join(pages(path))
        assert not re.search(r"失误|责任|\bfault\b(?! code)|\bblame", text)


def test_42_both_languages_tell_the_same(folder: Path) -> None:
    pairs = [*(folder / "labs").glob("*.en.json"), folder / "programme.en.json"]
    assert len(pairs) >= 2
    for path in pairs:
        en, zh = (json.loads(p.read_bytes()) for p in (path, path.with_name(path.name.replace(".en.", "."))))
        assert [f["code"] for f in en["findings"]] == [f["code"] for f in zh["findings"]]
        assert [e["analyte"] for e in en["analytes"]] == [e["analyte"] for e in zh["analytes"]]
        assert _numbers(en.get("verdict")) == _numbers(zh.get("verdict"))
        assert len(re.findall(r"<section", path.with_suffix(".html").read_text())) == len(
            re.findall(r"<section", path.with_name(path.name.replace(".en.json", ".html")).read_text())
        )


def _numbers(verdict: dict[str, Any] | None) -> dict[str, Any]:
    """A verdict without its words."""
    return {name: value for name, value in (verdict or {}).items() if name != "printed"}
