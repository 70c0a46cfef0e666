"""A simulated year of internal quality control: every laboratory, analyte and level, with planted faults and the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.iqc.allowed_errors import allowed_percent
from workbench.iqc.control_table import RUNS_A_DAY, SERIES_KEYS, ControlTable
from workbench.iqc.moments import segment_starts
from workbench.iqc.streams import FloatArray, IntArray
from workbench.parameters import Criterion, catalogue, criteria
from workbench.parameters.iqc_items import control_analytes
from workbench.simulation.levels import RANGES

FAULTS = ("shift", "drift", "sd_increase", "reagent_lot")
FIRST_DAY = 20_454
"""2026-01-01, in days since 1970-01-01."""
USUAL_CV, RANGE_SHARE = 0.025, 0.03
"""CV of an analyte nobody knows; SD of one without a limit, as a share of the range of its levels."""
LEVEL_PLACES = (0.25, 0.8)
"""Places of the control levels in the range of an analyte."""
LOT_STEP, NARROW_CV = 1.06, 0.005
"""A new control lot's mean over the old one's; CV below which the lots lie two SDs apart instead (specific gravity)."""
UNKNOWN_RANGE = (50.0, 150.0)
SIGNALS = dict.fromkeys(("HIV-Ab", "HCV-Ab", "HBsAg"), (0.05, 1.75))
"""S/CO of the controls of serology: one below the cut-off, one above it."""
TRUTH_COLUMNS = ("kind", "lab_code", "analyte", "instrument", "reagent", "from_day", "to_day", "size")


@dataclass(frozen=True)
class FaultPlan:
    """How often faults are planted and how large they are.

    Attributes
    ----------
    rate : share of charts (laboratory x analyte) with a fault of each kind of a laboratory's own.
    shifts : sizes of steps, SD. slopes : drifts, SD a day. factors : SD increases.
    days : length of a fault, in days. lot_share : share of reagents whose lot changes with an effect.
    lot_shifts : sizes of the step at such a change, SD, the same in every laboratory on the reagent.
    """

    rate: float = 0.02
    shifts: tuple[float, ...] = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
    slopes: tuple[float, ...] = (-0.1, 0.1)
    factors: tuple[float, ...] = (1.5, 2.0)
    days: int = 60
    lot_share: float = 0.3
    lot_shifts: tuple[float, ...] = (-1.5, 1.5)


@dataclass(frozen=True)
class YearSize:
    """How large the year is: laboratories, days, instruments on the market, share of days without a run."""

    laboratories: int = 40
    days: int = 365
    instruments: int = 4
    absent: float = 0.0


@dataclass(frozen=True)
class ControlYear:
    """The points and what was planted.

    Attributes
    ----------
    table : points of all laboratories.
    mean, sd : shape (n,), the target each laboratory judges its points by (its own, known well).
    decimals : by analyte, of the reported values.
    truth : one row per planted fault; from_day and to_day are days since 1970-01-01, inclusive; a `reagent_lot` has no
        laboratory: it holds for every laboratory on the reagent.
    """

    table: ControlTable
    mean: FloatArray
    sd: FloatArray
    decimals: dict[str, int]
    truth: pd.DataFrame

    @property
    def targets(self) -> pd.DataFrame:
        """CONTROL_TARGETS: one row per series and lot."""
        first = segment_starts(self.table.code, self.table.lot)
        keys = self.table.series.iloc[self.table.code[first]][["lab_code", "analyte", "level", "instrument"]]
        return keys.reset_index(drop=True).assign(
            qc_lot=np.asarray(self.table.lots, dtype=object)[self.table.lot[first]],
            mean=self.mean[first],
            sd=self.sd[first],
            target_source="own",
        )


def control_points_frame(year: ControlYear, days: tuple[int, int] | None = None) -> pd.DataFrame:
    """CONTROL_POINTS of a year, in order of time, as an interface would send them.

    Parameters
    ----------
    days : first and last day of the year wanted, from 0; None: all.
    """
    table = year.table
    kept = np.ones(len(table), dtype=bool)
    if days is not None:
        kept = (table.day >= FIRST_DAY + days[0]) & (table.day <= FIRST_DAY + days[1])
    part = table.take(kept)
    keys = part.series.iloc[part.code][list(SERIES_KEYS)].reset_index(drop=True)
    decimals = keys["analyte"].map(year.decimals).to_numpy()
    value = part.value
    raw = np.empty(len(part), dtype=object)
    for places in np.unique(decimals):
        mine = decimals == places
        raw[mine] = [f"{x:.{places}f}" for x in value[mine].tolist()]
    frame = keys.assign(
        qc_lot=np.asarray(part.lots, dtype=object)[part.lot],
        run_at=part.day.astype("datetime64[D]").astype("datetime64[s]") + np.timedelta64(8 * 3600, "s"),
        run_no=1,
        replicate=1,
        raw=raw,
        value=raw.astype(np.float64),
        answer="",
        track="automatic",
        operator_flag="",
        message_id="",
    )
    return frame.sort_values("run_at", kind="stable", ignore_index=True)


def simulate_control_year(
    analytes: Sequence[str], seed: int, size: YearSize | None = None, plan: FaultPlan | None = None
) -> ControlYear:
    """Simulate daily controls at two levels.

    Parameters
    ----------
    analytes : codes; those no programme has take a range of 50 to 150. seed : same seed, same points.

    Notes
    -----
    z of a point is standard normal without a fault; levels and days are independent, so that run lengths can be held
    against theory. Laboratories have biases of their own (0.4 SD) against their group, inside their own targets.
    The control lot changes about mid-year, on another day in each laboratory; targets follow at once.
    """
    size, plan = size or YearSize(), plan or FaultPlan()
    rng = np.random.default_rng(seed)
    series = _series(analytes, size, rng)
    n, days = len(series), size.days
    offset, spread, truth = _faults(series, size, plan, rng)
    z = rng.standard_normal((n, days)) * spread + offset
    lot = (np.arange(days)[None, :] >= _change_day(series, days, rng)[:, None]).astype(np.int32)
    base, cv, decimals = _levels(series, analytes)
    own = base * (1.0 + 0.4 * cv * _codes(series["reagent"])) * (1.0 + 0.4 * cv * rng.standard_normal(n))
    step = np.where(cv < NARROW_CV, 1.0 + 2.0 * cv, LOT_STEP)
    mean = np.round(own[:, None] * np.where(lot, step[:, None], 1.0), 6)
    sd = cv[:, None] * mean
    places = np.array([decimals[a] for a in series["analyte"]])
    digit = 10.0 ** -places[:, None]
    value = np.round((mean + z * sd) / digit) * digit
    measured = rng.random((n // 2, days)).repeat(2, axis=0) >= size.absent
    run = np.broadcast_to((FIRST_DAY + np.arange(days)) * RUNS_A_DAY + 1, (n, days))
    code = np.broadcast_to(np.arange(n, dtype=np.int32)[:, None], (n, days))
    kept = int(measured.sum())
    table = ControlTable(
        series,
        ("A", "B"),
        code[measured],
        lot[measured],
        run[measured],
        value[measured],
        np.ones(kept, bool),
        np.arange(kept),
    )
    return ControlYear(table, mean[measured], sd[measured], decimals, truth)


def _series(analytes: Sequence[str], size: YearSize, rng: np.random.Generator) -> pd.DataFrame:
    """Laboratories x analytes x two levels, sorted by laboratory, analyte and level; every system has five at least."""
    labs = [f"L{k + 1:04d}" for k in range(size.laboratories)]
    rows = pd.MultiIndex.from_product([labs, analytes, ["1", "2"]], names=["lab_code", "analyte", "level"])
    series = rows.to_frame(index=False)
    number = np.arange(size.laboratories) % size.instruments
    rng.shuffle(number)
    of_lab = dict(zip(labs, number.tolist(), strict=True))
    place = series["lab_code"].map(of_lab)
    region = series["lab_code"].map({lab: f"R{k % 11 + 1:02d}" for k, lab in enumerate(labs)})
    level = series["lab_code"].map({lab: ("tertiary", "secondary")[k % 2] for k, lab in enumerate(labs)})
    system = {
        "instrument": "INS" + place.astype(str),
        "reagent": "REA" + place.astype(str),
        "sub_type": "",
        "calibrator": "CAL" + place.astype(str),
    }
    found = series.assign(region=region, hospital_level=level, **system)
    return found[["lab_code", "region", "hospital_level", *SERIES_KEYS[1:]]]


def _codes(column: pd.Series) -> FloatArray:
    return pd.factorize(column, sort=True)[0].astype(np.float64)


def _levels(series: pd.DataFrame, analytes: Sequence[str]) -> tuple[FloatArray, FloatArray, dict[str, int]]:
    """Value of each series at lot A, its CV as a share, and decimals that leave at least twenty steps to an SD.

    Notes
    -----
    The SD is a fifth of the allowable error of the analyte's own programme (sigma 5 without a bias); where there is
    none, a share of the range of its levels, so that a specific gravity does not spread as a concentration does.
    """
    value, cv = np.empty(len(series)), np.full(len(series), USUAL_CV)
    decimals = {}
    for analyte in analytes:
        low, high = _range(analyte)
        limit = _limit(analyte)
        smallest = np.inf
        for level, place in zip(("1", "2"), LEVEL_PLACES, strict=True):
            mine = ((series["analyte"] == analyte) & (series["level"] == level)).to_numpy()
            value[mine] = low + place * (high - low)
            cv[mine] = _cv(limit, low + place * (high - low), (low, high))
            smallest = min(smallest, float((value * cv)[mine].min()))
        decimals[analyte] = max(0, int(np.ceil(-np.log10(smallest / 20.0))))
    return value, cv, decimals


def _cv(limit: Criterion | None, value: float, levels: tuple[float, float]) -> float:
    """CV of one level, as a share."""
    if limit is not None:
        allowed = float(allowed_percent(limit, np.array([value]))[0])
        if np.isfinite(allowed):
            return allowed / 500.0
    return USUAL_CV if levels == UNKNOWN_RANGE else RANGE_SHARE * (levels[1] - levels[0]) / value


def _limit(analyte: str) -> Criterion | None:
    """The limit of the first programme that measures the analyte and has one."""
    for programme in catalogue().values():
        if analyte in programme.codes and programme.analyte(analyte).is_quantitative:
            found = programme.criterion(analyte, criteria())
            if found is not None:
                return found
    return None


def _range(analyte: str) -> tuple[float, float]:
    """Lowest and highest level of an analyte's controls: of its programme, else of its plausible values."""
    known = next((found[analyte] for found in RANGES.values() if analyte in found), None) or SIGNALS.get(
        analyte
    )
    if known is not None:
        return known
    entry = control_analytes().get(analyte)
    if entry is None or entry.plausible_low is None or entry.plausible_high is None:
        return UNKNOWN_RANGE
    low, high = max(float(entry.plausible_low), 0.0), float(entry.plausible_high)
    return low + 0.05 * (high - low), low + 0.4 * (high - low)


def _change_day(series: pd.DataFrame, days: int, rng: np.random.Generator) -> IntArray:
    """Day on which each laboratory takes the new control lot."""
    labs, code = np.unique(series["lab_code"].to_numpy(str), return_inverse=True)
    return rng.integers(int(0.45 * days), int(0.55 * days) + 1, len(labs))[code]


def _faults(
    series: pd.DataFrame, size: YearSize, plan: FaultPlan, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, pd.DataFrame]:
    """Mean and SD of z by series and day, and the truth; a chart has one fault of its own at most."""
    offset, spread = np.zeros((len(series), size.days)), np.ones((len(series), size.days))
    charts = len(series) // 2
    left = rng.permutation(charts).tolist()
    rows = []
    for kind, sizes in (("shift", plan.shifts), ("drift", plan.slopes), ("sd_increase", plan.factors)):
        for _ in range(round(plan.rate * charts)):
            chart = left.pop()
            start, end = _period(size.days, plan.days, rng)
            amount = float(rng.choice(sizes))
            place = (slice(2 * chart, 2 * chart + 2), slice(start, end))
            _plant(kind, amount, offset[place], spread[place])
            who = series.iloc[2 * chart][["lab_code", "analyte", "instrument", "reagent"]]
            rows.append((kind, *who, FIRST_DAY + start, FIRST_DAY + end - 1, amount))
    rows += _reagent_lots(series, size.days, plan, offset, rng)
    return offset, spread, pd.DataFrame(rows, columns=list(TRUTH_COLUMNS))


def _period(days: int, length: int, rng: np.random.Generator) -> tuple[int, int]:
    """First day of a fault and the day after its last; never in the first sixth of the year."""
    earliest = days // 6
    start = int(rng.integers(earliest, max(days - length, earliest + 1)))
    return start, min(start + length, days)


def _plant(kind: str, amount: float, offset: FloatArray, spread: FloatArray) -> None:
    """One fault into the days it lasts; both levels alike."""
    if kind == "shift":
        offset += amount
    elif kind == "drift":
        offset += amount * np.arange(1, offset.shape[1] + 1)
    else:
        spread *= amount


def _reagent_lots(
    series: pd.DataFrame, days: int, plan: FaultPlan, offset: FloatArray, rng: np.random.Generator
) -> list[tuple[object, ...]]:
    """Reagents whose new lot moves every laboratory on it, from the same day on, for the length of a fault."""
    rows: list[tuple[object, ...]] = []
    for (analyte, instrument, reagent), mine in series.groupby(
        ["analyte", "instrument", "reagent"]
    ).groups.items():
        if rng.random() >= plan.lot_share:
            continue
        start, end = _period(days, plan.days, rng)
        amount = float(rng.choice(plan.lot_shifts))
        offset[np.asarray(mine), start:end] += amount
        row = (
            "reagent_lot",
            "",
            analyte,
            instrument,
            reagent,
            FIRST_DAY + start,
            FIRST_DAY + end - 1,
            amount,
        )
        rows.append(row)
    return rows
