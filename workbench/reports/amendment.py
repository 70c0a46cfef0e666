"""What an amended report changes against the version it replaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.display import Table
from workbench.reports.reading import Reading
from workbench.tables import changes_table
from workbench.wording import date_text, text

LINES_MOST = 10
PROGRAMME, ITEM, SAMPLE = "programme", "item", "sample"
COMPARED: dict[str, dict[str, tuple[str, ...]]] = {
    "LR": {
        PROGRAMME: ("score", "verdict"),
        ITEM: ("score", "verdict"),
        SAMPLE: ("value", "assigned_value", "range", "percent_allowed", "score", "verdict"),
    },
    "PR": {
        PROGRAMME: ("median",),
        ITEM: ("pass_rate", "allowable_error"),
        SAMPLE: ("n", "assigned_value", "range", "acceptable"),
    },
}
"""Which printed forms are compared, by kind of report."""
_SAMPLES = {"LR": "results", "PR": "samples"}


def amendment_part(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any] | None:
    """Compare a twin with the one it replaces; None when it replaces nothing.

    Returns
    -------
    Number and date of the replaced version, every printed form that changed (old and new), the
    reason, and whether a verdict changed.

    Notes
    -----
    Two versions in different languages are not compared form by form: only their unrounded values
    would be comparable, so the earlier version must be the one in the same language.
    """
    previous = reading.meta.issue.previous()
    if previous is None:
        return None
    changes = list(_changes(previous, twin))
    old = previous["report"]
    return {
        "replaces": old["number"],
        "replaced_issued_at": old["issued_at"],
        "reason": reading.meta.issue.reason or text("notice.amendment.reason_default", reading.locale),
        "verdicts_changed": any(change["field"] == "verdict" for change in changes),
        "changes": changes,
    }


def _changes(previous: Mapping[str, Any], twin: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every printed form that differs: of the programme, of items, of samples."""
    compared, parts = COMPARED[twin["kind"]], _SAMPLES[twin["kind"]]
    yield from _differences(previous["verdict"], twin["verdict"], compared[PROGRAMME], None, None)
    before = {(e["analyte"], e.get("device_id")): e for e in previous["analytes"]}
    after = {(e["analyte"], e.get("device_id")): e for e in twin["analytes"]}
    for key in dict.fromkeys((*after, *before)):
        old, new = before.get(key, _ABSENT), after.get(key, _ABSENT)
        yield from _differences(old, new, compared[ITEM], key[0], None)
        old_parts = {part["sample"]: part for part in old.get(parts, ())}
        new_parts = {part["sample"]: part for part in new.get(parts, ())}
        for sample in dict.fromkeys((*new_parts, *old_parts)):
            pair = old_parts.get(sample, _ABSENT), new_parts.get(sample, _ABSENT)
            yield from _differences(*pair, compared[SAMPLE], key[0], sample)


_ABSENT: dict[str, Any] = {"printed": {}}


def _differences(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    fields: tuple[str, ...],
    analyte: str | None,
    sample: str | None,
) -> Iterator[dict[str, Any]]:
    """The fields of one part whose printed forms differ."""
    for name in fields:
        before, after = old["printed"].get(name), new["printed"].get(name)
        if before != after:
            yield {"analyte": analyte, "sample": sample, "field": name, "old": before, "new": after}


def amendment_lines(twin: Mapping[str, Any], reading: Reading) -> list[str]:
    """The lines of the amendment box: what is replaced and why, then at most ten changes."""
    part, locale = twin["amendment"], reading.locale
    shown = [_change_text(change, reading) for change in part["changes"][:LINES_MOST]]
    rest = len(part["changes"]) - len(shown)
    word = "verdicts_changed" if part["verdicts_changed"] else "verdicts_unchanged"
    head = text(
        "notice.amendment",
        locale,
        old_number=part["replaces"],
        old_date=date_text(part["replaced_issued_at"], locale, prose=True),
        what=text("notice.amendment.what", locale, n=len(part["changes"])),
        why=part["reason"],
        verdicts=text(f"notice.amendment.{word}", locale),
    )
    more = [text("notice.amendment.rest", locale, n=rest)] if rest else []
    return [head, *shown, *more]


def further_changes(twin: Mapping[str, Any], number: str, locale: str) -> tuple[Table, ...]:
    """The changes the box has no room for, as a table; nothing when there are none."""
    changes = twin["amendment"]["changes"][LINES_MOST:] if twin["amendment"] else []
    names = {entry["analyte"]: entry["printed"]["name"] for entry in twin["analytes"]}
    return (changes_table(changes, names, number, locale),) if changes else ()


def _change_text(change: Mapping[str, Any], reading: Reading) -> str:
    """`Mg 2026111 target: 1.030 → 1.041`."""
    locale = reading.locale
    name = reading.name(change["analyte"]) if change["analyte"] else text("term.programme", locale)
    field = text(f"amendment.field.{change['field']}", locale)
    item = " ".join(part for part in (name, change["sample"] or "", field) if part)
    shown = {side: change[side] or text("cell.none", locale) for side in ("old", "new")}
    return text("notice.amendment.item", locale, item=item, **shown)
