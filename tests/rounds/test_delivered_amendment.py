"""A correction after issue: what the amended report says, and that nothing else is issued again.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rounds.delivered import AMENDED, PROGRAMMES, ROUND, Delivered
from tests.rounds.round_fixture import hashes
from tests.rounds.test_delivered_pages import pages, squeezed
from workbench.reports.lab_round import open_lab_round

pytestmark = pytest.mark.xdist_group("delivered-files")


def test_05_an_amended_report_names_what_it_replaces_and_why(delivered: Delivered) -> None:
    seen = set()
    for report in delivered.reports():
        twin = report.twin
        if twin["report"]["status"] != "amended":
            assert twin["report"]["replaces"] is None
            continue
        old = json.loads(report.path.with_name(report.path.name.replace(".", ".v1.", 1)).read_bytes())
        first, part = pages(report.beside(".pdf"))[0], twin["amendment"]
        assert twin["report"]["replaces"] == part["replaces"] == old["report"]["number"]
        assert old["report"]["number"] != twin["report"]["number"]
        date = {"zh_CN": "2026年5月20日", "en": "20May2026"}[report.locale]
        assert squeezed(old["report"]["number"]) in first
        box = first[first.index(squeezed(old["report"]["number"])) :]
        assert date in box
        assert squeezed(part["reason"]) in box
        changed = _verdicts(old) != _verdicts(twin)
        assert part["verdicts_changed"] is changed, report.name
        words = {
            ("zh_CN", True): "评价结论有改变",
            ("zh_CN", False): "评价结论未改变",
            ("en", True): "Verdicts changed",
            ("en", False): "Verdicts unchanged",
        }
        assert squeezed(words[report.locale, changed]) in box, report.name
        for change in part["changes"][:10]:
            shown = squeezed(f"{change['old']}→{change['new']}")
            assert shown in first or None in (change["old"], change["new"]), (report.name, change)
        seen.add((twin["kind"], changed))
    assert {kind for kind, _ in seen} == {"LR", "PR"}
    assert len({changed for _, changed in seen}) == 2


def _verdicts(twin: dict[str, Any]) -> list[Any]:
    """Printed verdicts of the programme, its items and their samples."""
    out = [twin["verdict"].get("verdict")]
    for entry in twin["analytes"]:
        out.append(entry.get("verdict"))
        if twin["kind"] == "LR":
            out += [result["printed"]["verdict"] for result in entry["results"]]
    return out


def test_05_every_changed_number_is_named(delivered: Delivered) -> None:
    """The corrected result itself: old and new as sent."""
    path = delivered.folder(AMENDED) / "labs" / f"{delivered.corrected}.json"
    new, old = (json.loads(p.read_bytes()) for p in (path, path.with_suffix(".v1.json")))
    changes = [c for c in new["amendment"]["changes"] if c["field"] == "value"]
    assert [change["new"] for change in changes] == ["9.87"]
    (result,) = (r for r in old["analytes"][0]["results"] if r["sample"] == changes[0]["sample"])
    assert changes[0]["old"] == result["raw"]


def test_06_an_amendment_issues_again_what_changed_and_nothing_else(delivered: Delivered) -> None:
    after = hashes(delivered.outputs)
    amended, kept = set(), set()
    for number in PROGRAMMES:
        folder = delivered.folder(number)
        manifest = json.loads((folder / "manifest.json").read_bytes())
        listed = {
            artefact["path"]
            for record in manifest["reports"]
            if record["version"] > 1
            for artefact in record["files"].values()
        }
        assert manifest["counts"]["amended"] == len(
            [record for record in manifest["reports"] if record["version"] > 1]
        )
        for record in manifest["reports"]:
            for artefact in record["files"].values():
                path = artefact["path"]
                if path not in listed or path.endswith(".json"):
                    assert (after[path] == delivered.before[path]) is (path not in listed), path
                (amended if path in listed else kept).add(path)
    assert {path.split("/")[1] for path in amended} == {"0104", "0106"}
    assert len({path for path in amended if "/0106/labs/" in path}) == 5 * _languages(amended)
    assert kept


def _languages(amended: set[str]) -> int:
    return len({"en" in path.split(".") for path in amended if "/0106/labs/" in path})


def test_06_what_was_not_issued_again_would_read_the_same(delivered: Delivered) -> None:
    """Reports in force rebuilt from the evaluation after the correction."""
    n = 0
    for report in delivered.reports("LR"):
        twin = report.twin
        if twin["report"]["version"] > 1 or twin["programme"]["programme_no"] != "1.6":
            continue
        lab = twin["participant"]["lab_code"]
        now = open_lab_round(delivered.database, ROUND, "1.6", lab, report.locale).data
        for part in ("verdict", "analytes", "findings", "actions", "conclusion", "samples", "remark"):
            assert now[part] == twin[part], (report.name, part)
        n += 1
    assert n > 3


def test_06_older_versions_stand_under_their_own_names(delivered: Delivered) -> None:
    after = hashes(delivered.outputs)
    for path, digest in delivered.before.items():
        if "/labs/" in path and after[path] != digest:
            folder, _, name = path.rpartition("/")
            stem, _, rest = name.partition(".")
            assert after[f"{folder}/{stem}.v1.{rest}"] == digest
