"""How the round explorer names things: codes for the organiser, aliases for advisers, no answers before closing."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from workbench.apps.explorer.state import Opened
from workbench.display import Cell, Column, Table
from workbench.parameters import Programme
from workbench.reports.words import SystemNames
from workbench.wording import MISSING, finding_text, printed, text

ORGANISER, ADVISER = "organiser", "adviser"
ROLES = (ORGANISER, ADVISER)
_KEY = "app.round_explorer"


def words(key: str, locale: str, **values: object) -> str:
    """Wording of the round explorer."""
    return text(f"{_KEY}.{key}", locale, **values)


def table(
    name: str, locale: str, keys: tuple[str, ...], rows: list[tuple[Cell, ...]], **values: object
) -> Table:
    """A table whose captions and headings stand in the catalogue; headings with a colon carry an alignment.

    Parameters
    ----------
    keys : columns, "n:right" for a column n that is aligned right.
    values : placeholders of the caption; `unit` is also put under the columns named in `units`.
    """
    columns = []
    for key in keys:
        field, _, align = key.partition(":")
        columns.append(Column(field, words(f"column.{field}", locale), align=align or "left"))
    empty = () if rows else (words("nothing", locale),)
    return Table(
        f"explorer-{name}", words(f"caption.{name}", locale, **values), tuple(columns), tuple(rows), empty
    )


def cells(*texts: str) -> tuple[Cell, ...]:
    """Plain cells; a dash where there is nothing."""
    return tuple(Cell(each or MISSING) for each in texts)


def programme_name(programme: Programme, locale: str) -> str:
    """Number and name of a programme."""
    name = programme.name_zh if locale == "zh_CN" else programme.name_en
    return f"{programme.programme_no} {name}"


@dataclass(frozen=True)
class Naming:
    """Names and numbers of one opened programme-round.

    Parameters
    ----------
    opened : the programme-round.
    locale : zh_CN or en.
    role : `organiser` sees participant codes, `adviser` the aliases of the round.
    now : local time; answers of coded items stay hidden until the round has closed.
    """

    opened: Opened
    locale: str
    role: str
    now: datetime

    @property
    def is_organiser(self) -> bool:
        """Whether codes may be shown and decisions taken."""
        return self.role == ORGANISER

    @property
    def is_closed(self) -> bool:
        """Whether the closing time has passed."""
        return self.now >= self.opened.inputs.closing_at

    def who(self, lab_code: str) -> str:
        """Participant code, or alias."""
        return lab_code if self.is_organiser else self.opened.aliases.get(lab_code, "") or MISSING

    def said(self, words_of_officer: str) -> str:
        """A reason as written; for advisers with aliases in place of codes."""
        if self.is_organiser or not words_of_officer:
            return words_of_officer
        codes = sorted(filter(None, self.opened.aliases), key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, codes)) or "(?!)")
        return pattern.sub(lambda found: self.who(found.group()), words_of_officer)

    def item(self, analyte: str) -> str:
        """Name and code of an item; all items for an empty code."""
        if not analyte:
            return words("all_items", self.locale)
        found = self.opened.programme.analyte(analyte)
        name = found.name_zh if self.locale == "zh_CN" else found.name_en
        return name if name == analyte else f"{name} {analyte}"

    def sample(self, sample: str) -> str:
        """A sample code; all samples for an empty one."""
        return sample or words("all_samples", self.locale)

    def unit(self, analyte: str) -> str:
        """Unit of an item as printed, "" without one."""
        found = self.opened.programme.analyte(analyte)
        return (found.unit or "") if found.is_quantitative else ""

    def number(self, analyte: str, value: float, *, signed: bool = False) -> str:
        """A quantity with one decimal more than is reported."""
        decimals = (self.opened.programme.analyte(analyte).decimals or 0) + 1
        return printed(_or_none(value), decimals, signed, self.locale)

    def fixed(self, value: float, decimals: int, *, signed: bool = False) -> str:
        """A number with so many decimals, a dash without one."""
        return printed(_or_none(value), decimals, signed, self.locale)

    def hides(self, analyte: str) -> bool:
        """Whether answers of an item may not be seen yet."""
        return not self.is_closed and not self.opened.is_quantitative(analyte)

    def answer(self, analyte: str, raw: str) -> str:
        """A result as sent, or that it cannot be seen yet."""
        return words("hidden", self.locale) if self.hides(analyte) else raw or MISSING

    @cached_property
    def systems(self) -> SystemNames:
        """Names of methods, instruments, reagents and calibrators."""
        return SystemNames(self.opened.inputs.system_names.to_dict("records"), self.locale)

    def finding(self, code: str, analyte: str, params: dict[str, Any]) -> str:
        """A finding in words; of a coded item not before the round has closed, as it may name answers."""
        item = analyte or str(params.get("item", ""))
        if item in self.opened.programme.codes and self.hides(item):
            return words("hidden", self.locale)
        shown = dict(params)
        if "group" in shown:
            shown["group"] = self.systems.group(str(shown.get("level", "")), str(shown["group"]))
        for name in ("item", "analyte"):
            if shown.get(name) in self.opened.programme.codes:
                shown[name] = self.item(str(shown[name]))
        if code == "F05":
            shown["m"] = str(shown["m"])
            shown["modes"] = [self.mode(analyte, m["location"], m["share"]) for m in shown["modes"]]
        return finding_text(code, shown, self.locale)

    def mode(self, analyte: str, location: float, share: float) -> str:
        """Where a mode lies and what share it holds."""
        place = self.number(analyte, location)
        return text("figure.mode_share", self.locale, location=place, share=printed(100 * share, 0))


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
