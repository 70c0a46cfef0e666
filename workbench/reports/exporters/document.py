"""An executed notebook read as one document: head, twin and the pieces between them.

A notebook whose head names a kind of report (LR, PR ...) is read strictly: nothing but what the
workbench displays, pictures, Markdown and text may stand in it, because anything else - a chart
specification, a widget, a script, a traceback - can carry data nobody sees on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.display import CSV, DOCUMENT, HTML, PLAIN, TWIN, TYPST, Displayed
from workbench.errors import Problem, RenderError

from .foreign import PICTURES, Verbatim, from_output
from .markdown import Markdown

ALLOWED = frozenset({HTML, TYPST, PLAIN, DOCUMENT, TWIN, CSV, "text/markdown", "text/latex", *PICTURES})
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Date of a document that has none, so that its bytes repeat."""
SECTION_TAG = "section:"
_ACTIVE = re.compile(r"<\s*(?:script|iframe|object|embed|link|meta|base|form|input|button)\b", re.IGNORECASE)
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Piece:
    """One output in both forms.

    Parameters
    ----------
    html, typst : fragments.
    where : "cell 5 (section:detail)", for messages.
    """

    html: str
    typst: str
    where: str


@dataclass(frozen=True)
class Document:
    """What both exporters print.

    Parameters
    ----------
    head : fields of the `DocumentHead`, with defaults for an ordinary notebook.
    pieces : in notebook order.
    twin_json, twin_csv : the machine-readable twin, "" without one.
    strict : whether the notebook is a report.
    """

    head: Mapping[str, str]
    pieces: tuple[Piece, ...]
    twin_json: str
    twin_csv: str
    strict: bool

    @property
    def issued_at(self) -> datetime:
        """The date in the head, with offset.

        Raises
        ------
        RenderError
            The date is not ISO 8601.
        """
        stamp = self.head["issued_at"]
        if not stamp:
            return NO_DATE
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError as error:
            raise RenderError(f"issued_at {stamp!r} is not an ISO 8601 date and time.") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Shown:
    """One output with its place."""

    number: int
    data: Mapping[str, Any]
    metadata: Mapping[str, Any]
    where: str
    section: str


def read_document(notebook: Mapping[str, Any]) -> Document:
    """Read an executed notebook.

    Parameters
    ----------
    notebook : a NotebookNode, format 4.

    Returns
    -------
    Document

    Raises
    ------
    RenderError
        A report holds an error, a message on stderr or an output that is not on the allow-list;
        two heads; active HTML. Each problem names its cell; all are listed.
    """
    bundles = [shown for shown in _bundles(notebook) if DOCUMENT in shown.data]
    head = dict(bundles[0].data[DOCUMENT]) if bundles else {}
    strict = bool(head.get("kind"))
    problems = list(_refused(notebook)) if strict else []
    if len(bundles) > 1:
        problems.append(Problem("a second document head", file=bundles[1].where))
    pieces: list[Piece] = []
    for displayed, shown in _displays(notebook, bundles[0].number if bundles else 0):
        if isinstance(displayed, Displayed):
            pieces.append(_piece(displayed.html(), displayed.typst(), shown))
        else:
            html, typst = displayed
            problems += [
                Problem(f"active HTML {found[0]!r}", file=shown.where) for found in _ACTIVE.finditer(html)
            ]
            pieces.append(_piece(html, typst, shown))
    if problems:
        raise RenderError("The notebook cannot be exported as a report.", problems)
    twin = next((shown.data for shown in _bundles(notebook) if TWIN in shown.data), {})
    return Document(
        _completed(head, notebook), tuple(pieces), str(twin.get(TWIN, "")), str(twin.get(CSV, "")), strict
    )


def _piece(html: str, typst: str, shown: _Shown) -> Piece:
    """A piece; in a tagged cell that shows no section of its own, wrapped in one."""
    if shown.section and html.strip() and "<section" not in html and "<h1" not in html:
        html = f'<div class="wb-section" id="{shown.section}">\n{html}</div>\n'
    return Piece(html, typst, shown.where)


def _place(number: int, cell: Mapping[str, Any]) -> tuple[str, str]:
    """Name of a cell for messages, and its section tag."""
    tags = cell.get("metadata", {}).get("tags", [])
    tag = next((str(tag) for tag in tags if str(tag).startswith(SECTION_TAG)), "")
    section = re.sub(r"[^\w-]", "-", tag.removeprefix(SECTION_TAG))
    return f"cell {number}" + (f" ({tag})" if tag else ""), section


def _bundles(notebook: Mapping[str, Any]) -> Iterator[_Shown]:
    """All MIME bundles of code cells, in order."""
    for number, cell in enumerate(notebook["cells"], 1):
        where, section = _place(number, cell)
        for output in cell.get("outputs", ()):
            if "data" in output:
                yield _Shown(number, output["data"], output.get("metadata", {}), where, section)


def _refused(notebook: Mapping[str, Any]) -> Iterator[Problem]:
    """What must not stand in a report."""
    for number, cell in enumerate(notebook["cells"], 1):
        where, _ = _place(number, cell)
        for output in cell.get("outputs", ()):
            kind = output["output_type"]
            if kind == "error":
                yield Problem(f"error {output.get('ename', '')}: {output.get('evalue', '')}", file=where)
            elif kind == "stream" and output.get("name") == "stderr":
                yield Problem(f"message on stderr: {str(output.get('text', '')).strip()[:200]}", file=where)
            for mime in output.get("data", {}):
                if mime not in ALLOWED:
                    yield Problem(f"output of type {mime} is not allowed in a report", file=where)
            foreign = str(output.get("data", {}).get(HTML, ""))
            if TYPST not in output.get("data", {}) and foreign and "<table" not in foreign:
                yield Problem("HTML that is not a table of the workbench or of pandas", file=where)


def _displays(notebook: Mapping[str, Any], head: int) -> Iterator[tuple[Displayed | tuple[str, str], _Shown]]:
    """Everything to print with its place: display objects, or our own pairs of HTML and Typst.

    A Markdown cell before the head (cell number `head`) speaks to whoever runs the notebook and is
    not printed.
    """
    pictures, title = 0, _title_cell(notebook)
    for number, cell in enumerate(notebook["cells"], 1):
        where, section = _place(number, cell)
        if cell["cell_type"] == "markdown" and number > head and str(cell["source"]).strip():
            markdown = Markdown(str(cell["source"]), skip_title=not head and number == title)
            yield markdown, _Shown(number, {}, {}, where, section)
        for output in cell.get("outputs", ()):
            shown = _Shown(number, output.get("data", {}), output.get("metadata", {}), where, section)
            if output["output_type"] == "stream":
                yield Verbatim(str(output["text"])), shown
            elif output["output_type"] == "error":
                yield Verbatim(f"{output.get('ename', '')}: {output.get('evalue', '')}"), shown
            elif HTML in shown.data and TYPST in shown.data:
                yield (str(shown.data[HTML]), str(shown.data[TYPST])), shown
            else:
                pictures += any(mime in shown.data for mime in PICTURES)
                for displayed in from_output(shown.data, shown.metadata, f"Figure {pictures}"):
                    yield displayed, shown


def _title_cell(notebook: Mapping[str, Any]) -> int:
    """Number of the first Markdown cell with a level-1 heading; 0 without one."""
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "markdown" and Markdown(str(cell["source"])).title:
            return number
    return 0


def _completed(head: Mapping[str, Any], notebook: Mapping[str, Any]) -> dict[str, str]:
    """Head fields as text; those of an ordinary notebook are empty but for title and language."""
    names = [
        "locale",
        "title",
        "organiser",
        "short_title",
        "report_number",
        "subject_line",
        "confidentiality",
        "status",
        "status_word",
        "watermark",
        "issued_at",
        "kind",
    ]
    filled = {name: str(head.get(name) or "") for name in names}
    if not filled["title"]:
        number = _title_cell(notebook)
        cell = notebook["cells"][number - 1] if number else {"source": ""}
        filled["title"] = Markdown(str(cell["source"])).title or str(
            notebook["metadata"].get("title", "Notebook")
        )
    if not filled["locale"]:
        prose = "".join(str(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
        filled["locale"] = "zh_CN" if _HAN.search(prose) else "en"
    return filled
