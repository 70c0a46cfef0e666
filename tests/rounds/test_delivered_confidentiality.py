"""What delivered files must not hold: other participants, small cells, ranks; and how files are named.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import json
import re
import zipfile
from functools import cache
from html import unescape
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from tests.rounds.delivered import N_LABORATORIES, PROGRAMMES, ROUND, Delivered, Opened
from tests.rounds.tagged_pdf import read
from workbench.parameters import catalogue
from workbench.rounds.demonstration import EARLIER_ROUNDS, SEED
from workbench.simulation import simulate_province
from workbench.store import evaluation_in_force, open_store, round_inputs
from workbench.store.disclosure import CONSENSUS, OF_TARGET

pytestmark = pytest.mark.xdist_group("delivered-files")


@cache
def canaries() -> dict[str, str]:
    """Code -> a word that only this laboratory's remark holds."""
    programmes = [catalogue()[number] for number in PROGRAMMES]
    province = simulate_province(programmes, (*EARLIER_ROUNDS, ROUND), SEED, N_LABORATORIES)
    return dict(zip(province.laboratories["lab_code"], province.laboratories["canary"], strict=True))


def words_of(delivered: Delivered, programme_no: str) -> dict[str, set[str]]:
    """Code -> words that identify the laboratory in this programme: code, alias, canary."""
    laboratories = round_inputs(open_store(delivered.database), ROUND, programme_no).laboratories
    return {
        row.lab_code: {row.lab_code, row.round_alias, canaries()[row.lab_code]}
        for row in laboratories.itertuples()
    }


@cache
def everything(path: Path) -> str:
    """All text a reader could get out of a file: name, text, attachments, properties, markup, alt texts."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            parts = [name + "\n" + unescape(book.read(name).decode()) for name in book.namelist()]
        return "\n".join([path.name, *parts])
    if path.suffix == ".pdf":
        return path.name + "\n" + _of_pdf(path)
    return path.name + "\n" + unescape(path.read_text(encoding="utf-8-sig"))


def _of_pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    shown = [document[i].get_textpage().get_text_range() for i in range(len(document))]
    with pikepdf.open(path) as pdf:
        files = [pdf.attachments[name].get_file().read_bytes().decode() for name in pdf.attachments]
        words = [str(value) for value in pdf.docinfo.values()]
        metadata = str(pdf.open_metadata())
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root]
    alternatives = [element.alt for element in read(path).root.walk() if element.alt]
    return "\n".join([*shown, metadata, *words, *files, *titles, *alternatives])


def holds(content: str, word: str) -> bool:
    pattern = rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])"
    return word in content and re.search(pattern, content) is not None


def without_outlines(content: str) -> str:
    return re.sub(r'\bd=\\?"[^"\\]*\\?"', "", content)


def test_08_no_artefact_of_a_laboratory_holds_a_word_of_another(delivered: Delivered) -> None:
    n_files = 0
    for number in PROGRAMMES:
        words = words_of(delivered, number)
        for code, own in words.items():
            others = set().union(*(group for other, group in words.items() if other != code))
            for path in sorted((delivered.folder(number) / "labs").glob(f"{code}.*")):
                content = without_outlines(everything(path))
                assert holds(content, code), path.name
                assert not [word for word in others - own if holds(content, word)], path.name
                n_files += 1
    assert n_files > 100


def test_08_own_words_are_there_so_the_search_can_find(delivered: Delivered) -> None:
    for number in PROGRAMMES:
        words = words_of(delivered, number)
        found: set[str] = set()
        for path in sorted((delivered.folder(number) / "labs").glob("*.pdf")):
            content = everything(path)
            found |= {kind for kind in words[path.name.split(".")[0]] if holds(content, kind)}
        assert len([word for word in found if word.startswith("CANARY")]) >= 5


def test_08_the_programme_report_names_aliases_only_in_its_annex(delivered: Delivered) -> None:
    for report in delivered.reports("PR"):
        words = words_of(delivered, report.twin["programme"]["programme_no"])
        aliases = {row for group in words.values() for row in group if re.fullmatch(r"[A-Z]-\d{3}", row)}
        for ending in (".pdf", ".html", ".xlsx", ".json", ".csv"):
            content = without_outlines(everything(report.beside(ending)))
            assert not [code for code in words if holds(content, code)], report.name
            assert not [word for word in canaries().values() if word in content], report.name
        body = report.html.xpath("//section[not(@id='results')]")
        shown = "\n".join(part.text_content() for part in body)
        assert not [alias for alias in aliases if holds(shown, alias)], report.name


def test_08_a_result_only_one_laboratory_has_stands_in_its_files_alone(delivered: Delivered) -> None:
    holders = {
        report.twin["participant"]["lab_code"]
        for report in delivered.reports("LR")
        for ending in (".pdf", ".html", ".xlsx", ".json", ".csv")
        if holds(everything(report.beside(ending)), delivered.rare)
    }
    assert len(holders) == 1


def test_08_logs_and_manifest_hold_no_alias_and_no_remark(delivered: Delivered) -> None:
    log = delivered.log + (delivered.outputs / ROUND / "summary" / "failures.jsonl").read_text()
    manifests = [(delivered.folder(n) / "manifest.json").read_text(encoding="utf-8") for n in PROGRAMMES]
    for number in PROGRAMMES:
        for code, words in words_of(delivered, number).items():
            assert not holds(log, code)
            assert not [w for w in words - {code} for text in (log, *manifests) if holds(text, w)]


def test_07_file_names_are_ascii_unique_and_of_the_pattern(delivered: Delivered) -> None:
    names = []
    for number in PROGRAMMES:
        folder = delivered.folder(number)
        made = [*(folder / "labs").iterdir(), *folder.glob("programme*")]
        for path in made:
            names.append(path.relative_to(delivered.outputs).as_posix())
            assert path.name.isascii()
            pattern = r"(L\d{4}|programme)(\.v\d+)?(\.en)?\.(html|pdf|xlsx|json|csv)"
            assert re.fullmatch(pattern, path.name), path.name
        manifest = json.loads((folder / "manifest.json").read_bytes())
        recorded = [a["path"] for r in manifest["reports"] for a in r["files"].values()]
        assert len(set(recorded)) == len(recorded) == manifest["counts"]["files"]
    assert len({name.lower() for name in names}) == len(names) > 150
    numbers = [report.twin["report"]["number"] for report in delivered.reports() if report.locale == "zh_CN"]
    assert len(set(numbers)) == len(numbers)
    form = r"EQA-(LR|PR)-2026-1-\d{4}-(L\d{4}|ALL)-V\d+"
    assert all(re.fullmatch(form, number) for number in numbers)


def test_09_no_statistic_of_a_group_below_five(delivered: Delivered) -> None:
    n_small = 0
    for report in delivered.reports():
        for entry in report.twin["analytes"]:
            for group in entry["groups"]:
                assert group["suppressed"] or group["n"] >= 5
                if group["suppressed"]:
                    shown = {name: word for name, word in group["printed"].items() if name != "group"}
                    assert not [w for n, w in shown.items() if n != "n" and re.search(r"\d", w)]
                    assert re.fullmatch(r"n[＜<]5", shown["n"])
                    n_small += 1
            if report.twin["kind"] == "LR":
                n_small += _hidden_results(report, entry)
            else:
                _hidden_samples(entry)
    assert n_small > 10


def _hidden_results(report: Opened, entry: dict) -> int:  # type: ignore[type-arg]
    """A target nobody is judged by, taken from fewer than five results, is nowhere in the twin."""
    n = 0
    for result in entry["results"]:
        if result["group"]["n"] is not None or result["why"].get("robust_mean") != "suppressed":
            continue
        assert result["group"]["robust_mean"] is None
        if result["signal"] == "not_scored" and result["assigned_value_method"] in CONSENSUS:
            assert not [name for name in OF_TARGET if result.get(name) is not None], report.name
            assert entry["mean_percent_allowed"] is None
            assert entry["printed"]["group"].endswith(("n＜5", "n<5")), entry["printed"]["group"]
            n += 1
    return n


def _hidden_samples(entry: dict) -> None:  # type: ignore[type-arg]
    """Nor do the results by alias tell it: no share of a limit where the target is hidden."""
    for at, sample in enumerate(entry["samples"]):
        if sample["n"] is None and sample["assigned_value"] is None:
            part = entry["results"]["samples"][at]
            judged = [s for s in part["signal"]["levels"] if s in ("acceptable", "action")]
            assert judged or not any(part.get("percent_allowed") or [])
            assert judged or not any(part.get("score") or [])


def test_09_no_suppressed_value_follows_from_shown_totals(delivered: Delivered) -> None:
    """Of the groups of one rung, those hidden hold together at least five results in two groups, or none."""
    n = 0
    for report in delivered.reports("PR"):
        number = report.twin["programme"]["programme_no"]
        store = open_store(delivered.database)
        record = evaluation_in_force(store, ROUND, number)
        assert record is not None
        for entry in report.twin["analytes"]:
            for sample in {group["sample"] for group in entry["groups"]}:
                shown = [g for g in entry["groups"] if g["sample"] == sample]
                everybody = [g["n"] for g in shown if g["level"] == "all"]
                for level in {g["level"] for g in shown} - {"all", "others"}:
                    rest = everybody[0] - sum(g["n"] for g in shown if g["level"] == level)
                    assert rest == 0 or rest >= 5, (report.name, entry["analyte"], sample, level)
                    n += 1
    assert n > 0


def test_10_aliases_differ_between_programmes_and_rounds(delivered: Delivered) -> None:
    store = open_store(delivered.database)
    drawn: dict[str, list[str]] = {}
    for number in PROGRAMMES:
        for code in (ROUND, *EARLIER_ROUNDS):
            for row in round_inputs(store, code, number).laboratories.itertuples():
                drawn.setdefault(row.lab_code, []).append(row.round_alias)
    all_drawn = [alias for aliases in drawn.values() for alias in aliases]
    repeated = sum(len(aliases) - len(set(aliases)) for aliases in drawn.values())
    assert len(all_drawn) > 100
    assert repeated == 0
    for report in delivered.reports("LR"):
        own = report.twin["participant"]
        words = words_of(delivered, report.twin["programme"]["programme_no"])
        assert own["round_alias"] in words[own["lab_code"]]


RANKS = r"第\s*\d+\s*名|排名|名次|\brank(?:s|ed|ing)?\b|\bplace \d+ of\b|\d+(?:st|nd|rd|th) (?:of|place)"


def test_11_no_rank_of_laboratories(delivered: Delivered) -> None:
    assert re.search(RANKS, "第 17 名") and re.search(RANKS, "place 17 of 240")  # noqa: PT018
    for report in delivered.reports("LR"):
        text = report.html.text_content()
        assert not re.search(RANKS, text, re.IGNORECASE), report.name
