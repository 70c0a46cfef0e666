"""The alias of a laboratory in one programme-round: a letter and three digits, drawn at random."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from workbench.errors import DataError

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""I and O are left out: they read as digits."""

_NUMBERS = 1000


def draw_aliases(
    lab_codes: Iterable[str], generator: np.random.Generator, *, taken: Iterable[str] = ()
) -> dict[str, str]:
    """Draw one alias a laboratory, none twice.

    Parameters
    ----------
    lab_codes : participants of one programme-round; their order does not matter.
    generator : source of randomness; the same state gives the same aliases.
    taken : aliases already given in this programme-round.

    Returns
    -------
    Laboratory code -> alias such as "A-137".

    Raises
    ------
    DataError
        when there are more laboratories than aliases.

    Examples
    --------
    >>> drawn = draw_aliases(["L0002", "L0001"], np.random.default_rng(7))
    >>> sorted(drawn), len(set(drawn.values()))
    (['L0001', 'L0002'], 2)
    """
    codes = sorted(set(lab_codes))
    gone = set(taken)
    numbers = generator.permutation(len(LETTERS) * _NUMBERS)
    free = (alias for alias in map(_alias, numbers.tolist()) if alias not in gone)
    drawn = dict(zip(codes, free, strict=False))
    if len(drawn) < len(codes):
        raise DataError(f"{len(codes)} laboratories, but only {len(drawn)} aliases are free.")
    return drawn


def _alias(number: int) -> str:
    letter, digits = divmod(number, _NUMBERS)
    return f"{LETTERS[letter]}-{digits:03d}"
