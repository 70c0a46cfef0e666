"""Packages hold what was released, nothing of another laboratory, and have the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.rounds.round_fixture import write_plan
from workbench.errors import PublishError
from workbench.parameters import RoundPlan, load_round
from workbench.rounds.bundles import Packed, bundle_round
from workbench.rounds.publish import artefact_of, publish
from workbench.rounds.records import Record, write_manifest

CODES = {"L0001": ["L0001", "A-101"], "L0002": ["L0002", "A-102"], "L0003": ["L0003", "A-103"]}
PROGRAMMES = {"1.1": "0101", "1.4": "0104"}


def release(outputs: Path, programme_no: str, subject: str, locale: str = "zh_CN", version: int = 1) -> None:
    """One report of two files, released as the batch releases it."""
    folder = outputs / "2026-1" / PROGRAMMES[programme_no]
    staged = folder / ".staging" / subject
    staged.mkdir(parents=True)
    kind = "PR" if subject == "ALL" else "LR"
    stem = "programme" if subject == "ALL" else f"labs/{subject}"
    files = {}
    for ending in ("html", "json"):
        name = f"{stem}{'' if locale == 'zh_CN' else '.' + locale}.{ending}"
        path = staged / Path(name).name
        path.write_text(f"{programme_no} {subject} {locale} {version}")
        files[ending] = artefact_of(path, f"2026-1/{PROGRAMMES[programme_no]}/{name}")
    number = f"EQA-{kind}-{programme_no}-{subject}-V{version}"
    record = Record(kind, programme_no, subject, locale, version, "key", number, "2026", files)
    publish(outputs, folder, staged, record, None)


@pytest.fixture
def plan(tmp_path: Path) -> RoundPlan:
    plan = load_round(write_plan(tmp_path, "sqlite:///none", programmes=list(PROGRAMMES)))
    outputs = tmp_path / "outputs"
    for programme_no, folder in PROGRAMMES.items():
        for subject in ("ALL", "L0001", "L0002"):
            release(outputs, programme_no, subject)
        (outputs / "2026-1" / folder / ".watch.json").write_text(json.dumps(CODES))
        write_manifest(outputs / "2026-1" / folder, {})
    release(outputs, "1.4", "L0003", "en")
    (outputs / "2026-1" / "0104" / "labs" / "L0002.v1.html").write_text("replaced")
    (outputs / "2026-1" / ".log").mkdir()
    (outputs / "2026-1" / ".log" / "run.jsonl").write_text("{}")
    return plan


def packed(plan: RoundPlan) -> Packed:
    return bundle_round(plan, Path(plan.outputs))


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_one_zip_a_laboratory_over_all_programmes_and_languages(plan: RoundPlan) -> None:
    result = packed(plan)
    assert {b.lab_code: names(result.outbox / b.file)[1:] for b in result.bundles} == {
        "L0001": ["0101/L0001.html", "0101/L0001.json", "0104/L0001.html", "0104/L0001.json"],
        "L0002": ["0101/L0002.html", "0101/L0002.json", "0104/L0002.html", "0104/L0002.json"],
        "L0003": ["0104/L0003.en.html", "0104/L0003.en.json"],
    }
    with zipfile.ZipFile(result.outbox / "2026-1-L0001.zip") as archive:
        index = json.loads(archive.read("contents.json"))
        assert index["reports"] == ["EQA-LR-1.1-L0001-V1", "EQA-LR-1.4-L0001-V1"]
        for entry in index["files"]:
            content = archive.read(entry["file"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["size"], entry["sha256"])
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "L0001" in everything
    assert not [word for code in ("L0002", "L0003") for word in CODES[code] if word in everything]


def test_the_outbox_lists_every_file_with_its_hash_and_holds_no_other(plan: RoundPlan) -> None:
    outbox = packed(plan).outbox
    (outbox / "2026-1-L0009.zip").write_text("left over")
    assert packed(plan).outbox == outbox
    listed = json.loads((outbox / "manifest.json").read_bytes())["laboratories"]
    on_disk = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in outbox.glob("*.zip")}
    assert {entry["file"]: entry["sha256"] for entry in listed} == on_disk
    assert len(on_disk) == 3


def test_the_archive_holds_all_versions_and_no_working_file(plan: RoundPlan) -> None:
    found = names(packed(plan).archive)
    assert "2026-1/0104/labs/L0002.v1.html" in found
    assert "2026-1/0101/programme.html" in found
    assert "2026-1/0101/manifest.json" in found
    assert len(found) == len(set(found)) == 6 * 2 + 2 + 1 + 2
    assert not [name for name in found if "/." in name or "bundles" in name]


def test_the_same_reports_give_the_same_bytes(plan: RoundPlan) -> None:
    packed(plan)
    first = {p: p.read_bytes() for p in (Path(plan.outputs) / "2026-1").rglob("*.zip")}
    for path in (Path(plan.outputs) / "2026-1").rglob("*.html"):
        path.touch()
    again = packed(plan)
    assert len(first) == 4
    assert {p: p.read_bytes() for p in first} == first
    assert not list(again.outbox.glob(".*"))


def test_a_changed_or_missing_file_stops_everything(plan: RoundPlan) -> None:
    labs = Path(plan.outputs) / "2026-1" / "0101" / "labs"
    (labs / "L0001.json").write_text("other")
    (labs / "L0002.html").unlink()
    with pytest.raises(PublishError) as raised:
        packed(plan)
    assert {p.file for p in raised.value.problems} == {
        "2026-1/0101/labs/L0001.json",
        "2026-1/0101/labs/L0002.html",
    }
    assert not (Path(plan.outputs) / "2026-1" / "bundles").exists()


def test_a_report_that_names_another_laboratory_stops_everything(plan: RoundPlan) -> None:
    outputs = Path(plan.outputs)
    words = CODES | {"L0009": ["1.1"]}
    (outputs / "2026-1" / "0101" / ".watch.json").write_text(json.dumps(words))
    with pytest.raises(PublishError, match="names another participant"):
        packed(plan)
    assert not (outputs / "2026-1" / "bundles").exists()


def test_a_programme_without_reports_is_named(tmp_path: Path) -> None:
    plan = load_round(write_plan(tmp_path, "sqlite:///none", programmes=["1.4"]))
    with pytest.raises(PublishError, match=r"1\.4: no report has been released"):
        packed(plan)


def test_the_summary_of_the_round_has_a_folder_of_its_own(plan: RoundPlan) -> None:
    outputs = Path(plan.outputs)
    folder = outputs / "2026-1" / "summary"
    staged = folder / ".staging" / "L0001"
    staged.mkdir(parents=True)
    (staged / "L0001.html").write_text("summary")
    files = {"html": artefact_of(staged / "L0001.html", "2026-1/summary/labs/L0001.html")}
    record = Record("LS", "", "L0001", "zh_CN", 1, "key", "EQA-LS-2026-1-L0001-V1", "2026", files)
    publish(outputs, folder, staged, record, None)
    (folder / ".watch.json").write_text(json.dumps(CODES))
    result = packed(plan.model_copy(update={"summaries": ("LS",)}))
    assert "summary/L0001.html" in names(result.outbox / "2026-1-L0001.zip")
    assert not any(name.startswith("summary") for name in names(result.outbox / "2026-1-L0002.zip"))
