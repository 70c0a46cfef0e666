"""Reports on internal quality control: each notebook executed, exported and written with its twin."""

from __future__ import annotations

import json
import os
import pickle
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from workbench.errors import RenderError, WorkbenchError
from workbench.parameters import project_root
from workbench.rounds.render import CELL_SECONDS, can_fork, preload

FORMATS = ("html", "pdf", "json", "csv")
_PRELOADED = (
    "workbench.reports.iqc_month_lab",
    "workbench.reports.iqc_month_group",
    "workbench.reports.iqc_summary",
)
"""What each child would import anew otherwise."""
_TWIN = {"json": "application/vnd.eqa.report+json", "csv": "text/csv"}


@dataclass(frozen=True)
class ControlReport:
    """One report to be made.

    Parameters
    ----------
    notebook : file name below notebooks/reports. parameters : of the notebook.
    folder, name : where its files are written, and their name without ending.
    workbook : as a workbook too.
    """

    notebook: str
    parameters: Mapping[str, Any]
    folder: Path
    name: str
    workbook: bool = False


def make_reports(
    reports: Sequence[ControlReport], workers: int = 1
) -> Iterator[tuple[ControlReport, list[Path], str]]:
    """Make reports, some at a time, in their order.

    Parameters
    ----------
    workers : reports made at the same time.

    Yields
    ------
    Each report with its files, or without files and with what went wrong: notebook, section and cause.

    Notes
    -----
    Where the system can fork, a child makes each report: the typesetter's threads stay there, and what the caller has
    evaluated before is shared.
    """
    if not can_fork():
        for report in reports:
            try:
                yield report, _made(report, None), ""
            except WorkbenchError as error:
                yield report, [], str(error)
        return
    preload()
    for name in _PRELOADED:
        import_module(name)
    under_way: deque[tuple[ControlReport, int, int]] = deque()
    for report in reports:
        under_way.append((report, *_started(report)))
        if len(under_way) >= max(workers, 1):
            yield _finished(*under_way.popleft())
    while under_way:
        yield _finished(*under_way.popleft())


def make_report(report: ControlReport) -> list[Path]:
    """Make one report; returns its files.

    Raises
    ------
    RenderError
        naming notebook, section and cause.
    """
    ((_, files, trouble),) = make_reports([report])
    if trouble:
        raise RenderError(trouble)
    return files


def _started(report: ControlReport) -> tuple[int, int]:
    """Fork a child that makes a report; its number and the pipe its answer comes through."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _answer_and_exit(write_end, report)
    os.close(write_end)
    return child, read_end


def _finished(report: ControlReport, child: int, read_end: int) -> tuple[ControlReport, list[Path], str]:
    """Wait for a child and take its answer."""
    with os.fdopen(read_end, "rb") as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        return report, [], f"{report.notebook}: the process ended with status {status}."
    made, message = pickle.loads(answer)
    return report, [Path(path) for path in made], message


def _answer_and_exit(write_end: int, report: ControlReport) -> None:
    """Body of the child: never returns."""
    try:
        from workbench.rounds.inline_engine import register_inline_engine

        answer: tuple[list[str], str] = ([str(p) for p in _made(report, register_inline_engine())], "")
    except BaseException as error:
        kind = "" if isinstance(error, WorkbenchError) else f"{type(error).__name__}: "
        answer = ([], f"{kind}{error}")
    with os.fdopen(write_end, "wb") as stream:
        stream.write(pickle.dumps(answer))
    os._exit(0)


def _made(report: ControlReport, engine: str | None) -> list[Path]:
    """Execute, export, write."""
    from workbench.reports.exporters.batch import html_report, pdf_report

    notebook = _executed(report, engine)
    content = {"html": html_report(notebook), "pdf": pdf_report(notebook)[0]}
    content |= {ending: _shown(notebook, kind).encode("utf-8") for ending, kind in _TWIN.items()}
    if report.workbook:
        from workbench.reports.workbook import workbook_bytes

        content["xlsx"] = workbook_bytes(json.loads(content["json"]))
    report.folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for ending in content:
        path = report.folder / f"{report.name}.{ending}"
        path.write_bytes(content[ending])
        paths.append(path)
    return paths


def _executed(report: ControlReport, engine: str | None) -> Any:
    """The notebook, run by papermill."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    path = project_root() / "notebooks" / "reports" / report.notebook
    try:
        return papermill.execute_notebook(
            str(path),
            None,
            parameters=dict(report.parameters),
            engine_name=engine,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            cwd=str(path.parent),
            execution_timeout=CELL_SECONDS,
        )
    except PapermillExecutionError as error:
        section = re.search(r"report\.(\w+)", error.source)
        place = section.group(1) if section else f"cell {error.exec_count}"
        raise RenderError(f"{path.name}, {place}: {error.ename}: {error.evalue}") from error


def _shown(notebook: Any, kind: str) -> str:
    """What the twin's cell shows in one kind."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if _TWIN["json"] in output.get("data", {}):
                text: str = output["data"][kind]
                return text
    raise RenderError("The notebook shows no machine-readable copy.")
