"""Markdown cells of ordinary notebooks, as HTML and as Typst; raw HTML stays text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mistune

from workbench.display import Cell, Column, Displayed, Table
from workbench.display.escape import html_link, html_text, printable, typst_string, typst_text

Token = Mapping[str, Any]
_SAFE_TARGET = re.compile(r"^(?:https?://|mailto:)")


@lru_cache(maxsize=1)
def _parser() -> mistune.Markdown:
    """A parser that returns tokens, never HTML."""
    return mistune.create_markdown(renderer=None, plugins=["table", "strikethrough"])


@dataclass(frozen=True)
class Markdown(Displayed):
    """Prose written in a notebook.

    Parameters
    ----------
    source : Markdown; headings, lists, tables, emphasis, code, quotes and links are kept, pictures
        are replaced by their descriptions.
    skip_title : leave out the first level-1 heading, because it became the document's title.
    """

    source: str
    skip_title: bool = False

    @property
    def tokens(self) -> list[Token]:
        """The parsed blocks."""
        parsed = _parser()(self.source)
        blocks: list[Token] = list(parsed) if isinstance(parsed, list) else []
        if not self.skip_title:
            return blocks
        first = next((i for i, token in enumerate(blocks) if _is_title(token)), len(blocks))
        return blocks[:first] + blocks[first + 1 :]

    @property
    def title(self) -> str:
        """Text of the first level-1 heading, "" without one."""
        for token in self.tokens:
            if _is_title(token):
                return words(token)
        return ""

    def html(self) -> str:
        """HTML of all blocks."""
        return "".join(html_block(token) for token in self.tokens)

    def typst(self) -> str:
        """Typst of all blocks."""
        return "".join(typst_block(token) for token in self.tokens)

    def plain(self) -> str:
        """The source."""
        return printable(self.source)


def _is_title(token: Token) -> bool:
    """Whether a block is a level-1 heading."""
    return bool(token["type"] == "heading" and token["attrs"]["level"] == 1)


def words(token: Token) -> str:
    """The text of a token without marks."""
    if "raw" in token:
        return str(token["raw"])
    if token["type"] in ("linebreak", "softbreak"):
        return " "
    return "".join(words(child) for child in token.get("children", ()))


def html_block(token: Token) -> str:
    """HTML of one block."""
    kind = token["type"]
    children = token.get("children", ())
    if kind == "heading":
        level = min(6, token["attrs"]["level"] + 1)
        return f"<h{level}>{html_inline(children)}</h{level}>\n"
    if kind in ("paragraph", "block_text"):
        return f"<p>{html_inline(children)}</p>\n"
    if kind == "list":
        tag = "ol" if token["attrs"]["ordered"] else "ul"
        items = "".join(f"<li>{''.join(html_block(c) for c in item['children'])}</li>\n" for item in children)
        return f"<{tag}>\n{items}</{tag}>\n"
    if kind == "block_quote":
        return f"<blockquote>{''.join(html_block(child) for child in children)}</blockquote>\n"
    if kind == "table":
        return markdown_table(token).html()
    if kind == "thematic_break":
        return "<hr>\n"
    if kind in ("block_code", "block_html"):
        return f"<pre>{html_text(str(token['raw']).rstrip())}</pre>\n"
    return ""


def html_inline(children: Sequence[Token]) -> str:
    """HTML of the inside of a block."""
    return "".join(_html_span(child) for child in children)


def _html_span(token: Token) -> str:
    """HTML of one run."""
    kind = token["type"]
    if kind in ("linebreak", "softbreak"):
        return "<br>" if kind == "linebreak" else " "
    if kind in ("strong", "emphasis", "strikethrough"):
        tag = {"strong": "strong", "emphasis": "em", "strikethrough": "s"}[kind]
        return f"<{tag}>{html_inline(token['children'])}</{tag}>"
    if kind == "codespan":
        return f"<code>{html_text(token['raw'])}</code>"
    if kind == "link":
        return html_link(token["attrs"]["url"], html_inline(token["children"]))
    return html_text(words(token))


def typst_block(token: Token) -> str:
    """Typst of one block."""
    kind = token["type"]
    children = token.get("children", ())
    if kind == "heading":
        return f"#wb-heading({min(4, token['attrs']['level'])},{typst_inline(children)})\n"
    if kind in ("paragraph", "block_text"):
        return f"#par({typst_inline(children)})\n"
    if kind == "list":
        name = "enum" if token["attrs"]["ordered"] else "list"
        items = "".join(f"[{''.join(typst_block(c) for c in item['children'])}]," for item in children)
        return f"#{name}({items})\n"
    if kind == "block_quote":
        return f"#quote(block:true)[{''.join(typst_block(child) for child in children)}]\n"
    if kind == "table":
        return markdown_table(token).typst()
    if kind == "thematic_break":
        return "#line(length:100%,stroke:thin-rule)\n"
    if kind in ("block_code", "block_html"):
        return f"#wb-verbatim({typst_text(str(token['raw']).rstrip())})\n"
    return ""


def typst_inline(children: Sequence[Token]) -> str:
    """A Typst code expression of the inside of a block."""
    return "(" + "+".join(['""', *(_typst_span(child) for child in children)]) + ")"


def _typst_span(token: Token) -> str:
    """A code expression of one run."""
    kind = token["type"]
    if kind in ("linebreak", "softbreak"):
        return "linebreak()" if kind == "linebreak" else '" "'
    if kind == "strong":
        return f"wb-strong({typst_inline(token['children'])})"
    if kind == "strikethrough":
        return f"strike({typst_inline(token['children'])})"
    if kind == "emphasis":
        return typst_inline(token["children"])
    if kind == "link" and _SAFE_TARGET.match(token["attrs"]["url"]):
        return f"link({typst_string(token['attrs']['url'])},{typst_inline(token['children'])})"
    return typst_text(words(token))


def markdown_table(token: Token) -> Table:
    """A Markdown table as one of ours."""
    head, *bodies = token["children"]
    columns = tuple(
        Column(f"c{i}", words(cell), align=cell["attrs"].get("align") or "left")
        for i, cell in enumerate(head["children"])
    )
    rows = tuple(
        tuple(Cell(words(cell).strip() or "–") for cell in row["children"])
        for body in bodies
        for row in body["children"]
    )
    return Table("", "", columns, rows)
