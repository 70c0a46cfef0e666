"""Rounds of coded answers of the tests' own: kits with habits of their own, careless laboratories, planted faults.

Errors come in laboratories (a few make most of them), kits miss weak samples or read a grade off, names are taken
for their neighbours. Every fault is planted in a laboratory of its own; the truth is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tests.evaluation.coded_rounds import coded, coded_programme
from workbench.evaluation import RoundInputs
from workbench.parameters.criteria import CriteriaBook
from workbench.parameters.programmes import Programme

GRADES = ("NEG", "TR", "1+", "2+", "3+", "4+")
PADS = ("PRO", "GLU", "KET", "BLD", "LEU", "BIL", "URO")
CELLS = (
    "NEUT-SEG", "NEUT-BAND", "METAMYELO", "MYELO", "PROMYELO", "MYELOBLAST", "LYMPHOBLAST", "MONOBLAST",
    "LYM-NORMAL", "LYM-REACTIVE", "MONO", "SCHISTO",
)  # fmt: skip
TYPES = (
    "HPV16",
    "HPV18",
    "HPV31",
    "HPV33",
    "HPV35",
    "HPV39",
    "HPV45",
    "HPV51",
    "HPV52",
    "HPV56",
    "HPV58",
    "HPV59",
)
DRUGS = {"AMP": 3, "CZO": 1, "CRO": 0, "CAZ": 2, "GEN": 3, "TOB": 3, "AMK": 5, "CIP": 1, "LVX": 2, "MEM": 0}
"""Drug -> rung about which the isolates' MICs lie."""


@dataclass
class CodedProvince:
    """Answers of one round: laboratory x marker x sample. `parts`: markers are types of one analyte."""

    kind: str
    rng: np.random.Generator
    programme: Programme
    markers: tuple[str, ...]
    truth_code: np.ndarray
    code: np.ndarray
    kit: np.ndarray
    parts: bool = False
    mic: np.ndarray | None = None
    reference: np.ndarray | None = None
    header: np.ndarray | None = None
    truth: dict[int, tuple[str, str, tuple[int, ...]]] = field(default_factory=dict)
    before: np.ndarray | None = None

    @property
    def samples(self) -> list[str]:
        return [f"S{k + 1}" for k in range(self.code.shape[2])]

    def plant(self, lab: int, cause: str, marker: int, samples: tuple[int, ...] = ()) -> None:
        """Note what was planted in a laboratory."""
        self.truth[lab] = cause, self.markers[marker], samples

    def text(self, lab: int, marker: int, sample: int) -> str:
        code = str(self.code[lab, marker, sample])
        if self.mic is None or not code:
            return code
        return f"{self.markers[marker]}:{code} {2.0 ** self.mic[lab, marker, sample]:g}"

    def answers(self) -> list[tuple[str, str, int, int]]:
        """Analyte, text, laboratory, sample."""
        labs, markers, samples = self.code.shape
        out = []
        for lab in range(labs):
            for s in range(samples):
                if self.mic is not None:
                    items = [self.text(lab, m, s) for m in range(markers) if self.code[lab, m, s]]
                    assert self.header is not None
                    out.append((self.programme.codes[0], "; ".join([self.header[lab], *items]), lab, s))
                elif self.parts:
                    found = [t for m, t in enumerate(self.markers) if self.code[lab, m, s] == "POS"]
                    out.append((self.programme.codes[0], ",".join(found) or "NEG", lab, s))
                else:
                    out += [(self.markers[m], self.text(lab, m, s), lab, s) for m in range(markers)]
        return out

    def expected(self) -> list[dict[str, Any]]:
        rows = []
        for s, sample in enumerate(self.samples):
            if self.mic is not None and self.reference is not None:
                drugs = {d: {"mic": f"{2.0 ** self.reference[m, s]:g}"} for m, d in enumerate(self.markers)}
                detail = {"drugs": drugs, "standard": "CLSI", "year": 2024}
                rows.append(
                    {
                        "analyte": self.programme.codes[0],
                        "sample": sample,
                        "code": "ECO",
                        "detail": json.dumps(detail),
                    }
                )
            elif self.parts:
                found = [t for m, t in enumerate(self.markers) if self.truth_code[m, s] == "POS"]
                rows.append(
                    {
                        "analyte": self.programme.codes[0],
                        "sample": sample,
                        "code": ",".join(found) or "NEG",
                        "detail": "",
                    }
                )
            else:
                rows += [
                    {"analyte": name, "sample": sample, "code": self.truth_code[m, s], "detail": ""}
                    for m, name in enumerate(self.markers)
                ]
        return [row | {"accepted": "", "assigned_value_method": "characterised"} for row in rows]

    def inputs(self) -> RoundInputs:
        labs = [f"L{k:03d}" for k in range(self.code.shape[0])]
        given = [row for row in self.answers() if row[1]]
        results = pd.DataFrame(
            {
                "lab_code": [labs[lab] for _, _, lab, _ in given], "device_id": "", "analyte": [a for a, *_ in given],
                "sample": [self.samples[s] for *_, s in given], "raw": [t for _, t, *_ in given],
                "value": np.nan, "decimals": 0, "censor": 0, "code": "", "result_state": "reported", "flags": "",
                "revision": 1,
            }
        )  # fmt: skip
        pairs = pd.MultiIndex.from_product([labs, self.programme.codes], names=["lab_code", "analyte"])
        enrolments = pairs.to_frame(index=False)
        enrolments["reagent"] = [f"K{self.kit[labs.index(lab)]}" for lab in enrolments["lab_code"]]
        enrolments = enrolments.assign(
            device_id="", method="", instrument="", calibrator="", enrolment_state="enrolled", reason=""
        )
        laboratories = pd.DataFrame(
            {
                "lab_code": labs, "round_alias": labs, "region": "R", "hospital_level": "tertiary",
                "received_on": pd.Timestamp("2026-04-08"), "tested_on": pd.Timestamp("2026-04-20"),
                "returned_at": pd.Timestamp("2026-04-22"), "revision": 1, "late_days": 0, "comment": "",
            }
        )  # fmt: skip
        vials = pd.DataFrame(
            {"sample": self.samples, "position": range(1, len(self.samples) + 1), "material_lot": "",
             "matrix": "serum", "withdrawn": False, "reason": ""}
        )  # fmt: skip
        frames = {
            "laboratories": laboratories, "enrolments": enrolments, "results": results, "samples": vials,
            "expected_answers": pd.DataFrame(self.expected()),
        }  # fmt: skip
        return RoundInputs.of(self.programme, "2026-1", CriteriaBook(()), frames)

    def changed(self, lab: int) -> np.ndarray:
        """Shape (markers,), answers that a fault changed."""
        assert self.before is not None
        out: np.ndarray = (self.code[lab] != self.before[lab]).sum(axis=1)
        return out

    def wrong(self, lab: int) -> np.ndarray:
        """Cells that differ from the truth."""
        out: np.ndarray = (self.code[lab] != self.truth_code) & (self.code[lab] != "")
        return out


def _careless(rng: np.random.Generator, labs: int, rate: float) -> np.ndarray:
    """Share of slips of each laboratory: most make none, a few many."""
    return np.minimum(rate * rng.gamma(0.35, 1 / 0.35, labs), 0.08)


def _slips(rng: np.random.Generator, code: np.ndarray, choices: list[tuple[str, ...]], rate: float) -> None:
    """Single wrong answers, in place."""
    for lab, share in enumerate(_careless(rng, len(code), rate)):
        for m, s in np.argwhere(rng.random(code.shape[1:]) < share):
            code[lab, m, s] = rng.choice([c for c in choices[m] if c != code[lab, m, s]])


def serology(seed: int, labs: int = 200) -> CodedProvince:
    """Six infectious markers, six samples; one kit is blind to a weak sample, a kit cross-reacts in one."""
    rng = np.random.default_rng(seed)
    names = ("HBsAg", "HBeAg", "HBeAb", "HCV", "HIV", "TP")
    truth = np.where(rng.random((6, 6)) < 0.45, "POS", "NEG").astype(object)
    for row in truth:
        row[rng.permutation(6)[:4]] = ["POS", "POS", "NEG", "NEG"]
    kit = rng.integers(0, 4, labs)
    code = np.repeat(truth[None], labs, axis=0)
    m, s = rng.choice(np.argwhere(truth == "POS"))
    code[(kit == 0) & (rng.random(labs) < 0.7), m, s] = "NEG"
    m, s = rng.choice(np.argwhere(truth == "NEG"))
    code[(kit == 1) & (rng.random(labs) < 0.25), m, s] = "POS"
    _slips(rng, code, [("NEG", "POS")] * 6, 0.004)
    analytes = [coded(name, "qualitative", categories="reaction") for name in names]
    return CodedProvince("serology", rng, coded_programme(*analytes), names, truth, code, kit)


def urine(seed: int, labs: int = 200) -> CodedProvince:
    """Seven pads of a strip, five samples; readings a grade off are common and differ by strip."""
    rng = np.random.default_rng(seed)
    top = np.array([5, 5, 4, 4, 4, 4, 5])
    level = rng.integers(1, 4, (7, 5))
    level[np.arange(7), rng.integers(0, 5, 7)] = 0
    kit = rng.integers(0, 3, labs)
    habit = rng.choice([-1, 0, 0, 0, 1], (3, 7))
    off = np.where(rng.random((labs, 7, 5)) < 0.25, habit[kit][:, :, None], 0)
    off += rng.choice([-1, 0, 1], (labs, 7, 5), p=[0.06, 0.88, 0.06])
    grade = np.where(level[None] == 0, 0, np.clip(level[None] + off, 1, top[None, :, None]))
    truth, code = (np.array(GRADES, dtype=object)[each] for each in (level, grade))
    _slips(rng, code, [GRADES[: t + 1] for t in top], 0.003)
    analytes = [coded(name, "ordinal", categories="urine_protein") for name in PADS]
    return CodedProvince("urine", rng, coded_programme(*analytes), PADS, truth, code, kit)


def types(seed: int, labs: int = 200) -> CodedProvince:
    """A list of HPV types a sample, eight samples; kits differ in what they miss."""
    rng = np.random.default_rng(seed)
    truth = np.full((12, 8), "NEG", dtype=object)
    for s in range(1, 8):
        truth[rng.choice(12, rng.integers(2, 5), replace=False), s] = "POS"
    for m in range(12):
        if (truth[m] == "POS").sum() < 2:
            truth[m, rng.choice(np.arange(1, 8), 2, replace=False)] = "POS"
    kit = rng.integers(0, 4, labs)
    code = np.repeat(truth[None], labs, axis=0)
    blind = rng.choice(12, 4, replace=False)
    for k, m in enumerate(blind):
        missed = (kit == k)[:, None] & (truth[m] == "POS")[None] & (rng.random((labs, 8)) < 0.12)
        code[:, m][missed] = "NEG"
    _slips(rng, code, [("NEG", "POS")] * 12, 0.002)
    programme = coded_programme(coded("HPV-PANEL", "genotype"))
    return CodedProvince("types", rng, programme, TYPES, truth, code, kit, parts=True)


def cells(seed: int, labs: int = 200) -> CodedProvince:
    """Blood cells named from pictures, fourteen pictures; neighbours in maturity are confused."""
    rng = np.random.default_rng(seed)
    place = np.concatenate([np.arange(12), rng.choice(12, 2, replace=False)])
    rng.shuffle(place)
    near = np.clip(place[None] + rng.choice([-1, 1], (labs, 14)), 0, 11)
    seen = np.where(rng.random((labs, 14)) < rng.uniform(0.005, 0.06, 14)[None], near, place[None])
    names = np.array(CELLS, dtype=object)
    code = names[seen][:, None, :]
    _slips(rng, code, [CELLS], 0.003)
    programme = coded_programme(coded("CELLS", "identification", categories="blood_cells"))
    return CodedProvince(
        "cells", rng, programme, ("CELLS",), names[place][None], code, rng.integers(0, 2, labs)
    )


def groups(seed: int, labs: int = 200) -> CodedProvince:
    """Forward and reverse group, RhD, antibody screen, cross-match of eight samples."""
    rng = np.random.default_rng(seed)
    abo = rng.permutation(["A", "B", "O", "AB", "A", "B", "O", "A"]).astype(object)
    truth = np.array(
        [
            abo,
            abo,
            rng.permutation(["D+", "D+", "D-", "D+", "D-", "D+", "D+", "D-"]),
            rng.permutation(["negative", "positive"] * 4),
            rng.permutation(["compatible", "incompatible", "compatible", "incompatible"] * 2),
        ],
        dtype=object,
    )
    code = np.repeat(truth[None], labs, axis=0)
    choices: list[tuple[str, ...]] = [("A", "B", "O", "AB")] * 2 + [("D+", "D-"), ("negative", "positive"), ("compatible", "incompatible")]  # fmt: skip
    _slips(rng, code, choices, 0.004)
    names = ("ABO-FWD", "ABO-REV", "RhD", "AbScr", "XM")
    programme = coded_programme(*(coded(name, "antigen_typing") for name in names))
    return CodedProvince("groups", rng, programme, names, truth, code, rng.integers(0, 3, labs))


def isolates(seed: int, labs: int = 200) -> CodedProvince:
    """Five strains of E. coli, ten drugs: MICs scatter, categories follow the edition the laboratory declares."""
    rng = np.random.default_rng(seed)
    centre = np.array(list(DRUGS.values()))
    reference = np.clip(centre[:, None] + rng.choice([-5, -4, 0, 0, 1, 3], (10, 5)), -4, 7)
    off = rng.choice([-2, -1, 0, 1, 2], (labs, 10, 5), p=[0.01, 0.12, 0.74, 0.12, 0.01])
    mic = np.clip(reference[None] + off, -6, 8)
    names = tuple(DRUGS)
    p = CodedProvince(
        "isolates", rng, coded_programme(coded("SUSC", "ast")), names, np.full((10, 5), "", dtype=object),
        np.full((labs, 10, 5), "", dtype=object), rng.integers(0, 3, labs), mic=mic, reference=reference,
        header=np.full(labs, "CLSI 2024", dtype=object),
    )  # fmt: skip
    p.truth_code = categories(reference, names, 2024)
    for lab, share in enumerate(_careless(rng, labs, 0.004)):
        for m, s in np.argwhere(rng.random((10, 5)) < share):
            mic[lab, m, s] = rng.integers(-6, 9)
        categorise(p, lab, 2024)
    return p


def categories(mic: np.ndarray, drugs: tuple[str, ...], year: int) -> np.ndarray:
    """Categories of MICs by CLSI of a year, written out from the printed tables for Enterobacterales."""
    now = {"AMP": (3, 5), "CZO": (1, 3), "CRO": (0, 2), "CAZ": (2, 4), "GEN": (1, 3), "TOB": (1, 3), "AMK": (2, 4), "CIP": (-2, 0), "LVX": (-1, 1), "MEM": (0, 2)}  # fmt: skip
    old = now | {"GEN": (2, 4), "TOB": (2, 4), "AMK": (4, 6), "CIP": (0, 2), "LVX": (1, 3)}
    limits = now if year == 2024 else old
    out = np.empty(mic.shape, dtype=object)
    for m, drug in enumerate(drugs):
        low, high = limits[drug]
        out[m] = np.where(mic[m] <= low, "S", np.where(mic[m] >= high, "R", "I"))
    return out


def categorise(p: CodedProvince, lab: int, year: int) -> None:
    """Write a laboratory's categories by a table."""
    assert p.mic is not None
    p.code[lab] = categories(p.mic[lab], p.markers, year)


# ---- faults: each changes one laboratory and says whether it could ----------------------------------------

Fault = Callable[[CodedProvince, int], bool]


def _marker(p: CodedProvince, least: dict[str, int]) -> int | None:
    """A marker that has at least so many samples of each code."""
    fit = [
        m for m in range(len(p.markers)) if all((p.truth_code[m] == c).sum() >= n for c, n in least.items())
    ]
    return int(p.rng.choice(fit)) if fit else None


def false_positive(p: CodedProvince, lab: int) -> bool:
    negative, positive = ("negative", "positive") if p.kind == "groups" else ("NEG", "POS")
    m = _marker(p, {negative: 2})
    if m is None:
        return False
    p.code[lab, m] = positive
    p.plant(lab, "systematic_false_positive", m)
    return True


def false_negative(p: CodedProvince, lab: int) -> bool:
    negative, positive = ("negative", "positive") if p.kind == "groups" else ("NEG", "POS")
    m = _marker(p, {positive: 2})
    if m is None:
        return False
    p.code[lab, m] = negative
    p.plant(lab, "systematic_false_negative", m)
    return True


def kit_blind(p: CodedProvince, lab: int) -> bool:
    """A kit of a few laboratories that misses a marker; one of them is looked at."""
    m = _marker(p, {"POS": 2})
    if m is None or (p.kit == 9).any():
        return False
    free = [k for k in range(len(p.kit)) if k not in p.truth and k != lab]
    peers = p.rng.choice(free, 7, replace=False)
    p.kit[[lab, *peers]] = 9
    for each in [lab, *peers[:6]]:
        p.code[each, m] = "NEG"
    for each in peers:
        p.truth[int(each)] = ("", "", ())
    p.plant(lab, "kit_limitation", m)
    return True


def inversion(p: CodedProvince, lab: int) -> bool:
    pairs = {"serology": ("NEG", "POS"), "types": ("NEG", "POS")}
    m = int(p.rng.integers(len(p.markers)))
    codes = pairs.get(p.kind) or {0: ("A", "B"), 1: ("A", "B"), 2: ("D+", "D-"), 3: ("negative", "positive"), 4: ("compatible", "incompatible")}[m]  # fmt: skip
    if min((p.truth_code[m] == c).sum() for c in codes) < 2:
        return False
    exchange = {codes[0]: codes[1], codes[1]: codes[0]}
    p.code[lab, m] = [exchange.get(c, c) for c in p.code[lab, m]]
    p.plant(lab, "sign_inversion", m)
    return True


def grade_shift(p: CodedProvince, lab: int) -> bool:
    m, steps = int(p.rng.integers(len(p.markers))), int(p.rng.choice([-2, 2, 3]))
    level = np.array([GRADES.index(c) for c in p.code[lab, m]])
    moved = np.where(level == 0, 0, np.clip(level + steps, 0, 5))
    if (np.abs(moved - level) >= 2).sum() < 2:
        return False
    p.code[lab, m] = np.array(GRADES, dtype=object)[moved]
    p.plant(lab, "grade_shift", m)
    return True


def weak_strips(p: CodedProvince, lab: int) -> bool:
    pads = p.rng.choice(len(p.markers), 5, replace=False)
    for m in pads:
        level = np.array([GRADES.index(c) for c in p.code[lab, m]])
        p.code[lab, m] = np.array(GRADES, dtype=object)[np.maximum(level - 2, 0)]
    p.plant(lab, "weak_strips", int(max(pads, key=lambda m: p.wrong(lab)[m].sum())))
    return True


def _reorder(p: CodedProvince, lab: int, source: np.ndarray, cause: str, moved: tuple[int, ...]) -> bool:
    p.code[lab] = p.code[lab][:, source]
    if p.mic is not None:
        p.mic[lab] = p.mic[lab][:, source]
    wrong = p.wrong(lab)
    if wrong.sum() < 3 and (len(p.markers) > 1 or wrong.sum() < 2):
        return False
    many = len(p.programme.analytes) > 1
    p.plant(lab, f"{cause}_panel" if many else cause, int(wrong.sum(axis=1).argmax()), moved)
    return True


def sample_swap(p: CodedProvince, lab: int) -> bool:
    source = np.arange(p.code.shape[2])
    i, j = sorted(p.rng.choice(len(source), 2, replace=False).tolist())
    source[[i, j]] = source[[j, i]]
    return _reorder(p, lab, source, "sample_swap", (i, j))


def _apart(p: CodedProvince, one: np.ndarray, other: np.ndarray) -> int:
    """Answers that differ enough to be wrong."""
    if p.kind != "urine":
        return int((one != other).sum())
    return sum(abs(GRADES.index(a) - GRADES.index(b)) >= 2 for a, b in zip(one, other, strict=True))


def swap_in_one(p: CodedProvince, lab: int) -> bool:
    """Two samples exchanged in one marker only."""
    m = int(p.rng.integers(len(p.markers)))
    i, j = sorted(p.rng.choice(p.code.shape[2], 2, replace=False).tolist())
    if _apart(p, p.truth_code[m, [i]], p.truth_code[m, [j]]) == 0:
        return False
    p.code[lab, m, [i, j]] = p.code[lab, m, [j, i]]
    p.plant(lab, "sample_swap", m, (i, j))
    return True


def shift_in_one(p: CodedProvince, lab: int) -> bool:
    """One marker's answers one line off."""
    m = int(p.rng.integers(len(p.markers)))
    row = np.roll(p.code[lab, m], int(p.rng.choice([-1, 1])))
    if _apart(p, row, p.truth_code[m]) < 3:
        return False
    p.code[lab, m] = row
    p.plant(lab, "shifted_order", m)
    return True


def shifted_order(p: CodedProvince, lab: int) -> bool:
    n = p.code.shape[2]
    source = np.roll(np.arange(n), int(p.rng.choice([-1, 1])))
    if p.rng.random() < 0.4:
        start = int(p.rng.integers(0, n - 2))
        source = np.array([*range(start), *range(start + 1, n), n - 1])
    return _reorder(p, lab, source, "shifted_order", ())


def wrong_column(p: CodedProvince, lab: int) -> bool:
    a = int(p.rng.integers(len(p.markers) - 1))
    b = a + 1
    p.code[lab, [a, b]] = p.code[lab, [b, a]]
    if p.mic is not None:
        p.mic[lab, [a, b]] = p.mic[lab, [b, a]]
    if p.wrong(lab)[[a, b]].sum() < 3:
        return False
    p.plant(lab, "wrong_column", a)
    return True


def column_shift(p: CodedProvince, lab: int) -> bool:
    start = int(p.rng.integers(0, len(p.markers) - 3))
    p.code[lab, start + 1 :] = p.code[lab, start:-1].copy()
    p.code[lab, start] = "NEG"
    if p.wrong(lab).sum() < 5:
        return False
    p.plant(lab, "column_shift", int(p.wrong(lab).sum(axis=1).argmax()))
    return True


def carry_over(p: CodedProvince, lab: int) -> bool:
    for i in p.rng.permutation(np.arange(1, p.code.shape[2])).tolist():
        extra = np.flatnonzero((p.truth_code[:, i - 1] == "POS") & (p.truth_code[:, i] == "NEG"))
        if len(extra) >= 2:
            p.code[lab, extra, i] = "POS"
            p.plant(lab, "carry_over", int(extra[0]), (i,))
            return True
    return False


def accident(p: CodedProvince, lab: int) -> bool:
    m, i = int(p.rng.integers(len(p.markers))), int(p.rng.integers(p.code.shape[2]))
    codes = sorted(set(p.truth_code[m].tolist()) - {p.truth_code[m, i]})
    if p.kind == "urine":
        level = GRADES.index(p.truth_code[m, i])
        codes = [g for k, g in enumerate(GRADES) if abs(k - level) >= 2]
    if not codes:
        return False
    p.code[lab, m, i] = p.rng.choice(codes)
    p.plant(lab, "one_sample_accident", m, (i,))
    return True


def weak_missed(p: CodedProvince, lab: int) -> bool:
    """A positive that a third of all laboratories miss."""
    positive = np.argwhere(p.truth_code == "POS")
    m, i = positive[p.rng.integers(len(positive))].tolist()
    if any(cause == "weak_positive_missed" for cause, *_ in p.truth.values()):
        m, i = next((p.markers.index(name), places[0]) for cause, name, places in p.truth.values() if cause == "weak_positive_missed")  # fmt: skip
    else:
        p.code[p.rng.random(len(p.code)) < 0.33, m, i] = "NEG"
    p.code[lab, m, i] = "NEG"
    p.plant(lab, "weak_positive_missed", m, (i,))
    return True


def confusion(p: CodedProvince, lab: int) -> bool:
    a = int(p.rng.integers(len(CELLS) - 1))
    exchange = {CELLS[a]: CELLS[a + 1], CELLS[a + 1]: CELLS[a]}
    p.code[lab, 0] = [exchange.get(c, c) for c in p.code[lab, 0]]
    if p.wrong(lab).sum() < 3:
        return False
    p.plant(lab, "systematic_confusion", 0)
    return True


def nomenclature(p: CodedProvince, lab: int) -> bool:
    i = int(p.rng.integers(p.code.shape[2]))
    p.code[lab, 0, i] = "杆状的那种细胞"
    p.plant(lab, "nomenclature", 0, (i,))
    return True


def old_table(p: CodedProvince, lab: int) -> bool:
    categorise(p, lab, 2018)
    new = categories(p.mic[lab], p.markers, 2024) if p.mic is not None else p.code[lab]
    if (p.code[lab] != new).sum() < 3:
        return False
    p.plant(lab, "breakpoint_version", 0)
    return True


def mic_shift(p: CodedProvince, lab: int) -> bool:
    assert p.mic is not None
    p.mic[lab] = np.clip(p.mic[lab] + int(p.rng.choice([-2, 2, 3])), -8, 9)
    categorise(p, lab, 2024)
    p.plant(lab, "mic_shift", 0)
    return True


def clerical(p: CodedProvince, lab: int) -> bool:
    assert p.mic is not None
    sure = np.argwhere((np.abs(p.mic[lab] - p.reference) <= 1) & (p.mic[lab] >= 5))
    if not len(sure):
        return False
    m, i = sure[p.rng.integers(len(sure))].tolist()
    if p.truth_code[m, i] != "R":
        return False
    p.code[lab, m, i] = "S"
    p.plant(lab, "clerical_sir", m, (i,))
    return True


def drug_accident(p: CodedProvince, lab: int) -> bool:
    """One drug of one isolate read in another well."""
    assert p.mic is not None
    assert p.reference is not None
    m, i = int(p.rng.integers(len(p.markers))), int(p.rng.integers(5))
    p.mic[lab, m, i] = -6 if p.reference[m, i] > 2 else 8
    categorise(p, lab, 2024)
    if p.code[lab, m, i] == p.truth_code[m, i]:
        return False
    p.plant(lab, "one_sample_accident", m, (i,))
    return True


FAULTS: dict[str, tuple[Fault, ...]] = {
    "serology": (false_positive, false_negative, kit_blind, inversion, sample_swap, shifted_order, wrong_column, carry_over, accident, weak_missed, swap_in_one, shift_in_one),
    "urine": (grade_shift, weak_strips, sample_swap, shifted_order, wrong_column, column_shift, accident, swap_in_one, shift_in_one),
    "types": (false_positive, false_negative, inversion, sample_swap, shifted_order, wrong_column, column_shift, carry_over, accident),
    "cells": (sample_swap, shifted_order, confusion, nomenclature, accident),
    "groups": (false_positive, false_negative, inversion, sample_swap, shifted_order, accident, swap_in_one, shift_in_one),
    "isolates": (old_table, mic_shift, clerical, drug_accident, sample_swap, shifted_order, wrong_column),
}  # fmt: skip
WORLDS = {
    "serology": serology,
    "urine": urine,
    "types": types,
    "cells": cells,
    "groups": groups,
    "isolates": isolates,
}


def plant_all(p: CodedProvince, each: int) -> None:
    """So many laboratories of every fault, each with one."""
    p.before = p.code.copy()
    labs = iter(p.rng.permutation(p.code.shape[0]).tolist())
    for fault in FAULTS[p.kind]:
        planted, tries = 0, 0
        while planted < each and tries < 60:
            lab = next(labs, None)
            while lab is not None and lab in p.truth:
                lab = next(labs, None)
            if lab is None:
                return
            for _ in range(12):
                tries += 1
                before = p.code[lab].copy(), None if p.mic is None else p.mic[lab].copy()
                if fault(p, lab):
                    planted += 1
                    break
                p.code[lab] = before[0]
                if p.mic is not None and before[1] is not None:
                    p.mic[lab] = before[1]
