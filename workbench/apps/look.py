"""How an app looks: one style sheet scoped to apps, no icon font, nothing fetched."""

from __future__ import annotations

from html import escape

from workbench.display import Displayed
from workbench.figures import style

STYLE = f"""<style>
.wb-app,.wb-app .widget-html-content{{font-family:"{style.FONT}","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:{style.INK};line-height:1.45}}
.wb-app h1{{font-size:20px;margin:0 0 2px;font-weight:600}}
.wb-app .wb-scope{{color:{style.LIMIT};font-size:13px}}
.wb-app .wb-heading{{font-weight:600;font-size:14px;margin:10px 0 2px}}
.wb-app .wb-label{{font-size:13px;line-height:1.3;margin-top:6px}}
.wb-app table{{border-collapse:collapse;border-top:1.5px solid {style.INK};border-bottom:1.5px solid {style.INK};font-size:13px;margin:2px 0}}
.wb-app caption{{text-align:left;font-size:13px;padding:2px 0;caption-side:top}}
.wb-app th,.wb-app td{{padding:2px 8px;text-align:left;vertical-align:top;font-weight:400;background:none}}
.wb-app thead th{{font-weight:600;border-bottom:1px solid {style.INK};position:sticky;top:0;background:{style.PAPER}}}
.wb-app tr:nth-child(even){{background:none}}
.wb-app tbody tr:hover{{background:{style.BAND}}}
.wb-app .wb-right,.wb-app .wb-decimal{{text-align:right;font-variant-numeric:tabular-nums}}
.wb-app .wb-decimal{{padding-right:calc(8px + var(--pad,0em))}}
.wb-app .wb-center{{text-align:center}}
.wb-app .wb-bad{{color:{style.BAD};background:#FBE3E1}}
.wb-app .wb-warning{{color:{style.WARNING};background:#FFF1CC}}
.wb-app .wb-not_scored{{color:{style.LIMIT};background:#EEE}}
.wb-app .wb-table{{overflow:auto;max-height:340px;max-width:100%}}
.wb-app .wb-note{{font-size:12px;color:{style.LIMIT};margin:2px 0}}
.wb-app .wb-whole .wb-table{{max-height:none}}
.wb-app p{{margin:2px 0;font-size:14px}}
.wb-app figure{{margin:2px 0}}
.wb-app figcaption{{font-size:13px}}
.wb-app .wb-plot{{max-width:100%}}
.wb-app .wb-wide .wb-plot{{width:100%!important}}
.wb-app .wb-plot svg{{width:100%;height:auto;display:block}}
.wb-app svg{{font-family:"{style.FONT}","Noto Sans CJK SC","Microsoft YaHei",sans-serif}}
.wb-app details{{font-size:12px}}
.wb-app th{{word-break:keep-all}}
.wb-app .wb-row{{display:flex;flex-wrap:wrap;gap:4px 10px}}
.wb-app .wb-side{{flex-flow:row wrap;gap:2px 14px;align-items:flex-start}}
.wb-app .widget-inline-hbox,.wb-app .widget-dropdown,.wb-app .widget-text,.wb-app .widget-textarea{{margin-left:0;margin-right:0}}
.wb-app select,.wb-app textarea,.wb-app input[type=text]{{box-sizing:border-box}}
.wb-app button[disabled]{{color:{style.LIMIT};opacity:.8}}
.wb-app .wb-sticky{{position:sticky;bottom:0;z-index:5}}
.wb-app{{container-type:inline-size}}
@container (max-width:1000px){{.wb-app .wb-controls{{flex:1 1 100%!important;flex-flow:row wrap!important;gap:2px 14px}}}}
.wb-app .wb-status{{font-size:14px;padding:4px 8px;border-left:4px solid {style.OWN};background:{style.BAND};margin-top:6px}}
.wb-app .wb-status.wb-error{{border-color:{style.BAD};background:#FBE3E1}}
.wb-app .wb-status.wb-stale{{border-color:{style.WARNING};background:#FFF1CC}}
.wb-app .wb-finding{{font-size:13px;border-left:3px solid {style.WARNING};padding-left:6px;margin:3px 0}}
.wb-app a.wb-download{{font-size:13px;margin-right:14px;color:{style.OWN};text-decoration:underline}}
.wb-app .wb-dimmed{{opacity:.45}}
.wb-app :focus-visible{{outline:2px solid {style.OWN};outline-offset:1px}}
</style>"""
"""Scoped to `.wb-app`: nothing else of the page changes."""


def heading(words: str) -> str:
    """A small heading above a view; the words are escaped."""
    return f'<div class="wb-heading">{escape(words)}</div>'


def label(words: str) -> str:
    """Visible label of a control; the words are escaped."""
    return f'<div class="wb-label">{escape(words)}</div>'


def finding(words: str) -> str:
    """A warning under a view; the words are escaped."""
    return f'<div class="wb-finding">{escape(words)}</div>'


def shown(part: Displayed) -> str:
    """A table or figure of the reports as it stands in an app."""
    return part.html()
