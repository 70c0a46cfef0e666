"""Planted errors and a planted two-mode item, read back from the reports that a run delivered.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from tests.rounds.delivered import ROUND, Opened
from tests.rounds.round_fixture import write_plan
from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import catalogue, criteria, load_round
from workbench.rounds.demonstration import fill_demonstration
from workbench.rounds.progress import Silent
from workbench.rounds.run import RunOptions, run_round
from workbench.store import Submissions, add_submissions, open_store, round_inputs

pytestmark = pytest.mark.xdist_group("delivered-planted")
PROGRAMME = "1.1"
N_LABORATORIES = 90
SHIFT = 1.6
"""The other group of the two-mode item measures so many times as much."""


def _mg_per_dl(target: np.ndarray, _: np.ndarray) -> np.ndarray:
    return target / 88.4


def _swap(target: np.ndarray, _: np.ndarray) -> np.ndarray:
    order = np.arange(len(target))
    low, high = int(np.argmin(target)), int(np.argmax(target))
    order[[low, high]] = [high, low]
    return target[order]


def _constant(target: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    return target + 1.5 * allowed.max()


def _proportional(target: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    around = target - 0.6 * target.min()
    return target + 1.6 * allowed.max() * around / around.max()


def _accident(target: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    out = target.copy()
    out[2] += 2.2 * allowed[2]
    return out


PLANTED: dict[str, tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "S10": ("Cre", _mg_per_dl),
    "S11": ("TP", _swap),
    "S12": ("Na", _constant),
    "S13": ("Glu", _proportional),
    "S15": ("UA", _accident),
}
TWO_MODES = "GGT"
"""A whole group measures it differently, and the one laboratory reports what that group reports."""
NAMED = {code: analyte for code, (analyte, _) in PLANTED.items()} | {"S16": TWO_MODES}


@dataclass(frozen=True)
class Reports:
    """What was delivered: the one laboratory's reports and the programme's, by language."""

    laboratory: dict[str, Opened]
    programme: dict[str, Opened]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("planted")
    database = f"sqlite:///{folder / 'eqa.sqlite'}"
    plan = write_plan(folder, database, programmes=[PROGRAMME])
    fill_demonstration(load_round(plan), Silent(), N_LABORATORIES)
    lab = _plant(database)
    languages = {"zh_CN": "all", "en": "all"}
    plan = write_plan(folder, database, programmes=[PROGRAMME], laboratories=[lab], languages=languages)
    assert run_round(load_round(plan), RunOptions(workers=2, watcher=Silent())).failures == ()
    root = folder / "outputs" / ROUND / "0101"
    return Reports(
        {"zh_CN": Opened(root / f"labs/{lab}.json"), "en": Opened(root / f"labs/{lab}.en.json")},
        {"zh_CN": Opened(root / "programme.json"), "en": Opened(root / "programme.en.json")},
    )


def _plant(database: str) -> str:
    """Revise one laboratory's results, and those of a whole group for the two-mode item; returns the code."""
    store = open_store(database)
    inputs = round_inputs(store, ROUND, PROGRAMME)
    round_ = RoundInputs.of(catalogue()[PROGRAMME], ROUND, criteria(), inputs.frames(), inputs.closing_at)
    scores = evaluate(round_).scores
    lab, others = _who(scores)
    rows = inputs.results[inputs.results["lab_code"].isin([lab, *others])].copy()
    shifted = rows["lab_code"].isin(others) & (rows["analyte"] == TWO_MODES) & (rows["censor"] == 0)
    _write(rows, shifted, rows.loc[shifted, "value"].to_numpy(float) * SHIFT)
    for analyte, error in PLANTED.values():
        own = scores[(scores["lab_code"] == lab) & (scores["analyte"] == analyte)].sort_values("sample")
        target, allowed = (own[name].to_numpy(float) for name in ("assigned_value", "allowable_error"))
        at = rows[(rows["lab_code"] == lab) & (rows["analyte"] == analyte)].sort_values("sample").index
        _write(rows, rows.index.isin(at), error(target, allowed))
    _write_as(rows, lab, others)
    head = inputs.laboratories[inputs.laboratories["lab_code"].isin(rows["lab_code"])]
    head = head[["lab_code", "received_on", "tested_on", "comment", "returned_at"]]
    load = Submissions(head.assign(by_role="organiser"), rows.drop(columns="revision"))
    add_submissions(store, ROUND, PROGRAMME, load)
    return lab


def _who(scores: pd.DataFrame) -> tuple[str, list[str]]:
    """A laboratory graded on all planted items in the largest group of the two-mode item; the others' codes.

    The others are the next largest group, all of which is shifted.
    """
    items = scores[(scores["state"] == "scored") & scores["peer_group"].ne("")]
    sizes = items[items["analyte"] == TWO_MODES].groupby("peer_group")["lab_code"].nunique()
    first, second = sizes.sort_values(ascending=False).index[:2]
    named = (
        items[items["analyte"] == TWO_MODES].drop_duplicates("lab_code").set_index("lab_code")["peer_group"]
    )
    graded = scores[(scores["state"] == "scored") & scores["percent_allowed"].notna()]
    counts = graded[graded["analyte"].isin(list(NAMED.values()))].groupby("lab_code").size()
    full = counts[counts == counts.max()].index
    lab = next(code for code in sorted(named[named == first].index) if code in full)
    return str(lab), [str(code) for code in named[named == second].index]


def _write_as(rows: pd.DataFrame, lab: str, others: list[str]) -> None:
    """The laboratory reports of the two-mode item what the others report in the median."""
    item = rows[rows["analyte"] == TWO_MODES].sort_values("sample")
    theirs = item[item["lab_code"].isin(others)].groupby("sample")["value"].median()
    own = item[item["lab_code"] == lab]
    _write(rows, rows.index.isin(own.index), theirs[own["sample"]].to_numpy(float))


def _write(rows: pd.DataFrame, where: pd.Series | np.ndarray, values: np.ndarray) -> None:
    decimals = 3
    rows.loc[where, "value"] = np.round(values, decimals)
    rows.loc[where, "raw"] = [f"{value:.{decimals}f}" for value in values]
    rows.loc[where, ["decimals", "censor", "result_state"]] = [decimals, 0, "reported"]


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("code", sorted(NAMED))
def test_40_a_planted_error_is_named_first_or_second(reports: Reports, code: str, locale: str) -> None:
    report = reports.laboratory[locale]
    analyte = NAMED[code]
    entry = next(one for one in report.twin["analytes"] if one["analyte"] == analyte)
    told = entry["sentences"]
    assert code in [one["code"] for one in told[:2]]
    sentence = next(one["text"] for one in told if one["code"] == code)
    assert sentence
    assert _squeezed(sentence) in _squeezed(report.pdf.root.text)
    assert _squeezed(sentence) in _squeezed(report.html.text_content())


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_34_a_two_mode_item_is_said_in_both_reports_and_drawn_for_the_programme(
    reports: Reports, locale: str
) -> None:
    for report in (reports.laboratory[locale], reports.programme[locale]):
        finding = next(
            one
            for one in report.twin["findings"]
            if one["code"] == "F05" and TWO_MODES in {place["analyte"] for place in one["places"]}
        )
        assert _squeezed(finding["printed"]["text"]) in _squeezed(report.pdf.root.text)
        assert _squeezed(finding["printed"]["text"]) in _squeezed(report.html.text_content())
    programme = reports.programme[locale]
    drawn = [each.get("id") for each in programme.html.iter() if "G16" in str(each.get("id"))]
    assert any(TWO_MODES.lower() in str(name).lower() for name in drawn)
    alone = [each.get("id") for each in reports.laboratory[locale].html.iter()]
    assert not [name for name in alone if "G16" in str(name)]


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
