"""The screens on copying and invention of one programme's rounds, on aliases: a reason to ask, never a verdict."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workbench.display import Cell, Column, Table
from workbench.errors import EvaluationError
from workbench.investigation.evidence import Earlier
from workbench.investigation.pair_screen import FAMILY_ALPHA, PairScreen, screen_pairs
from workbench.investigation.panel import panel_of
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.investigation.screened_cells import screened_cells
from workbench.investigation.single_screen import SingleScreen, screen_laboratories
from workbench.reports.tuned_rounds import TunedRounds
from workbench.wording import printed, text


@dataclass(frozen=True)
class IntegrityScreen:
    """What both screens found in a programme-year.

    Parameters
    ----------
    rounds : what was screened. pairs, single : what was found, by code. left_out : laboratory-rounds with a cause
        of the whole panel, which would agree by mechanism.
    """

    rounds: TunedRounds
    pairs: PairScreen
    single: SingleScreen
    left_out: int

    def alias(self, code: str) -> str:
        """The alias of the newest round in which a laboratory (x device) takes part."""
        lab, _, device = code.partition("/")
        found = [
            self.rounds.aliases[(each.round_code, lab)]
            for each in self.rounds.inputs
            if (each.round_code, lab) in self.rounds.aliases
        ]
        shown = found[-1] if found else "–"
        return f"{shown}/{device}" if device else shown

    def stated(self, locale: str) -> str:
        """How many tests, at which level, with which threshold."""
        return text(
            "screen.stated",
            locale,
            n=self.pairs.pairs + 3 * self.single.laboratories,
            alpha=printed(100 * self.pairs.alpha, 1),
            threshold=printed(self.pairs.log10_threshold, 1),
        )

    def pair_table(self, locale: str) -> Table:
        """Pairs beyond the threshold, both by alias, most unlikely first."""
        specs = (
            ("first", "left"), ("second", "left"), ("equal", "right"), ("cells", "right"), ("expected", "right"),
            ("log10_p", "right"), ("twins", "right"), ("r", "right"), ("noise", "right"), ("reading", "left"),
        )  # fmt: skip
        flags = self.pairs.flags
        order = flags[["log10_p", "log10_p_noise"]].min(axis=1).sort_values(kind="stable").index
        rows = [
            (
                Cell(self.alias(row["first"])),
                Cell(self.alias(row["second"])),
                Cell(str(int(row["equal"]))),
                Cell(str(int(row["cells"]))),
                Cell(printed(row["expected"], 1)),
                Cell(printed(row["log10_p"], 1)),
                Cell(printed(row["log10_p_twins"], 1)),
                Cell(printed(row["r"], 2)),
                Cell(printed(row["log10_p_noise"], 1)),
                Cell(text(f"screen.reading.{row['reading']}", locale)),
            )
            for row in flags.loc[order].to_dict("records")
        ]
        return _table("pairs", specs, rows, locale)

    def single_table(self, locale: str) -> Table:
        """Laboratories beyond the threshold of a test, by alias."""
        specs = (
            ("lab", "left"), ("test", "left"), ("cells", "right"), ("statistic", "right"), ("expected", "right"),
            ("log10_p", "right"),
        )  # fmt: skip
        rows = [
            (
                Cell(self.alias(row["lab_code"])),
                Cell(text(f"screen.test.{row['test']}", locale)),
                Cell(str(row["cells"])),
                Cell(printed(row["statistic"], 3)),
                Cell(printed(row["expected"], 3)),
                Cell(printed(row["log10_p"], 1)),
            )
            for row in self.single.flags.to_dict("records")
        ]
        return _table("single", specs, rows, locale)


def screen_programme(
    rounds: TunedRounds, declared: Collection[frozenset[str]] = (), alpha: float = FAMILY_ALPHA
) -> IntegrityScreen:
    """Screen the rounds of one programme together.

    Parameters
    ----------
    declared : pairs of codes that are known to share an analyser or an operator.
    alpha : family-wise level of all screens of the year.

    Raises
    ------
    EvaluationError
        when there is nothing to be compared: no quantities.

    Notes
    -----
    Rounds with another number of samples than the newest are left out: their cells do not stand side by side.
    """
    found: list[RoundInvestigation] = []
    earlier: list[Earlier] = []
    for inputs in rounds.inputs:
        each = RoundInvestigation(panel_of(inputs), tuple(earlier))
        found.append(each)
        earlier.append(Earlier(each.panel, each.targets))
    if not found or not found[-1].panel.rules:
        raise EvaluationError(f"Programme {rounds.programme.programme_no} has no quantities to be screened.")
    samples = found[-1].panel.shape[2]
    kept = [each for each in found if each.panel.shape[2] == samples]
    out = {
        (number, each.panel.labs[lab])
        for number, each in enumerate(kept)
        for lab in range(each.panel.shape[0])
        if each.panel.failed[lab].any() and each.panel_cause(lab) is not None
    }
    cells = screened_cells(kept, out)
    return IntegrityScreen(
        rounds, screen_pairs(cells, alpha, declared), screen_laboratories(cells, alpha), len(out)
    )


def declared_pairs(lines: str) -> tuple[frozenset[str], ...]:
    """Pairs of codes, two a line, apart by a space or comma; other lines are left out.

    Examples
    --------
    >>> sorted(sorted(pair) for pair in declared_pairs("L1 L2\\nL3, L4\\nL5"))
    [['L1', 'L2'], ['L3', 'L4']]
    """
    pairs = [line.replace(",", " ").split() for line in lines.splitlines()]
    return tuple(frozenset(pair) for pair in pairs if len(pair) == 2 and pair[0] != pair[1])


def _table(
    name: str, specs: tuple[tuple[str, str], ...], rows: Sequence[tuple[Cell, ...]], locale: str
) -> Table:
    columns = tuple(Column(key, text(f"screen.{name}.{key}", locale), align=align) for key, align in specs)
    notes = () if rows else (text("screen.nothing", locale),)
    return Table(f"screen-{name}", text(f"screen.{name}.caption", locale), columns, tuple(rows), notes)
