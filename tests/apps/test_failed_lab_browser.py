"""The app that looks into failed laboratories in a browser: as a page of its own and in JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.apps.browser import jupyterlab, needs_browser, opened, page, run_in_lab, strangers, voila
from tests.reports.investigation_fixture import QUANTITIES, ROUNDS, filled
from workbench.apps.failed.case_book import CaseBook, CaseKey
from workbench.apps.failed.model import FAILED, Wanted, open_investigation

pytestmark = [pytest.mark.browser, needs_browser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("failed_lab_browser")


@pytest.fixture(scope="module")
def database(folder: Path) -> str:
    return filled(folder)


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    with voila(folder, {"WORKBENCH_CASES": str(folder / "cases")}) as url:
        yield url


def test_a_failed_laboratory_is_looked_into_noted_and_exported(
    served: str, folder: Path, database: str
) -> None:
    model = open_investigation(database, ROUNDS[-1], QUANTITIES, "en")
    case = next(c for c in model.listed(Wanted(FAILED)) if c.family == "systematic")
    query = f"database={quote(database)}&programme_no={QUANTITIES}&round_code={ROUNDS[-1]}&locale=en"
    asked: list[str] = []
    with page(asked) as shown:
        opened(shown, served, "failed_lab.ipynb", f"{query}&lab_code={case.lab_code}&analyte={case.analyte}")
        shown.wait_for_selector("text=not conclusive", timeout=90_000)
        shown.wait_for_selector("#causes, table:has-text('●')", timeout=30_000)
        assert case.lab_code in shown.inner_text(".wb-app")
        assert "proves nothing" in shown.inner_text(".wb-app")
        shown.click("button:has-text('Other analytes')")
        shown.wait_for_selector("text=All analytes of the same instrument", timeout=30_000)
        shown.fill("textarea", "called about the calibrator")
        shown.click("button:has-text('Add to the case')")
        shown.wait_for_selector("text=Note 1 (version 1) is kept", timeout=30_000)
        shown.click("button:has-text('Export dossier')")
        shown.wait_for_selector("a.wb-download:has-text('PDF')", timeout=90_000)
        with shown.expect_download() as download:
            shown.click("a.wb-download:has-text('PDF')")
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
        assert case.lab_code in download.value.suggested_filename
        shown.click("button:has-text('Next')")
        shown.wait_for_selector(f".wb-status:not(:has-text('{case.lab_code} is ready'))", timeout=30_000)
    assert strangers(asked) == []
    key = CaseKey(ROUNDS[-1], QUANTITIES, case.lab_code, case.analyte)
    book = CaseBook(folder / "cases")
    assert [note.text for note in book.notes(key)] == ["called about the calibrator"]
    assert [event.kind for event in book.events(key)] == ["opened", "exported"]


def test_the_same_notebook_runs_in_jupyterlab(folder: Path, database: str) -> None:
    settings = {
        "WORKBENCH_CASES": str(folder / "lab_cases"),
        "QUERY_STRING": f"database={quote(database)}&programme_no={QUANTITIES}&locale=zh_CN",
    }
    with jupyterlab(folder, settings) as url, page() as shown:
        run_in_lab(shown, url, "failed_lab.ipynb")
        shown.wait_for_selector("text=非定论", timeout=90_000)
        assert "可能原因" in shown.inner_text(".wb-app")
