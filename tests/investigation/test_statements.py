"""Every cause has a name, a sentence and a check in both languages; sentences fill from real rankings."""

from __future__ import annotations

import pytest

from tests.investigation.simulator import World, plant_all, province
from workbench.investigation.panel import panel_of
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.investigation.statements import cause_check, cause_statement, certainty
from workbench.parameters.causes import cause_priors
from workbench.wording import LOCALES, keys, text


@pytest.mark.parametrize("locale", LOCALES)
def test_every_cause_has_its_words(locale: str) -> None:
    for cause, prior in cause_priors().items():
        assert text(f"cause.{cause}", locale)
        assert f"cause_sentence.{cause}" in keys("cause_sentence.")
        assert cause_check(cause, locale)
        assert text(f"cause_family.{prior.family}", locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_of_planted_faults_hold_their_numbers(locale: str) -> None:
    p = province(World(91))
    plant_all(p, 1)
    found = RoundInvestigation(panel_of(p.inputs()))
    for lab, analyte in p.truth:
        answer = found.investigate(lab, analyte)
        for cause in answer.causes:
            sentence = cause_statement(cause, found.panel.rules[analyte], found.panel.samples, locale)
            assert "{" not in sentence
            assert "nan" not in sentence
            for place in cause.samples if cause.cause == "sample_swap" else ():
                assert found.panel.samples[place] in sentence
        assert certainty(answer.causes[0], answer.undetermined, locale)
