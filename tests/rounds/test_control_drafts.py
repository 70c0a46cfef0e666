"""Drafts for the monitor: made in a process of their own, marked as such, a share card that names nobody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.apps.control_store import filled
from workbench.rounds.control_drafts import CardRequest, DraftRequest, draft_card, draft_files
from workbench.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return filled(tmp_path_factory.mktemp("drafts") / "iqc.sqlite", watched=False)


def request(store: Store, lab_code: str) -> DraftRequest:
    issued = "2026-03-03T08:00:00+08:00"
    return DraftRequest(store.url, "2026-02", lab_code, "en", "EQA", issued, "twelve", "default")


def test_a_share_card_has_its_report_behind_the_link_and_names_nobody(store: Store, tmp_path: Path) -> None:
    row = {"analyte": "K", "level": "1", "qc_lot": "B"}
    card = CardRequest(row, "https://eqa.example/s/", str(tmp_path))
    (tmp_path / "links.json").write_text('{"older": {"file": "x", "expires_on": "2026-03-01"}}', "utf-8")
    made = draft_card(request(store, "L0003"), card)
    ((name, png),) = made.items()
    assert png.startswith(b"\x89PNG")
    assert b"L0003" not in png
    assert "L0003" not in name
    links = json.loads((tmp_path / "links.json").read_text("utf-8"))
    assert len(links) == 2
    ((token, link),) = [(k, v) for k, v in links.items() if k != "older"]
    assert "L0003" not in token
    assert link["expires_on"] == "2026-03-10"
    report = (tmp_path / link["file"]).read_text("utf-8")
    assert set(re.findall(r"L\d{4}", report)) == {"L0003"}
    assert "Preliminary" in report


def test_the_groups_draft_has_no_code(store: Store) -> None:
    made = draft_files(request(store, ""))
    assert sorted(name.rpartition(".")[2] for name in made) == ["html", "pdf"]
    html = next(content for name, content in made.items() if name.endswith(".html")).decode("utf-8")
    assert re.findall(r"L\d{4}", html) == []
