"""The HTML of the sample report: one light file, nothing runs, nothing is hidden, same bytes each time."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from workbench.reports.exporters.html import ReportHTMLExporter, css_string, page_rules

SAMPLE = Path(__file__).parent.parent / "display" / "sample_report.py"
VOID = frozenset({"br", "wbr", "img", "hr", "meta", "link", "input"})


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
def exported(locale: str = "zh_CN", status: str = "final") -> str:
    """The sample as HTML."""
    html, _ = ReportHTMLExporter().from_notebook_node(sample().report(locale, status))
    return html


class Page(HTMLParser):
    """Everything the checks ask for, in one pass."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.data: dict[str, str] = {}
        self.cells: list[tuple[dict[str, str], str]] = []
        self._cell: list[str] | None = None
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self._cell = []
            self.cells.append((values, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in ("td", "th") and self._cell is not None:
            self.cells[-1] = (self.cells[-1][0], "".join(self._cell))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self.open:
            self.data[self.open[-1]] = self.data.get(self.open[-1], "") + data
        if self._cell is not None:
            self._cell.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of one kind."""
        return [values for name, values in self.tags if name == tag]


@pytest.mark.parametrize(("locale", "tag"), [("zh_CN", "zh-CN"), ("en", "en")])
def test_one_document_with_language_title_and_policy(locale: str, tag: str) -> None:
    page = Page(exported(locale))
    assert page.open == []
    assert [html["lang"] for html in page.of("html")] == [tag]
    assert len(page.of("h1")) == len(page.of("main")) == len(page.of("title")) == 1
    policies = [
        meta["content"] for meta in page.of("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies[0].startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


def test_headings_descend_without_gaps_and_sections_have_their_ids() -> None:
    page = Page(exported())
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [section["id"] for section in page.of("section")] == [s.id for s in sample().sections()]


def test_nothing_runs_and_nothing_is_requested() -> None:
    page = Page(exported())
    assert [(script["type"], script["id"]) for script in page.of("script")] == [
        ("application/json", "report-data")
    ]
    assert not any(page.of(tag) for tag in ("link", "iframe", "object", "embed", "img", "base", "form"))
    for _, values in page.tags:
        assert not any(name.startswith("on") for name in values)
        assert not any(
            values.get(name, "#").startswith(("http", "//", "javascript")) for name in ("href", "src")
        )
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", exported())
    assert "@import" not in page.data["style"]


def test_data_block_is_inert_and_holds_the_twin() -> None:
    held = Page(exported()).data["script"]
    assert "<" not in held
    assert json.loads(held) == json.loads(sample().twin().json_bytes)


def test_sources_and_metadata_of_the_notebook_stay_out() -> None:
    assert "secret_source" not in exported()
    assert "cell-0" not in exported()


def test_tables_have_captions_scopes_and_no_empty_cell() -> None:
    page = Page(exported())
    assert len(page.of("caption")) == len(page.of("table")) == 35
    assert all(values.get("scope") in ("col", "row") for values in page.of("th"))
    blank = [values for values, text in page.cells if not text.strip()]
    assert len(blank) == 3
    assert all("wb-blank" in values["class"] for values in blank)


def test_verdict_cells_carry_tone_symbol_and_word() -> None:
    toned = [
        text
        for values, text in Page(exported()).cells
        if re.search(r"wb-(bad|warning|not_scored)", values.get("class", ""))
    ]
    assert len(toned) == 3 + 2 + 4
    assert all(re.match(r"[■▲▼△▽□◆] ?\w", text) for text in toned)


def test_figures_are_named_and_no_two_share_a_name() -> None:
    named = Page(exported()).of("svg")
    assert len(named) == 151
    assert all(values["role"] == "img" for values in named)
    labels = [values["aria-label"] for values in named]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_only_the_figure_data_is_folded() -> None:
    page = Page(exported())
    assert len(page.of("details")) == 1
    assert page.data["summary"] == "图 1 的数据"
    assert not any("display:none" in values.get("style", "") or "hidden" in values for _, values in page.tags)


def test_ids_are_unique_and_inner_links_lead_somewhere() -> None:
    page = Page(exported())
    ids = [values["id"] for _, values in page.tags if "id" in values]
    assert len(ids) == len(set(ids))
    targets = [values["href"][1:] for values in page.of("a") if values["href"].startswith("#")]
    assert len(targets) == 3
    assert set(targets) <= set(ids)


def test_hostile_text_is_printed_as_text() -> None:
    shown = "".join(text for _, text in Page(exported()).cells)
    for text in sample().HOSTILE[:2]:
        assert text in shown
    assert "[U+202E]gnp.exe 12" in shown
    assert "W" * 500 in shown


def test_furniture_stands_on_the_page_and_in_print() -> None:
    html = exported()
    words = sample().WORDS["zh_CN"]
    for text in (words["organiser"], words["secret"], "EQA-LR-2026-1-0101-L0427-V1"):
        assert html.count(text) >= 2
    assert 'counter(page) " 页 共 " counter(pages)' in html
    assert "wb-watermark" not in html.split("</style>")[1]
    assert 'class="wb-watermark" aria-hidden="true">初步报告' in exported("zh_CN", "preliminary")


def test_print_texts_cannot_leave_the_style_sheet() -> None:
    hostile = '"}</style><script>x</script>\\'
    names = ("organiser", "short_title", "report_number", "subject_line", "confidentiality")
    rules = page_rules("en", dict.fromkeys(names, hostile))
    assert "<" not in rules
    assert "}<" not in rules
    assert css_string("a\nb") == '"a\\a b"'


def test_light_and_the_same_each_time() -> None:
    again, _ = ReportHTMLExporter().from_notebook_node(sample().report())
    assert again == exported()
    assert len(exported().encode()) < 500_000


def contrast(first: str, second: str) -> float:
    """WCAG contrast of two #RRGGBB colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("--ink", "#FFFFFF"),
        ("--own", "#FFFFFF"),
        ("--secondary", "#FFFFFF"),
        ("--secondary", "#F1F4F7"),
        ("--bad", "#F9DEDC"),
        ("--warning", "#FFF3D6"),
        ("--not-scored", "#EFEFEF"),
    ],
)
def test_text_contrast_is_at_least_four_and_a_half(ink: str, ground: str) -> None:
    style = Page(exported()).data["style"]
    found = re.search(rf"{ink}:(#[0-9A-F]{{6}})", style)
    assert found
    assert ground == "#FFFFFF" or ground in style
    assert contrast(found[1], ground) >= 4.5
