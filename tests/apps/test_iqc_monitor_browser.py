"""The monitor as its readers use it: in a browser, served as a page and opened in JupyterLab."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.browser import jupyterlab, needs_browser, opened, page, run_in_lab, strangers, voila
from tests.apps.control_store import filled
from workbench.store import open_store
from workbench.store.control_watch import control_alerts

pytestmark = [pytest.mark.browser, needs_browser]
NOTEBOOK = "iqc_monitor.ipynb"
LAB_CODE = re.compile(r"L\d{4}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("iqc-browser")


@pytest.fixture(scope="module")
def database(place: Path) -> str:
    return str(filled(place / "iqc.sqlite").url)


@pytest.fixture(scope="module")
def served(place: Path, database: str) -> Iterator[str]:
    with voila(place) as url:
        yield url


def choose(tab: Any, words: str, option: str) -> None:
    """Choose by the label a reader sees."""
    box = tab.locator(f"select[title='{words}']").first
    label = next(text for text in box.locator("option").all_inner_texts() if re.search(option, text))
    box.select_option(label=label)


def test_an_organiser_stacks_filters_reads_a_chart_and_acknowledges(
    served: str, database: str, place: Path
) -> None:
    asked: list[str] = []
    with page(asked) as tab:
        opened(tab, served, NOTEBOOK, f"database={database}&locale=en")
        tab.wait_for_selector("text=Group: 16 laboratories")
        choose(tab, "Instrument", "INS1")
        tab.wait_for_selector("text=Instrument INS1")
        choose(tab, "Hospital level", "(?i)tertiary")
        tab.wait_for_function("document.querySelector('.wb-group-line').innerText.match(/Group: [3-7] lab/)")
        choose(tab, "Hospital level", "All")
        choose(tab, "Target and SD", "own")
        listed = tab.locator("select[title^='Laboratory']")
        code = next(t for t in listed.locator("option").all_inner_texts() if t.startswith("L"))[:5]
        choose(tab, "Laboratory (the chosen one stands out)", code)
        tab.wait_for_selector(f"text={code}: control chart")
        assert tab.locator("svg text", has_text=re.compile(r"^\d+(of\d)?-\d|^\d+x$|^R-4s$")).count() > 0
        codes = set(LAB_CODE.findall(tab.locator(".wb-app table").first.inner_text()))
        assert tab.locator(".wb-app table caption", has_text="Grades").count() == 1
        assert codes or LAB_CODE.search(tab.content())
        tab.screenshot(path=place / "organiser.en.png", full_page=True)
        tab.locator("select[title='Alerts']").select_option(index=0)
        tab.locator("textarea").fill("Calibrated again; controls in order.")
        tab.locator("textarea").blur()
        tab.click("button:has-text('Mark as handled')")
        tab.wait_for_selector("text=The alert is marked")
        assert (control_alerts(open_store(database))["state"] == "handled").sum() == 1
        assert strangers(asked) == []


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_a_participant_meets_nobody_elses_code(served: str, database: str, place: Path, locale: str) -> None:
    frames: list[str] = []
    with page() as tab:
        tab.on(
            "websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(_text(data)))
        )
        query = f"database={database}&locale={locale}&role=participant&lab_code=L0002"
        opened(tab, served, NOTEBOOK, query)
        tab.wait_for_selector("svg")
        first = "全部" if locale == "zh_CN" else "All"
        box = tab.locator("select[title='质控品批号'], select[title='Control lot']")
        for option in box.first.locator("option").all_inner_texts():
            box.first.select_option(label=option)
            tab.wait_for_timeout(400)
        assert any(option.startswith(first) for option in box.first.locator("option").all_inner_texts())
        whole = tab.content() + "".join(frames)
        assert len(frames) > 20
        assert set(LAB_CODE.findall(whole)) == {"L0002"}
        tab.screenshot(path=place / f"participant.{locale}.png", full_page=True)
        tab.set_viewport_size({"width": 900, "height": 1300})
        tab.wait_for_timeout(300)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 900
        tab.screenshot(path=place / f"narrow.{locale}.png", full_page=True)


def _text(data: Any) -> str:
    return data if isinstance(data, str) else bytes(data).decode("utf-8", "replace")


def test_the_same_notebook_runs_in_jupyterlab(place: Path, database: str) -> None:
    folder = place / "lab"
    with jupyterlab(folder) as url, page() as tab:
        _with_database(folder / "notebooks" / NOTEBOOK, database)
        run_in_lab(tab, url, NOTEBOOK)
        tab.wait_for_selector(".wb-app svg")
        assert "16 家" in tab.locator(".wb-group-line").inner_text()
        choose(tab, "仪器", "INS0")
        tab.wait_for_selector(".wb-group-line:has-text('仪器 INS0')")
        tab.screenshot(path=place / "lab.zh_CN.png")


def _with_database(path: Path, database: str) -> None:
    """The notebook as a user would change its parameter."""
    book = json.loads(path.read_text("utf-8"))
    for cell in book["cells"]:
        cell["source"] = [
            re.sub(r'^database = "[^"]*"', f'database = "{database}"', line) for line in cell["source"]
        ]
    path.write_text(json.dumps(book), "utf-8")
