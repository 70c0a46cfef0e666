"""The same notebook, not one character changed, through the warm kernel and the two exporters.

Run as `python unchanged_script.py DATABASE FOLDER CODE...`; writes CODE.html and CODE.pdf.
"""

from __future__ import annotations

import sys
from pathlib import Path

import papermill

from tests.benchmarks.api_script import PLAIN
from workbench.reports.exporters.html import ReportHTMLExporter
from workbench.reports.exporters.pdf import ReportPDFExporter


def main(database: str, folder: Path, codes: list[str]) -> None:
    """One notebook after the other."""
    html_exporter, pdf_exporter = ReportHTMLExporter(), ReportPDFExporter()
    for code in codes:
        notebook = papermill.execute_notebook(
            str(PLAIN),
            None,
            parameters={"database": database, "lab_code": code},
            kernel_name="workbench",
            progress_bar=False,
        )
        html, _ = html_exporter.from_notebook_node(notebook)
        (folder / f"{code}.html").write_text(html, encoding="utf-8")
        pdf, _ = pdf_exporter.from_notebook_node(notebook)
        (folder / f"{code}.pdf").write_bytes(pdf)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
