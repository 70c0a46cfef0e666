"""Notebook to one light HTML file: nothing runs, nothing is requested, nothing is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbformat import NotebookNode

from workbench.display.escape import html_text
from workbench.wording import language_tag, text

from .document import Document, read_document

TEMPLATES = Path(__file__).parent.parent / "templates"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_ID = re.compile(r' id="([^"]+)"')
_INNER_LINK = re.compile(r'<a href="#([^"]+)">(.*?)</a>')
_HEADING = re.compile(r"<(/?)h([1-6])(?=[ >])")


class ReportHTMLExporter(HTMLExporter):
    """`jupyter nbconvert --to wbhtml executed.ipynb`, or `from_notebook_node` in a batch.

    Notes
    -----
    nbconvert's own HTML exporter parses its finished page once more to add alternative text; our
    displays carry theirs, so that pass (94 % of its time) is left out.
    """

    export_from_notebook = "HTML (workbench)"

    def _template_name_default(self) -> str:
        """Our template."""
        return "wbhtml"

    def _extra_template_basedirs_default(self) -> list[str]:
        """Where it lies."""
        return [str(TEMPLATES)]

    def _file_extension_default(self) -> str:
        """.html"""
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Render an executed notebook.

        Raises
        ------
        RenderError
            What the report may not hold; each problem with its cell.
        """
        return TemplateExporter.from_notebook_node(self, nb, resources, **kw)

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """nbconvert's filters and the one our template starts from."""
        yield from super().default_filters()
        yield "report_page", lambda notebook: page(read_document(notebook))


def page(document: Document) -> dict[str, str]:
    """What the template fills in: all of it HTML, CSS or JSON that is already safe.

    Parameters
    ----------
    document : what to print.
    """
    head = document.head
    body = "".join(piece.html for piece in document.pieces)
    if "<h1" not in body:
        body = f'<header class="wb-head"><h1>{html_text(head["title"])}</h1></header>\n{body}'
    return {
        "lang": language_tag(head["locale"]),
        "policy": POLICY,
        "title": html_text(" · ".join(filter(None, (head["title"], head["report_number"])))),
        "organiser": html_text(head["organiser"]),
        "number": html_text(head["report_number"]),
        "short_title": html_text(head["short_title"]),
        "subject": html_text(head["subject_line"]),
        "confidentiality": html_text(head["confidentiality"]),
        "watermark": html_text(head["watermark"]),
        "style": _style(),
        "page_rules": page_rules(head["locale"], dict(head)),
        "body": _sound(body),
        "data": document.twin_json.replace("<", "\\u003c"),
    }


@lru_cache(maxsize=1)
def _style() -> str:
    """The style sheet."""
    return (TEMPLATES / "wbhtml" / "style.css").read_text(encoding="utf-8")


def page_rules(locale: str, head: dict[str, str]) -> str:
    """`@page` margin boxes: the furniture of the printed page.

    Parameters
    ----------
    locale : of the page words.
    head : fields of the document head.
    """
    words = text("furniture.page", locale, x="\x00", y="\x00").split("\x00")
    count = (
        f"{css_string(words[0])} counter(page) {css_string(words[1])} counter(pages) {css_string(words[2])}"
    )
    boxes = {
        "top-left": css_string(head["organiser"]),
        "top-center": css_string(head["short_title"]),
        "top-right": css_string(head["report_number"]),
        "bottom-left": css_string(head["subject_line"]),
        "bottom-center": css_string(head["confidentiality"]),
        "bottom-right": count,
    }
    return "@page{" + "".join(f"@{box}{{content:{content}}}" for box, content in boxes.items()) + "}"


def css_string(value: str) -> str:
    """A CSS string in which nothing can end the string or the style element.

    Examples
    --------
    >>> print(css_string('a"</style>'))
    "a\\22 \\3c /style\\3e "
    """
    return '"' + re.sub(r"[\x00-\x1f\"'\\<>&{}]", lambda found: f"\\{ord(found[0]):x} ", value) + '"'


def _sound(body: str) -> str:
    """Ids unique, links only to what is there, headings without gaps."""
    body = _without_gaps(_unique_ids(body))
    ids = set(_ID.findall(body))
    return _INNER_LINK.sub(lambda found: found[0] if found[1] in ids else found[2], body)


def _unique_ids(body: str) -> str:
    """A repeated id gets a number."""
    seen: dict[str, int] = {}

    def settle(found: re.Match[str]) -> str:
        name = found[1]
        seen[name] = seen.get(name, 0) + 1
        return found[0] if seen[name] == 1 else f' id="{name}--{seen[name]}"'

    return _ID.sub(settle, body)


def _without_gaps(body: str) -> str:
    """Each heading at most one level below the one before; only the first h1 stays one."""
    level, shown = 0, 0

    def settle(found: re.Match[str]) -> str:
        nonlocal level, shown
        if not found[1]:
            wanted = int(found[2]) if level or found[2] == "1" else 1
            level = shown = max(min(wanted, level + 1), 2 if level else 1)
        return f"<{found[1]}h{shown}"

    return _HEADING.sub(settle, body)
