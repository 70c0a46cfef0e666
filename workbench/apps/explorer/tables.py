"""Tables of the round explorer that speak of the whole round or of a decision: matrix, checklist, decisions, draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.apps.explorer.drafts import Draft
from workbench.apps.explorer.naming import Naming, cells, programme_name, table, words
from workbench.apps.explorer.state import Checkpoint
from workbench.display import Cell, Table
from workbench.parameters import Programme
from workbench.wording import text, verdict

ROWS_MOST = 60
"""A table of changes shows so many rows; the workbook holds them all."""

_COUNTS = ("enrolled", "returned", "late", "not_returned")
_ITEMS = ("small_groups", "multimodal", "outliers", "blunders")
_TONES = {"blocked": "bad", "pending": "warning", "ready": "", "unevaluated": "not_scored"}


def matrix_state(row: Mapping[str, Any]) -> str:
    """blocked, pending, ready or unevaluated, for a programme that is not opened.

    Notes
    -----
    A programme that is not opened is known by its counts: suspects count as waiting.
    """
    if row.get("state"):
        return str(row["state"])
    if not row["evaluation_id"]:
        return "unevaluated"
    if row["blocking"] or row["corrected"]:
        return "blocked"
    return "pending" if row["blunders"] else "ready"


def matrix_table(
    rows: Sequence[Mapping[str, Any]], programmes: Mapping[str, Programme], chosen: str, locale: str
) -> Table:
    """One row a programme: participation, groups, modes, suspects, material, whether it may be released."""
    keys = (
        "programme",
        *(f"{name}:right" for name in (*_COUNTS, *_ITEMS)),
        "homogeneity",
        "stability",
        "release",
    )
    lines = []
    for row in rows:
        state = matrix_state(row)
        name = programme_name(programmes[row["programme_no"]], locale)
        counted = state != "unevaluated"
        numbers = [str(row[key]) if counted or key == "enrolled" else "" for key in (*_COUNTS, *_ITEMS)]
        failed = [_material(row, check, counted) for check in ("homogeneity", "stability")]
        codes = _with_counts(str(row["blocking"]).split(","), locale)
        said = " ".join([words(f"release.{state}", locale), *codes])
        lines.append(
            (
                Cell(name, bold=row["programme_no"] == chosen),
                *cells(*numbers),
                *failed,
                Cell(said, tone=_TONES[state]),
            )
        )
    states = Counter(matrix_state(row) for row in rows)
    values = {state: states[state] for state in _TONES}
    return table("matrix", locale, keys, lines, n=len(rows), **values)


def _material(row: Mapping[str, Any], check: str, counted: bool) -> Cell:
    """○ where all checks passed, ▲ with the number that failed, a dash where there are none."""
    if not counted or not row["checks"]:
        return Cell("–")
    failed = row[f"{check}_failed"]
    return Cell(f"▲{failed}", tone="bad") if failed else Cell("○")


def _with_counts(codes: Sequence[str], locale: str) -> list[str]:
    """`F04×9`, and words for what is no finding."""
    counts = Counter(filter(None, codes))
    return [
        (words(f"check.{code}.short", locale) if not code.startswith("F") else code)
        + (f"×{n}" if n > 1 else "")
        for code, n in sorted(counts.items())
    ]


def point_text(naming: Naming, point: Checkpoint) -> str:
    """What one line of the checklist says."""
    if point.code.startswith("F"):
        return naming.finding(point.code, point.analyte, point.params)
    shown = dict(point.params)
    if "items" in shown:
        shown["items"] = words("separator", naming.locale).join(shown["items"])
    return words(f"check.{point.code}", naming.locale, **shown)


def checklist_table(naming: Naming, points: Sequence[Checkpoint]) -> Table:
    """Findings of level 3, F42, and what waits; open ones first."""
    rows = []
    for point in sorted(points, key=lambda point: (not point.is_open, not point.blocks)):
        place = f"{naming.item(point.analyte)} · {naming.sample(point.sample)}"
        if point.is_open:
            state = "blocks" if point.blocks else "waits"
            cell = Cell(words(f"check.{state}", naming.locale), tone="bad" if point.blocks else "warning")
        else:
            cell = Cell(words("check.accepted", naming.locale, reason=naming.said(point.reason)))
        code = point.code if point.code.startswith("F") else words(f"check.{point.code}.short", naming.locale)
        rows.append((*cells(code, place, point_text(naming, point)), cell))
    counts = {
        "open": sum(point.is_open and point.blocks for point in points),
        "waiting": sum(point.is_open and not point.blocks for point in points),
    }
    return table("checklist", naming.locale, ("code", "place", "finding", "state"), rows, **counts)


def decisions_table(naming: Naming) -> Table:
    """Every decision of the programme-round, in the order they were taken."""
    rows = [
        cells(
            str(row.decision_id),
            f"{row.decided_at:%Y-%m-%d %H:%M}",
            kind_words(row.kind, naming.locale),
            naming.who(row.lab_code) if row.lab_code else words("all_laboratories", naming.locale),
            naming.item(row.analyte),
            naming.sample(row.sample),
            _reason(naming, row),
        )
        for row in naming.opened.inputs.decisions.itertuples(index=False)
    ]
    keys = ("no:right", "decided_at", "kind", "lab", "item", "sample", "reason")
    return table("decisions", naming.locale, keys, rows, n=len(rows))


def _reason(naming: Naming, row: Any) -> str:
    """The reason; that of a correction holds results, which may not be seen yet."""
    if row.kind == "correct" and row.analyte and naming.hides(row.analyte):
        return words("hidden", naming.locale)
    return naming.said(row.reason)


def kind_words(kind: str, locale: str) -> str:
    """A kind of decision in words."""
    if kind.startswith("accept_"):
        return words("kind.accept", locale, code=kind.removeprefix("accept_"))
    return words(f"kind.{kind}", locale)


def draft_tables(naming: Naming, proposed: Draft, most: int = ROWS_MOST) -> tuple[Table, ...]:
    """What a draft changes: counts, laboratories, items, results, targets.

    Parameters
    ----------
    most : rows of one table.
    """
    return (
        _count_table(naming, proposed),
        _laboratory_table(naming, proposed, most),
        _analyte_table(naming, proposed, most),
        _result_table(naming, proposed, most),
        _target_table(naming, proposed, most),
    )


def _count_table(naming: Naming, proposed: Draft) -> Table:
    """How many verdicts go from what to what."""
    rows = []
    for name, field, level in (
        ("laboratories", "verdict", "programme"),
        ("analytes", "verdict", "analyte"),
        ("results", "signal", "result_limit"),
    ):
        for (old, new), n in sorted(proposed.counts(name, field).items()):
            pair = [verdict(level, each, naming.locale) for each in (old, new)]
            if old == new:
                pair = [words("state_only", naming.locale)] * 2
            rows.append(cells(words(f"level.{name}", naming.locale), *pair, str(n)))
    keys = ("level", "before", "after", "n:right")
    moved = len(proposed.targets)
    return table("changes", naming.locale, keys, rows, n=len(proposed.results), targets=moved)


def _laboratory_table(naming: Naming, proposed: Draft, most: int) -> Table:
    rows = [
        cells(
            naming.who(row.lab_code),
            f"{naming.fixed(row.score_percent_old, 1)} → {naming.fixed(row.score_percent_new, 1)}",
            verdict("programme", row.verdict_old, naming.locale),
            verdict("programme", row.verdict_new, naming.locale),
        )
        for row in proposed.laboratories.head(most).itertuples(index=False)
    ]
    keys = ("lab", "score", "before", "after")
    return table("changed_laboratories", naming.locale, keys, rows, n=len(proposed.laboratories))


def _analyte_table(naming: Naming, proposed: Draft, most: int) -> Table:
    rows = [
        cells(
            naming.who(row.lab_code),
            naming.item(row.analyte),
            f"{row.acceptable_old}/{row.graded_old} → {row.acceptable_new}/{row.graded_new}",
            verdict("analyte", row.verdict_old, naming.locale),
            verdict("analyte", row.verdict_new, naming.locale),
        )
        for row in proposed.analytes.head(most).itertuples(index=False)
    ]
    keys = ("lab", "item", "score", "before", "after")
    return table("changed_items", naming.locale, keys, rows, n=len(proposed.analytes))


def _result_table(naming: Naming, proposed: Draft, most: int) -> Table:
    rows = []
    for row in proposed.results.head(most).itertuples(index=False):
        raws = [naming.answer(row.analyte, raw) for raw in dict.fromkeys((row.raw_old, row.raw_new))]
        targets = (row.assigned_value_old, row.assigned_value_new)
        numbers = dict.fromkeys(naming.number(row.analyte, value) for value in targets)
        rows.append(
            cells(
                naming.who(row.lab_code),
                naming.item(row.analyte),
                row.sample,
                " → ".join(raws),
                " → ".join(numbers),
                class_words(row.state_old, row.signal_old, naming.locale),
                class_words(row.state_new, row.signal_new, naming.locale),
            )
        )
    keys = ("lab", "item", "sample", "result", "target", "before", "after")
    return table("changed_results", naming.locale, keys, rows, n=len(proposed.results))


def _target_table(naming: Naming, proposed: Draft, most: int) -> Table:
    rows = [
        cells(
            naming.item(row.analyte),
            row.sample,
            naming.systems.group(row.peer_group_level, row.peer_group),
            f"{row.n_old} → {row.n_new}",
            f"{naming.number(row.analyte, row.assigned_value_old)} → {naming.number(row.analyte, row.assigned_value_new)}",
        )
        for row in proposed.targets.head(most).itertuples(index=False)
    ]
    keys = ("item", "sample", "group", "n", "target")
    return table("changed_targets", naming.locale, keys, rows, n=len(proposed.targets))


def class_words(state: str, signal: str, locale: str) -> str:
    """Class of a result; its state where that is not simply scored."""
    said = verdict("result_limit", signal, locale)
    if state in ("scored", "not_scored"):
        return said
    shown = text(f"state.{state}", locale)
    return f"{said}（{shown}）" if locale == "zh_CN" else f"{said} ({shown})"
