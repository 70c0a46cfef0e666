"""An officer at the page: a suspected blunder is excluded with a reason, the change seen first, then recorded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.browser import SECONDS, jupyterlab, needs_browser, opened, page, run_in_lab, strangers, voila
from tests.apps.officer_store import PROGRAMME, filled

pytestmark = [pytest.mark.browser, needs_browser]
NOTEBOOK = "round_explorer.ipynb"
REASON = "value of a child's <sample>; told by telephone"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = filled(tmp_path_factory.mktemp("officer"), seed=3)
    store.close()
    return store.url


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with voila(tmp_path_factory.mktemp("voila")) as url:
        yield url


def control(page: Any, label: str) -> Any:
    """The labelled control."""
    box = page.locator(f'.wb-app .widget-vbox:has(> .widget-html .wb-label:text-is("{label}"))').last
    return box.locator("select, input, textarea")


def status(page: Any, words: str) -> str:
    """The status line once it says so."""
    line = page.locator(f'.wb-app .wb-status[aria-live]:has-text("{words}")')
    line.wait_for(timeout=SECONDS * 1000)
    return str(line.inner_text())


def decisions(database: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        return connection.execute("select kind, reason, by_role from decision").fetchall()


def test_a_result_is_excluded_with_a_reason_after_its_effect_was_seen(served: str, database: str) -> None:
    asked: list[str] = []
    with page(asked) as shown:
        query = f"database={database}&programme_no={PROGRAMME}&locale=en&view=suspects"
        opened(shown, served, NOTEBOOK, query)
        assert "waiting" in status(shown, "blocking")
        suspects = shown.locator("#explorer-suspects")
        suspects.get_by_text("undecided").first.wait_for()
        line = next(
            text
            for text in control(shown, "Suspected blunder").locator("option").all_inner_texts()
            if "L0035 HbA1c 202611" in text.replace("\N{NO-BREAK SPACE}", " ")
        )
        control(shown, "Suspected blunder").select_option(label=line)
        shown.get_by_role("button", name="Preview").click()
        assert "needs its reason" in status(shown, "reason")
        control(shown, "Reason (required)").fill(REASON)
        control(shown, "Reason (required)").press("Tab")
        shown.get_by_role("button", name="Preview").click()
        assert "2 results" in status(shown, "nothing is recorded yet")
        assert shown.locator("#explorer-changed_results tbody tr").count() == 2
        assert shown.locator("#explorer-changed_targets tbody tr").count() == 3
        assert not decisions(database)
        shown.get_by_role("button", name="Accept and record").click()
        assert "workbench evaluate" in status(shown, "Recorded: exclude")
        assert decisions(database) == [("exclude_from_statistics", REASON, "organiser")]
        shown.locator(".wb-stale[role=status]", has_text="not made from these data").wait_for()
        row = suspects.locator("tr", has_text="L0035").first
        assert "exclude from statistics" in row.inner_text()
        control(shown, "View").select_option(label="Decisions")
        shown.locator("#explorer-decisions", has_text=REASON).wait_for()
        shown.get_by_role("button", name="Export Excel").click()
        assert (
            shown.locator("a.wb-download[download]").get_attribute("download").endswith(f"{PROGRAMME}.xlsx")
        )
    assert not strangers(asked)


def test_an_adviser_sees_aliases_and_decides_nothing(served: str, database: str) -> None:
    with page() as shown:
        opened(shown, served, NOTEBOOK, f"database={database}&programme_no={PROGRAMME}&role=adviser")
        status(shown, "阻断项，")
        for view in ("④ 疑似差错", "① 参与", "决定记录"):
            control(shown, "视图").select_option(label=view)
            shown.locator(".wb-heading", has_text=view).wait_for()
            assert "L00" not in shown.locator(".wb-app").inner_text()
        assert not shown.get_by_role("button", name="试算").is_visible()


def test_the_same_notebook_runs_in_jupyterlab(
    database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lab")
    with jupyterlab(folder) as url, page() as shown:
        path = Path(folder) / "notebooks" / NOTEBOOK
        notebook = json.loads(path.read_text("utf-8"))
        cell = next(c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", []))
        cell["source"] += [f'\ndatabase = "{database}"\n', f'programme_no = "{PROGRAMME}"\n']
        path.write_text(json.dumps(notebook), "utf-8")
        run_in_lab(shown, url, NOTEBOOK)
        assert "待处理" in status(shown, "阻断项，")
        assert shown.locator("#explorer-matrix tbody tr").count() == 1
