"""The catalogue against the organiser's programme list, and what its entries must satisfy."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from workbench.parameters import catalogue, catalogue_check, criteria, loading, programme_folder, project_root

LISTED = Path(__file__).parents[3] / "shared" / "programmes.csv"


@pytest.fixture(scope="module")
def listed() -> dict[str, dict[str, str]]:
    if not LISTED.is_file():
        pytest.skip("the organiser's programme list is not at hand")
    with LISTED.open(encoding="utf-8") as file:
        return {f"{row['category_no']}.{row['programme_no']}": row for row in csv.DictReader(file)}


def test_counts() -> None:
    programmes = catalogue()
    assert len(programmes) == 107
    assert sum(p.iso17043 for p in programmes.values()) == 17
    assert [no for no, p in programmes.items() if p.restricted] == ["4.32", "8.1", "8.2"]


def test_order_is_numerical() -> None:
    numbers = list(catalogue())
    assert numbers.index("1.2") < numbers.index("1.10") < numbers.index("2.1") < numbers.index("10.1")


def test_every_programme_as_listed(listed: dict[str, dict[str, str]]) -> None:
    programmes = catalogue()
    assert set(programmes) == set(listed)
    for no, row in listed.items():
        programme = programmes[no]
        assert (programme.name_zh, programme.name_en) == (row["programme_zh"], row["programme_en"])
        assert programme.category_zh == row["category_zh"]
        assert programme.iso17043 == (row["iso17043"] == "1"), no
        assert programme.restricted == (row["restricted"] == "1"), no
        assert str(programme.samples_per_year or "") == row["samples_per_year"], no
        assert str(programme.rounds_per_year) == row["rounds_per_year"], no
        wanted = [tuple(item.rsplit("|", 1)) for item in row["analytes"].split(";")]
        assert [(a.name_zh, a.analyte) for a in programme.analytes] == wanted, no


def test_result_types_as_listed(listed: dict[str, dict[str, str]]) -> None:
    for no, row in listed.items():
        if row["result_type"] in ("quantitative", "qualitative", "genotype", "identification"):
            # quantities of a trueness verification are judged by a type of their own
            kinds = {a.result_type.replace("trueness", "quantitative") for a in catalogue()[no].analytes}
            assert kinds == {row["result_type"]}, no


def test_mixed_programmes_resolve_per_analyte() -> None:
    programmes = catalogue()
    strip = {a.analyte: a.result_type for a in programmes["2.3"].analytes}
    assert (strip["pH"], strip["NIT"], strip["SG"]) == ("ordinal", "qualitative", "quantitative")
    assert programmes["5.1"].analyte("SUSC").result_type == "ast"
    assert programmes["9.2"].analyte("ALT").result_type == "quantitative"
    assert programmes["4.1"].analyte("HBV-DNA").result_type == "quantitative_log10"


def test_matrix_keeps_same_codes_apart() -> None:
    programmes, book = catalogue(), criteria()
    assert programmes["1.1"].criterion("Ca", book).percent == 5  # type: ignore[union-attr]
    assert programmes["1.7"].criterion("Ca", book).percent == 25  # type: ignore[union-attr]


def test_quantitative_entries_are_complete() -> None:
    for programme in catalogue().values():
        for analyte in programme.analytes:
            if analyte.is_quantitative:
                assert analyte.decimals is not None
                assert analyte.ucum, (programme.programme_no, analyte.analyte)
                assert programme.policy(analyte.analyte) is not None
                assert analyte.plausible_low is not None
                assert analyte.plausible_high is not None
                assert analyte.plausible_low < analyte.plausible_high


def test_every_demo_analyte_but_one_has_a_limit() -> None:
    programmes, book = catalogue(), criteria()
    lacking = [
        (no, code)
        for no in ("1.1", "1.4", "1.6", "2.1")
        for code in programmes[no].codes
        if programmes[no].criterion(code, book) is None
    ]
    assert lacking == [("1.1", "GA")]
    assert programmes["1.1"].policy("GA").sigma_pt.kind == "robust_sd"  # type: ignore[union-attr]


def test_check_lists_gaps_and_disagreements() -> None:
    rows = catalogue_check(catalogue(), criteria())
    found = {(row.programme_no, row.analyte, row.kind) for row in rows}
    assert ("1.1", "GA", "no_criterion") in found
    assert ("1.1", "ALT", "sources_disagree") in found
    assert ("3.5", "TSH", "unverified") in found
    assert ("4.32", "", "to_settle") in found
    assert ("1.1", "Na", "unverified") not in found
    assert {row.severity for row in rows} == {"major", "caution", "note"}
    disagreeing = {row.analyte for row in rows if row.kind == "sources_disagree" and "NCCL" in row.what}
    assert "Na" not in disagreeing


def test_folders_are_unique() -> None:
    assert len({programme_folder(no) for no in catalogue()}) == 107


def test_loads_fast() -> None:
    loading._catalogue.cache_clear()
    loading._criteria.cache_clear()
    started = time.process_time()
    catalogue()
    criteria()
    assert time.process_time() - started < 2.0
    assert catalogue() is catalogue()


def test_root_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parameters" / "programmes").mkdir(parents=True)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    assert project_root() == tmp_path.resolve()
