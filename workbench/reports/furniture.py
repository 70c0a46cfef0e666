"""What every report carries around its content: head, title block, sign-off, how to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Box, Cell, Column, Displayed, DocumentHead, Facts, Line, Prose, Table
from workbench.reports.amendment import amendment_lines
from workbench.reports.reading import Reading
from workbench.reports.report_meta import ReportMeta, localised
from workbench.wording import date_text, paragraphs, round_text, text, time_text

WATERMARKED = ("preliminary", "withdrawn")


def document_head(twin: Mapping[str, Any], reading: Reading, parts: tuple[Displayed, ...]) -> DocumentHead:
    """Head of a document: title, header and footer texts, status, date."""
    locale, meta = reading.locale, reading.meta
    status, kind = meta.issue.status, twin["kind"]
    subject = {"programme": localised(reading.programme, "name", locale), "round": twin["round"]}
    own = twin["participant"]
    if own:
        line = text("furniture.subject", locale, lab_code=own["lab_code"], **subject)
        secret = text("notice.confidential", locale, lab_code=own["lab_code"])
    else:
        line, secret = text("furniture.subject_all", locale, **subject), text("notice.anonymous", locale)
    if status == "withdrawn":
        parts = (Prose((Line(text("notice.withdrawn", locale), strong=True),)), *parts)
    return DocumentHead(
        locale=locale,
        title=text(f"kind.{kind}", locale),
        organiser=meta.organiser,
        short_title=text(f"kind_short.{kind}", locale),
        report_number=meta.number,
        subject_line=line,
        confidentiality=secret,
        status=status,
        status_word=text(f"status.{status}", locale),
        watermark=text(f"watermark.{status}", locale) if status in WATERMARKED else "",
        issued_at=meta.issue.issued_at,
        parts=parts,
        kind=kind,
    )


def amendment_box(twin: Mapping[str, Any], reading: Reading) -> tuple[Box, ...]:
    """What an amended report replaces, what changed and why; nothing for a first version."""
    if not twin["amendment"]:
        return ()
    lines = tuple(Line(line) for line in amendment_lines(twin, reading))
    return (Box(text("notice.amendment.title", reading.locale), lines, tone="warning"),)


def title_block(twin: Mapping[str, Any], reading: Reading) -> tuple[Displayed, ...]:
    """Label and value pairs of the title block; the contact and the mark on lines of their own."""
    locale = reading.locale
    long = [(text("head.contact", locale), reading.meta.contact)]
    if reading.programme.iso17043:
        long.append(("", text("furniture.recognised", locale)))
    return (
        Facts(_pairs(twin, reading), columns=3),
        Facts(tuple(long), columns=1),
        *amendment_box(twin, reading),
    )


def _pairs(twin: Mapping[str, Any], reading: Reading) -> tuple[tuple[str, str], ...]:
    """The short pairs, three in a line."""
    locale, meta, dates = reading.locale, reading.meta, twin["dates"]
    mark = " ※" if reading.programme.iso17043 else ""
    name = localised(reading.programme, "name", locale) + mark
    status = text(f"status.{meta.issue.status}", locale)
    samples = [sample["sample"] for sample in twin["samples"]]
    pairs = [
        (
            "programme",
            text("head.programme_name", locale, name=name, programme_no=twin["programme"]["programme_no"]),
        ),
        ("round", round_text(twin["round"], locale)),
        ("status", f"{status}  V{meta.issue.version}"),
        ("issued", date_text(meta.issue.issued_at, locale, prose=True)),
        ("samples", text("head.samples_value", locale, n=len(samples), list=_span(samples))),
        *_participant_pairs(twin, locale),
        ("closing", time_text(dates["deadline"], locale)),
        ("appeal", date_text(meta.appeal_until, locale)),
    ]
    return tuple((text(f"head.{key}", locale), value) for key, value in pairs)


def _participant_pairs(twin: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    """Code, alias and dates of one participant; nothing in anonymous reports."""
    own, dates = twin["participant"], twin["dates"]
    if not own:
        return []
    missing = text("head.not_given", locale)
    return [
        ("lab_code", own["lab_code"]),
        ("round_alias", own["round_alias"] or missing),
        ("received", date_text(dates["received"], locale) if dates["received"] else missing),
        ("tested", date_text(dates["tested"], locale) if dates["tested"] else missing),
        ("returned", time_text(dates["returned"], locale) if dates["returned"] else missing),
    ]


def _span(samples: list[str]) -> str:
    """First and last code of a run of samples, or all of them when they do not follow one another."""
    numbers = [int(code) for code in samples if code.isdecimal()]
    runs = len(numbers) == len(samples) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return f"{samples[0]}–{samples[-1]}" if runs else ", ".join(samples)


def sign_off(reading: Reading) -> tuple[Displayed, ...]:
    """Prepared, reviewed, approved with name, date and a field for signature or seal."""
    return signatures(reading.meta, reading.locale)


def signatures(meta: ReportMeta, locale: str) -> tuple[Displayed, ...]:
    """The table of roles and the two lines below it."""
    specs = (("role", 30.0), ("name", 55.0), ("date", 35.0), ("signature", 55.0))
    heads = tuple(Column(key, text(f"signoff.{key}", locale), width_mm=width) for key, width in specs)
    missing = text("head.not_given", locale)
    rows = tuple(
        (
            Cell(text(f"signoff.{role}", locale)),
            Cell(name or missing),
            Cell(date_text(day, locale) if day else missing),
            Cell("", blank=True),
        )
        for role, (name, day) in meta.signed.items()
    )
    outside = meta.outside_providers or text("signoff.none", locale)
    table = Table("signoff-table", text("caption.signoff", locale), heads, rows)
    return (
        table,
        Prose(
            (
                Line(text("signoff.approval_note", locale)),
                Line(text("signoff.outside_providers", locale, text=outside)),
            )
        ),
    )


def how_to_read(kind: str, locale: str) -> Prose:
    """The constant text of a kind of report."""
    return Prose(tuple(Line(paragraph) for paragraph in paragraphs(f"howto.{kind}", locale)))
