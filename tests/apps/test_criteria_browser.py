"""The criteria laboratory in headless Chromium, as a page and in JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.browser import jupyterlab, needs_browser, opened, page, run_in_lab, strangers, voila
from tests.apps.stores import PROGRAMME, small_store

pytestmark = [needs_browser, pytest.mark.browser, pytest.mark.xdist_group("browser")]
NOTEBOOK = "criteria_tuning.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("criteria")


@pytest.fixture(scope="module")
def database(folder: Path) -> str:
    return small_store(folder)


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with voila(folder) as address:
        yield address


def choose(shown: Any, number: int, label: str) -> None:
    shown.locator(".wb-app select").nth(number).select_option(label=label)


def status(shown: Any) -> str:
    return str(shown.locator(".wb-app .wb-status").inner_text())


@pytest.mark.parametrize(("locale", "kind", "still"), [("zh_CN", "百分比", "0 家次由合格变为不合格"), ("en", "percentage", "0 verdicts turn")])  # fmt: skip
def test_moving_a_limit_moves_table_and_curve(
    url: str, database: str, locale: str, kind: str, still: str
) -> None:
    asked: list[str] = []
    with page(asked) as shown:
        opened(shown, url, NOTEBOOK, f"database={database}&programme_no={PROGRAMME}&locale={locale}")
        assert status(shown).startswith(still)
        curve = shown.locator(".wb-app figure svg").first.inner_html()
        kinds = shown.locator(".wb-app select").nth(4).locator("option").all_inner_texts()
        choose(shown, 4, next(each for each in kinds if each.lower().startswith(kind[:3].lower())))
        box = shown.locator(".wb-app input[type=number]").first
        box.fill("3")
        box.press("Tab")
        shown.wait_for_function(
            f"!document.querySelector('.wb-app .wb-status').innerText.startsWith({still!r})", timeout=20_000
        )
        assert shown.locator(".wb-app figure svg").first.inner_html() != curve
        assert shown.locator(".wb-app td.wb-bad").count() > 0
        widths = shown.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1]
    assert strangers(asked) == []


def test_a_draft_is_refused_without_reason_and_offered_with_one(url: str, database: str) -> None:
    with page() as shown:
        opened(shown, url, NOTEBOOK, f"database={database}&programme_no={PROGRAMME}&locale=en")
        kinds = shown.locator(".wb-app select").nth(4).locator("option").all_inner_texts()
        choose(shown, 4, next(each for each in kinds if each.lower().startswith("per")))
        shown.locator(".wb-app input[type=number]").first.fill("3")
        shown.locator(".wb-app input[type=number]").first.press("Tab")
        shown.get_by_role("button", name="Preview").click()
        shown.wait_for_selector(".wb-app .wb-status.wb-error", timeout=20_000)
        texts = shown.locator(".wb-app input[type=text]")
        for number, words in enumerate(("Centre", "Draft", "2027", "1", "2027-01-01", "statistician")):
            texts.nth(number).fill(words)
            texts.nth(number).press("Tab")
        shown.locator(".wb-app textarea").fill("Limits of the authorities differ; one for all is proposed.")
        shown.locator(".wb-app textarea").press("Tab")
        shown.get_by_role("button", name="Preview").click()
        shown.wait_for_selector(".wb-app pre", timeout=20_000)
        assert 'authority: "Centre"' in shown.locator(".wb-app pre").inner_text()
        shown.get_by_role("button", name="Make the impact report").click()
        link = shown.wait_for_selector(".wb-app a.wb-download[download$='.pdf']", timeout=90_000)
        assert link.get_attribute("href").startswith("data:application/pdf;base64,JVBER")
        assert shown.locator(".wb-app a.wb-download").count() == 4


def test_the_same_notebook_works_in_jupyterlab(folder: Path, database: str) -> None:
    asked: list[str] = []
    with jupyterlab(folder) as address, page(asked) as shown:
        own = folder / "notebooks" / NOTEBOOK
        source = own.read_text("utf-8").replace("sqlite:///outputs/demo.sqlite", database)
        own.write_text(
            source.replace('programme_no = \\"1.1\\"', f'programme_no = \\"{PROGRAMME}\\"'), "utf-8"
        )
        run_in_lab(shown, address, NOTEBOOK)
        shown.wait_for_selector(".wb-app figure svg", timeout=60_000)
        kinds = shown.locator(".wb-app select").nth(4).locator("option").all_inner_texts()
        choose(shown, 4, next(each for each in kinds if each.startswith("百分比")))
        box = shown.locator(".wb-app input[type=number]").first
        box.fill("3")
        box.press("Tab")
        shown.wait_for_selector(".wb-app td.wb-bad", timeout=20_000)
    assert strangers(asked) == []
