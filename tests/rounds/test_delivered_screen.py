"""Delivered HTML and figures: no request, no script, contrast, alternative texts, structure, small screens.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.rounds.delivered import Delivered, Opened

pytestmark = pytest.mark.xdist_group("delivered-files")
GROUND = {"#FFFFFF", "#E1E4E8", "#F1F4F7"}
"""Paper, grid and bands carry no meaning of their own."""
SYMBOLS = "○△▽▲▼■◆□–"


def source(report: Opened) -> str:
    return report.beside(".html").read_text(encoding="utf-8")


def test_12_every_verdict_cell_has_a_symbol_and_a_word(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports():
        for cell in report.html.xpath(
            "//table//td[contains(@class,'wb-bad') or contains(@class,'wb-not_scored')]"
        ):
            text = cell.text_content().strip()
            heads = cell.xpath("ancestor::table/thead//th")
            head = heads[len(cell.xpath("preceding-sibling::*"))].text_content()
            if head in ("评价", "Verdict"):
                assert re.match(rf"[{SYMBOLS}] ?\w", text), (report.name, text)
                n += 1
        if report.twin["kind"] == "LR":
            for entry in report.twin["analytes"]:
                for part in (entry, *entry["results"]):
                    assert re.match(rf"[{SYMBOLS}] \S", part["printed"]["verdict"]), report.name
    assert n > 20


def test_12_words_of_good_and_bad_differ_without_colour(delivered: Delivered) -> None:
    """One printed verdict for each signal: told apart by its symbol alone."""
    shown: dict[str, set[str]] = {}
    for report in delivered.reports("LR"):
        for entry in report.twin["analytes"]:
            for result in entry["results"]:
                shown.setdefault(result["signal"], set()).add(result["printed"]["verdict"][0])
    assert {"acceptable", "action", "not_scored"} <= set(shown)
    assert not shown["acceptable"] & (shown["action"] | shown["not_scored"])
    assert not shown["action"] & shown["not_scored"]


def test_14_html_asks_for_nothing_and_runs_nothing(delivered: Delivered) -> None:
    for report in delivered.reports():
        html, page = source(report), report.html
        assert "default-src 'none'" in html
        (script,) = page.xpath("//script")
        assert dict(script.attrib) == {"type": "application/json", "id": "report-data"}
        for attribute in ("src", "href", "srcset", "action", "formaction", "poster", "data"):
            for value in page.xpath(f"//@{attribute}"):
                assert not re.match(r"\s*(?:https?:|//|javascript:|ftp:)", value), (report.name, value)
        assert not page.xpath("//iframe|//object|//embed|//link|//base|//meta[@http-equiv='refresh']")
        assert not [name for node in page.iter() if isinstance(node.tag, str)
                    for name in node.attrib if name.startswith("on")]  # fmt: skip
        assert not re.search(r"url\(\s*['\"]?(?!#|data:)|@import", html)
        assert len(html.encode()) < 5_000_000


def test_14_the_embedded_copy_is_the_twin(delivered: Delivered) -> None:
    import json

    for report in delivered.reports():
        (script,) = report.html.xpath("//script[@id='report-data']")
        assert json.loads(script.text) == report.twin


def contrast(first: str, second: str) -> float:
    """Contrast of two colours (WCAG 2)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * c for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_15_text_of_figures_and_style_is_dark_enough(delivered: Delivered) -> None:
    assert round(contrast("#767676", "#fff"), 2) == 4.54
    n = 0
    for report in delivered.reports():
        for node in report.html.iter("text"):
            fill = node.get("fill") or next(
                (p.get("fill") for p in node.iterancestors() if p.get("fill")), "#000"
            )
            if fill.startswith("#"):
                assert contrast(fill, "#ffffff") >= 4.5, (report.name, fill, node.text)
                n += 1
    assert n > 1000
    style = "".join(delivered.reports()[0].html.xpath("//style/text()"))
    values = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})", style))
    inks = [name for name in ("ink", "secondary", "bad", "warning", "not-scored") if name in values]
    assert len(inks) >= 3
    for name in inks:
        assert contrast(values[name], "#ffffff") >= 4.5, name


def test_15_marks_are_drawn_dark_enough(delivered: Delivered) -> None:
    """Fill or outline of circles and bars against white: 3 : 1."""
    n = 0
    for report in delivered.reports("LR"):
        for node in report.html.xpath("//*[local-name()='svg']//*[local-name()='path']"):
            colours = {c for c in (node.get("fill"), node.get("stroke")) if c and c.startswith("#")} - GROUND
            if colours:
                assert max(contrast(c, "#ffffff") for c in colours) >= 3.0, (report.name, colours)
                n += 1
    assert n > 200


def test_16_every_figure_has_an_alternative_text_of_its_own(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports():
        screen = [svg.get("aria-label") or "" for svg in report.html.xpath("//*[local-name()='svg']")]
        roles = {svg.get("role") for svg in report.html.xpath("//*[local-name()='svg']")}
        paper = [figure.alt for figure in report.pdf.root.all("Figure")]
        assert roles <= {"img"}
        for alternatives in (screen, paper):
            assert all(len(alt) > 8 and "{" not in alt for alt in alternatives), report.name
            assert len(set(alternatives)) == len(alternatives), report.name
        assert sorted(screen) == sorted(paper), report.name
        n += len(paper)
    assert n > 200


def test_17_headings_descend_and_tables_are_marked_up(delivered: Delivered) -> None:
    for report in delivered.reports():
        page = report.html
        levels = [int(node.tag[1]) for node in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in pairwise(levels)), report.name
        assert page.get("lang") == {"zh_CN": "zh-CN", "en": "en"}[report.locale]
        for table in page.iter("table"):
            assert table.xpath("./caption") or table.xpath("ancestor::*[@aria-label]"), report.name
            for head in table.iter("th"):
                assert head.get("scope") in ("col", "row"), report.name
        for anchor in page.xpath("//a[starts-with(@href,'#')]/@href"):
            assert page.xpath(f"//*[@id='{anchor[1:]}']"), (report.name, anchor)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Chromium, where there is one."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.browser
def test_57_no_page_scrolls_sideways_at_360_pixels(delivered: Delivered, browser: Any) -> None:
    chosen = [*delivered.reports("LR")[::3], *delivered.reports("PR")[:4]]
    seen_cards = 0
    for report in chosen:
        page, requests = opened(browser, report.beside(".html"), 360)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, (report.name, width)
        assert requests == []
        if report.twin.get("actions"):
            shown = page.evaluate("getComputedStyle(document.querySelector('#T-ACT tbody tr')).display")
            head = page.evaluate("document.querySelector('#T-ACT thead').getBoundingClientRect().height")
            assert shown != "table-row"
            assert head <= 1
            seen_cards += 1
        page.close()
    assert seen_cards


@pytest.mark.browser
def test_14_opened_without_a_network_nothing_fails(delivered: Delivered, browser: Any) -> None:
    for kind in ("LR", "PR"):
        page, requests = opened(browser, delivered.reports(kind)[0].beside(".html"), 1000)
        assert requests == []
        assert page.errors == []
        page.close()


def opened(browser: Any, path: Path, width: int) -> tuple[Any, list[str]]:
    """A page with the network off, and every address it asked for beside its own."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.context.set_offline(True)
    asked: list[str] = []
    page.errors = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(path.as_uri())
    return page, [url for url in asked if url != path.as_uri() and not url.startswith("data:")]
