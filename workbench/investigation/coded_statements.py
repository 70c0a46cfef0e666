"""What the data say of a cause of wrong coded answers, in words: a hypothesis to be verified."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.investigation.coded_panel import CodedPanel
from workbench.investigation.ranking import RankedCause
from workbench.wording import join, keys, printed, text


def coded_statement(
    cause: RankedCause,
    panel: CodedPanel,
    analyte: int,
    locale: str,
    names: Mapping[str, str] | None = None,
) -> str:
    """The sentence of one ranked cause of coded answers.

    Parameters
    ----------
    analyte : position in the panel. names : printed names of analytes, markers and codes.
    """
    known = names or {}
    marker = cause.marker or panel.analytes[analyte]
    hit = [panel.samples[place] for place in cause.samples]
    numbers = dict(cause.parameters)
    steps = numbers.get("steps", 0.0)
    readings = [known.get(each, each) for each in cause.reading.split("|") if each]
    return text(
        _key("sentence", cause.cause),
        locale,
        marker=known.get(marker, marker),
        samples=join(hit, locale) if hit else text("dossier.all_samples", locale),
        reading=join(readings, locale),
        steps=f"{abs(steps):.0f}",
        direction=text("direction.high" if steps > 0 else "direction.low", locale),
        percent=printed(numbers.get("percent", 0.0), 0, locale=locale),
    )


def coded_check(cause: str, locale: str) -> str:
    """What the laboratory is asked to check."""
    return text(_key("check", cause), locale)


def _key(kind: str, cause: str) -> str:
    """Key of the words for coded answers where they differ from those for quantities."""
    own = f"coded_cause_{kind}.{cause}"
    return own if own in keys("coded_cause_") else f"cause_{kind}.{cause}"
