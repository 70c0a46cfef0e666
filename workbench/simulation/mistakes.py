"""Planted mistakes and events: each is written into the draft and into its truth.

A laboratory makes at most one planted mistake a round. Every other one is among the first laboratories,
so that a demonstration of the first forty shows each kind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.simulation.drafts import Draft

FIRST = 40
"""Laboratories of a demonstration."""

UNIT_MISTAKES = {"1.1": ("Cre", "Glu"), "1.4": ("HbA1c",), "1.6": ("TC",), "2.1": ("Hb",)}
"""Analytes sent in a unit that is not the programme's."""

TWO_MODES = ("1.1", "TBil", 1)
"""Programme, analyte and position of the sample on which two methods disagree."""

SMALL = 7
"""Laboratories of a group up to which it may lack a target of its own."""

PERSISTENT_FROM = 10
"""Position of the first laboratory that may fail one analyte round after round."""


class Volunteers:
    """Hands out laboratories that return results and have made no planted mistake yet."""

    def __init__(self, draft: Draft, reserved: set[int]) -> None:
        free = [n for n in range(len(draft.lab_codes)) if draft.enrolled[n].any() and n not in reserved]
        order = [int(n) for n in draft.rng.permutation(free)]
        self._early = [n for n in order if n < FIRST]
        self._late = [n for n in order if n >= FIRST]
        self._turn = 0

    def next(self, early: bool | None = None) -> int | None:
        """Another laboratory; None when all are used up."""
        if early is None:
            self._turn += 1
            early = bool(self._turn % 2)
        queues = (self._early, self._late) if early else (self._late, self._early)
        return next((queue.pop() for queue in queues if queue), None)


Mistake = Callable[[Draft, int], None]


def plant(draft: Draft) -> None:
    """Plant everything one programme-round holds."""
    constant = _persistent(draft)
    reserved = {constant, *(int(n) for n in draft.equipment.small_group)} - {None}
    volunteers = Volunteers(draft, {n for n in reserved if n is not None})
    for mistake, count in MISTAKES:
        for _ in range(count if len(draft.codes) > 1 else (count + 1) // 2):
            lab = volunteers.next()
            if lab is not None:
                mistake(draft, lab)
    for code in UNIT_MISTAKES.get(draft.programme.programme_no, ())[: len(draft.codes)]:
        lab = volunteers.next(early=True)
        if lab is not None and code in draft.codes:
            _wrong_unit(draft, lab, draft.codes.index(code))
    _small_group(draft)
    if draft.is_last:
        _two_modes(draft)
        _withdraw(draft)


def _enrolled(draft: Draft, lab: int) -> list[int]:
    """Analytes of a laboratory."""
    return [int(n) for n in np.flatnonzero(draft.enrolled[lab])]


def _any_analyte(draft: Draft, lab: int) -> int:
    return int(draft.rng.choice(_enrolled(draft, lab)))


def _any_sample(draft: Draft) -> int:
    return int(draft.rng.integers(len(draft.samples)))


def _shift(draft: Draft, lab: int, analyte: int, share: np.ndarray | float) -> None:
    """Replace a laboratory's results by level + group bias + a share of the limit + a little noise.

    A laboratory whose own group is too small for a target is judged by a wider one: no group bias.
    """
    pair = draft.equipment.pair
    own_target = np.count_nonzero(pair == pair[lab]) > SMALL
    bias = draft.group_bias[pair[lab], analyte] if own_target else 0.0
    noise = draft.rng.normal(0.0, 0.06, len(draft.samples))
    total = bias + np.asarray(share) + noise
    draft.values[lab, analyte] = draft.levels[analyte] + draft.allowed[analyte] * total


def constant_bias(draft: Draft, lab: int) -> None:
    """All samples off in one direction by about 1.5 limits."""
    analyte = _any_analyte(draft, lab)
    sign = draft.rng.choice((-1.0, 1.0))
    _shift(draft, lab, analyte, sign * 1.5)
    draft.note("constant_bias", lab, analyte, None, f"{sign * 1.5:+.1f} x limit")


def proportional_bias(draft: Draft, lab: int) -> None:
    """A deviation that grows with the level, from a fifth of the limit to two limits."""
    analyte = _any_analyte(draft, lab)
    level = draft.levels[analyte]
    rank = (level - level.min()) / max(float(np.ptp(level)), 1e-12)
    sign = draft.rng.choice((-1.0, 1.0))
    _shift(draft, lab, analyte, sign * (0.2 + 1.8 * rank))
    draft.note("proportional_bias", lab, analyte, None, f"{'+' if sign > 0 else '-'}0.2 to 2.0 x limit")


def random_error(draft: Draft, lab: int) -> None:
    """Deviations of alternating sign, 0.9 to 1.6 limits."""
    analyte = _any_analyte(draft, lab)
    signs = np.where(np.arange(len(draft.samples)) % 2 == 0, 1.0, -1.0)
    _shift(draft, lab, analyte, signs * draft.rng.uniform(0.9, 1.6, len(draft.samples)))
    draft.note("random_error", lab, analyte, None, "0.9 to 1.6 x limit, both signs")


def single_accident(draft: Draft, lab: int) -> None:
    """One sample off by 2.5 limits, the others close."""
    analyte, sample = _any_analyte(draft, lab), _any_sample(draft)
    share = np.zeros(len(draft.samples))
    share[sample] = 2.5
    _shift(draft, lab, analyte, share)
    draft.note("single_accident", lab, analyte, sample, "+2.5 x limit")


def sample_swap(draft: Draft, lab: int) -> None:
    """The lowest and the highest sample exchanged, all analytes."""
    middle = draft.levels[_enrolled(draft, lab)[0]]
    a, b = int(np.argmin(middle)), int(np.argmax(middle))
    draft.values[lab][:, [a, b]] = draft.values[lab][:, [b, a]]
    draft.note("sample_swap", lab, None, a, f"exchanged with {draft.samples[b]}")


def wrong_group(draft: Draft, lab: int) -> None:
    """Results of another system than the one registered; the two differ by 1.6 limits on one analyte."""
    own = int(draft.equipment.pair[lab])
    analyte, other = _any_analyte(draft, lab), _middling_group(draft, own)
    difference = 1.6
    members = draft.equipment.pair == other
    moved = difference - (draft.group_bias[other, analyte] - draft.group_bias[own, analyte])
    draft.values[members, analyte] += moved * draft.allowed[analyte]
    draft.group_bias[other, analyte] += moved
    _shift(draft, lab, analyte, difference)
    instrument, reagent = divmod(other, len(draft.equipment.family.reagents))
    systems = draft.equipment.family
    truth = f"{systems.instruments[instrument].code}|{systems.reagents[reagent].code}"
    draft.note("wrong_group", lab, analyte, None, f"measured with {truth}")


def _middling_group(draft: Draft, own: int) -> int:
    """The smallest other group that has a target of its own, so that it makes no second mode; else the largest."""
    pairs, sizes = np.unique(draft.equipment.pair[draft.enrolled.any(axis=1)], return_counts=True)
    others = [(int(size), int(pair)) for pair, size in zip(pairs, sizes, strict=True) if pair != own]
    return min((item for item in others if item[0] > SMALL), default=max(others))[1]


def decimal_shift(draft: Draft, lab: int) -> None:
    """The decimal point one place to the right in one result."""
    analyte, sample = _any_analyte(draft, lab), _any_sample(draft)
    digits = max(int(draft.decimals[lab, analyte]) - 1, 0)
    draft.text[lab, analyte, sample] = f"{10 * draft.values[lab, analyte, sample]:.{digits}f}"
    draft.note("decimal_shift", lab, analyte, sample, "x 10")


def unreadable(draft: Draft, lab: int) -> None:
    """Text where a number is due."""
    analyte, sample = _any_analyte(draft, lab), _any_sample(draft)
    texts = ("见备注", "n/a", "3.5O", "阳性", "1,2,3", "<b>7</b>")
    draft.text[lab, analyte, sample] = texts[int(draft.rng.integers(len(texts)))]
    draft.states[lab, analyte, sample] = "unreadable"
    draft.note("unreadable", lab, analyte, sample, draft.text[lab, analyte, sample])


def censored(draft: Draft, lab: int) -> None:
    """A result given as `<` or `>`: above the range (decidable), inside it (not), below it (wrong)."""
    analyte = _any_analyte(draft, lab)
    sample = int(np.argmin(draft.levels[analyte]))
    kinds = (("<", 2.5, "decidable, acceptable"), ("<", 0.3, "undecidable"), ("<", -2.5, "decidable, wrong"))
    sign, share, verdict = kinds[int(draft.rng.integers(len(kinds)))]
    bound = draft.levels[analyte, sample] + share * draft.allowed[analyte, sample]
    digits = int(draft.decimals[lab, analyte])
    draft.text[lab, analyte, sample] = f"{sign}{max(bound, 0.1 * draft.levels[analyte, sample]):.{digits}f}"
    draft.note("censored", lab, analyte, sample, verdict)


def missing_result(draft: Draft, lab: int) -> None:
    """One result left empty."""
    analyte, sample = _any_analyte(draft, lab), _any_sample(draft)
    draft.text[lab, analyte, sample] = ""
    draft.states[lab, analyte, sample] = "not_returned"
    draft.note("missing_result", lab, analyte, sample, "empty cell")


def sample_fault(draft: Draft, lab: int) -> None:
    """One vial broken and not replaced: every analyte of that sample."""
    sample = _any_sample(draft)
    for analyte in _enrolled(draft, lab):
        draft.text[lab, analyte, sample] = ""
        draft.states[lab, analyte, sample] = "sample_fault"
    draft.note("sample_fault", lab, None, sample, "vial broken")


def silent(draft: Draft, lab: int) -> None:
    """Nothing returned for the whole programme."""
    draft.silent.add(lab)
    draft.note("not_returned", lab, None, None, "nothing returned")


def late(draft: Draft, lab: int) -> None:
    """Returned one to six days after closing."""
    draft.late_days[lab] = int(draft.rng.integers(1, 7))
    draft.note("late", lab, None, None, f"{draft.late_days[lab]} days")


def excused(draft: Draft, lab: int) -> None:
    """Excused in time, nothing returned."""
    draft.excused[lab] = "实验室搬迁"
    draft.note("excused", lab, None, None, draft.excused[lab])


def not_performed(draft: Draft, lab: int) -> None:
    """One analyte enrolled although the test is not offered: the last of the laboratory's."""
    analytes = _enrolled(draft, lab)
    analyte = analytes[-1]
    draft.not_performed.add((lab, analyte))
    draft.note("not_performed", lab, analyte, None, "test not offered")


def second_revision(draft: Draft, lab: int) -> None:
    """A typing mistake corrected by a second submission before closing."""
    analyte, sample = _any_analyte(draft, lab), _any_sample(draft)
    digits = int(draft.decimals[lab, analyte])
    draft.first_text[lab, analyte, sample] = f"{10 * draft.values[lab, analyte, sample]:.{digits}f}"
    draft.note("second_revision", lab, analyte, sample, "first revision x 10")


def transcription(draft: Draft, lab: int) -> None:
    """Mean corpuscular volume that does not follow from haematocrit and red cells; other programmes none."""
    if "MCV" in draft.codes and draft.enrolled[lab, draft.codes.index("MCV")]:
        analyte, sample = draft.codes.index("MCV"), _any_sample(draft)
        draft.values[lab, analyte, sample] *= 1.11
        draft.note("transcription", lab, analyte, sample, "x 1.11, linked quantities unchanged")


MISTAKES: tuple[tuple[Mistake, int], ...] = (
    (silent, 2),
    (late, 2),
    (excused, 1),
    (wrong_group, 1),
    (constant_bias, 2),
    (proportional_bias, 2),
    (random_error, 2),
    (single_accident, 2),
    (sample_swap, 2),
    (decimal_shift, 2),
    (censored, 4),
    (unreadable, 2),
    (missing_result, 4),
    (sample_fault, 1),
    (not_performed, 3),
    (second_revision, 3),
    (transcription, 1),
)
"""What is planted in every programme-round, and for how many laboratories; half where there is one analyte."""


def _wrong_unit(draft: Draft, lab: int, analyte: int) -> None:
    """A whole analyte sent as numbers of another unit."""
    if not draft.enrolled[lab, analyte]:
        return
    entry = draft.programme.analytes[draft.programme.codes.index(draft.codes[analyte])]
    conversion = next(c for c in entry.unit_conversions if c.factor != 1)
    factor, offset = float(conversion.factor), float(conversion.offset)
    for sample in range(len(draft.samples)):
        number = (draft.values[lab, analyte, sample] - offset) / factor
        digits = 2 if number < 20 else 1 if number < 200 else 0
        draft.text[lab, analyte, sample] = f"{number:.{digits}f}"
    draft.note("wrong_unit", lab, analyte, None, f"{conversion.unit} instead of {entry.unit}")


def _persistent(draft: Draft) -> int | None:
    """One laboratory fails the first analyte in every round."""
    fit = (n for n in range(PERSISTENT_FROM, len(draft.lab_codes)) if draft.enrolled[n, 0])
    lab = next((n for n in fit if draft.equipment.pair[n] == 0), None)
    if lab is not None:
        _shift(draft, lab, 0, 1.6)
        draft.note("persistent_bias", lab, 0, None, "+1.6 x limit in every round")
    return lab


def _small_group(draft: Draft) -> None:
    for lab in draft.equipment.small_group:
        if draft.enrolled[int(lab)].any():
            draft.note("small_group", int(lab), None, None, "instrument-reagent pair of few laboratories")


def _two_modes(draft: Draft) -> None:
    """Two methods of one analyte disagree on one sample by 2.2 limits."""
    programme_no, code, sample = TWO_MODES
    if draft.programme.programme_no != programme_no or code not in draft.codes:
        return
    analyte = draft.codes.index(code)
    second = [draft.equipment.method[analyte, reagent] == 1 for reagent in draft.equipment.reagent]
    draft.values[np.asarray(second), analyte, sample] += 2.2 * draft.allowed[analyte, sample]
    draft.note("two_modes", None, analyte, sample, "second method +2.2 x limit")


def _withdraw(draft: Draft) -> None:
    """The fourth sample of the lipid programme is withdrawn."""
    if draft.programme.programme_no == "1.6":
        draft.withdrawn[3] = "冻干瓶真空失效"
        draft.note("withdrawn_sample", None, None, 3, draft.withdrawn[3])
