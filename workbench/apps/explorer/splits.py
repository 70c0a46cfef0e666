"""Items with more than one peak: which recorded field explains them, and what it would change to accept the split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from workbench.apps.explorer.drafts import SplitTrial, draft
from workbench.apps.explorer.naming import Naming, cells, table, words
from workbench.apps.explorer.state import Opened
from workbench.display import Displayed, Table
from workbench.evaluation import RoundInputs
from workbench.evaluation.returns import DIMENSIONS
from workbench.figures import Density, modes
from workbench.frames import ALL_LABORATORIES
from workbench.investigation.clean_consensus import clean_targets
from workbench.investigation.panel import Panel, panel_of
from workbench.parameters.policy import Dimension
from workbench.statistics.group_splits import FieldSplit, laboratory_deviations, split_by_fields
from workbench.statistics.mixture_split import MixtureSplit, split_without_field
from workbench.statistics.modality import judging_bandwidth, kernel_density, look_bandwidth
from workbench.statistics.split_consequences import SplitEffect, split_effect
from workbench.wording import join, level_text, printed

SEED = 13528
"""Of the permutations: the same round gives the same p value."""
CURVE_POINTS = 160
RUG_MOST = 400


@dataclass(frozen=True)
class ItemSplit:
    """One item with several modes.

    Attributes
    ----------
    analyte : code. modes : sample, location and share of each.
    fields : every recorded field tested, the clearest first.
    mixture : the fit without a field, where no field parts the laboratories.
    effect : verdicts that change between the common target and those of the two sides; None without a split.
    trial : results whose class in force changes when the item is judged within the groups of that field first; None
        where the field is no dimension of groups.
    """

    analyte: str
    modes: tuple[tuple[str, float, float], ...]
    fields: tuple[FieldSplit, ...]
    mixture: MixtureSplit | None
    effect: SplitEffect | None
    trial: int | None = None

    @property
    def best(self) -> FieldSplit | None:
        """The field that explains the split; None when none does."""
        return self.fields[0] if self.fields and self.fields[0].is_split else None


def clean_panel(opened: Opened) -> Panel:
    """The measured items as grids, blunders set aside by the consensus in two passes."""
    analytes = tuple(a for a in opened.programme.analytes if a.is_quantitative)
    programme = opened.programme.model_copy(update={"analytes": analytes})
    inputs = opened.inputs
    panel = panel_of(
        RoundInputs.of(programme, inputs.round_code, opened.criteria, inputs.frames(), inputs.closing_at)
    )
    return replace(panel, value=np.where(clean_targets(panel).set_aside, np.nan, panel.value))


def several_modes(opened: Opened) -> dict[str, tuple[tuple[str, float, float], ...]]:
    """Items with more than one mode on some sample: sample, location, share of each mode of these samples."""
    found = opened.evaluation.modes
    many = found.groupby(["analyte", "sample"])["mode"].transform("size") > 1
    out: dict[str, tuple[tuple[str, float, float], ...]] = {}
    for row in found[many].itertuples(index=False):
        place = (str(row.sample), float(row.location), float(row.share))
        out[str(row.analyte)] = (*out.get(str(row.analyte), ()), place)
    return out


def item_split(opened: Opened, panel: Panel, analyte: str) -> ItemSplit:
    """Test every recorded field of one item, and the effect of the clearest split.

    Notes
    -----
    A laboratory's deviation is taken over the samples that show several modes: the others would only dilute it.
    The effect is counted over all samples.
    """
    position = panel.analyte(analyte)
    peaks = several_modes(opened).get(analyte, ())
    shown = {sample for sample, _, _ in peaks}
    columns = [place for place, sample in enumerate(panel.samples) if sample in shown or not shown]
    deviations = laboratory_deviations(panel.value[:, position][:, columns])
    region = opened.inputs.laboratories.set_index("lab_code")["region"]
    levels = {name: panel.system[:, position, i].astype(str) for i, name in enumerate(DIMENSIONS)}
    levels["region"] = np.array([str(region.get(lab, "")) for lab in panel.labs])
    fields = split_by_fields(deviations, levels, generator=np.random.default_rng(SEED))
    best = fields[0] if fields[0].is_split else None
    mixture = None if best else split_without_field(deviations)
    effect = _effect(opened, panel, (position, levels[best.field]), best) if best else None
    trial = None
    if best is not None and best.field in DIMENSIONS:
        trial = len(draft(opened, SplitTrial(analyte, cast("Dimension", best.field))).results)
    return ItemSplit(analyte, peaks, fields, mixture, effect, trial)


def _effect(opened: Opened, panel: Panel, place: tuple[int, np.ndarray], best: FieldSplit) -> SplitEffect:
    """Either side with a target of its own against the target of all laboratories."""
    position, levels = place
    groups = opened.evaluation.groups
    code = panel.rules[position].code
    every = groups[(groups["analyte"] == code) & (groups["peer_group_level"] == ALL_LABORATORIES)]
    common = every.set_index("sample").reindex(panel.samples)
    high = np.isin(levels, best.high_levels)
    sided = high | np.isin(levels, best.low_levels)
    targets, errors = (common[name].to_numpy(np.float64) for name in ("assigned_value", "allowable_error"))
    return split_effect(panel.value[sided, position], high[sided], targets, errors)


def splits_table(naming: Naming, found: tuple[ItemSplit, ...]) -> Table:
    """One row an item: modes, the field that explains them, distance, p, verdicts that would change."""
    rows = []
    for each in found:
        peaks: dict[str, list[str]] = {}
        for sample, location, share in each.modes:
            peaks.setdefault(sample, []).append(naming.mode(each.analyte, location, share))
        shown = "; ".join(f"{sample}: {join(places, naming.locale)}" for sample, places in peaks.items())
        best = each.best
        effect = each.effect
        rows.append(
            cells(
                naming.item(each.analyte),
                shown,
                *_explained(naming, each),
                naming.fixed(best.distance, 1) if best else "",
                printed(best.holm_p_value, 3) if best else "",
                str(effect.n_changed) if effect else "",
                str(int(effect.matters.sum())) if effect else "",
                "" if each.trial is None else str(each.trial),
            )
        )
    keys = (
        "item",
        "modes",
        "field",
        "sides",
        "distance:right",
        "p:right",
        "changed:right",
        "matters:right",
        "trial:right",
    )
    return table("splits", naming.locale, keys, rows, n=len(found))


def _explained(naming: Naming, each: ItemSplit) -> tuple[str, str]:
    """The field and its two sides; else what a fit without a field says."""
    best = each.best
    if best is not None:
        sides = [
            f"{_names(naming, best.field, levels)} (n={n})"
            for levels, n in ((best.low_levels, best.n_low), (best.high_levels, best.n_high))
        ]
        return field_name(best.field, naming.locale), " | ".join(sides)
    mixture = each.mixture
    if mixture is not None and mixture.is_split:
        share = printed(100 * mixture.share_high, 0)
        return words("split.no_field", naming.locale), words("split.mixture", naming.locale, share=share)
    found = naming.opened.evaluation.modes
    hints = dict.fromkeys(found.loc[(found["analyte"] == each.analyte) & (found["factor"] != ""), "factor"])
    if not hints:
        return words("split.none", naming.locale), ""
    named = join([field_name(str(hint), naming.locale) for hint in hints], naming.locale)
    return words("split.hint", naming.locale, field=named), ""


def _names(naming: Naming, field: str, levels: tuple[str, ...]) -> str:
    """Levels of a field in words."""
    shown = [naming.systems.of(field, level) if field in DIMENSIONS else level for level in levels]
    return join(shown, naming.locale)


def field_name(field: str, locale: str) -> str:
    """A recorded field in words."""
    return level_text(field, locale) if field in DIMENSIONS else words(f"field.{field}", locale)


def density_figures(naming: Naming, panel: Panel, analyte: str, sample: str) -> tuple[Displayed, ...]:
    """The density of the results of one item, of one sample or of those with several modes."""
    position = panel.analyte(analyte)
    several = dict.fromkeys(place for place, _, _ in several_modes(naming.opened).get(analyte, ()))
    chosen = [sample] if sample else list(several)[:2] or list(panel.samples[:1])
    found = [_density(naming, panel, (analyte, position), each) for each in chosen if each in panel.samples]
    return tuple(modes(each, naming.locale) for each in found if each is not None)


def _density(naming: Naming, panel: Panel, item: tuple[str, int], sample: str) -> Density | None:
    """The curve of one sample; None without results to draw."""
    analyte, position = item
    value = panel.value[:, position, panel.samples.index(sample)]
    value = np.sort(value[np.isfinite(value)])
    opened = naming.opened
    groups = opened.evaluation.groups
    row = groups[
        (groups["analyte"] == analyte)
        & (groups["sample"] == sample)
        & (groups["peer_group_level"] == ALL_LABORATORIES)
    ]
    if value.size < 2 or row.empty or value[0] == value[-1]:
        return None
    whole = row.iloc[0]
    sigma = float(whole["sigma_pt"])
    scale = sigma if sigma > 0 else float(whole["robust_sd"])
    width = float(
        np.nanmax([judging_bandwidth(scale), look_bandwidth(float(whole["robust_sd"]), value.size), 0.0])
    )
    if not width > 0:
        return None
    grid = np.linspace(value[0] - 2 * width, value[-1] + 2 * width, CURVE_POINTS)
    curve = kernel_density(value, width, grid)
    found = opened.evaluation.modes
    mine = found[(found["analyte"] == analyte) & (found["sample"] == sample)]
    target, error = float(whole["assigned_value"]), float(whole["allowable_error"])
    limited = np.isfinite(target) and np.isfinite(error)
    return Density(
        naming.item(analyte),
        sample,
        naming.unit(analyte),
        grid.tolist(),
        curve.tolist(),
        [(float(m.location), float(m.share)) for m in mine.itertuples()],
        int(value.size),
        value.tolist()[:RUG_MOST],
        target if np.isfinite(target) else None,
        target - error if limited else None,
        target + error if limited else None,
        (opened.programme.analyte(analyte).decimals or 0) + 1,
    )


def split_fields(opened: Opened, analyte: str) -> list[str]:
    """Fields of which an item's laboratories have more than one level: what a split can be tried by."""
    mine = opened.inputs.enrolments[opened.inputs.enrolments["analyte"] == analyte]
    return [name for name in DIMENSIONS if mine.loc[mine[name] != "", name].nunique() > 1]
