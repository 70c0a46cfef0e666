"""Small evaluated rounds of coded programmes, with planted errors, as report views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from tests.evaluation.coded_rounds import CodedSmallRound
from tests.evaluation.tiny_rounds import tiny_round
from tests.reports.stand_in import counted_history, disclosed
from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.frames import EVALUATION_FRAMES, RECONCILIATION, SNAPSHOT_FRAMES
from workbench.parameters import catalogue, criteria
from workbench.reports.lab_round import LabRound
from workbench.reports.programme_round import ProgrammeRound
from workbench.reports.reading import Reading
from workbench.reports.report_meta import Issue, plan_of, report_meta
from workbench.store.views import ALIASED_FRAMES, OWN_HISTORY

ROUND = "2026-1"
OWN, CLEAN, SILENT, LATE = "L0001", "L0002", "L0023", "L0024"
LABS = tuple(f"L{n:04d}" for n in range(1, 25))
SAMPLES = ("202611", "202612", "202613", "202614", "202615")
KITS = ("K1", "K2", "K3")


def kit_of(number: int) -> str:
    """Twelve laboratories of the first kit, nine of the second, three of the third: too few to be shown."""
    return KITS[0] if number < 12 else KITS[1] if number < 21 else KITS[2]


def _round(
    programme_no: str,
    targets: Mapping[str, Sequence[str]],
    own: Mapping[str, Sequence[str | None]],
    others: Mapping[str, Mapping[int, Sequence[str | None]]] | None = None,
    details: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    consensus: Sequence[str] = (),
) -> CodedSmallRound:
    """All laboratories answer the targets but for what is told; `consensus` items get no expected answers."""
    small = CodedSmallRound(catalogue()[programme_no], samples=SAMPLES, criteria=tuple(criteria()))
    for item, answers in targets.items():
        for number, lab in enumerate(LABS):
            texts: Sequence[str | None] = answers
            if others and number in others.get(item, {}):
                texts = others[item][number]
            if lab == OWN:
                texts = own.get(item, answers)
            small.lab(lab, texts, item, reagent=kit_of(number), method="M1", instrument="I1")
        if item not in consensus:
            small.expect(item, answers, (details or {}).get(item))
    return small


def _qualitative() -> CodedSmallRound:
    targets = {
        "HBsAg": ["POS", "NEG", "POS", "NEG", "POS"],
        "HCV-Ab": ["NEG", "POS", "NEG", "POS", "NEG"],
    }
    own = {"HBsAg": ["POS", "NEG", "NEG", "NEG", "阴性"], "HCV-Ab": ["NEG", "POS", "NEG", "弱阳性", "NEG"]}
    others = {"HCV-Ab": {number: ["NEG", "POS", "NEG", "POS", "POS"] for number in range(12, 19)}}
    items = [a.analyte for a in catalogue()["6.6"].analytes]
    targets |= {item: ["NEG", "POS", "NEG", "POS", "NEG"] for item in items if item not in targets}
    small = _round("6.6", targets, own, others, consensus=(items[-1],))
    small.results |= {(SILENT, item): [None] * len(SAMPLES) for item in targets}
    small.late[LATE] = 2
    return small


def _ordinal() -> CodedSmallRound:
    plain = {"pH": ["5.0", "6.0", "6.5", "7.0", "8.0"]}
    items = {a.analyte: a.categories for a in catalogue()["2.3"].analytes if a.result_type == "ordinal"}
    from workbench.parameters.categories import category_lists

    targets, own = {}, {}
    for item, name in items.items():
        codes = category_lists()[name].codes
        picked = [codes[min(step, len(codes) - 1)] for step in (0, 2, 1, 3, 0)]
        targets[item] = plain.get(item, picked) if set(plain.get(item, ())) <= set(codes) else picked
        if item == "PRO":
            own[item] = [codes[0], codes[0], codes[2], codes[-1], codes[1]]
    others = {
        item: {n: [codes_up(name, t) for t in targets[item]] for n in (5, 6, 15)}
        for item, name in items.items()
    }
    return _round("2.3", targets, own, others, consensus=tuple(list(items)[2:4]))


def codes_up(name: str, code: str) -> str:
    """One grade higher."""
    from workbench.parameters.categories import category_lists

    known = category_lists()[name]
    return known.codes[min(known.grades[code] + 1, len(known.codes) - 1)]


def _identification() -> CodedSmallRound:
    from workbench.parameters.vocabularies import vocabularies

    targets, own, others = {}, {}, {}
    for item in catalogue()["2.4"].analytes:
        words = vocabularies()[item.categories]
        terms = [term for term in words if term.parent]
        step = max(len(terms) // 6, 1)
        codes = [terms[i * step].code for i in range(5)]
        targets[item.analyte] = codes
        names = [words[code].zh for code in codes]
        own[item.analyte] = [names[0], words[terms[1].code].zh, "未见过的细胞", names[3], names[4]]
        wrong = words[terms[-1].code].zh
        others[item.analyte] = {n: [names[0], wrong, *names[2:]] for n in range(3, 9)}
    return _round("2.4", targets, own, others)


def _genotype() -> CodedSmallRound:
    targets = {"CYP2C19": ["*1/*1", "*1/*2", "*2/*2", "*1/*17", "*2/*3"]}
    own = {"CYP2C19": ["*1/*1", "*2/*1", "*1/*2", "CYP2C19*1/*17", None]}
    return _round("4.7", targets, own, {"CYP2C19": {4: ["*1/*2", "*1/*2", "*2/*2", "*1/*1", "*2/*3"]}})


def _panel() -> CodedSmallRound:
    items = [a.analyte for a in catalogue()["4.14"].analytes]
    present = {"HPV16": (0, 2), "HPV18": (1,), "HPV52": (0,), "HPV58": (3,)}
    targets = {i: ["POS" if s in present.get(i, ()) else "NEG" for s in range(5)] for i in items}
    own = {"HPV18": ["NEG", "NEG", "NEG", "NEG", "NEG"], "HPV33": ["NEG", "NEG", "POS", "NEG", "NEG"],
           "HPV81": ["未检测"] * 5}  # fmt: skip
    scope = [i for i in items if i not in ("HPV42", "HPV43", "HPV44")]
    details = {i: {s: {"scopes": {"K1": scope}} for s in SAMPLES} for i in items}
    return _round("4.14", targets, own, None, details)


def _susceptibility() -> CodedSmallRound:
    organisms = ["ESCCOL", "KLEPNE"]
    from workbench.parameters.vocabularies import vocabularies

    words = vocabularies()["bacteria"]
    codes = [words.named(name)[0].code for name in ("Escherichia coli", "Staphylococcus aureus")]
    del organisms
    drugs = [
        {"CIP": {"category": "R", "mic": 8}, "CTX": {"category": "S", "mic": 0.25}, "MEM": {"category": "S", "mic": 0.06}},
        {"OXA": {"category": "S", "mic": 0.5}, "VAN": {"category": "S", "mic": 1}, "ERY": {"category": "R", "mic": 16}},
    ]  # fmt: skip
    right = ["CIP:R 8; CTX:S 0.25; MEM:S 0.06", "OXA:S 0.5; VAN:S 1; ERY:R 16"]
    wrong = ["CIP:S 0.25; CTX:S 0.5; MEM:S 0.06", "OXA:S 0.5; VAN:S 1; ERY:R 16"]
    small = CodedSmallRound(catalogue()["5.1"], samples=SAMPLES[:2], criteria=tuple(criteria()))
    for number, lab in enumerate(LABS):
        names = [words[code].zh for code in codes]
        small.lab(lab, names, "ORG-ID", method="M1", instrument="I1", reagent=kit_of(number))
        small.lab(lab, wrong if lab == OWN else right, "SUSC")
    small.expect("ORG-ID", codes)
    details = {s: {"drugs": d} for s, d in zip(SAMPLES[:2], drugs, strict=True)}
    return small.expect("SUSC", codes, details)


def _antigen() -> CodedSmallRound:
    targets = {
        "ABO-FWD": ["A", "B", "O", "AB", "O"], "ABO-REV": ["A", "B", "O", "AB", "O"],
        "RhD": ["D+", "D-", "D+", "D+", "D-"],
    }  # fmt: skip
    left = [a.analyte for a in catalogue()["9.3"].analytes if a.analyte not in targets]
    words = {"AbScr": ["positive", "negative", "negative", "positive", "negative"],
             "XM": ["compatible", "incompatible", "compatible", "compatible", "incompatible"]}  # fmt: skip
    targets |= {item: words[item] for item in left}
    own = {
        "ABO-FWD": ["A", "B", "A", "AB", "O"],
        "XM": ["compatible", "compatible", "compatible", "compatible", "incompatible"],
    }
    return _round("9.3", targets, own)


def _mixed() -> CodedSmallRound:
    programme = catalogue()["9.2"]
    reactions = [a.analyte for a in programme.analytes if not a.is_quantitative]
    targets = {item: ["POS", "NEG", "POS", "NEG", "NEG"] for item in reactions}
    small = _round("9.2", targets, {reactions[0]: ["POS", "NEG", "POS", "POS", "NEG"]})
    rng = np.random.default_rng(9)
    for item in (a for a in programme.analytes if a.is_quantitative):
        for lab in LABS:
            values = np.array([30, 60, 90, 120, 150]) * (1 + 0.02 * rng.standard_normal(5))
            small.lab(lab, [f"{value * (1.4 if lab == OWN else 1):.0f}" for value in values], item.analyte)
    return small


def _indicators() -> CodedSmallRound:
    small = CodedSmallRound(catalogue()["10.1"], samples=SAMPLES[:1], criteria=tuple(criteria()))
    from workbench.parameters.indicators import indicators

    rng = np.random.default_rng(3)
    for place, item in enumerate(catalogue()["10.1"].analytes):
        kind = indicators()[item.analyte].kind
        for lab in LABS:
            n = int(rng.integers(800, 5000))
            share = (
                0.0
                if lab == OWN and place == 0
                else 0.02 + 0.01 * rng.random() + (0.2 if lab == OWN and place == 1 else 0)
            )
            figure = f"{int(n * share)}/{n}" if kind == "rate" else f"{int(rng.integers(25, 90))} min"
            small.lab(lab, [figure], item.analyte)
    return small


def _trueness() -> CodedSmallRound:
    small = CodedSmallRound(catalogue()["8.1"], samples=SAMPLES[:3], criteria=tuple(criteria()))
    rng = np.random.default_rng(8)
    for item in small.programme.analytes[:3]:
        level = 60.0
        for sample, factor in zip(small.samples, (0.8, 1.0, 1.3), strict=True):
            small.row("reference_values", analyte=item.analyte, sample=sample, assigned_value_method="reference",
                      assigned_value=level * factor, u_assigned_value=0.2, traceability="JCTLM")  # fmt: skip
        for lab in LABS:
            shift = 1.06 if lab == OWN and item.analyte == "ALT" else 1.0
            values = level * np.array([0.8, 1.0, 1.3]) * shift * (1 + 0.006 * rng.standard_normal(3))
            small.lab(
                lab, [f"{v:.1f}" for v in values], item.analyte, method="M1", instrument="I1", reagent="K1"
            )
    return small


ROUNDS = {
    "qualitative": _qualitative,
    "ordinal": _ordinal,
    "identification": _identification,
    "genotype": _genotype,
    "panel": _panel,
    "susceptibility": _susceptibility,
    "antigen": _antigen,
    "mixed": _mixed,
    "indicators": _indicators,
    "trueness": _trueness,
}


@cache
def evaluated(kind: str) -> tuple[RoundInputs, Evaluation]:
    """The round of one kind, or the tiny round of a programme named by its number, and its evaluation."""
    small = ROUNDS[kind]() if kind in ROUNDS else tiny_round(catalogue()[kind])
    inputs = RoundInputs.of(small.programme, ROUND, criteria(), small.frames())
    return inputs, evaluate(inputs)


def _frames(kind: str) -> dict[str, pd.DataFrame]:
    inputs, evaluation = evaluated(kind)
    frames = {frame.name: getattr(evaluation, frame.name) for frame in EVALUATION_FRAMES}
    return frames | {frame.name: getattr(inputs, frame.name) for frame in SNAPSHOT_FRAMES}


def _meta(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "evaluation_id": "e" * 64, "round": ROUND, "programme_no": evaluated(kind)[0].programme.programme_no,
        "snapshot_sha256": "a" * 64, "criteria_version": "c" * 64, "code_version": "0.1.0",
        "as_of": datetime(2026, 5, 18, 18), "disclosure_min": 5, "closing_at": datetime(2026, 4, 24, 17),
    } | more  # fmt: skip


def lab_view(kind: str, lab_code: str) -> Any:
    """The view of one laboratory: its own rows and what concerns everybody."""
    frames = _frames(kind)
    for name, table in frames.items():
        if "lab_code" in table:
            own = (table["lab_code"] == lab_code) | ((table["lab_code"] == "") & (name == "findings"))
            frames[name] = table[own].reset_index(drop=True)
    used = set(frames["analyte_verdicts"]["peer_group"]) | {""}
    counts = frames["answer_counts"]
    frames["answer_counts"] = counts[counts["peer_group"].isin(used)]
    frames["groups"] = disclosed(frames["groups"])
    frames["reconciliation"] = RECONCILIATION.empty()
    return SimpleNamespace(meta=_meta(kind, lab_code=lab_code), **frames)


def programme_view(kind: str) -> Any:
    """The view of the programme: aliases instead of codes."""
    inputs, _ = evaluated(kind)
    frames = _frames(kind)
    aliases = dict(zip(inputs.laboratories["lab_code"], inputs.laboratories["round_alias"], strict=True))
    for frame in ALIASED_FRAMES:
        table = frames[frame.name]
        shown = table.assign(round_alias=table["lab_code"].map(aliases).fillna("")).drop(columns="lab_code")
        frames[frame.name] = shown
    frames["laboratories"] = inputs.laboratories[["round_alias", "revision", "late_days"]]
    frames["groups"] = disclosed(frames["groups"])
    for frame in OWN_HISTORY[1:]:
        frames[frame.name] = frame.empty()
    frames["sentences"] = frames["sentences"].iloc[:0]
    frames["history"] = counted_history(inputs.history)
    return SimpleNamespace(meta=_meta(kind), **frames)


def reading(view: Any, kind: str, report: str, subject: str, locale: str) -> Reading:
    """What a report reads, with the plan of the demonstration round."""
    programme = evaluated(kind)[0].programme
    meta = report_meta(plan_of(ROUND), report, programme.programme_no, subject, Issue(), locale)
    return Reading(view, programme, criteria(), locale, meta)


@cache
def lab_report(kind: str, lab_code: str = OWN, locale: str = "zh_CN") -> LabRound:
    """The report of one laboratory."""
    return LabRound(reading(lab_view(kind, lab_code), kind, "LR", lab_code, locale))


@cache
def programme_report(kind: str, locale: str = "zh_CN") -> ProgrammeRound:
    """The anonymous report of a programme."""
    return ProgrammeRound(reading(programme_view(kind), kind, "PR", "ALL", locale))
