"""What the monitor shows of a comparison: lines, tables and figures as HTML; nothing of another laboratory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Any

from workbench.apps.look import finding, shown
from workbench.apps.monitor.charts import (
    beyond,
    chart_part,
    judged,
    month_rows,
    parts,
    plane_parts,
    zones,
)
from workbench.apps.monitor.model import Compared, Wanted, compare
from workbench.apps.monitor.viewer import Viewer, nested_too_closely
from workbench.display import Cell, Figure, Table
from workbench.figures import control_chart, control_months, sdi_plane
from workbench.reports.iqc_rule_words import localised_name, rule_parts
from workbench.tables.cells import plain
from workbench.tables.control import grade_cell, rules_table, simple_table
from workbench.wording import join, text

SDI_TOLD = 2.0
"""|SDI| above which laboratories are counted on the status line."""
Part = dict[str, Any]

_ORDERS: Mapping[str, Callable[[Part], tuple[Any, ...]]] = {
    "code": lambda p: (),
    "grade": lambda p: (-"ABCD".find(p["grade"]), -abs(p["sdi"] or 0.0)),
    "sdi": lambda p: (p["sdi"] is None, -abs(p["sdi"] or 0.0)),
    "cvr": lambda p: (p["cvr"] is None, -(p["cvr"] or 0.0)),
    "sigma": lambda p: (p["sigma"] is None, p["sigma"] or 0.0),
    "hits": lambda p: (-p["hits"].rejected, -p["hits"].warned),
    "n": lambda p: (p["n"],),
}
SORTS = tuple(_ORDERS)
"""Ways to sort the grade table."""
COLUMNS: tuple[tuple[str, str, float | None], ...] = (
    ("code", "left", None), ("system", "left", None), ("material", "left", None), ("n", "right", None),
    ("mean", "decimal", None), ("group_mean", "decimal", None), ("cv", "decimal", None), ("bias", "decimal", None),
    ("sdi", "decimal", None), ("cvr", "decimal", None), ("sigma", "decimal", None), ("hits", "left", None),
    ("grade", "center", None),
)  # fmt: skip


def value_word(dimension: str, value: str, locale: str) -> str:
    """A value of a dimension in words where it has one."""
    known = ("tertiary", "secondary", "primary", "other")
    return (
        text(f"hospital_level.{value}", locale) if dimension == "hospital_level" and value in known else value
    )


def dimension_word(dimension: str, locale: str) -> str:
    """Name of a dimension."""
    return text(f"iqc.dimension.{dimension}", locale)


def filters_text(wanted: Wanted, locale: str) -> str:
    """The filters in words."""
    words = [
        text(
            "app.iqc.filter", locale, dimension=dimension_word(d, locale), value=value_word(d, value, locale)
        )
        for d, value in wanted.filters
    ]
    return " + ".join(words) if words else text("app.iqc.no_filter", locale)


@dataclass(frozen=True, eq=False)
class MonitorView:
    """A comparison as one reader may see it.

    Parameters
    ----------
    compared : the comparison. viewer : who looks. locale : zh_CN or en.
    """

    compared: Compared
    viewer: Viewer
    locale: str

    def _say(self, key: str, **values: object) -> str:
        return text(f"app.iqc.{key}", self.locale, **values)

    @cached_property
    def _every(self) -> list[Part]:
        """All rows; stays here."""
        return parts(self.compared, self.locale)

    @cached_property
    def rows(self) -> list[Part]:
        """Rows that may be shown one by one: of a participant its own; none where nothing is compared."""
        return self.viewer.own(self._every) if self.is_compared else []

    @cached_property
    def charted(self) -> list[Part]:
        """Rows whose own control chart may be shown; it needs no group."""
        return self.viewer.own(self._every)

    @cached_property
    def state(self) -> str:
        """``none``, ``few``, ``nested``, ``mean`` or ``full``: how much of the group may be shown."""
        found = self.compared.disclosure
        least = self.compared.scheme.laboratories_shown
        if found in ("mean", "full") and nested_too_closely(
            self.compared.archive, self.viewer, self.compared.wanted, least
        ):
            return "nested"
        return found

    @property
    def is_compared(self) -> bool:
        """Whether the group may be shown at all."""
        return self.state in ("mean", "full")

    def who(self, part: Mapping[str, Any]) -> str:
        """How a row is called: by its code, a participant's own by a word."""
        return self._say("own_line") if self.viewer.is_participant else str(part["lab_code"])

    def label(self, part: Mapping[str, Any]) -> str:
        """A row in the list of laboratories."""
        grade = part["grade"] if self.is_compared else ""
        shown_parts = (self.who(part), part["printed"]["system"], part["qc_lot"], grade)
        return " · ".join(word for word in shown_parts if word)

    def group_line(self) -> str:
        """Laboratories, points and filters of the group."""
        filters = filters_text(self.compared.wanted, self.locale)
        if self.state in ("none", "few"):
            return self._say("group_line_few", filters=filters)
        points = f"{self.compared.points:,}".replace(",", " ")
        return self._say("group_line", labs=self.compared.laboratories, points=points, filters=filters)

    def notice(self) -> str:
        """Why something is not shown, as HTML; empty where all is."""
        scheme, found = self.compared.scheme, []
        if self.state == "none":
            filters = filters_text(self.compared.wanted, self.locale)
            found.append(text("app.empty", self.locale, filters=filters))
        elif self.state == "few":
            found.append(self._say("state.few", least=scheme.laboratories_shown))
        elif self.state == "nested":
            found.append(self._say("state.nested"))
        elif self.state == "mean":
            found.append(self._say("state.mean", least=scheme.laboratories_graded))
        if self.state != "none" and not self.charted:
            found.append(self._say("state.absent"))
        return "".join(finding(words) for words in found)

    def plane(self, chosen: Part) -> Figure | None:
        """The SDI-CVR plane; None where indices are not shown."""
        if self.state != "full" or chosen["sdi"] is None:
            return None
        drawn = plane_parts(self.compared, self._every, chosen, self.who(chosen))
        made = sdi_plane(drawn, zones(self.compared.scheme), self.locale)
        said = self._say("plane_caption", who=self.who(chosen), n=len(drawn[0]["dots"]))
        return replace(made, caption=said, data=None)

    def months(self, chosen: Part) -> Figure | None:
        """Twelve months of the chosen row; None where the group is not shown."""
        rows = month_rows(self.compared, chosen) if self.is_compared else []
        if not rows:
            return None
        made = control_months({**chosen, "months": rows}, self.locale)
        return replace(made, caption=self._say("months_caption", who=self.who(chosen)))

    def chart(self, chosen: Part) -> tuple[Figure | None, str]:
        """The control chart of the chosen row, and a notice as HTML; None where no point has a target."""
        compared, said = self.compared, ""
        if compared.wanted.target == "group" and self.state != "full":
            compared = compare(compared.archive, replace(compared.wanted, target="own"))
            said = finding(self._say("chart_own"))
        part = chart_part(compared, chosen, self.locale)
        points = [p for p in part["points"] if p["z"] is not None]
        if not points:
            return None, finding(self._say("chart_none"))
        rules = judged(compared).rules
        target = self._say(f"target.{compared.wanted.target}")
        words = self._say(
            "chart_caption", who=self.who(chosen), target=target, rules=localised_name(rules, self.locale),
            n=len(points), hits=sum(bool(p["rules"]) for p in points),
        )  # fmt: skip
        return replace(control_chart(part, self.locale), caption=words), said

    def rule_list(self) -> str:
        """The rule set with its exact limits, folded."""
        rules = judged(self.compared).rules
        table = rules_table(rule_parts(rules, self.locale), "1", self.locale)
        table = replace(table, caption=localised_name(rules, self.locale))
        return f"<details><summary>{escape(self._say('rule_list'))}</summary>{shown(table)}</details>"

    def grades(self, sort: str) -> Table:
        """The grade table: of an organiser every row with its code, of a participant its own."""
        rows = sorted(
            self.rows, key=lambda p: (*_ORDERS[sort](p), p["lab_code"], p["instrument"], p["qc_lot"])
        )
        n, labs = len(rows), self.compared.laboratories
        key = "table_caption_own" if self.viewer.is_participant else "table_caption"
        title = self._say(key, n=n, labs=labs) if self.viewer.is_participant else self._say(key, n=n)
        made = simple_table("iqc-grades", title, COLUMNS, [self._grade_row(p) for p in rows], self.locale)
        scheme = self.compared.scheme
        name = scheme.zh if self.locale == "zh_CN" else scheme.en
        target = self._say(f"target.{self.compared.wanted.target}")
        notes = [self._say("note_bias", target=target, scheme=name)]
        if any(p["one_day"] for p in rows):
            notes.append(self._say("note_day"))
        return replace(made, notes=tuple(notes))

    def _grade_row(self, part: Part) -> Sequence[Cell]:
        """Cells of one row."""
        show = part["printed"]
        names = ("n", "mean", "group_mean", "cv", "bias", "sdi", "cvr", "sigma", "hits")
        grade = grade_cell(part)
        grade = replace(grade, text=f"{part['grade']}*") if part["one_day"] else grade
        words = (self.who(part), show["system"] or "–", part["qc_lot"], *(show[name] for name in names))
        return (*plain(*words), grade)

    def status(self) -> str:
        """One sentence: how many are beyond, or what the own grades are."""
        labs = self.compared.laboratories
        if not self.is_compared:
            return self.group_line()
        if self.viewer.is_participant:
            grades = join([p["grade"] for p in self.rows], self.locale) if self.rows else "–"
            return self._say("status_own", grades=grades, labs=labs)
        return self._say("status", n=beyond(self._every, SDI_TOLD), labs=labs)
