"""The simulated province: reproducible to the byte, complete, and holding what it says was planted."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterError
from workbench.frames import SNAPSHOT_FRAMES
from workbench.parameters import catalogue, criteria
from workbench.simulation import Province, simulate_province
from workbench.simulation.mistakes import MISTAKES
from workbench.simulation.remarks import HOSTILE
from workbench.simulation.systems import SMALL_GROUP_SIZE

NUMBERS = ("1.1", "1.4", "1.6", "2.1")
ROUNDS = ("2025-3", "2026-1")


def simulated(seed: int, numbers: tuple[str, ...] = NUMBERS, n_laboratories: int = 150) -> Province:
    return simulate_province([catalogue()[no] for no in numbers], ROUNDS, seed, n_laboratories)


@pytest.fixture(scope="module")
def province() -> Province:
    return simulated(7)


def digest(province: Province) -> str:
    text = [province.laboratories.to_csv()]
    for item in province.rounds.values():
        text += [table.to_csv() for table in item.frames().values()]
        text += [item.submissions.to_csv(), item.submitted.to_csv(), item.truth.to_csv()]
    return hashlib.sha256("".join(text).encode()).hexdigest()


def test_same_seed_same_bytes_other_seed_other_bytes() -> None:
    assert digest(simulated(11, ("1.4", "2.1"), 60)) == digest(simulated(11, ("1.4", "2.1"), 60))
    assert digest(simulated(11, ("1.4",), 60)) != digest(simulated(12, ("1.4",), 60))


def test_a_programme_does_not_depend_on_its_neighbours(province: Province) -> None:
    alone = simulated(7, ("1.4",))
    key = ("2026-1", "1.4")
    pd.testing.assert_frame_equal(alone.rounds[key].results, province.rounds[key].results)


def test_every_frame_keeps_its_contract(province: Province) -> None:
    contracts = {frame.name: frame for frame in SNAPSHOT_FRAMES}
    for item in province.rounds.values():
        frames = item.frames()
        from_evaluations = {"history", "sample_history", "answer_history"}
        assert set(frames) | {"expected_answers"} == set(contracts) - from_evaluations
        for name, table in frames.items():
            pd.testing.assert_frame_equal(contracts[name].checked(table), table)


def test_all_rounds_are_there(province: Province) -> None:
    assert list(province.rounds) == [(code, no) for code in ROUNDS for no in NUMBERS]
    for item in province.rounds.values():
        assert len(item.samples) == 5
        assert len(item.laboratories) > 80
        assert set(item.results["analyte"]) == set(catalogue()[item.programme_no].codes)


def test_results_belong_to_enrolments_and_submissions(province: Province) -> None:
    for item in province.rounds.values():
        key = ["lab_code", "device_id", "analyte"]
        enrolled = item.enrolments[item.enrolments["enrolment_state"] == "enrolled"]
        assert len(item.results.merge(enrolled, on=key)) == len(item.results)
        assert set(item.results["lab_code"]) == set(item.submissions["lab_code"])
        assert set(item.enrolments["lab_code"]) == set(item.laboratories["lab_code"])


def test_planted_counts(province: Province) -> None:
    for item in province.rounds.values():
        found = Counter(item.truth["kind"])
        single = len(set(item.enrolments["analyte"])) == 1
        for mistake, count in MISTAKES:
            name = {"silent": "not_returned"}.get(mistake.__name__, mistake.__name__)
            wanted = (count + 1) // 2 if single else count
            if name == "transcription" and item.programme_no != "2.1":
                wanted = 0
            assert found[name] == wanted, (item.programme_no, name)
        assert found["persistent_bias"] == 1
        assert 1 <= found["wrong_unit"] <= 2
        assert 1 <= found["small_group"] <= SMALL_GROUP_SIZE


def test_events_of_the_last_round_only(province: Province) -> None:
    truth = province.truth
    special = ("two_modes", "withdrawn_sample", "not_homogeneous", "not_stable", "reference_apart")
    events = truth[truth["kind"].isin(special)]
    assert sorted(events["kind"]) == sorted(special)
    assert set(events["round"]) == {"2026-1"}
    samples = province.rounds["2026-1", "1.6"].samples
    assert list(samples.loc[samples["withdrawn"], "position"]) == [4]
    assert all(samples.loc[samples["withdrawn"], "reason"] != "")


def test_planted_states_are_in_the_results(province: Province) -> None:
    for item in province.rounds.values():
        states = {"missing_result": "not_returned", "unreadable": "unreadable"}
        merged = item.results.merge(item.truth, on=["lab_code", "analyte", "sample"])
        for kind, state in states.items():
            rows = merged[merged["kind"] == kind]
            assert len(rows) == (item.truth["kind"] == kind).sum()
            assert set(rows["result_state"]) == {state}
        assert set(merged.loc[merged["kind"] == "censored", "censor"]) == {-1}
        silent = item.truth.loc[item.truth["kind"].isin(["not_returned", "excused"]), "lab_code"]
        assert not set(silent) & set(item.results["lab_code"])
        revisions = item.laboratories.set_index("lab_code").loc[list(silent), "revision"]
        assert set(revisions) == {0}


def test_wrong_units_are_off_by_the_factor(province: Province) -> None:
    item = province.rounds["2026-1", "1.1"]
    lab = item.truth.loc[(item.truth["kind"] == "wrong_unit") & (item.truth["analyte"] == "Cre"), "lab_code"]
    creatinine = item.results[item.results["analyte"] == "Cre"]
    median = creatinine.groupby("sample")["value"].median()
    own = creatinine[creatinine["lab_code"].isin(lab)].set_index("sample")["value"]
    np.testing.assert_allclose(median / own, 88.4, rtol=0.15)


def test_late_returns_come_late_and_the_others_in_time(province: Province) -> None:
    for item in province.rounds.values():
        table = item.laboratories
        closing = pd.Timestamp(item.closing_at)
        back = table[table["revision"] > 0]
        assert ((back["returned_at"] > closing) == (back["late_days"] > 0)).all()
        days = np.ceil((back["returned_at"] - closing).dt.total_seconds().clip(lower=0) / 86400)
        assert (days == back["late_days"]).all()
        assert (back["received_on"] <= back["tested_on"]).all()
        assert (back["tested_on"] <= back["returned_at"]).all()


def test_second_revisions_are_kept_beside_the_first(province: Province) -> None:
    item = province.rounds["2026-1", "1.1"]
    twice = set(item.truth.loc[item.truth["kind"] == "second_revision", "lab_code"])
    assert set(item.submissions.loc[item.submissions["revision"] == 2, "lab_code"]) == twice
    loads = list(item.loads())
    assert [len(head) for head, _ in loads] == [item.submissions["lab_code"].nunique(), len(twice)]
    first, second = loads[0][1], loads[1][1]
    both = first.merge(second, on=["lab_code", "device_id", "analyte", "sample"], suffixes=("_1", "_2"))
    assert (both["raw_1"] != both["raw_2"]).sum() == len(twice)
    assert set(item.results.loc[item.results["lab_code"].isin(twice), "revision"]) == {2}


def test_raw_text_agrees_with_value_and_digits(province: Province) -> None:
    table = province.rounds["2026-1", "1.6"].results
    plain = table[(table["result_state"] == "reported") & (table["censor"] == 0)]
    assert plain["value"].notna().all()
    assert (plain["raw"].astype(float) == plain["value"]).all()
    assert (plain["raw"].str.partition(".")[2].str.len() == plain["decimals"]).all()
    assert plain["decimals"].nunique() > 1


def test_canaries_are_unique_and_hostile_texts_are_sent(province: Province) -> None:
    canaries = province.laboratories["canary"]
    assert canaries.is_unique
    assert canaries.str.fullmatch(r"CANARY-[0-9A-F]{12}").all()
    sent = province.rounds["2026-1", "1.1"].submissions
    last = sent.drop_duplicates("lab_code", keep="last").merge(province.laboratories, on="lab_code")
    assert all(row.canary in row.comment for row in last.itertuples())
    assert sum(any(text in comment for text in HOSTILE) for comment in last["comment"]) >= 8


def test_small_group_is_too_small_for_a_target(province: Province) -> None:
    for item in province.rounds.values():
        labs = item.truth.loc[item.truth["kind"] == "small_group", "lab_code"]
        systems = item.enrolments.drop_duplicates("lab_code").set_index("lab_code")[["instrument", "reagent"]]
        pair = systems.loc[labs.iloc[0]]
        same = systems[
            (systems["instrument"] == pair["instrument"]) & (systems["reagent"] == pair["reagent"])
        ]
        assert set(same.index) == set(labs)
        assert len(labs) < 6


def test_most_results_are_within_the_limit(province: Province) -> None:
    """Against the median of all laboratories: a coarse view, groups set aside."""
    programme, book = catalogue()["1.1"], criteria()
    table = province.rounds["2025-3", "1.1"].results
    table = table[table["analyte"].isin(["Na", "Glu", "TP", "ALT", "CK"]) & table["value"].notna()]
    middle = table.groupby(["analyte", "sample"])["value"].transform("median")
    percent = {c: float(programme.criterion(c, book).percent or 0) for c in table["analyte"].unique()}  # type: ignore[union-attr]
    share = (table["value"] - middle).abs() / (middle * table["analyte"].map(percent) / 100)
    assert 0.90 < (share <= 1).mean() < 0.995


def test_linked_red_cell_quantities_follow(province: Province) -> None:
    table = province.rounds["2026-1", "2.1"].results
    table = table[table["result_state"] == "reported"]
    wide = table.pivot(index=["lab_code", "sample"], columns="analyte", values="value").dropna()
    off = (wide["RBC"] * wide["MCV"] / 1000 / wide["HCT"] - 1).abs()
    assert (off < 0.05).mean() > 0.9


def test_any_quantitative_programme_can_be_simulated() -> None:
    item = simulated(3, ("3.5",), 40).rounds["2026-1", "3.5"]
    assert set(item.results["analyte"]) == set(catalogue()["3.5"].codes)


def test_programmes_without_numbers_are_refused() -> None:
    with pytest.raises(ParameterError, match="no quantitative"):
        simulated(3, ("3.1",), 10)
    with pytest.raises(ParameterError, match="2026-1"):
        simulate_province([catalogue()["1.4"]], ["first"], 1, 10)
