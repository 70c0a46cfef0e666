"""One report from its notebook to finished, checked files in a staging folder.

The notebook is executed by papermill, exported by the two nbconvert exporters; the twin that the
notebook shows gives JSON, CSV and workbook. Where the system can fork, a worker keeps the imports and
forks one child a report, which executes the notebook with ipykernel's own kernel object; elsewhere
papermill starts a plain kernel. The outputs are the same, only slower.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import pickle
import re
import shutil
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from workbench.errors import RenderError, WorkbenchError
from workbench.parameters import catalogue, criteria
from workbench.rounds.leaks import Sieve, Watch, refuse_leaks
from workbench.rounds.publish import artefact_of
from workbench.rounds.records import Artefact
from workbench.rounds.tasks import ALL, LABORATORY_KIND, ReportTask
from workbench.wording import names

CELL_SECONDS = 120
"""Longest time of one notebook cell."""

_TWIN_JSON, _TWIN_CSV = "application/vnd.eqa.report+json", "text/csv"


def render(task: ReportTask) -> dict[str, Artefact]:
    """Make one report; returns its staged files by format.

    Raises
    ------
    RenderError
        naming notebook, section and cause.
    PublishError
        if a file holds another participant's words.
    """
    return _in_child(task) if can_fork() else _finish(task, engine=None)


def can_fork() -> bool:
    """Whether a warm child per report is possible here: Linux, as measured, and the typesetter has not run yet.

    Its threads stay behind in a fork, and the child would wait for them for ever.
    """
    typesetter = sys.modules.get("workbench.reports.typst_pdf")
    started = typesetter is not None and typesetter.engine_has_started()
    return sys.platform == "linux" and hasattr(os, "memfd_create") and not started


def _in_child(task: ReportTask) -> dict[str, Artefact]:
    """Fork, make the report in the child, and take its answer through a pipe."""
    preload()
    _prepare(task)
    _watch(str(task.watch_file), task.subject == ALL)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _answer_and_exit(write_end, task)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        raise RenderError(f"the process ended with status {status} before the report was made.")
    ok, value = pickle.loads(answer)
    if not ok:
        raise _rebuilt(value)
    return value


def _answer_and_exit(write_end: int, task: ReportTask) -> None:
    """Body of the child: never returns."""
    try:
        from workbench.rounds.inline_engine import register_inline_engine

        seed_random(f"{task.name} {task.parameters.get('round_code')}")
        answer: tuple[bool, Any] = (True, _finish(task, engine=register_inline_engine()))
    except BaseException as error:
        kind = type(error) if isinstance(error, WorkbenchError) else RenderError
        answer = (False, (kind, str(error), traceback.format_exc()))
    with os.fdopen(write_end, "wb") as stream:
        stream.write(pickle.dumps(answer))
    os._exit(0)


def seed_random(words: str) -> None:
    """Set the legacy random generators, so that a notebook that draws from them repeats itself.

    A forked child would else have numpy's state of its parent, the same for every report.
    """
    import random

    import numpy as np

    seed = int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big")
    random.seed(seed)
    np.random.seed(seed)


def _rebuilt(failure: tuple[type[WorkbenchError], str, str]) -> WorkbenchError:
    """The child's error with its traceback as a note for the operator's log."""
    kind, message, detail = failure
    error = kind(message)
    error.add_note(detail)
    return error


_PRELOADED = (
    *("papermill", "matplotlib", "pandas", "bdb", "encodings.cp437"),
    *("ipykernel.debugger", "IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect"),
    *("workbench.reports.lab_round", "workbench.reports.programme_round", "workbench.reports.workbook"),
    *("workbench.reports.lab_summary", "workbench.reports.lab_year", "workbench.reports.programme_year"),
    *("workbench.reports.prepared", "workbench.rounds.inline_engine"),
)
"""What a report's process would import otherwise, each time anew; nothing that starts a thread."""


@cache
def preload() -> None:
    """Import and read once, in the worker, what every report needs.

    The checker of internationalised addresses, which a JSON schema's `iri` format would use, compiles its
    grammars for most of a second when imported; no notebook format asks for it, so it is kept out.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    for name in _PRELOADED:
        import_module(name)
    from workbench.reports.exporters.batch import warm_exporters

    warm_exporters()
    catalogue()
    criteria()
    for locale in ("zh_CN", "en"):
        names(locale)
    gc.collect()
    gc.freeze()


def _prepare(task: ReportTask) -> None:
    """Read once, in the worker, what all laboratories of the task's programme share.

    What cannot be read is left to the report's own process, which says so with its notebook and section.
    """
    from workbench.reports.prepared import prepare_round

    if task.kind == LABORATORY_KIND:
        with contextlib.suppress(WorkbenchError):
            prepare_round(*(task.parameters[name] for name in ("database", "round_code", "programme_no")))


def _finish(task: ReportTask, engine: str | None) -> dict[str, Artefact]:
    """Execute, export, check, and put the files into the staging folder."""
    notebook = execute(task, engine)
    files, readable = export(notebook, task)
    _refuse_foreign_words(files | readable, task)
    shutil.rmtree(task.staging, ignore_errors=True)
    task.staging.mkdir(parents=True)
    artefacts = {}
    for ending, name in ((e, task.file_name(e)) for e in task.formats):
        path = task.staging / name
        path.write_bytes(files[name])
        artefacts[ending] = artefact_of(path, task.final_path(ending))
    return artefacts


def execute(task: ReportTask, engine: str | None) -> Any:
    """Run the notebook by papermill with the task's parameters; returns the executed notebook.

    Raises
    ------
    RenderError
        with the section whose cell failed.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    path = Path(task.parameters["notebook"])
    parameters = {k: v for k, v in task.parameters.items() if k != "notebook"}
    try:
        return papermill.execute_notebook(
            str(path),
            None,
            parameters=parameters,
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
        cause = f"{error.ename}: {error.evalue}"
        raise RenderError(f"{path.name}, {place}: {cause}") from error


def export(notebook: Any, task: ReportTask) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The wanted formats by file name, and the text the PDF was set from (for the last look)."""
    from workbench.reports.exporters.batch import html_report, pdf_report

    readable: dict[str, bytes] = {}

    def pdf(nb: Any) -> bytes:
        content, source = pdf_report(nb)
        readable["pdf source"] = source.encode("utf-8")
        return content

    makers: dict[str, Callable[[Any], bytes]] = {
        "html": html_report,
        "pdf": pdf,
        "json": lambda nb: _output_of(nb, _TWIN_JSON),
        "csv": lambda nb: _output_of(nb, _TWIN_CSV),
        "xlsx": _workbook,
    }
    return {task.file_name(e): makers[e](notebook) for e in task.formats}, readable


def _workbook(notebook: Any) -> bytes:
    from workbench.reports.workbook import workbook_bytes

    return workbook_bytes(json.loads(_output_of(notebook, _TWIN_JSON)))


def _output_of(notebook: Any, mime: str) -> bytes:
    """The one output of a MIME type, as bytes."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if mime in output.get("data", {}):
                found = output["data"][mime]
                return (found if isinstance(found, str) else "".join(found)).encode("utf-8")
    raise RenderError(f"The notebook shows no {mime}; its last section must show the twin.")


def _refuse_foreign_words(files: dict[str, bytes], task: ReportTask) -> None:
    """A laboratory's report may hold its own code and alias; the anonymous one aliases, but no code."""
    sieve, words = _watch(str(task.watch_file), task.subject == ALL)
    refuse_leaks(files, words.get(task.subject, ()), sieve)


@cache
def _watch(path: str, codes_only: bool) -> tuple[Sieve, dict[str, list[str]]]:
    """The words to look for, made ready once a worker."""
    words = json.loads(Path(path).read_bytes())
    watched = {code: (code,) if codes_only else tuple(own) for code, own in words.items()}
    return Watch(watched).sieve(), words
