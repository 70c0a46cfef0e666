"""Ranked causes of coded answers on rounds of the tests' own: which planted cause comes first, false claims without."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest

from tests.investigation.coded_simulator import WORLDS, CodedProvince, plant_all, serology, types
from workbench.errors import EvaluationError
from workbench.investigation.coded_investigation import CodedInvestigation, coded_investigation
from workbench.investigation.coded_panel import CodedPanel
from workbench.investigation.coded_statements import coded_check, coded_statement
from workbench.investigation.ranking import Ranking
from workbench.parameters.causes import coded_cause_priors
from workbench.statistics.proportions import wilson_interval
from workbench.wording import LOCALES, text

PANEL_WIDE = (
    "sample_swap_panel",
    "shifted_order_panel",
    "wrong_column",
    "column_shift",
    "carry_over",
    "weak_strips",
)


@dataclass
class Confusion:
    """Counts by planted cause: what came first, and in how many the planted one was first or second."""

    first: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    one: Counter[str] = field(default_factory=Counter)
    two: Counter[str] = field(default_factory=Counter)
    samples: Counter[bool] = field(default_factory=Counter)
    stated: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, cause: str, places: tuple[int, ...], answer: Ranking) -> None:
        lines = [{each.cause, *each.equivalents} for each in answer.causes]
        self.first[cause][answer.first] += 1
        self.one[cause] += cause in lines[0]
        self.two[cause] += any(cause in line for line in lines[:2])
        self.stated.append((answer.causes[0].probability, cause in lines[0]))
        if answer.first == cause and places and cause != "nomenclature":
            self.samples[set(places) <= set(answer.causes[0].samples)] += 1

    def total(self, cause: str = "") -> int:
        return sum(sum(c.values()) for name, c in self.first.items() if cause in ("", name))

    def rate(self, counts: Counter[str], cause: str = "") -> float:
        return (counts[cause] if cause else sum(counts.values())) / self.total(cause)

    def table(self) -> str:
        lines = [f"{'planted':26} {'n':>3} {'first':>6} {'in two':>6}  what came first"]
        for cause, found in self.first.items():
            what = ", ".join(f"{name} {n}" for name, n in found.most_common())
            rates = f"{self.rate(self.one, cause):6.2f} {self.rate(self.two, cause):6.2f}"
            lines.append(f"{cause:26} {self.total(cause):3} {rates}  {what}")
        return "\n".join(
            [*lines, f"{'all':26} {self.total():3} {self.rate(self.one):6.3f} {self.rate(self.two):6.3f}"]
        )


def analyte_of(p: CodedProvince, found: CodedInvestigation, lab: int, marker: str) -> int | None:
    """The analyte the fault was planted in, or the one it changed most; None where nothing fails by it."""
    failing = [analyte for row, analyte in found.failures() if row == lab]
    if p.parts or p.mic is not None:
        return next(iter(failing), None)
    changed = p.changed(lab)
    hit = [a for a in failing if changed[p.markers.index(found.panel.analytes[a])]]
    own = found.panel.analyte(marker)
    return own if own in hit else max(hit, key=lambda a: int(changed[a]), default=None)


def confusion_of(seeds: tuple[int, ...], each: int) -> Confusion:
    out = Confusion()
    for world in WORLDS.values():
        for seed in seeds:
            p = world(seed)
            plant_all(p, each)
            found = coded_investigation(p.inputs())
            for lab, (cause, marker, places) in p.truth.items():
                analyte = analyte_of(p, found, lab, marker) if cause else None
                if analyte is not None:
                    out.add(cause, places, found.investigate(lab, analyte))
    return out


@cache
def confusion() -> Confusion:
    return confusion_of((1, 2), 4)


def test_the_planted_cause_comes_first() -> None:
    found = confusion()
    print("\n" + found.table())
    assert found.rate(found.one) >= 0.90
    assert found.rate(found.two) >= 0.97
    assert wilson_interval(sum(found.one.values()), found.total())[0] > 0.90
    for cause in found.first:
        assert found.rate(found.one, cause) >= 0.70, cause
        assert found.rate(found.two, cause) >= 0.80, cause


def test_every_cause_was_planted() -> None:
    judged_by_rule = {"ordinary", "none_of_these", "scattered_errors"}
    assert set(confusion().first) == set(coded_cause_priors()) - judged_by_rule


def test_the_samples_are_named_right() -> None:
    samples = confusion().samples
    assert samples[True] / (samples[True] + samples[False]) >= 0.97


def test_stated_probabilities_are_kept() -> None:
    stated = np.array(confusion().stated)
    sure = stated[stated[:, 0] >= 0.9]
    wrong = int((sure[:, 1] == 0).sum())
    print(f"\nstated at least 0.9: {len(sure)}, wrong {wrong}")
    assert wrong <= 0.04 * len(sure)
    assert stated[:, 0].max() <= 0.99


def test_without_faults_hardly_anything_is_claimed() -> None:
    labs, total, clerical, sure, panel = 0, 0, 0, 0, 0
    for world in WORLDS.values():
        found = coded_investigation(world(11).inputs())
        labs += found.panel.shape[0]
        for place in found.failures():
            first = found.investigate(*place).causes[0]
            total += 1
            hit = first.family in ("report", "identity")
            clerical += hit
            sure += hit and first.probability >= 0.8
            panel += first.cause in PANEL_WIDE
    print(
        f"\nno faults: {labs} laboratories, {total} failures, clerical first {clerical}, sure {sure}, panel {panel}"
    )
    assert total > 80
    assert clerical <= 0.05 * total
    assert sure <= 1
    assert panel <= 1


def _relabelled(panel: CodedPanel, names: dict[str, str]) -> CodedPanel:
    """The same round with other words for its codes."""

    def new(grid: np.ndarray) -> np.ndarray:
        return np.vectorize(lambda code: names.get(code, code), otypes=[object])(grid)

    markers = tuple(
        replace(
            marker,
            sides={names[c]: side for c, side in marker.sides.items() if c in names},
            exchange={names[a]: names[b] for a, b in marker.exchange.items() if a in names},
            codes=tuple(names[c] for c in marker.codes if c in names),
        )
        for marker in panel.markers
    )
    accepted = np.full(panel.accepted.shape, "", dtype=object)
    return replace(
        panel, code=new(panel.code), expected=new(panel.expected), accepted=accepted, markers=markers
    )


def test_other_words_for_the_codes_change_nothing() -> None:
    p = types(5)
    plant_all(p, 1)
    first = coded_investigation(p.inputs())
    second = CodedInvestigation(_relabelled(first.panel, {"POS": "absent", "NEG": "present"}))
    places = [place for place in first.failures() if place[0] in p.truth]
    assert len(places) >= 8
    for place in places:
        a, b = first.investigate(*place), second.investigate(*place)
        assert list(a.posterior) == list(b.posterior)
        assert a.causes[0].probability == pytest.approx(b.causes[0].probability, abs=1e-9)


def test_the_order_of_the_laboratories_changes_nothing() -> None:
    p = serology(5)
    plant_all(p, 1)
    first = coded_investigation(p.inputs())
    order = np.arange(len(p.code))[::-1]
    p.code, p.kit = p.code[order], p.kit[order]
    second = coded_investigation(p.inputs())
    places = first.failures()
    assert len(places) > 20
    for lab, analyte in places:
        a, b = first.investigate(lab, analyte), second.investigate(int(order[lab]), analyte)
        assert [each.cause for each in a.causes] == [each.cause for each in b.causes]
        assert a.causes[0].probability == pytest.approx(b.causes[0].probability, abs=1e-9)


def _swapped() -> tuple[CodedProvince, int]:
    p = serology(8)
    lab = int(np.flatnonzero(~(p.code != p.truth_code[None]).any(axis=(1, 2)))[0])
    i, j = max(
        ((i, j) for i in range(6) for j in range(i + 1, 6)),
        key=lambda pair: int((p.truth_code[:, pair[0]] != p.truth_code[:, pair[1]]).sum()),
    )
    p.code[lab][:, [i, j]] = p.code[lab][:, [j, i]]
    return p, lab


def test_the_counterfactual_is_scored_by_the_rule_in_force() -> None:
    p, lab = _swapped()
    found = coded_investigation(p.inputs())
    analyte = next(a for row, a in found.failures() if row == lab)
    row = found.table([(lab, analyte)]).iloc[0]
    assert row["cause"] == "sample_swap_panel"
    assert row["words"] == "very_likely"
    assert (row["acceptable"], row["graded"], row["acceptable_if"]) == (4, 6, 6)
    assert row["failed"]
    assert row["passes_if"]
    first = found.investigate(lab, analyte).causes[0]
    assert list(first.answers) == p.truth_code[analyte].tolist()
    assert row["samples"] == ",".join(p.samples[s] for s in first.samples)


def test_careless_laboratories_are_seldom_told_of_an_exchange() -> None:
    total, sure = 0, 0
    for kind in ("serology", "groups", "urine"):
        p = WORLDS[kind](21)
        rng = np.random.default_rng(121)
        labs = rng.permutation(len(p.code))[:20]
        for lab in labs:
            for m, s in np.argwhere(rng.random(p.code.shape[1:]) < 0.2):
                others = sorted(set(p.truth_code[m].tolist()) - {p.code[lab, m, s]})
                p.code[lab, m, s] = rng.choice(others)
        found = coded_investigation(p.inputs())
        for place in found.failures():
            if place[0] in labs:
                first = found.investigate(*place).causes[0]
                total += 1
                sure += first.family in ("report", "identity") and first.probability >= 0.8
    print(
        f"\nevery fifth answer wrong at random: {total} failures, a sure claim of report or identity {sure}"
    )
    assert total > 150
    assert sure <= 0.05 * total


def test_a_cause_of_several_markers_needs_two_wrong_answers() -> None:
    p = serology(9)
    lab = int(np.flatnonzero(~(p.code != p.truth_code[None]).any(axis=(1, 2)))[0])
    p.code[lab, 2, 3] = "POS" if p.truth_code[2, 3] == "NEG" else "NEG"
    answer = coded_investigation(p.inputs()).investigate(lab, 2)
    assert answer.first in ("one_sample_accident", "weak_positive_missed")
    assert not set(answer.posterior) & set(PANEL_WIDE)


def test_what_was_not_tested_is_left_out() -> None:
    p, lab = _swapped()
    whole = coded_investigation(p.inputs())
    analyte = next(a for row, a in whole.failures() if row == lab)
    p.code[lab, (analyte + 1) % 6] = ""
    found = coded_investigation(p.inputs())
    assert found.investigate(lab, analyte).first == "sample_swap_panel"
    assert (lab, (analyte + 1) % 6) not in found.failures()
    with pytest.raises(EvaluationError, match="Nothing is wrong"):
        found.investigate(lab, (analyte + 1) % 6)


def test_an_old_table_is_named_with_its_edition() -> None:
    p = WORLDS["isolates"](4)
    plant_all(p, 3)
    found = coded_investigation(p.inputs())
    labs = [lab for lab, (cause, *_) in p.truth.items() if cause == "breakpoint_version"]
    answers = [found.investigate(lab, 0).causes[0] for lab in labs if (lab, 0) in found.failures()]
    assert len(answers) >= 2
    for first in answers:
        assert first.cause == "breakpoint_version"
        assert first.reading.startswith("CLSI 20")
        assert int(first.reading[-4:]) < 2023
        assert first.passes


@pytest.mark.parametrize("locale", LOCALES)
def test_every_cause_has_its_words_and_its_check(locale: str) -> None:
    for cause, prior in coded_cause_priors().items():
        assert text(f"cause.{cause}", locale)
        assert text(f"cause_family.{prior.family}", locale)
        assert coded_check(cause, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_name_marker_and_samples(locale: str) -> None:
    p = WORLDS["urine"](6)
    plant_all(p, 1)
    found = coded_investigation(p.inputs())
    for place in found.failures():
        for cause in found.investigate(*place).causes:
            sentence = coded_statement(cause, found.panel, place[1], locale, {"PRO": "Protein"})
            assert "{" not in sentence
            for sample in cause.samples if cause.cause == "one_sample_accident" else ():
                assert found.panel.samples[sample] in sentence
