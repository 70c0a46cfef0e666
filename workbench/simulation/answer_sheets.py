"""What laboratories write on one analyte that is no quantity: right answers, and wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.errors import ParameterError
from workbench.parameters.programmes import Analyte, Programme
from workbench.simulation.coded_answers import Choice, choices
from workbench.simulation.drafts import Draft
from workbench.simulation.isolates import Isolate, draw_isolate, tested_organisms
from workbench.simulation.panel_answers import PanelSheet
from workbench.simulation.standing import SURVEYS
from workbench.simulation.surveys import CountSheet, FigureSheet


class AnswerSheet(Protocol):
    """Answers of all laboratories on one analyte in one round.

    Attributes
    ----------
    expected : code and detail (JSON, or empty) by sample; no entry where nothing is expected.
    asked : shape (laboratories,), who is asked for the analyte at all.
    mistake : kind of a wrong answer in the truth.
    """

    @property
    def expected(self) -> Sequence[tuple[str, str]]: ...

    @property
    def asked(self) -> NDArray[np.bool_]: ...

    @property
    def mistake(self) -> str: ...

    def right(self, laboratory: int, sample: int) -> str:
        """What a laboratory writes that makes no mistake; empty where it leaves the cell empty."""
        ...

    def wrong(self, laboratory: int, sample: int, draw: int) -> str:
        """A mistake, chosen by a number; empty where the analyte has no wrong answer."""
        ...


@dataclass(frozen=True)
class ChoiceSheet:
    """One of several answers is right: `truths` are positions in `found`, by sample."""

    found: Sequence[Choice]
    truths: Sequence[int]
    asked: NDArray[np.bool_]
    mistake: str = "wrong_answer"

    @property
    def expected(self) -> list[tuple[str, str]]:
        """The codes of the right answers."""
        return [(self.found[truth].code, "") for truth in self.truths]

    def right(self, laboratory: int, sample: int) -> str:
        """The right answer as it is written."""
        return self.found[self.truths[sample]].written

    def wrong(self, laboratory: int, sample: int, draw: int) -> str:
        """Another answer of the same analyte."""
        if len(self.found) < 2:
            return ""
        return self.found[(self.truths[sample] + 1 + draw % (len(self.found) - 1)) % len(self.found)].written


def answer_sheets(draft: Draft, hospital_levels: Sequence[str]) -> dict[int, AnswerSheet]:
    """Position of the analyte -> its sheet, for every analyte that is no quantity.

    Parameters
    ----------
    draft : its generator is drawn from. hospital_levels : by laboratory.

    Raises
    ------
    ParameterError
        when an analyte's result type has no simulated answers.

    Notes
    -----
    The organism of an isolate whose susceptibility is asked for is the one that is to be identified.
    """
    programme, sheets = draft.programme, dict[int, AnswerSheet]()
    organisms = _organisms(programme, draft)
    figures = [a for a in programme.analytes if a.result_type == "indicator_form"]
    for place, analyte in enumerate(programme.analytes):
        if analyte.is_quantitative or analyte in figures:
            continue
        sheets[place] = _sheet(analyte, draft, organisms)
    if figures:
        drawn = FigureSheet.draw([a.analyte for a in figures], hospital_levels, len(draft.samples), draft.rng)
        sheets |= {programme.codes.index(code): sheet for code, sheet in drawn.items()}
    return dict(sorted(sheets.items()))


def _organisms(programme: Programme, draft: Draft) -> Sequence[Isolate]:
    """The isolates of a programme that asks for susceptibility, one a sample; empty for others."""
    if not any(a.result_type == "ast" for a in programme.analytes):
        return ()
    named = [a.categories.split("|")[0] for a in programme.analytes if a.result_type == "identification"]
    found = tested_organisms(named[0] if named else "bacteria")
    truths = draw_truths(len(found), len(draft.samples), draft.rng)
    return [draw_isolate(found[truth], draft.rng) for truth in truths]


def _sheet(analyte: Analyte, draft: Draft, organisms: Sequence[Isolate]) -> AnswerSheet:
    """The sheet of one analyte."""
    asked = np.ones(len(draft.lab_codes), dtype=bool)
    if analyte.result_type == "ast":
        return PanelSheet.draw(organisms, asked, draft.rng)
    if analyte.result_type in SURVEYS:
        return CountSheet.draw(asked, len(draft.samples), draft.rng)
    if analyte.result_type == "identification" and organisms:
        known = tested_organisms(analyte.categories.split("|")[0])
        found = tuple(Choice(organism.term.code, organism.term.zh) for organism in known)
        codes = [choice.code for choice in found]
        return ChoiceSheet(found, [codes.index(isolate.organism) for isolate in organisms], asked)
    found = choices(analyte)
    if not found:
        raise ParameterError(
            f"Programme {draft.programme.programme_no}: no simulated answers for {analyte.analyte}."
        )
    return ChoiceSheet(found, draw_truths(len(found), len(draft.samples), draft.rng), asked)


def draw_truths(n_choices: int, n_samples: int, rng: np.random.Generator) -> list[int]:
    """Which choice each sample is; the first two samples differ."""
    order = rng.permutation(n_choices)
    more = rng.integers(n_choices, size=n_samples)
    return [int(order[n % n_choices]) if n < 2 else int(more[n]) for n in range(n_samples)]
