"""The share card: one picture for messaging apps, with a code that leads to the report and no laboratory in it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno

from workbench.display.escape import typst_string
from workbench.figures.control_chart import control_chart
from workbench.reports.fonts import find_fonts, require_glyphs
from workbench.reports.typst_pdf import compile_png
from workbench.wording import date_text, text

WIDTH, HEIGHT = 1080, 1440
"""Pixels; a point is a pixel."""
QR_PIXELS, QUIET_MODULES = 330, 4


@dataclass(frozen=True)
class CardLink:
    """Where the code leads.

    Parameters
    ----------
    url : address with an opaque token, nothing that names a laboratory. expires_on : last day it works.
    """

    url: str
    expires_on: date


def share_card(twin: Mapping[str, Any], row: Mapping[str, Any], link: CardLink) -> bytes:
    """The card of one row of a month's report, as PNG of 1080 x 1440 pixels.

    Parameters
    ----------
    twin : of the month. row : one of its rows.

    Raises
    ------
    ValueError
        when the link holds the participant's code.
    RenderError
        when a character has no glyph.

    Notes
    -----
    Neither picture, link nor metadata holds the code: the laboratory is called "this laboratory". The picture has no
    metadata at all. The typesetter starts threads: never call this in a process that will fork.
    """
    own = twin["participant"]["lab_code"]
    if own.casefold() in link.url.casefold():
        raise ValueError("the link of a share card must not name the laboratory")
    words = _words(twin, row, link)
    require_glyphs([("share card", word) for word in words.values()])
    return compile_png(_source(words, control_chart(row, twin["locale"]).svg, _qr(link.url)), find_fonts())


def _words(twin: Mapping[str, Any], row: Mapping[str, Any], link: CardLink) -> dict[str, str]:
    """Every text of the card."""
    locale, shown = twin["locale"], row["printed"]
    return {
        "title": text("iqc.card.title", locale),
        "organiser": twin["organiser"],
        "month": twin["month"],
        "own": text("iqc.card.own", locale),
        "item": f"{shown['name']} {shown['material']}",
        "grade": row["grade"],
        "sdi": shown["sdi"],
        "cvr": shown["cvr"],
        "group": text("iqc.card.group", locale, n=shown["group_laboratories"]),
        "chart": text("iqc.card.chart", locale),
        "scan": text("iqc.card.scan", locale),
        "expires": text("iqc.card.expires", locale, date=date_text(link.expires_on, locale)),
        "url": link.url,
    }


def _qr(url: str) -> str:
    """The code as SVG, four modules of quiet around it."""
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", border=QUIET_MODULES, xmldecl=False, svgns=True, scale=4)
    return out.getvalue().decode("utf-8")


def _source(words: Mapping[str, str], chart: str, code: str) -> str:
    """The page; every text is a string literal."""
    t = {name: typst_string(word) for name, word in words.items()}
    tint = {"A": "#1B6E3C", "B": "#004E8C", "C": "#8A5A00", "D": "#9B1C1C"}.get(words["grade"], "#595959")
    return f"""
#set page(width: {WIDTH}pt, height: {HEIGHT}pt, margin: 64pt, fill: rgb("#FFFFFF"))
#set text(font: "Noto Sans SC", size: 34pt, fill: rgb("#1A1A1A"))
#set par(leading: 0.7em)
#text(size: 30pt, fill: rgb("#595959"), {t["organiser"]})
#v(-8pt)
#text(size: 60pt, weight: "bold", {t["title"]})
#v(-22pt)
#text(size: 38pt, {t["month"]} + "  ·  " + {t["own"]})
#v(6pt)
#line(length: 100%, stroke: 2pt + rgb("#C3C9D1"))
#v(4pt)
#text(size: 46pt, weight: "bold", {t["item"]})
#v(4pt)
#grid(columns: (1fr, 1fr, 1fr), align: center,
  [#text(size: 30pt, fill: rgb("#595959"), "SDI")\\ #text(size: 84pt, weight: "bold", {t["sdi"]})],
  [#text(size: 30pt, fill: rgb("#595959"), "CVR")\\ #text(size: 84pt, weight: "bold", {t["cvr"]})],
  [#box(fill: rgb("{tint}"), radius: 18pt, inset: 22pt, text(size: 96pt, weight: "bold", fill: white, {t["grade"]}))])
#align(center, text(size: 30pt, fill: rgb("#595959"), {t["group"]}))
#v(2pt)
#text(size: 30pt, fill: rgb("#595959"), {t["chart"]})
#image(bytes({typst_string(chart)}), format: "svg", width: 100%)
#v(1fr)
#grid(columns: ({QR_PIXELS}pt, 1fr), column-gutter: 36pt, align: (left, left + horizon),
  image(bytes({typst_string(code)}), format: "svg", width: {QR_PIXELS}pt),
  [#text(size: 38pt, weight: "bold", {t["scan"]})\\ #text(size: 26pt, fill: rgb("#595959"), {t["expires"]})\\ #text(size: 22pt, fill: rgb("#595959"), {t["url"]})])
"""
