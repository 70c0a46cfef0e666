"""What the data say of a cause, in words: a hypothesis to be verified, never an accusation."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.evaluation.rules import AnalyteRule
from workbench.investigation.ranking import RankedCause
from workbench.wording import join, printed, text

_AMOUNTS = {
    "constant_bias": "bias",
    "rounding_coarse": "step",
    "reporting_floor": "limit",
    "reporting_ceiling": "limit",
}
"""Causes whose sentence gives an amount in the analyte's unit, and which number it is."""


def cause_statement(
    cause: RankedCause,
    rule: AnalyteRule,
    samples: Sequence[str],
    locale: str,
    names: dict[str, str] | None = None,
) -> str:
    """The sentence of one ranked cause.

    Parameters
    ----------
    rule : of the analyte. samples : codes of all samples of the round, in vial order.
    names : printed names for readings that are codes, such as groups or analytes.
    """
    numbers = dict(cause.parameters)
    hit = [samples[place] for place in cause.samples]
    size = numbers.get("percent", numbers.get("bias", 0.0))
    amount = numbers.get(_AMOUNTS.get(cause.cause, ""), 0.0)
    reading = (names or {}).get(cause.reading, cause.reading)
    return text(
        f"cause_sentence.{cause.cause}",
        locale,
        samples=join(hit, locale) if hit else text("dossier.all_samples", locale),
        percent=printed(abs(numbers.get("percent", 0.0)), 1, locale=locale),
        direction=text("direction.high" if size > 0 else "direction.low", locale),
        amount=printed(abs(amount), (rule.analyte.decimals or 0) + 1, locale=locale),
        unit=rule.analyte.unit,
        places=f"{abs(numbers.get('places', 0.0)):.0f}",
        factor=f"{numbers.get('factor', 1.0):.3g}",
        reading=reading,
    )


def cause_check(cause: str, locale: str) -> str:
    """What the laboratory is asked to check."""
    return text(f"cause_check.{cause}", locale)


def certainty(cause: RankedCause, undetermined: str, locale: str) -> str:
    """The words for a probability; "undetermined" where no cause is named."""
    word = "undetermined" if undetermined or not cause.words else cause.words
    return text(f"likelihood.{word}", locale)
