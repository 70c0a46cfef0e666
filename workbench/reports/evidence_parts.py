"""What surrounds one case, as plain tables: samples, rounds, peers, the instrument's other analytes, the returns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from workbench.display import Table
from workbench.investigation.circumstances import history, other_analytes, peers, percent_allowed
from workbench.reports.coded_sections import SYSTEM
from workbench.reports.investigation_case import Case
from workbench.reports.period_parts import cell
from workbench.reports.words import reason_text
from workbench.store.submission_log import submission_log
from workbench.wording import MISSING, printed, symbol, text, time_text, verdict

Part = dict[str, Any]
LIMIT = 100.0


def table_part(
    name: str,
    specs: Sequence[tuple[str, str, float]],
    rows: Iterable[Sequence[Any]],
    locale: str,
    notes: Sequence[str] = (),
) -> Part:
    """One table as data; headings `table.<name>.<key>`, caption `caption.<name>`."""
    return {
        "id": name,
        "caption": text(f"caption.{name}", locale),
        "columns": [
            {"key": key, "heading": text(f"table.{name}.{key}", locale), "align": align, "width_mm": width}
            for key, align, width in specs
        ],
        "rows": [[each if isinstance(each, dict) else cell(each) for each in row] for row in rows],
        "notes": list(notes),
    }


def part_of(table: Table) -> Part:
    """A table of the laboratory's report as data."""
    return {
        "id": table.id,
        "caption": table.caption,
        "columns": [
            {
                "key": column.key,
                "heading": f"{column.heading} ({column.unit})" if column.unit else column.heading,
                "align": column.align,
                "width_mm": column.width_mm,
            }
            for column in table.columns
        ],
        "rows": [[cell(c.text, c.tone, bold=c.bold) for c in row] for row in table.rows],
        "notes": list(table.notes),
    }


def fact_lines(case: Case) -> list[str]:
    """Score, mean deviation and scatter, registered system, group; what does not agree.

    Notes
    -----
    Of coded answers the block of the item says system, group and sentences.
    """
    locale, entry = case.reading.locale, case.entry
    shown, missing = entry["printed"], text("head.not_given", locale)
    score = f"{entry['acceptable']}/{entry['graded']}"
    word = verdict("analyte", entry["verdict"], locale)
    lines = [text("dossier.score", locale, score=score, verdict=word, status=_status(case))]
    if entry["reason"]:
        lines.append(text("dossier.failed_by_rule", locale, reason=reason_text(entry["reason"], locale)))
    mean, spread = entry["mean_percent_allowed"], entry["sd_percent_allowed"]
    if mean is not None:
        values = {"mean": printed(mean, 0, signed=True, locale=locale), "scatter": printed(spread, 0)}
        lines.append(text("dossier.deviation", locale, **values))
    if entry["coded"] is None:
        system = {name: shown[name] if entry[name] else missing for name in SYSTEM}
        unit = shown["unit"] or text("cell.none", locale)
        group = {"level": shown["group"], "names": shown["group_names"]}
        lines.append(text("prose.detail_head", locale, unit=unit, **system))
        lines.append(text("prose.detail_own_group", locale, **group))
        lines += [sentence["text"] for sentence in entry["sentences"]]
    if not case.evaluated_alike:
        lines.append(text("dossier.data_changed", locale))
    return lines


def _status(case: Case) -> str:
    """The verdict over rounds."""
    return verdict("rounds", case.entry["status"], case.reading.locale)


def clean_table(case: Case) -> list[Part]:
    """Each numeric result against the target in force and the one without outlying results."""
    if case.cell is None or case.place is None:
        return []
    locale, found = case.reading.locale, case.cell
    decimals = (case.reading.analyte(case.analyte).decimals or 0) + 1
    hidden = {r["sample"] for r in case.entry["results"] if r["why"].get("assigned_value") == "suppressed"}
    rows = []
    for at, sample in enumerate(found.samples):
        code = case.investigation.panel.samples[sample]
        if code in hidden:
            continue
        share = 100 * (found.value[at] - found.target[at]) / found.limit[at]
        rows.append(
            (
                code,
                found.text[at],
                printed(found.judged_target[at], decimals, locale=locale),
                printed(found.target[at], decimals, locale=locale),
                printed(found.limit[at], decimals, locale=locale),
                _share(share, locale),
            )
        )
    specs = (
        ("sample", "left", 26.0), ("result", "right", 28.0), ("target", "decimal", 26.0), ("clean", "decimal", 40.0),
        ("limit", "decimal", 27.0), ("share", "right", 28.0),
    )  # fmt: skip
    return [table_part("id_facts", specs, rows, locale)] if rows else []


def _share(share: float, locale: str) -> Part:
    """A deviation in per cent of the allowed one, tinted beyond it."""
    if not math.isfinite(share):
        return cell(MISSING)
    return cell(printed(share, 0, signed=True, locale=locale), "bad" if abs(share) > LIMIT else "")


def history_table(case: Case) -> list[Part]:
    """Bias, scatter and score of the rounds it took part in, oldest first."""
    if case.place is None:
        return []
    locale, found = case.reading.locale, history(case.investigation, *case.place)
    codes = (*case.round.earlier, case.round.round_code)
    rows = [
        (
            codes[-1 - int(row["round_back"])],
            _share(row["bias"], locale),
            printed(row["scatter"], 0, locale=locale),
            cell(f"{row['acceptable']}/{row['graded']}", "bad" if row["failed"] else ""),
        )
        for row in found.to_dict("records")
    ]
    specs = (
        ("round", "left", 40.0),
        ("bias", "right", 45.0),
        ("scatter", "right", 45.0),
        ("score", "right", 45.0),
    )
    return [table_part("id_history", specs, rows, locale)]


def peers_table(case: Case) -> list[Part]:
    """The laboratory beside the medians of the same instrument and of all; nothing of fewer than five."""
    if case.place is None:
        return []
    locale = case.reading.locale
    few = text("state.suppressed", locale, n_min=5)
    rows = [
        (
            row["sample"],
            _share(row["own"], locale),
            few if math.isnan(row["peers"]) else _share(row["peers"], locale),
            few if math.isnan(row["all"]) else _share(row["all"], locale),
            str(row["n_peers"]) if row["n_peers"] >= 5 else few,
        )
        for row in peers(case.investigation, *case.place).to_dict("records")
    ]
    specs = (
        ("sample", "left", 35.0), ("own", "right", 35.0), ("peers", "right", 35.0), ("all", "right", 35.0),
        ("n", "right", 35.0),
    )  # fmt: skip
    return [table_part("id_peers", specs, rows, locale)]


def sign_matrix(case: Case) -> list[Part]:
    """All analytes of the laboratory on the same instrument, sample by sample: side and size of each deviation.

    Notes
    -----
    One side in all analytes of one sample speaks of the vial; in all samples of some analytes, of the instrument.
    """
    if case.place is None:
        return []
    locale, inv = case.reading.locale, case.investigation
    lab, _ = case.place
    codes = other_analytes(inv, *case.place)["analyte"].tolist()
    if len(codes) < 2:
        return []
    share = percent_allowed(inv.panel, inv.targets)[lab]
    rows = [
        [
            cell(case.reading.name(code), bold=code == case.analyte),
            *(_sign(v, locale) for v in share[inv.panel.analyte(code)]),
        ]
        for code in codes
    ]
    samples = inv.panel.samples
    width = min(24.0, 125.0 / len(samples))
    heads = [
        {
            "key": "analyte",
            "heading": text("table.id_signs.analyte", locale),
            "align": "left",
            "width_mm": 50.0,
        }
    ]
    heads += [{"key": s, "heading": s, "align": "right", "width_mm": width} for s in samples]
    caption = text("caption.id_signs", locale)
    note = text("table.id_signs.note", locale)
    return [{"id": "id_signs", "caption": caption, "columns": heads, "rows": rows, "notes": [note]}]


def _sign(share: float, locale: str) -> Part:
    """Side by a symbol and a signed number, tinted beyond the limit."""
    if not np.isfinite(share):
        return cell(MISSING)
    mark = symbol("action", share) if abs(share) > LIMIT else symbol("acceptable")
    number = printed(share, 0, signed=True, locale=locale)
    return cell(f"{mark} {number}", "bad" if abs(share) > LIMIT else "")


def returns_table(case: Case) -> list[Part]:
    """Every return of the laboratory: when, by which role, what it changed, whether late."""
    locale, round_ = case.reading.locale, case.round
    number = round_.programme.programme_no
    found = submission_log(round_.store, round_.round_code, number, case.lab_code, case.analyte)
    rows = []
    for row in found.to_dict("records"):
        late = row["returned_at"] > row["closing_at"]
        rows.append(
            (
                str(row["revision"]),
                _day(row["received_on"]),
                _day(row["tested_on"]),
                time_text(row["returned_at"].to_pydatetime(), locale),
                cell(text("dossier.late" if late else "dossier.in_time", locale), "warning" if late else ""),
                text(f"dossier.role.{row['by_role']}", locale)
                if row["by_role"] == "laboratory"
                else row["by_role"],
                str(row["changed"]),
            )
        )
    specs = (
        ("revision", "right", 15.0), ("received", "left", 25.0), ("tested", "left", 25.0), ("returned", "left", 35.0),
        ("in_time", "left", 20.0), ("role", "left", 27.0), ("changed", "right", 28.0),
    )  # fmt: skip
    return [table_part("id_returns", specs, rows, locale)] if rows else []


def _day(moment: Any) -> str:
    """A day, or a dash."""
    return MISSING if moment is None or moment != moment else str(moment.date())
