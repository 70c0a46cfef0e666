"""Surveys: quality-indicator forms as laboratories fill them in, and counts of a month's control results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.parameters.indicators import indicators

SIZES = {"tertiary": 1.0, "secondary": 0.45, "primary": 0.12, "other": 0.2}
"""Size of a laboratory by hospital level, as a share of a large one."""

TOTALS = {"specimens": 600_000, "cultures": 12_000, "reports": 400_000, "critical": 3_000, "items": 260}
"""Denominators of a large laboratory in a year."""

TOTAL_OF = {
    "QI-SPTYPE": "specimens", "QI-SPTUBE": "specimens", "QI-SPVOL": "specimens", "QI-REJ": "specimens",
    "QI-CLOT": "specimens", "QI-BCCONT": "cultures", "QI-RPTERR": "reports", "QI-CRIT": "critical",
    "QI-CRIT-T": "critical",
}  # fmt: skip
"""What an indicator is counted over; items of the laboratory's list for all others."""

USUAL = {
    "QI-IQC-COV": 0.82, "QI-IQC-CVFAIL": 0.05, "QI-EQA-PART": 0.9, "QI-EQA-FAIL": 0.04, "QI-ALT": 0.55,
    "QI-NEQA-PART": 0.85, "QI-NEQA-FAIL": 0.03, "QI-PEQA-PART": 0.9, "QI-PEQA-FAIL": 0.04,
    "QI-SPTYPE": 4e-4, "QI-SPTUBE": 3e-4, "QI-SPVOL": 8e-4, "QI-CLOT": 1.2e-3, "QI-REJ": 2e-3,
    "QI-BCCONT": 0.02, "QI-RPTERR": 2e-4, "QI-CRIT": 0.995, "QI-CRIT-T": 0.96,
}  # fmt: skip
"""Usual share of each rate."""

MINUTES = {"QI-TAT-PRE": 42.0, "QI-TAT-LAB": 68.0}
"""Usual median time; the total is the sum of its parts."""

SPREAD = 0.6
"""Spread between laboratories: SD of the logit of a rate, and (half of it) of the logarithm of a time."""

EMPTY_SHARE = 0.02
"""Share of figures left empty."""


@dataclass(frozen=True)
class FigureSheet:
    """One indicator of all forms.

    Attributes
    ----------
    figures : text by laboratory and sample. kind : ``rate`` or ``time``.
    """

    figures: Sequence[Sequence[str]]
    kind: str
    asked: NDArray[np.bool_]
    mistake: str = "invalid_figure"
    expected: Sequence[tuple[str, str]] = ()

    @classmethod
    def draw(
        cls, codes: Sequence[str], levels: Sequence[str], n_samples: int, rng: np.random.Generator
    ) -> dict[str, FigureSheet]:
        """Fill in all forms; the figures of one form go together.

        Parameters
        ----------
        codes : indicators of the form. levels : hospital level by laboratory.

        Notes
        -----
        A laboratory is asked for what its hospital level must report.
        """
        book = indicators()
        texts: dict[str, list[list[str]]] = {code: [[] for _ in levels] for code in codes}
        for lab, level in enumerate(levels):
            for _ in range(n_samples):
                form = _form(codes, SIZES.get(level, SIZES["other"]), rng)
                for code in codes:
                    texts[code][lab].append(form[code] if rng.random() >= EMPTY_SHARE else "")
        known = [level if level in SIZES else "other" for level in levels]
        return {
            code: cls(texts[code], book[code].kind, np.array([name in book[code].required for name in known]))
            for code in codes
        }

    def right(self, laboratory: int, sample: int) -> str:
        """The figure of the form."""
        return self.figures[laboratory][sample]

    def wrong(self, laboratory: int, sample: int, draw: int) -> str:
        """A figure that cannot be true: more events than cases, a time of nothing."""
        return "0" if self.kind == "time" else f"{draw + 1}/{draw}"


def _form(codes: Sequence[str], size: float, rng: np.random.Generator) -> dict[str, str]:
    """One form: indicator -> figure."""
    totals = {name: max(1, int(most * size * rng.lognormal(0.0, 0.25))) for name, most in TOTALS.items()}
    minutes = {code: usual * rng.lognormal(0.0, SPREAD / 2) for code, usual in MINUTES.items()}
    out: dict[str, str] = {}
    for code in codes:
        if code in MINUTES or code == "QI-TAT-TOT":
            time = minutes.get(code, sum(minutes.values()))
            out[code] = f"{max(time, 1.0):.0f}"
            continue
        total = totals[TOTAL_OF.get(code, "items")]
        usual = USUAL.get(code, 0.05)
        share = 1.0 / (1.0 + (1.0 / usual - 1.0) * np.exp(rng.normal(0.0, SPREAD)))
        events = int(rng.binomial(total, share))
        if code == "QI-CRIT-T" and "QI-CRIT" in out:
            events = min(events, int(out["QI-CRIT"].partition("/")[0]))
        out[code] = f"{events}/{total}"
    return out


@dataclass(frozen=True)
class CountSheet:
    """How many control results of the month a laboratory has sent, by laboratory and sample."""

    counts: Sequence[Sequence[int]]
    asked: NDArray[np.bool_]
    mistake: str = ""
    expected: Sequence[tuple[str, str]] = ()

    @classmethod
    def draw(cls, asked: NDArray[np.bool_], n_samples: int, rng: np.random.Generator) -> CountSheet:
        """Two levels a working day, some days without a run."""
        days = rng.integers(20, 31, len(asked))
        counts = 2 * rng.binomial(np.tile(days[:, None], n_samples), 0.96)
        return cls(counts.tolist(), asked)

    def right(self, laboratory: int, sample: int) -> str:
        """The count."""
        return str(self.counts[laboratory][sample])

    def wrong(self, laboratory: int, sample: int, draw: int) -> str:
        """A count is a count."""
        return ""
