"""Every programme of the catalogue has working reports: a failing and a silent laboratory's, and the programme's."""

from __future__ import annotations

import pytest

from tests.evaluation.tiny_rounds import BAD, GOOD, SILENT
from tests.reports.coded_stand_in import evaluated, lab_view, programme_view, reading
from tests.reports.test_coded_reports import PROGRAMME_SECTIONS
from tests.reports.test_lab_round_sections import SECTIONS
from workbench.parameters import catalogue
from workbench.reports.lab_round import LabRound
from workbench.reports.programme_round import ProgrammeRound

LOCALES = ("zh_CN", "en")


@pytest.mark.parametrize("number", list(catalogue()))
def test_every_programme_is_reported(number: str) -> None:
    locale = LOCALES[list(catalogue()).index(number) % 2]
    laboratories = [
        LabRound(reading(lab_view(number, lab), number, "LR", lab, locale)) for lab in (BAD, SILENT)
    ]
    programme = ProgrammeRound(reading(programme_view(number), number, "PR", "ALL", locale))
    for report, names in (*((each, SECTIONS) for each in laboratories), (programme, PROGRAMME_SECTIONS)):
        shown = [section for name in names if (section := getattr(report, name)()) is not None]
        assert {"conclusion", "signoff", "provenance"} <= {section.id for section in shown}
        assert all(section.html() if locale == "zh_CN" else section.typst() for section in shown)
    own = evaluated(number)[1].laboratory_verdicts.set_index("lab_code").loc[BAD]
    assert laboratories[0].data["verdict"]["acceptable"] == own["acceptable"]
    assert laboratories[0].data["verdict"]["graded"] == own["graded"]
    assert len(laboratories[0].data["analytes"]) == len(catalogue()[number].codes)
    assert not any(lab in programme.twin().json_bytes.decode() for lab in GOOD)
    evaluated.cache_clear()
