"""A province of its own for the accuracy of ranked causes: other noise, rounding and peers than the demonstration's.

Every fault is planted on a cell of its own, with a size that breaks the rule; the truth is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from workbench.evaluation import RoundInputs
from workbench.parameters.criteria import CriteriaBook, Criterion
from workbench.parameters.policy import CriterionRef, EvaluationPolicy
from workbench.parameters.programmes import Analyte, Programme, UnitConversion

FACTORS = (18.02, 88.4, 0.2586, 2.8, 0.0113, 6.006, 0.1, 59.48, 4.03, 0.4)
LADDER = (("instrument",), ("method",), ())


@dataclass(frozen=True)
class World:
    """How this province differs: noise (normal, t, laplace), peers, laboratories, analytes, samples."""

    seed: int
    noise: str = "t"
    instruments: int = 4
    laboratories: int = 120
    analytes: int = 18
    samples: int = 5
    spread: float = 5.0
    truncating: float = 0.1


@dataclass
class Province:
    """Results of one world, before and after faults; arrays are laboratory x analyte x sample."""

    world: World
    rng: np.random.Generator
    programme: Programme
    book: CriteriaBook
    level: np.ndarray
    limit: np.ndarray
    step: np.ndarray
    group: np.ndarray
    registered: np.ndarray
    value: np.ndarray
    text: np.ndarray
    truth: dict[tuple[int, int], tuple[str, tuple[int, ...]]] = field(default_factory=dict)

    def target(self, lab: int, analyte: int) -> np.ndarray:
        return self.level[self.group[lab], analyte]

    def write(self, lab: int, analyte: int, value: np.ndarray, decimals: int | None = None) -> None:
        """Write results down with so many decimals."""
        places = int(self.programme.analytes[analyte].decimals or 0) if decimals is None else decimals
        self.text[lab, analyte] = [f"{max(v, 0.0):.{places}f}" for v in value]
        self.value[lab, analyte] = self.text[lab, analyte].astype(float)

    def inputs(self, code: str = "2026-1") -> RoundInputs:
        labs = [f"L{k:03d}" for k in range(self.world.laboratories)]
        samples = [f"S{k + 1}" for k in range(self.world.samples)]
        names = [a.analyte for a in self.programme.analytes]
        size = self.value.shape
        lab, analyte, sample = (grid.ravel() for grid in np.indices(size))
        raw = self.text.ravel()
        results = pd.DataFrame(
            {
                "lab_code": np.array(labs, dtype=object)[lab],
                "device_id": "",
                "analyte": np.array(names, dtype=object)[analyte],
                "sample": np.array(samples, dtype=object)[sample],
                "raw": raw,
                "value": self.value.ravel(),
                "decimals": [len(t.partition(".")[2]) for t in raw],
                "censor": 0,
                "code": "",
                "result_state": np.where(raw == "", "not_returned", "reported"),
                "flags": "",
                "revision": 1,
            }
        )
        pairs = pd.MultiIndex.from_product([labs, names], names=["lab_code", "analyte"]).to_frame(index=False)
        instrument = self.registered.ravel()
        enrolments = pairs.assign(
            device_id="", method=[f"M{i // 2}" for i in instrument], instrument=[f"I{i}" for i in instrument],
            reagent=[f"R{i}" for i in self.group.repeat(len(names))], calibrator="", enrolment_state="enrolled", reason="",
        )  # fmt: skip
        laboratories = pd.DataFrame(
            {
                "lab_code": labs, "round_alias": [f"A-{k:03d}" for k in range(len(labs))], "region": "R",
                "hospital_level": "tertiary", "received_on": pd.Timestamp("2026-04-08"),
                "tested_on": pd.Timestamp("2026-04-20"), "returned_at": pd.Timestamp("2026-04-22"),
                "revision": 1, "late_days": 0, "comment": "",
            }
        )  # fmt: skip
        vials = pd.DataFrame(
            {"sample": samples, "position": range(1, len(samples) + 1), "material_lot": "", "matrix": "serum",
             "withdrawn": False, "reason": ""}
        )  # fmt: skip
        frames = {
            "laboratories": laboratories,
            "enrolments": enrolments,
            "results": results,
            "samples": vials,
        }
        return RoundInputs.of(self.programme, code, self.book, frames)


def province(world: World, like: Province | None = None) -> Province:
    """A round without faults; with `like` a further round of the same laboratories and analytes."""
    rng = np.random.default_rng(world.seed)
    base = _base(world, rng) if like is None else like
    size = (world.laboratories, world.analytes, world.samples)
    centre = np.exp(rng.uniform(np.log(1.0), np.log(9.0), (world.analytes, world.samples)))
    scale = base.step * 10.0 ** rng.uniform(2.0, 2.2, base.step.shape) if like is None else base.scale  # type: ignore[attr-defined]
    share = base.share  # type: ignore[attr-defined]
    if like is not None:
        base = Province(**{k: v for k, v in vars(like).items() if k in Province.__dataclass_fields__})
        base.rng, base.truth = rng, {}
    true = centre * scale[:, None]
    base.level = true[None] * base_bias(like or base)[:, :, None]
    base.limit = share[:, None] * base.level
    sd = base.limit[base.group] / world.spread * rng.gamma(9, 1 / 9, (size[0], 1, 1))
    effect = (like or base).effect  # type: ignore[union-attr]
    bias = base.limit[base.group] / 6 * (effect[:, :, None] + 0.4 * rng.standard_normal(size[:2])[:, :, None])
    value = base.level[base.group] + bias + sd * _noise(world, rng, size)
    base.value, base.text = np.zeros(size), np.full(size, "", dtype=object)
    base.registered = np.repeat(base.group[:, None], world.analytes, axis=1)
    for name in ("scale", "share", "effect", "ratio"):
        setattr(base, name, scale if name == "scale" else getattr(like or base, name))
    truncates = rng.random(size[0]) < world.truncating
    for lab in range(size[0]):
        for analyte in range(size[1]):
            found = value[lab, analyte]
            if truncates[lab]:
                found = np.floor(found / base.step[analyte] + 1e-9) * base.step[analyte]
            base.write(lab, analyte, found)
    return base


def base_bias(base: Province) -> np.ndarray:
    return base.ratio  # type: ignore[attr-defined]


def _noise(world: World, rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
    if world.noise == "normal":
        return rng.standard_normal(size)
    if world.noise == "laplace":
        return rng.laplace(0, 2**-0.5, size)
    return rng.standard_t(5, size) / np.sqrt(5 / 3)


def _base(world: World, rng: np.random.Generator) -> Province:
    """What a province keeps over its rounds."""
    share = rng.uniform(0.06, 0.25, world.analytes)
    decimals = rng.integers(0, 3, world.analytes)
    step = 10.0**-decimals
    analytes = tuple(
        Analyte(
            analyte=f"A{k:02d}", name_zh=f"A{k}", name_en=f"A{k}", result_type="quantitative", matrix="serum/plasma",
            unit="mmol/L", decimals=int(decimals[k]),
            unit_conversions=(UnitConversion(unit="mg/dL", factor=Decimal(str(FACTORS[k % len(FACTORS)]))),),
        )
        for k in range(world.analytes)
    )  # fmt: skip
    policy = EvaluationPolicy(
        ladder=LADDER, criterion=CriterionRef(authority="T", metric="eqa"), u_negligible_sigma=5, u_upper=50
    )
    programme = Programme(
        programme_no="1.1", category_no=1, category_zh="c", category_en="c", name_zh="p", name_en="p",
        rounds_per_year=3, evaluation=policy, analytes=analytes,
    )  # fmt: skip
    book = CriteriaBook(
        Criterion(
            authority="T", document="T", edition="2026", analyte=a.analyte, matrix="serum/plasma", metric="eqa",
            kind="percent", percent=Decimal(str(round(100 * share[k], 1))), valid_from=date(2026, 1, 1),
            verified=True, trust="high", raw_text="t", unit="mmol/L",
        )
        for k, a in enumerate(analytes)
    )  # fmt: skip
    market = 0.1 + rng.dirichlet(np.full(world.instruments, 4.0))
    group = rng.choice(world.instruments, world.laboratories, p=market / market.sum())
    empty = np.zeros(0)
    out = Province(world, rng, programme, book, empty, empty, step, group, empty, empty, empty)
    out.share = np.round(100 * share, 1) / 100  # type: ignore[attr-defined]
    wide = rng.random(world.analytes) < 0.5
    offsets = rng.choice([-1, 1], (world.instruments, world.analytes)) * rng.uniform(
        0.7, 1.4, (world.instruments, world.analytes)
    )
    out.ratio = 1 + np.where(wide, offsets, 0.3 * offsets) * share  # type: ignore[attr-defined]
    common = rng.standard_normal((world.laboratories, 1)) * 0.6
    out.effect = common + 0.8 * rng.standard_normal((world.laboratories, world.analytes))  # type: ignore[attr-defined]
    return out


def fails(p: Province, lab: int, analyte: int) -> bool:
    """Whether some result is clearly beyond the limit of the group it is registered in."""
    group = p.registered[lab, analyte]
    deviation = np.abs(p.value[lab, analyte] - p.level[group, analyte])
    return bool((deviation > 1.15 * p.limit[group, analyte]).any())


def plant(p: Province, cause: str, lab: int, analyte: int) -> bool:
    """Plant one fault; False where it would not fail or cannot be planted there, and nothing is changed."""
    if fails(p, lab, analyte):
        return False
    before = p.value[lab, analyte].copy(), p.text[lab, analyte].copy(), p.registered[lab, analyte]
    samples = FAULTS[cause](p, lab, analyte)
    if samples is None or not fails(p, lab, analyte):
        p.value[lab, analyte], p.text[lab, analyte] = before[0], before[1]
        p.registered[lab, analyte] = before[2]
        return False
    p.truth[lab, analyte] = cause, samples
    return True


def _sign(p: Province) -> float:
    return float(p.rng.choice([-1.0, 1.0]))


def _unit(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    factor = float(p.programme.analytes[a].unit_conversions[0].factor)
    x = p.value[lab, a] / factor if p.rng.random() < 0.5 else p.value[lab, a] * factor
    p.write(lab, a, x, max(0, 3 - int(np.floor(np.log10(x.min())) + 1)))
    return ()


def _slip(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    k = int(p.rng.choice([1, -1, 2, -2], p=[0.42, 0.42, 0.08, 0.08]))
    every = p.rng.random() < 0.3
    d = int(p.programme.analytes[a].decimals or 0)
    chosen = range(p.world.samples) if every else [int(p.rng.integers(p.world.samples))]
    for i in chosen:
        x = p.value[lab, a, i] * 10.0**k
        p.text[lab, a, i] = f"{x:.{max(d - k, 0)}f}" if p.rng.random() < 0.7 else f"{x:.{d}f}"
        p.value[lab, a, i] = float(p.text[lab, a, i])
    return () if every else (chosen[0],)


def _digits(
    change: Callable[[Province, str], str], least: float
) -> Callable[[Province, int, int], tuple[int, ...] | None]:
    def planted(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
        for _ in range(40):
            i = int(p.rng.integers(p.world.samples))
            other = change(p, p.text[lab, a, i])
            lead = other.lstrip("0")
            if not other or other[0] in "0." or not lead or other[-1] == ".":
                continue
            if abs(float(other) - p.target(lab, a)[i]) > least * p.limit[p.group[lab], a, i]:
                p.text[lab, a, i], p.value[lab, a, i] = other, float(other)
                return (i,)
        return None

    return planted


def _exchange(p: Province, text: str) -> str:
    places = [k for k, c in enumerate(text) if c.isdigit()]
    k = int(p.rng.integers(max(len(places) - 1, 1)))
    if len(places) < 2:
        return ""
    letters = list(text)
    letters[places[k]], letters[places[k + 1]] = letters[places[k + 1]], letters[places[k]]
    return "".join(letters)


def _mistype(p: Province, text: str) -> str:
    """One digit replaced, dropped or doubled."""
    k = int(p.rng.choice([k for k, c in enumerate(text) if c.isdigit()]))
    way = p.rng.integers(3)
    return text[:k] + (str(p.rng.integers(10)), "", text[k] * 2)[way] + text[k + 1 :]


def _coarse(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    limit = p.limit[p.group[lab], a].min()
    for step in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 0.5, 0.2):
        if 1.2 * limit < step < 6 * limit and step > 2 * p.step[a]:
            rounded = np.rint(p.value[lab, a] / step) * step
            if (rounded > 0).all() and len(set(rounded)) > 2:
                p.write(lab, a, rounded)
                return ()
    return None


def _floor(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    order = np.argsort(p.target(lab, a))
    lowest = order[:2]
    x = p.value[lab, a].copy()
    x[lowest] = p.target(lab, a)[lowest].max() * p.rng.uniform(1.02, 1.3)
    if x[lowest[0]] > p.target(lab, a)[order[2]]:
        return None
    p.write(lab, a, x)
    return tuple(sorted(int(i) for i in lowest))


def _ceiling(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    order = np.argsort(-p.target(lab, a))
    top = order[:2]
    x = p.value[lab, a].copy()
    x[top] = p.target(lab, a)[top].min() * p.rng.uniform(0.8, 0.98)
    if x[top[0]] < p.target(lab, a)[order[2]]:
        return None
    p.write(lab, a, x)
    return tuple(sorted(int(i) for i in top))


def _swap(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    i, j = sorted(p.rng.choice(p.world.samples, 2, replace=False))
    gap = abs(p.target(lab, a)[i] - p.target(lab, a)[j])
    if gap < 2.5 * p.limit[p.group[lab], a][[i, j]].max():
        return None
    for grid in (p.value, p.text):
        grid[lab, a, [i, j]] = grid[lab, a, [j, i]]
    return (int(i), int(j))


def _shift(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    k = int(p.rng.choice([-1, 1]))
    for grid in (p.value, p.text):
        grid[lab, a] = np.roll(grid[lab, a], k)
    return ()


def _column(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    b = a + 1 if a + 1 < p.world.analytes else a - 1
    p.write(lab, a, p.value[lab, b], int(p.programme.analytes[b].decimals or 0))
    return ()


def _code(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    own = int(p.group[lab])
    gap = np.abs(p.level[:, a] - p.level[own, a]) / p.limit[own, a]
    others = [g for g in range(p.world.instruments) if gap[g].min() > 1.6]
    if not others:
        return None
    p.registered[lab, a] = others[0]
    return ()


def _bias(constant: float, proportional: float) -> Callable[[Province, int, int], tuple[int, ...] | None]:
    def planted(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
        limit, t = p.limit[p.group[lab], a], p.target(lab, a)
        sign = _sign(p)
        size = p.rng.uniform(1.4, 2.4)
        x = p.value[lab, a].copy()
        if constant:
            x = x + sign * size * constant * np.median(limit)
        if proportional:
            flip = -1 if constant and p.rng.random() < 0.5 else 1
            x = x * (1 + flip * sign * size * proportional * np.median(limit / t))
        if (x <= 0).any():
            return None
        p.write(lab, a, x)
        return ()

    return planted


def _scatter(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    size = p.rng.uniform(0.9, 2.0)
    x = p.value[lab, a] + size * p.limit[p.group[lab], a] * p.rng.standard_normal(p.world.samples)
    out = np.abs(x - p.target(lab, a)) > p.limit[p.group[lab], a]
    if (x <= 0).any() or out.sum() < 2:
        return None
    p.write(lab, a, x)
    return ()


def _accident(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    i = int(p.rng.integers(p.world.samples))
    x = p.value[lab, a].copy()
    x[i] += _sign(p) * p.rng.uniform(2, 9) * p.limit[p.group[lab], a, i]
    if x[i] <= 0:
        return None
    p.write(lab, a, x)
    return (i,)


def _carry(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    t, x = p.target(lab, a), p.value[lab, a].copy()
    x[1:] += p.rng.uniform(0.08, 0.25) * (t[:-1] - t[1:])
    out = np.abs(x - t) > p.limit[p.group[lab], a]
    if (np.abs(np.diff(t)) > 4 * p.limit[p.group[lab], a][1:]).sum() < 2 or out.sum() < 2:
        return None
    p.write(lab, a, x)
    return ()


def _dilution(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    k = int(p.rng.integers(1, 3))
    order = np.argsort(-p.target(lab, a))[:k]
    x = p.value[lab, a].copy()
    x[order] /= p.rng.choice([2.0, 4.0, 5.0, 20.0])
    p.write(lab, a, x)
    return tuple(sorted(int(i) for i in order))


def _copied(p: Province, lab: int, a: int) -> tuple[int, ...] | None:
    p.text[lab, a], p.value[lab, a] = p.text[lab, a, 0], p.value[lab, a, 0]
    return ()


FAULTS: dict[str, Callable[[Province, int, int], tuple[int, ...] | None]] = {
    "unit_factor": _unit,
    "decimal_slip": _slip,
    "digit_transposition": _digits(_exchange, 2.0),
    "digit_typo": _digits(_mistype, 4.0),
    "rounding_coarse": _coarse,
    "reporting_floor": _floor,
    "reporting_ceiling": _ceiling,
    "sample_swap": _swap,
    "shifted_order": _shift,
    "wrong_column": _column,
    "wrong_method_code": _code,
    "constant_bias": _bias(1.0, 0.0),
    "proportional_bias": _bias(0.0, 1.0),
    "mixed_bias": _bias(1.0, 1.0),
    "imprecision": _scatter,
    "one_sample_accident": _accident,
    "carry_over": _carry,
    "dilution_forgotten": _dilution,
    "copied_within": _copied,
}
"""What is planted on one laboratory x analyte; each returns the samples, or None where it cannot be."""


def plant_all(p: Province, each: int) -> None:
    """Plant so many faults of every cause, never two on one laboratory."""
    labs = list(p.rng.permutation(p.world.laboratories))
    causes = [cause for cause in FAULTS for _ in range(each)]
    p.rng.shuffle(causes)
    cells = [(lab, int(a)) for lab in labs for a in p.rng.permutation(p.world.analytes)[:3]]
    for cause in causes:
        for cell in cells:
            if cell not in p.truth and plant(p, cause, *cell):
                cells.remove(cell)
                break
