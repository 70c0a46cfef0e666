"""The competent script a user writes: one process, reused exporter, one browser; a plain kernel a notebook.

Run as `python api_script.py DATABASE FOLDER CHROMIUM CODE...`; writes CODE.html and CODE.pdf.
"""

from __future__ import annotations

import sys
from pathlib import Path

import papermill
from nbconvert import HTMLExporter
from playwright.sync_api import sync_playwright

PLAIN = Path(__file__).parent / "plain_report.ipynb"


def main(database: str, folder: Path, browser: str, codes: list[str]) -> None:
    """All HTML first, then all PDF: Playwright and nbclient do not share an event loop."""
    exporter = HTMLExporter(exclude_input=True)
    for code in codes:
        notebook = papermill.execute_notebook(
            str(PLAIN), None, parameters={"database": database, "lab_code": code}, progress_bar=False
        )
        html, _ = exporter.from_notebook_node(notebook)
        (folder / f"{code}.html").write_text(html, encoding="utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_context(offline=True).new_page()
        for code in codes:
            page.goto((folder / f"{code}.html").as_uri(), wait_until="load")
            page.pdf(path=folder / f"{code}.pdf", print_background=True)
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
