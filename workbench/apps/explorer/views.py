"""The seven views of one opened programme: participation, distributions, groups, suspects, modes, material, sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.apps.explorer.naming import Naming, cells, programme_name, table, words
from workbench.apps.explorer.state import Suspect, suspects
from workbench.apps.explorer.tables import kind_words
from workbench.display import Cell, Displayed, FigureRow, Table
from workbench.evaluation.reconciliation import OUTCOMES, discrepancies
from workbench.figures import Answer, Answers, Distribution, Participation, answer_bars, distribution_row
from workbench.figures import participation as participation_figure
from workbench.frames import ALL_LABORATORIES
from workbench.reports.answer_words import AnswerNames
from workbench.wording import MISSING, significant, text

ITEMS_A_PAGE = 4
"""Items of distributions shown at a time: twenty panels are drawn at once."""
MISSING_NAMED = 8


@dataclass(frozen=True)
class Filters:
    """What is looked at; "" means everything.

    Parameters
    ----------
    analyte, sample : codes.
    instrument : code; laboratories that registered it.
    state : a kind of cell of the participation grid.
    page : of the items of the distributions, from 0.
    """

    analyte: str = ""
    sample: str = ""
    instrument: str = ""
    state: str = ""
    page: int = 0


def cell_states(naming: Naming) -> pd.DataFrame:
    """One row per laboratory x analyte: `cell`, a kind of the participation grid."""
    scores = naming.opened.evaluation.scores
    keys = ["lab_code", "analyte"]
    state = scores["state"]
    flags = scores[keys].assign(
        missing=state == "not_returned",
        late=state == "late",
        excused=state.isin(["excused", "not_performed"]),
        n=1,
    )
    by = flags.groupby(keys, sort=False, as_index=False).sum()
    conditions = [by["excused"] == by["n"], by["missing"] == by["n"], by["late"] > 0, by["missing"] > 0]
    kinds = np.select(conditions, ["excused", "not_returned", "late", "part"], "returned")
    return by[keys].assign(cell=kinds)


def home_instruments(naming: Naming) -> dict[str, str]:
    """Laboratory -> the instrument it registered for most items, its method where it has none."""
    table_ = naming.opened.inputs.enrolments
    system = table_["instrument"].where(table_["instrument"] != "", table_["method"])
    grouped = system.groupby(table_["lab_code"].to_numpy())
    return {str(lab): str(found.mode().iloc[0]) for lab, found in grouped}


def participation(naming: Naming, filters: Filters) -> tuple[Displayed, ...]:
    """View 1: the grid, and who misses what."""
    states = cell_states(naming)
    home = home_instruments(naming)
    if filters.analyte:
        states = states[states["analyte"] == filters.analyte]
    if filters.instrument:
        states = states[states["lab_code"].map(home) == filters.instrument]
    if filters.state:
        wanted = set(states.loc[states["cell"] == filters.state, "lab_code"])
        states = states[states["lab_code"].isin(wanted)]
    names = {code: _instrument(naming, code) for code in set(home.values())}
    sizes = pd.Series(home).value_counts()
    labs = sorted(
        states["lab_code"].unique(), key=lambda lab: (-sizes[home[lab]], home[lab], naming.who(lab))
    )
    items = [code for code in naming.opened.enrolled if code in set(states["analyte"])]
    found = dict(zip(zip(states["analyte"], states["lab_code"], strict=True), states["cell"], strict=True))
    grid = Participation(
        f"{programme_name(naming.opened.programme, naming.locale)} {naming.opened.inputs.round_code}",
        [naming.item(code) for code in items],
        [naming.who(lab) for lab in labs],
        [names[home[lab]] for lab in labs],
        [[found.get((code, lab), "") for lab in labs] for code in items],
    )
    figure = (participation_figure(grid, naming.locale),) if labs else ()
    return (*figure, _missing_table(naming, states, home))


def _instrument(naming: Naming, code: str) -> str:
    """Name of an instrument, or of the method that stands for it."""
    name = naming.systems.of("instrument", code)
    return name if name != code else naming.systems.of("method", code)


def _missing_table(naming: Naming, states: pd.DataFrame, home: dict[str, str]) -> Table:
    """One row a laboratory whose return is late or not whole."""
    labs = naming.opened.inputs.laboratories.set_index("lab_code")
    open_ones = states[states["cell"].isin(["not_returned", "part", "late"])]
    rows = []
    for lab, mine in sorted(open_ones.groupby("lab_code"), key=lambda pair: naming.who(str(pair[0]))):
        code = str(lab)
        listed = {
            kind: mine.loc[mine["cell"] == kind, "analyte"].tolist() for kind in ("not_returned", "part")
        }
        days = int(labs.loc[code, "late_days"])
        rows.append(
            cells(
                naming.who(code),
                _instrument(naming, home[code]),
                words("days_late", naming.locale, n=days) if days else "",
                *(_listed(naming, found) for found in listed.values()),
            )
        )
    keys = ("lab", "instrument", "late", "not_returned_items", "part_items")
    return table("missing", naming.locale, keys, rows, n=len(rows))


def _listed(naming: Naming, codes: Sequence[str]) -> str:
    """Codes, shortened after a few."""
    separator = words("separator", naming.locale)
    if len(codes) <= MISSING_NAMED:
        return separator.join(codes)
    return words("and_more", naming.locale, list=separator.join(codes[:MISSING_NAMED]), n=len(codes))


def pages(naming: Naming) -> int:
    """Pages of the distributions."""
    return max(1, -(-len(naming.opened.enrolled) // ITEMS_A_PAGE))


def distributions(naming: Naming, filters: Filters) -> tuple[Displayed, ...]:
    """View 2: one row of panels an item, peaks marked where there are several."""
    codes = naming.opened.enrolled
    start = filters.page * ITEMS_A_PAGE
    shown = [filters.analyte] if filters.analyte else list(codes[start : start + ITEMS_A_PAGE])
    samples = [filters.sample] if filters.sample else list(naming.opened.samples)
    return tuple(_item_row(naming, code, samples, filters.instrument) for code in shown)


def _item_row(naming: Naming, analyte: str, samples: Sequence[str], instrument: str) -> Displayed:
    """The panels of one item: histograms of numbers, bars of answers."""
    if naming.hides(analyte):
        return table("hidden", naming.locale, ("item",), [cells(naming.item(analyte))])
    if not naming.opened.is_quantitative(analyte):
        return _answer_row(naming, analyte, samples)
    panels = [_panel(naming, analyte, sample, instrument) for sample in samples]
    return distribution_row(panels, naming.item(analyte), naming.locale, data=False)


def _panel(naming: Naming, analyte: str, sample: str, instrument: str) -> Distribution:
    """Counts of all laboratories, those of one instrument over them."""
    evaluation = naming.opened.evaluation
    bins = evaluation.histograms
    mine = bins[
        (bins["analyte"] == analyte)
        & (bins["sample"] == sample)
        & (bins["peer_group_level"] == ALL_LABORATORIES)
    ]
    inner, tails = mine[~mine["tail"]], mine[mine["tail"]].sort_values("bin")
    edges = [*inner["low"], *inner["high"].tail(1)]
    whole = evaluation.groups[
        (evaluation.groups["analyte"] == analyte)
        & (evaluation.groups["sample"] == sample)
        & (evaluation.groups["peer_group_level"] == ALL_LABORATORIES)
    ]
    target, error = (_first(whole, name) for name in ("assigned_value", "allowable_error"))
    modes = evaluation.modes
    places = modes.loc[(modes["analyte"] == analyte) & (modes["sample"] == sample), "location"]
    limits = (target - error, target + error) if target is not None and error is not None else (None, None)
    own = _of_instrument(naming, (analyte, sample, instrument)) if instrument else None
    numbers = zip(("assigned_value", "limit_low", "limit_high"), (target, *limits), strict=True)
    return Distribution(
        naming.item(analyte),
        sample,
        edges,
        inner["count"].tolist(),
        np.histogram(own, edges)[0].tolist() if own is not None and len(edges) > 1 else (),
        int(tails["count"].iloc[0]) if len(tails) else 0,
        int(tails["count"].iloc[-1]) if len(tails) > 1 else 0,
        target=target,
        limit_low=limits[0],
        limit_high=limits[1],
        printed={name: naming.number(analyte, value) for name, value in numbers if value is not None},
        modes=tuple(places) if len(places) > 1 else (),
    )


def _first(rows: pd.DataFrame, name: str) -> float | None:
    """A number of the only row; None without row or number."""
    value = float(rows[name].iloc[0]) if len(rows) else float("nan")
    return value if np.isfinite(value) else None


def _of_instrument(naming: Naming, place: tuple[str, str, str]) -> np.ndarray:
    """Values in the statistics of the laboratories with one instrument."""
    analyte, sample, instrument = place
    scores, home = naming.opened.evaluation.scores, home_instruments(naming)
    mine = scores[(scores["analyte"] == analyte) & (scores["sample"] == sample) & scores["in_statistics"]]
    return np.asarray(mine.loc[mine["lab_code"].map(home) == instrument, "value"], dtype=np.float64)


def _answer_row(naming: Naming, analyte: str, samples: Sequence[str]) -> FigureRow:
    """Bars of the answers of all laboratories, the expected one marked."""
    evaluation = naming.opened.evaluation
    names = AnswerNames(naming.opened.programme.analyte(analyte), naming.locale)
    counts = evaluation.answer_counts
    every = counts[(counts["analyte"] == analyte) & (counts["peer_group_level"] == ALL_LABORATORIES)]
    targets = evaluation.answers[evaluation.answers["analyte"] == analyte].drop_duplicates("sample")
    expected = dict(zip(targets["sample"], targets["target"], strict=True))
    figures = [
        answer_bars(
            Answers(
                naming.item(analyte),
                sample,
                [
                    Answer(names.of(row.answer), int(row.count), expected=row.answer == expected.get(sample))
                    for row in every[every["sample"] == sample].sort_values("position").itertuples()
                ],
            ),
            naming.locale,
        )
        for sample in samples
    ]
    return FigureRow(tuple(figures), naming.item(analyte))


def suspects_shown(naming: Naming, filters: Filters) -> tuple[Suspect, ...]:
    """Suspected blunders as filtered."""
    home = home_instruments(naming)
    return tuple(
        each
        for each in suspects(naming.opened)
        if filters.analyte in ("", each.analyte)
        and filters.sample in ("", each.sample)
        and filters.instrument in ("", home.get(each.lab_code))
    )


def suspect_kind(naming: Naming, each: Suspect) -> str:
    """What the result may be, with the other sample of an exchange."""
    said = text(f"blunder.{each.kind}", naming.locale)
    return f"{said} ⇄ {each.other}" if each.other else said


def suspects_table(naming: Naming, found: Sequence[Suspect]) -> Table:
    """View 4: code, sample, result, target, ratio, kind, what was decided."""
    rows = [
        (
            *cells(
                naming.who(each.lab_code),
                naming.item(each.analyte),
                each.sample,
                naming.answer(each.analyte, each.raw),
                naming.number(each.analyte, each.target),
                MISSING if np.isnan(each.ratio) else significant(each.ratio, 3),
                suspect_kind(naming, each),
            ),
            Cell(kind_words(each.answer, naming.locale))
            if each.answer
            else Cell(words("undecided", naming.locale), tone="warning"),
        )
        for each in found
    ]
    keys = ("lab", "item", "sample", "result:right", "target:right", "ratio:right", "kind", "decision")
    waiting = sum(not each.answer for each in found)
    return table("suspects", naming.locale, keys, rows, n=len(rows), waiting=waiting)


def material_table(naming: Naming, filters: Filters) -> Table:
    """View 6: the checks of homogeneity and stability, failures first."""
    checks = naming.opened.inputs.material_checks
    if filters.analyte:
        checks = checks[checks["analyte"] == filters.analyte]
    if filters.sample:
        checks = checks[checks["sample"] == filters.sample]
    order = {code: i for i, code in enumerate(naming.opened.programme.codes)}
    ordered = checks.assign(place=checks["analyte"].map(order)).sort_values(
        ["passed", "place", "sample", "check"]
    )
    rows = [
        (
            *cells(
                naming.item(row.analyte),
                row.sample,
                words(f"material.{row.check}", naming.locale),
                f"{row.n_items} × {row.n_replicates}",
                *(naming.number(row.analyte, value) for value in (row.s_s, row.s_w, row.limit)),
                naming.unit(row.analyte),
            ),
            Cell(
                words("material.passed" if row.passed else "material.failed", naming.locale),
                tone="" if row.passed else "bad",
            ),
        )
        for row in ordered.itertuples(index=False)
    ]
    keys = (
        "item",
        "sample",
        "check",
        "items:right",
        "s_s:right",
        "s_w:right",
        "limit:right",
        "unit",
        "outcome",
    )
    failed = int((~checks["passed"]).sum())
    return table("material", naming.locale, keys, rows, n=len(rows), failed=failed)


def reconciliation_table(naming: Naming) -> Table:
    """View 7: enrolled equals the sum of the outcomes, or the release stops."""
    found = naming.opened.evaluation.reconciliation
    unequal = set(discrepancies(found)["analyte"])
    rows = []
    for row in found.itertuples(index=False):
        name = naming.item(row.analyte) if row.analyte else words("all_laboratories", naming.locale)
        equal = row.analyte not in unequal
        numbers = [str(getattr(row, outcome)) for outcome in ("enrolled", *OUTCOMES, "late")]
        said = words("sum.equal" if equal else "sum.unequal", naming.locale)
        rows.append((*cells(name, *numbers), Cell(said, tone="" if equal else "bad")))
    keys = ("item", *(f"{name}:right" for name in ("enrolled", *OUTCOMES, "late")), "sum")
    return table("reconciliation", naming.locale, keys, rows, n=len(unequal))
