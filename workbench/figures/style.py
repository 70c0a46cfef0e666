"""Colours, type and line widths of every figure; change the look here."""

from __future__ import annotations

INK = "#1A1A1A"
OWN = "#004E8C"
GROUP = "#5E8FBC"
GROUP_LINE = "#3E6C97"
ALL = "#C3C9D1"
ALL_LINE = "#7A8594"
LIMIT = "#595959"
BAD = "#9B1C1C"
WARNING = "#8A5A00"
BAND = "#F1F4F7"
GRID = "#E1E4E8"
PAPER = "#FFFFFF"

FONT = "Noto Sans SC"
TEXT_PT = 7.5
SMALL_PT = 7.0
"""Nothing is printed smaller."""
THIN_PT = 0.5
LINE_PT = 0.75
MEDIUM_PT = 1.0
THICK_PT = 1.25
DASHED = "3 2"
DOTTED = "0.8 1.8"

FULL_MM = 175.0
HALF_MM = 84.0
PANEL_MM = 34.0

MARK_PT = 1.9
"""Radius of an ordinary mark."""
GROUP_SERIES = (
    ("circle", OWN, OWN),
    ("square", GROUP, GROUP_LINE),
    ("triangle", PAPER, INK),
    ("diamond", ALL, ALL_LINE),
)
"""Shape, fill and outline of up to four groups in one plot."""
