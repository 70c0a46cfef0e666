"""Notices as files: made once, amended when the content is another, never overwritten once issued."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.errors import DataError, ParameterError
from workbench.rounds.control_reports import FORMATS, make_report
from workbench.rounds.notices import NoticeRequest, notice_reports

NOW = "2026-03-01T10:00:00+08:00"


def request_in(folder: Path) -> NoticeRequest:
    return NoticeRequest(2026, ("en",), folder, NOW)


def made(request: NoticeRequest) -> list[str]:
    """Make what is to be made; the names of its files."""
    return [path.name for report in notice_reports(request) for path in make_report(report)]


def issued_otherwise(folder: Path) -> None:
    """Let the notice in a folder have said that programme 1.4 has eight samples a year, and 99.1 was offered."""
    path = folder / "notice.en.json"
    twin = json.loads(path.read_text(encoding="utf-8"))
    programmes = twin["disciplines"][0]["programmes"]
    programmes[3]["printed"]["samples"] = "8"
    programmes.append(programmes[4] | {"programme_no": "99.1"})
    path.write_text(json.dumps(twin), encoding="utf-8")


def test_an_issued_notice_is_made_once_and_amended_when_its_content_is_another(tmp_path: Path) -> None:
    request = replace(request_in(tmp_path), reason="one round added")
    assert made(request) == [f"notice.en.{ending}" for ending in FORMATS]
    assert notice_reports(request) == []
    pdf = (tmp_path / "notice.en.pdf").read_bytes()
    (tmp_path / "notice.en.pdf").unlink()
    assert len(made(request)) == len(FORMATS)
    assert (tmp_path / "notice.en.pdf").read_bytes() == pdf

    issued_otherwise(tmp_path)
    made(request)
    twin = json.loads((tmp_path / "notice.en.json").read_text(encoding="utf-8"))
    report = twin["report"]
    assert (report["number"], report["status"]) == ("EQA-AN-2026-V2", "amended")
    assert (report["replaces"], report["issued_at"]) == ("EQA-AN-2026-V1", NOW)
    assert (twin["amendment"]["changed"], twin["amendment"]["removed"]) == (["1.4"], ["99.1"])
    page = (tmp_path / "notice.en.html").read_text(encoding="utf-8")
    for words in ("EQA-AN-2026-V1", "Programmes with changes: 1.4.", "one round added"):
        assert words in page
    assert (tmp_path / "notice.en.v1.pdf").read_bytes() == pdf
    assert notice_reports(request) == []
    assert notice_reports(replace(request, reason="another")) == []


def test_a_preliminary_notice_becomes_final_and_not_preliminary_again(tmp_path: Path) -> None:
    request = request_in(tmp_path)
    made(replace(request, preliminary=True))
    assert "Preliminary" in (tmp_path / "notice.en.html").read_text(encoding="utf-8")
    assert made(request)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"notice.en.{e}" for e in FORMATS)
    with pytest.raises(DataError, match="EQA-AN-2026-V1 has been issued"):
        notice_reports(replace(request, preliminary=True))


def test_what_is_no_notice_is_not_overwritten(tmp_path: Path) -> None:
    for content in ("{}", "not JSON"):
        (tmp_path / "notice.en.json").write_text(content, encoding="utf-8")
        with pytest.raises(DataError, match="move it away"):
            notice_reports(request_in(tmp_path))


def test_a_language_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="fr; known: zh_CN, en"):
        notice_reports(replace(request_in(tmp_path), locales=("fr",)))
