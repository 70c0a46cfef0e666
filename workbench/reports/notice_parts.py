"""What the annual programme notice holds: the catalogue as data, and its sections."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.parameters import Analyte, Programme, catalogue
from workbench.parameters.calendar import DispatchCalendar
from workbench.parameters.notices import NoticePlan
from workbench.reports.period_parts import cell, section_part, table_part
from workbench.reports.report_meta import contact_line, localised
from workbench.reports.twin import inert_text
from workbench.wording import date_text, join, text

Entry = Mapping[str, Any]
MARKS = (("iso17043", "※"), ("restricted", "△"))
"""Signs behind a programme's name: within the scope of accreditation, by invitation only."""
UNCODED = ("indicator_form",)
"""Results whose codes nobody writes: the form prints the names."""
_WORD = re.compile(r"[A-Za-z0-9]+")
CSV_COLUMNS = (
    "category_no",
    "category",
    "programme_no",
    "name",
    "iso17043",
    "restricted",
    "analytes",
    "samples_per_year",
    "rounds_per_year",
    "dispatch_months",
    "remark",
)
PROGRAMME_COLUMNS = (
    ("programme_no", "left", 12.0),
    ("name", "left", 34.0),
    ("n_analytes", "right", 11.0),
    ("analytes", "left", 53.0),
    ("samples", "right", 12.0),
    ("rounds", "right", 12.0),
    ("dispatch", "left", 18.0),
    ("remark", "left", 23.0),
)


def disciplines_of(plan: NoticePlan, calendar: DispatchCalendar, locale: str) -> list[dict[str, Any]]:
    """The disciplines of the catalogue with their programmes, in its order."""
    found: dict[int, dict[str, Any]] = {}
    for programme in catalogue().values():
        head = {"category_no": programme.category_no, "name": localised(programme, "category", locale)}
        own = found.setdefault(programme.category_no, head | {"programmes": []})
        own["programmes"].append(entry_of(programme, plan, calendar, locale))
    return list(found.values())


def entry_of(
    programme: Programme, plan: NoticePlan, calendar: DispatchCalendar, locale: str
) -> dict[str, Any]:
    """One programme: what the catalogue and the calendar say, and the same as it is printed."""
    months = calendar.months(programme)
    analytes = [{"analyte": a.analyte, "name": localised(a, "name", locale)} for a in programme.analytes]
    entry = {name: getattr(programme, name) for name in ("programme_no", "category_no", *dict(MARKS))} | {
        "name": localised(programme, "name", locale),
        "analytes": analytes,
        "samples_per_year": programme.samples_per_year,
        "rounds_per_year": programme.rounds_per_year,
        "dispatch_months": list(months),
        "sends_nothing": calendar.sends_nothing(programme),
    }
    signs = [sign for name, sign in MARKS if entry[name]]
    printed = {
        "programme_no": programme.programme_no,
        "name": "\N{NO-BREAK SPACE}".join([entry["name"], *signs]),
        "n_analytes": str(len(analytes)),
        "analytes": _listed([_analyte(a, locale) for a in programme.analytes], locale),
        "samples": str(programme.samples_per_year or _open_word(entry, locale)),
        "rounds": str(programme.rounds_per_year),
        "dispatch": months_text(months, locale) or _open_word(entry, locale),
        "remark": _remark(programme, plan, locale),
    }
    return entry | {"printed": printed}


def _analyte(analyte: Analyte, locale: str) -> str:
    """Name and code of an analyte; the code only where the name does not say it."""
    name = localised(analyte, "name", locale)
    said, code = (_WORD.findall(each) for each in (name, analyte.analyte))
    spoken = f" {' '.join(code)} " in f" {' '.join(said)} " or "".join(code) == "".join(said)
    plain = analyte.result_type in UNCODED or spoken
    return name if plain else text("notice.AN.coded", locale, name=name, code=analyte.analyte)


def _open_word(entry: Entry, locale: str) -> str:
    """What stands where there is no number: nothing is sent, or it is not settled."""
    return text("notice.AN.none" if entry["sends_nothing"] else "notice.AN.to_settle", locale)


def months_text(months: Sequence[int], locale: str) -> str:
    """Months by name.

    Examples
    --------
    >>> months_text((4, 9), "zh_CN"), months_text((4, 9), "en")
    ('4月、9月', 'April, September')
    """
    return _listed([text(f"date.month.{month}", locale) for month in months], locale)


def _listed(items: Sequence[str], locale: str) -> str:
    """A list of any length, without "and"."""
    return text("list.separator", locale).join(items)


def _remark(programme: Programme, plan: NoticePlan, locale: str) -> str:
    """Kinds of result, and what the plan of the notice adds."""
    kinds = list(dict.fromkeys(text(f"notice.AN.kind.{a.result_type}", locale) for a in programme.analytes))
    own = plan.remarks.get(programme.programme_no)
    said = [_listed(kinds, locale)]
    said += [own.zh if locale == "zh_CN" else own.en] if own else []
    remark = text("notice.AN.clause", locale).join(said)
    return remark[:1].upper() + remark[1:]


def counts_of(programmes: Sequence[Entry]) -> dict[str, int]:
    """Programmes, those with each mark, and analytes counted once in each programme."""
    return {
        "programmes": len(programmes),
        **{name: sum(each[name] for each in programmes) for name, _ in MARKS},
        "analytes": sum(len(each["analytes"]) for each in programmes),
    }


def summary_lines(year: int, disciplines: Sequence[Entry], locale: str) -> list[str]:
    """The year in a few lines: how much is offered, when it leaves, what is still open."""
    programmes = all_programmes(disciplines)
    counts = {name: str(value) for name, value in counts_of(programmes).items()}
    lines = [
        text("notice.AN.offer", locale, year=str(year), disciplines=str(len(disciplines)), **counts),
        text("notice.AN.marked", locale, **counts),
    ]
    no_months = [e["programme_no"] for e in programmes if not (e["dispatch_months"] or e["sends_nothing"])]
    no_samples = [e["programme_no"] for e in programmes if not (e["samples_per_year"] or e["sends_nothing"])]
    for name, numbers in (("open_months", no_months), ("open_samples", no_samples)):
        if numbers:
            lines.append(text(f"notice.AN.{name}", locale, n=len(numbers), list=join(numbers, locale)))
    return lines


def all_programmes(disciplines: Sequence[Entry]) -> list[Entry]:
    """Every programme of the notice in its order."""
    return [each for discipline in disciplines for each in discipline["programmes"]]


def terms_part(
    plan: NoticePlan, calendar: DispatchCalendar, programmes: Sequence[Entry], locale: str
) -> dict[str, Any]:
    """How to enrol, and the terms of the year."""
    contact = contact_line(plan.organiser.contact, locale)
    months = sorted({month for each in programmes for month in each["dispatch_months"]})
    said = {
        "enrol_days": enrolment_days(plan, locale),
        "enrol_how": localised(plan, "enrolment", locale)
        or text("notice.AN.enrol_how", locale, contact=contact),
        "enrol_invited": text("notice.AN.enrol_invited", locale),
        "dispatch": months_text(months, locale),
        "claim": text("notice.AN.claim", locale, days=calendar.claim_days),
        "closing": text("notice.AN.closing", locale),
    }
    if not any(each["restricted"] for each in programmes):
        del said["enrol_invited"]
    rows = [(cell(text(f"notice.AN.term.{name}", locale), bold=True), line) for name, line in said.items()]
    return table_part("AN_terms", (("item", "left", 45.0), ("term", "left", 130.0)), rows, locale)


def enrolment_days(plan: NoticePlan, locale: str) -> str:
    """From when to when a laboratory may enrol, as far as it is settled."""
    days = {
        name: date_text(day, locale, prose=True)
        for name, day in (("start", plan.enrol_from), ("end", plan.enrol_until))
        if day
    }
    shape = "_".join(days)
    return text(f"notice.AN.enrol_{shape}", locale, **days) if days else text("notice.AN.to_settle", locale)


def dispatch_part(programmes: Sequence[Entry], locale: str) -> dict[str, Any]:
    """Which programmes leave in which month, which send nothing, which are not settled."""
    groups = [
        (text(f"date.month.{month}", locale), [e for e in programmes if month in e["dispatch_months"]])
        for month in range(1, 13)
    ]
    without = [each for each in programmes if not each["dispatch_months"]]
    for name, silent in (("nothing_sent", True), ("to_settle", False)):
        groups.append(
            (text(f"notice.AN.{name}", locale), [e for e in without if e["sends_nothing"] is silent])
        )
    order = [each["programme_no"] for each in programmes]
    rows = [
        (
            cell(label, bold=True),
            str(len(own)),
            _listed(runs_of([each["programme_no"] for each in own], order), locale),
        )
        for label, own in groups
        if own
    ]
    specs = (("month", "left", 28.0), ("n", "right", 16.0), ("programmes", "left", 131.0))
    return table_part("AN_dispatch", specs, rows, locale)


def runs_of(numbers: Sequence[str], order: Sequence[str]) -> list[str]:
    """Programmes that follow one another in their discipline as first and last; fewer than three stay single.

    Examples
    --------
    >>> runs_of(["1.1", "1.2", "1.3", "2.1", "2.3"], ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"])
    ['1.1–1.3', '2.1', '2.3']
    """
    runs: list[list[str]] = []
    for number in numbers:
        last = runs[-1][-1] if runs else ""
        follows = last and order.index(number) == order.index(last) + 1
        if follows and number.partition(".")[0] == last.partition(".")[0]:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [shown for run in runs for shown in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else run)]


def disciplines_part(disciplines: Sequence[Entry], locale: str) -> dict[str, Any]:
    """Counts by discipline and their sum."""
    names = ("programmes", *dict(MARKS), "analytes")
    specs = (
        ("no", "left", 14.0),
        ("name", "left", 65.0),
        *((name, "right", 24.0) for name in names),
    )
    rows: list[list[Any]] = []
    for each in disciplines:
        counts = counts_of(each["programmes"])
        rows.append([str(each["category_no"]), each["name"], *(str(counts[name]) for name in names)])
    total = counts_of(all_programmes(disciplines))
    last = [text("notice.AN.all", locale), str(len(disciplines)), *(str(total[name]) for name in names)]
    last[1] = text("notice.AN.n_disciplines", locale, n=len(disciplines))
    rows.append([cell(each, bold=True) for each in last])
    return table_part("AN_disciplines", specs, rows, locale)


def programmes_part(discipline: Entry, locale: str) -> dict[str, Any]:
    """The table of one discipline, a row a programme."""
    rows = [[each["printed"][name] for name, _, _ in PROGRAMME_COLUMNS] for each in discipline["programmes"]]
    counts = counts_of(discipline["programmes"])
    said = [
        text(f"notice.AN.counted.{name}", locale, n=str(counts[name]))
        for name in ("programmes", *dict(MARKS), "analytes")
        if counts[name]
    ]
    caption = text("notice.AN.discipline", locale, name=discipline["name"], counts=_listed(said, locale))
    table = table_part("AN_programmes", PROGRAMME_COLUMNS, rows, locale)
    return table | {"id": f"AN_programmes_{discipline['category_no']}", "caption": caption}


def contact_part(plan: NoticePlan, locale: str) -> dict[str, Any]:
    """Where participants turn."""
    contact = plan.organiser.contact
    said = {
        "organiser": localised(plan.organiser, "name", locale),
        "office": localised(contact, "office", locale),
        "telephone": contact.telephone,
        "email": contact.email,
        "address": localised(contact, "address", locale),
    }
    rows = [
        (cell(text(f"notice.AN.contact.{name}", locale), bold=True), value)
        for name, value in said.items()
        if value
    ]
    return table_part("AN_contact", (("item", "left", 45.0), ("value", "left", 130.0)), rows, locale)


def confidentiality_lines(locale: str) -> list[str]:
    """What is kept confidential, and what is made known to whom."""
    least = max((p.evaluation.disclosure_min for p in catalogue().values() if p.evaluation), default=5)
    return [
        text("notice.AN.secret.code", locale),
        text("notice.AN.secret.own", locale),
        text("notice.AN.secret.groups", locale, n=least),
        text("notice.AN.secret.authority", locale),
    ]


def sections_of(
    plan: NoticePlan, calendar: DispatchCalendar, disciplines: Sequence[Entry], locale: str
) -> list[dict[str, Any]]:
    """The sections of the notice; what it rests on is added by the caller."""
    programmes = all_programmes(disciplines)
    tables = [programmes_part(each, locale) for each in disciplines]
    return [
        section_part("AN.conclusion", locale, summary_lines(plan.year, disciplines, locale)),
        section_part("AN.enrolment", locale, (), [terms_part(plan, calendar, programmes, locale)]),
        section_part("AN.dispatch", locale, (), [dispatch_part(programmes, locale)]),
        section_part("AN.disciplines", locale, (), [disciplines_part(disciplines, locale)]),
        section_part("AN.programmes", locale, [text("notice.AN.legend", locale)], tables),
        section_part("AN.confidentiality", locale, confidentiality_lines(locale)),
        section_part("AN.contact", locale, (), [contact_part(plan, locale)]),
    ]


def notice_csv(disciplines: Sequence[Entry]) -> bytes:
    r"""The catalogue as published, a row a programme: UTF-8 with byte-order mark, lines ended by \r\n.

    Notes
    -----
    `dispatch_months` are numbers parted by blanks; `samples_per_year` is empty where nothing is sent or the number is
    not settled.
    """
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    for discipline in disciplines:
        for each in discipline["programmes"]:
            changed = {
                "category": discipline["name"],
                "iso17043": int(each["iso17043"]),
                "restricted": int(each["restricted"]),
                "analytes": each["printed"]["analytes"],
                "dispatch_months": " ".join(map(str, each["dispatch_months"])),
                "remark": each["printed"]["remark"],
            }
            writer.writerow({name: inert_text(value) for name, value in ({**each} | changed).items()})
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")
