"""Tables: cells with a tone, columns aligned on the decimal point, one header row that repeats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.errors import Problem, RenderError

from .base import Displayed
from .escape import has_long_token, html_attribute, html_link, html_text, printable, typst_string, typst_text
from .layout import PADDING_MM, printed_widths
from .widths import MM_PER_EM, line_count, tail_width, text_width

ALIGNMENTS = ("left", "right", "center", "decimal")
CELL_TONES = ("", "bad", "warning", "not_scored")
ROW_MM = 3.9
SMALL_TABLE_ROWS = 12
"""Tables of at most this many rows never break; longer ones get thin rules."""
PORTRAIT_MM = 175.0
LANDSCAPE_MM = 255.0
"""Text widths of the page."""
HALF_PAGE_MM = 118.0
KEPT_ROWS = 3
"""At least so many rows stand before and after a page break."""


@dataclass(frozen=True)
class Cell:
    """What stands in one cell.

    Parameters
    ----------
    text : printed as given; never empty (2.6 has a word for every case).
    tone : "", "bad", "warning", "not_scored": tint and ink; the text carries symbol and word.
    bold : own rows, verdicts.
    notes : numbers of findings, printed as superscripts, linked to `#finding-<number>` in HTML.
    href : `#anchor`, web or mail address.
    anchor : id of this cell's row, so that a note can lead to it.
    blank : a field to be filled in by hand; the only cell that may be empty.
    high : a blank field of at least 12 mm, for more than a word.
    """

    text: str
    tone: str = ""
    bold: bool = False
    notes: tuple[str, ...] = ()
    href: str = ""
    anchor: str = ""
    blank: bool = False
    high: bool = False


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    key : the field's name.
    heading, unit : header text; the unit stands under it, never in the cells.
    align : "left", "right", "center" or "decimal" (right, on the decimal point).
    width_mm : printed width (mm) with padding; None lets the content decide. A column is widened
        when a number would not fit.
    """

    key: str
    heading: str
    unit: str = ""
    align: str = "left"
    width_mm: float | None = None


@dataclass(frozen=True)
class Table(Displayed):
    """A table with caption and one header row.

    Parameters
    ----------
    id : anchor.
    caption : above the table, with its number.
    columns : at least one.
    rows : cells, one per column.
    notes : small lines under the table; without rows they say why there is none.
    rule_every : thin rule after so many rows when there are more than twelve; 0 for none.
    cards_on_phone : rows become cards on a narrow screen.

    Raises
    ------
    RenderError
        A row of another length than the columns, an empty cell, an unknown tone or alignment; all
        of them at once.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    rule_every: int = 5
    cards_on_phone: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be printed honestly."""
        problems = [
            Problem(f"alignment {column.align!r} is none of {', '.join(ALIGNMENTS)}", column=column.key)
            for column in self.columns
            if column.align not in ALIGNMENTS
        ]
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                problems.append(Problem(f"{len(row)} cells for {len(self.columns)} columns", row=number))
            for column, cell in zip(self.columns, row, strict=False):
                if not (cell.blank or cell.text.strip()):
                    problems.append(Problem("empty cell: give it its word", row=number, column=column.key))
                if cell.tone not in CELL_TONES:
                    problems.append(Problem(f"unknown tone {cell.tone!r}", row=number, column=column.key))
        if problems:
            raise RenderError(f"Table {self.id!r} cannot be shown.", problems)

    @property
    def needed_width_mm(self) -> float:
        """Sum of the explicit widths (mm)."""
        return sum(column.width_mm or 0.0 for column in self.columns)

    @cached_property
    def tails(self) -> tuple[float, ...]:
        """Per column the widest part after the units digit (em)."""
        return tuple(
            max((_tail(row[i]) or 0.0 for row in self.rows), default=0.0)
            if column.align == "decimal"
            else 0.0
            for i, column in enumerate(self.columns)
        )

    def padding(self, index: int, cell: Cell) -> float:
        """Space (em) after a number that puts its decimal point under the others'."""
        if not self.tails[index]:
            return 0.0
        tail = _tail(cell)
        return 0.0 if tail is None else round(self.tails[index] - tail, 3)

    def html(self) -> str:
        """A scroll container with a `<table>`: caption, scoped header cells, notes."""
        notes = "".join(f'<p class="wb-note">{html_text(note)}</p>\n' for note in self.notes)
        if not self.rows:
            return (
                f'<p class="wb-caption" id={html_attribute(self.id)}>{html_text(self.caption)}</p>\n{notes}'
            )
        heads = "".join(
            f'<th scope="col" class="wb-{column.align}">{html_text(column.heading)}{_html_unit(column)}</th>'
            for column in self.columns
        )
        rows = "".join(self._html_row(row) for row in self.rows)
        cards = (" wb-cards" if self.cards_on_phone else "") + (
            " wb-wide" if self.needed_width_mm > PORTRAIT_MM else ""
        )
        ruled = f' class="wb-rule-{self.rule_every}"' if self._ruled else ""
        name = f" id={html_attribute(self.id)}" if self.id else ""
        label = f" aria-label={html_attribute(self.caption)}" if self.caption else ""
        caption = f"<caption>{html_text(self.caption)}</caption>\n" if self.caption else ""
        return (
            f'<div class="wb-table{cards}"{name} role="region" tabindex="0"{label}>\n'
            f"<table{ruled}>{caption}"
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n</div>\n{notes}"
        )

    def _html_row(self, row: tuple[Cell, ...]) -> str:
        """One `<tr>`; its first cell heads the row."""
        anchor = next((cell.anchor for cell in row if cell.anchor), "")
        cells = "".join(self._html_cell(i, cell) for i, cell in enumerate(row))
        return f"<tr{f' id={html_attribute(anchor)}' if anchor else ''}>{cells}</tr>\n"

    def _html_cell(self, index: int, cell: Cell) -> str:
        """One cell, its heading repeated as `data-label` for the cards of a phone."""
        column = self.columns[index]
        inner = html_link(cell.href, html_text(cell.text)) if cell.href else html_text(cell.text)
        if cell.bold or cell.tone in ("bad", "warning"):
            inner = f"<strong>{inner}</strong>"
        if cell.notes:
            links = ", ".join(html_link(f"#finding-{note}", html_text(note)) for note in cell.notes)
            inner += f"<sup>{links}</sup>"
        classes = f"wb-{column.align}" + (
            f" wb-{cell.tone}" if cell.tone else " wb-blank" if cell.blank else ""
        )
        classes += " wb-high" if cell.blank and cell.high else ""
        classes += " wb-long" if has_long_token(cell.text) else ""
        space = self.padding(index, cell)
        style = f' style="--pad:{space:g}em"' if space else ""
        if self.cards_on_phone:
            inner = f'<span class="wb-value">{inner}</span>'
        label = f" data-label={html_attribute(column.heading)}" if self.cards_on_phone else ""
        tag, scope = ("th", ' scope="row"') if index == 0 else ("td", "")
        return f'<{tag}{scope} class="{classes}"{style}{label}>{inner}</{tag}>'

    @property
    def _ruled(self) -> bool:
        """Whether thin rules help the eye."""
        return self.rule_every > 0 and len(self.rows) > SMALL_TABLE_ROWS

    def typst(self) -> str:
        """One call of `wb-table`: explicit widths, no closures, strings as cells."""
        if not self.rows:
            lines = (self.caption, *self.notes)
            return "".join(f"#par({typst_text(line)})\n" for line in lines if line)
        alignments = ",".join("right" if c.align == "decimal" else c.align for c in self.columns)
        heads = "".join(f"wb-strong({typst_text(c.heading)}){_typst_unit(c)}," for c in self.columns)
        guards = self._guards
        body = "".join(
            self._typst_row(number, row, guards.get(number, "")) for number, row in enumerate(self.rows, 1)
        )
        notes = "".join(f"{typst_text(note)}," for note in self.notes)
        return (
            f"#wb-table({typst_string(self.id)},{typst_text(self.caption)},"
            f"({','.join(f'{width:g}mm' for width in self._widths)},),({alignments},),({heads}),({notes}),"
            f"{'true' if self._whole else 'false'},{'true' if guards else 'false'},\n{body})\n"
        )

    @cached_property
    def _widths(self) -> list[float]:
        """Printed widths (mm)."""
        return printed_widths(self.columns, self.rows, self.available_mm)

    @property
    def _whole(self) -> bool:
        """Whether the table stays on one page."""
        height = self.printed_height_mm(self.available_mm)
        return len(self.rows) <= SMALL_TABLE_ROWS and height < HALF_PAGE_MM

    @property
    def _guards(self) -> dict[int, str]:
        """Row number -> invisible cell that keeps the first three and the last three rows together.

        The typesetter keeps rows together only where a cell spans them, hence a column of no width.
        """
        count = len(self.rows)
        if self._whole or count < 2 * KEPT_ROWS + 1:
            return {}
        if sum(self._row_mm[:KEPT_ROWS]) > HALF_PAGE_MM or sum(self._row_mm[-KEPT_ROWS:]) > HALF_PAGE_MM:
            return {}
        kept, free = f"wb-kept({KEPT_ROWS}),", f"wb-free({count - 2 * KEPT_ROWS}),"
        return {1: kept, KEPT_ROWS + 1: free, count - KEPT_ROWS + 1: kept}

    @property
    def available_mm(self) -> float:
        """Text width (mm): portrait, or landscape when the columns ask for more."""
        return PORTRAIT_MM if self.needed_width_mm <= PORTRAIT_MM else LANDSCAPE_MM

    def _typst_row(self, number: int, row: tuple[Cell, ...], guard: str) -> str:
        """One line of cells; a thin rule after every few rows, and after each row to be filled in."""
        cells = ",".join(self._typst_cell(i, cell) for i, cell in enumerate(row))
        due = self._ruled and number % self.rule_every == 0
        ruled = number < len(self.rows) and (due or any(cell.blank for cell in row))
        return f"{cells},{guard}{'wb-thin,' if ruled else ''}\n"

    def _typst_cell(self, index: int, cell: Cell) -> str:
        """One cell as a code expression."""
        field = "wb-blank-high" if cell.high else "wb-blank"
        inner = field if cell.blank and not cell.text else typst_text(cell.text)
        if cell.href and not cell.href.startswith("#") and html_link(cell.href, "") != "":
            inner = f"link({typst_string(cell.href)},{inner})"
        if cell.bold and not cell.tone:
            inner = f"wb-strong({inner})"
        if cell.notes:
            inner += f"+super({typst_text(', '.join(cell.notes))})"
        space = self.padding(index, cell)
        if space:
            inner += f"+h({space:g}em)"
        return f"wb-cell-{cell.tone.replace('_', '-')}({inner})" if cell.tone else inner

    def plain(self) -> str:
        """Caption, then tab-separated rows."""
        lines = [printable(self.caption), "\t".join(printable(column.heading) for column in self.columns)]
        lines += ["\t".join(printable(cell.text) for cell in row) for row in self.rows]
        return "\n".join([*lines, *(printable(note) for note in self.notes)])

    def printed_height_mm(self, width_mm: float) -> float:
        """Caption, header and rows, wrapped lines counted."""
        return 16 + sum(self._row_mm) + len(self.notes) * 4

    @cached_property
    def _row_mm(self) -> list[float]:
        """Estimated height (mm) of each row."""
        ems = [(width - PADDING_MM) / MM_PER_EM + 0.2 for width in self._widths]
        return [
            1.6
            + ROW_MM
            * max(
                (3.4 if cell.high else 2) if cell.blank else line_count(cell.text, em)
                for cell, em in zip(row, ems, strict=True)
            )
            for row in self.rows
        ]


def _tail(cell: Cell) -> float | None:
    """Em after the units digit, superscripts included; None without a number."""
    tail = tail_width(cell.text)
    return None if tail is None else tail + 0.6 * text_width(", ".join(cell.notes))


def _html_unit(column: Column) -> str:
    """The unit under the heading."""
    return f'<span class="wb-unit">{html_text(column.unit)}</span>' if column.unit else ""


def _typst_unit(column: Column) -> str:
    """The unit under the heading."""
    return f"+wb-unit({typst_text(column.unit)})" if column.unit else ""
