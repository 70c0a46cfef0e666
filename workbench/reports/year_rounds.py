"""The evaluated rounds of a year up to a round."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.parameters import catalogue
from workbench.store import EvaluationRecord, Store, evaluation_in_force


def evaluated_rounds(
    store: Store, round_code: str, programme_nos: Iterable[str] | None = None
) -> list[EvaluationRecord]:
    """Evaluations in force of the rounds of a year, up to one round, in the order of catalogue and time.

    Parameters
    ----------
    store : the database.
    round_code : the last round looked at, for example "2026-2": 2026-1 and 2026-2.
    programme_nos : of these programmes; None: of all in the catalogue.
    """
    year, _, last = round_code.partition("-")
    numbers = catalogue() if programme_nos is None else programme_nos
    found = (
        evaluation_in_force(store, f"{year}-{place}", number)
        for number in numbers
        for place in range(1, int(last) + 1)
    )
    return [record for record in found if record is not None]
