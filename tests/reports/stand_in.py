"""A small evaluated round of the lipid programme, with every state of a result, as report views."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.frames import EVALUATION_FRAMES, RECONCILIATION, SAMPLE_HISTORY, SENTENCES, SNAPSHOT_FRAMES
from workbench.parameters import catalogue, criteria
from workbench.reports.lab_twin import lab_twin
from workbench.reports.reading import Reading
from workbench.reports.report_meta import Issue, plan_of, report_meta

PROGRAMME, ROUND = "1.6", "2026-1"
SAMPLES = tuple(f"20261{n}" for n in range(1, 6))
LABS = tuple(f"L{n:04d}" for n in range(1, 41))
CODES = ("TC", "TG", "HDL-C", "LDL-C", "ApoA1", "ApoB", "Lp(a)")
LEVELS = {"TC": 4.6, "TG": 1.5, "HDL-C": 1.3, "LDL-C": 2.7, "ApoA1": 1.35, "ApoB": 0.92, "Lp(a)": 250.0}
FAILED, STATES, SILENT, LATE, CLEAN = "L0001", "L0002", "L0003", "L0004", "L0005"
ODD_REMARK = '<script>alert("x")</script> #set page(fill: red) =1+1'


def instrument(number: int) -> str:
    """Twenty laboratories of A, fifteen of B, five of C."""
    return "A" if number < 20 else "B" if number < 35 else "C"


def raw_result(code: str, lab: int, place: int, rng: np.random.Generator) -> str:
    """An ordinary result as sent."""
    level = LEVELS[code] * (0.7 + 0.15 * place)
    shift = {"A": 0.0, "B": 0.02, "C": -0.02}[instrument(lab)]
    decimals = catalogue()[PROGRAMME].analyte(code).decimals or 0
    return f"{level * (1 + shift + 0.018 * rng.standard_normal()):.{decimals}f}"


def planted(code: str, lab_code: str, sample: str, raw: str) -> tuple[str, str]:
    """Result and state after what was planted: a constant error, and one of each special state."""
    if lab_code == FAILED and code == "TC":
        return f"{float(raw) * 1.12:.2f}", "reported"
    if lab_code != STATES:
        return raw, "reported"
    states = {
        ("TC", SAMPLES[0]): ("", "not_returned"),
        ("TC", SAMPLES[1]): ("", "sample_fault"),
        ("TC", SAMPLES[2]): ("lipaemic", "unreadable"),
        ("Lp(a)", SAMPLES[0]): ("<5", "reported"),
        ("ApoB", SAMPLES[0]): ("007.10", "reported"),
    }
    return states.get((code, sample), (raw, "reported"))


def result_row(lab_code: str, code: str, sample: str, raw: str, state: str) -> dict[str, Any]:
    """A row of the frame `results`."""
    censor = {"<": -1, ">": 1}.get(raw[:1], 0)
    readable = state == "reported"
    return {
        "lab_code": lab_code, "device_id": "", "analyte": code, "sample": sample, "raw": raw,
        "value": float(raw.lstrip("<>")) if readable else np.nan,
        "decimals": len(raw.partition(".")[2]), "censor": censor, "code": "",
        "result_state": state, "flags": "", "revision": 1,
    }  # fmt: skip


def enrolment_row(lab_code: str, number: int, code: str) -> dict[str, Any]:
    """A row of the frame `enrolments`."""
    states = {("ApoA1", STATES): "not_performed", ("HDL-C", STATES): "excused"}
    name = instrument(number)
    return {
        "lab_code": lab_code, "device_id": "", "analyte": code, "method": "M1", "instrument": name,
        "reagent": f"R{name}", "calibrator": "", "enrolment_state": states.get((code, lab_code), "enrolled"),
        "reason": "",
    }  # fmt: skip


def laboratory_row(lab: str, number: int) -> dict[str, Any]:
    """A row of the frame `laboratories`."""
    sent = lab != SILENT
    return {
        "lab_code": lab, "round_alias": f"A-{900 - number}", "region": "R", "hospital_level": "tertiary",
        "received_on": pd.Timestamp("2026-04-08"), "tested_on": pd.Timestamp("2026-04-20"),
        "returned_at": pd.Timestamp("2026-04-22 10:30") if sent else pd.NaT, "revision": int(sent),
        "late_days": 3 if lab == LATE else 0, "comment": ODD_REMARK if lab == FAILED else f"canary-{lab}",
    }  # fmt: skip


def snapshot() -> dict[str, pd.DataFrame]:
    """The snapshot frames of the round."""
    rng = np.random.default_rng(20261)
    results, enrolments, laboratories = [], [], []
    for number, lab in enumerate(LABS):
        sent = lab != SILENT
        laboratories.append(laboratory_row(lab, number))
        for code in CODES:
            enrolments.append(enrolment_row(lab, number, code))
            for place, sample in enumerate(SAMPLES):
                raw, state = planted(code, lab, sample, raw_result(code, number, place, rng))
                performed = enrolments[-1]["enrolment_state"] == "enrolled"
                if sent and performed and state != "not_returned":
                    results.append(result_row(lab, code, sample, raw, state))
    samples = [
        {"sample": s, "position": i, "material_lot": "LOT7", "matrix": "frozen serum pool", "withdrawn": False,
         "reason": ""}
        for i, s in enumerate(SAMPLES, 1)
    ]  # fmt: skip
    decision = {"decision_id": 1, "kind": "withdraw", "lab_code": "", "analyte": "TG", "sample": SAMPLES[4],
                "reason": "haemolysis", "decided_at": pd.Timestamp("2026-05-01")}  # fmt: skip
    given = {
        "laboratories": laboratories, "enrolments": enrolments, "results": results, "samples": samples,
        "decisions": [decision], "material_checks": list(check_rows()), "history": list(history_rows()),
        "system_names": [
            {"kind": "instrument", "code": c, "name_zh": f"仪器 {c}", "name_en": f"Analyser {c}"} for c in "ABC"
        ],
    }  # fmt: skip
    return {name: pd.DataFrame(rows) for name, rows in given.items()}


def check_rows() -> Any:
    """Homogeneity of every item and sample."""
    for code in CODES:
        for sample in SAMPLES:
            yield {"analyte": code, "sample": sample, "check": "homogeneity", "n_items": 10, "n_replicates": 2,
                   "s_s": 0.004, "s_w": 0.01, "limit": 0.05, "passed": True}  # fmt: skip


def history_rows() -> Any:
    """Three earlier rounds of every laboratory and item."""
    for lab in LABS:
        for code in CODES:
            for round_code in ("2025-1", "2025-2"):
                yield {"lab_code": lab, "device_id": "", "analyte": code, "round": round_code, "acceptable": 5,
                       "graded": 5, "score_percent": 100.0, "verdict": "pass", "mean_percent_allowed": 4.0,
                       "criterion": ""}  # fmt: skip


@cache
def evaluated() -> tuple[RoundInputs, Evaluation]:
    """The round and its evaluation."""
    inputs = RoundInputs.of(catalogue()[PROGRAMME], ROUND, criteria(), snapshot())
    return inputs, evaluate(inputs)


def meta_of(**more: Any) -> dict[str, Any]:
    """What a view says about itself."""
    return {
        "evaluation_id": "e" * 64, "round": ROUND, "programme_no": PROGRAMME, "snapshot_sha256": "a" * 64,
        "criteria_version": "c" * 64, "code_version": "0.1.0", "as_of": datetime(2026, 5, 18, 18),
        "disclosure_min": 5, "closing_at": datetime(2026, 4, 24, 17),
    } | more  # fmt: skip


def disclosed(groups: pd.DataFrame) -> pd.DataFrame:
    """Groups with the flag of the small ones, which lose their numbers."""
    small = groups["n"] < 5
    out = groups.assign(suppressed=small)
    out.loc[small, ["robust_mean", "robust_sd", "cv", "u"]] = np.nan
    out.loc[small, ["n", "n_acceptable", "n_graded"]] = 0
    return out


def lab_view(lab_code: str) -> Any:
    """The view of one laboratory: its own rows and what concerns everybody."""
    inputs, evaluation = evaluated()
    frames = {frame.name: getattr(evaluation, frame.name) for frame in EVALUATION_FRAMES}
    frames |= {frame.name: getattr(inputs, frame.name) for frame in SNAPSHOT_FRAMES}
    for name, table in frames.items():
        if "lab_code" in table:
            own = (table["lab_code"] == lab_code) | ((table["lab_code"] == "") & (name == "findings"))
            frames[name] = table[own].reset_index(drop=True)
    frames["groups"] = disclosed(frames["groups"])
    frames["reconciliation"] = RECONCILIATION.empty()
    return SimpleNamespace(meta=meta_of(lab_code=lab_code), **frames)


def programme_view() -> Any:
    """The view of the programme: aliases instead of codes."""
    inputs, evaluation = evaluated()
    frames = {frame.name: getattr(evaluation, frame.name) for frame in EVALUATION_FRAMES}
    frames |= {frame.name: getattr(inputs, frame.name) for frame in SNAPSHOT_FRAMES}
    aliases = dict(zip(inputs.laboratories["lab_code"], inputs.laboratories["round_alias"], strict=True))
    for name in ("scores", "analyte_verdicts", "laboratory_verdicts", "findings"):
        table = frames[name]
        shown = table.assign(round_alias=table["lab_code"].map(aliases)).drop(columns="lab_code")
        frames[name] = shown.assign(round_alias=shown["round_alias"].fillna(""))
    frames["laboratories"] = inputs.laboratories[["round_alias", "revision", "late_days"]]
    frames["groups"] = disclosed(frames["groups"])
    frames["sentences"], frames["sample_history"] = SENTENCES.empty(), SAMPLE_HISTORY.empty()
    frames["history"] = counted_history(inputs.history)
    return SimpleNamespace(meta=meta_of(), **frames)


def counted_history(history: pd.DataFrame) -> pd.DataFrame:
    """Pass counts of earlier rounds, one row per item and round."""
    passed = history.assign(n_pass=history["verdict"] == "pass", n_fail=history["verdict"] == "fail")
    return passed.groupby(["analyte", "round"], as_index=False)[["n_pass", "n_fail"]].sum()


def reading_of(
    view: Any, kind: str, subject: str, locale: str = "zh_CN", issue: Issue | None = None
) -> Reading:
    """What a report reads, with the plan of the demonstration round."""
    meta = report_meta(plan_of(ROUND), kind, PROGRAMME, subject, issue or Issue(), locale)
    return Reading(view, catalogue()[PROGRAMME], criteria(), locale, meta)


@cache
def lab_report(lab_code: str = FAILED, locale: str = "zh_CN") -> dict[str, Any]:
    """The twin of one laboratory."""
    return lab_twin(reading_of(lab_view(lab_code), "LR", lab_code, locale))
