"""Simulated rounds of the demonstration's programmes, and a full evaluation under rules to be tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import pandas as pd
import pytest

from workbench.evaluation import Evaluation, RoundInputs, evaluate, programme_round
from workbench.evaluation.rules import AnalyteRule
from workbench.parameters import catalogue, criteria
from workbench.simulation import simulate_province
from workbench.tuning.archive import STATES, Archive
from workbench.tuning.judging import REASONS, SIGNALS, VERDICTS, Rejudged

PROGRAMMES = ("1.1", "1.4", "1.6", "2.1")
ROUNDS = ("2025-3", "2026-1")


@cache
def inputs_of(programme_no: str, laboratories: int = 40, seed: int = 7) -> tuple[RoundInputs, ...]:
    """Two rounds of one programme."""
    programme = catalogue()[programme_no]
    province = simulate_province([programme], ROUNDS, seed, laboratories)
    return tuple(
        RoundInputs.of(programme, code, criteria(), each.frames(), each.closing_at)
        for (code, _), each in province.rounds.items()
    )


@contextmanager
def ruled_by(rules: Sequence[AnalyteRule]) -> Iterator[None]:
    """A full evaluation uses these rules instead of the programme's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programme_round, "analyte_rules", lambda programme, book: tuple(rules))
        yield


def evaluated(inputs: Sequence[RoundInputs], rules: Sequence[AnalyteRule]) -> list[Evaluation]:
    with ruled_by(rules):
        return [evaluate(each) for each in inputs]


def cells_of(judged: Rejudged, round_code: str) -> pd.DataFrame:
    """One row per laboratory x device x analyte x sample, as the evaluation writes it."""
    archive = judged.archive
    place = archive.rounds.index(round_code)
    rows = [e for e in range(archive.shape[1]) if archive.round_of_block[archive.block[e]] == place]
    out = [
        (
            *who(archive, e),
            sample,
            STATES[judged.state[s, e]],
            REASONS[judged.reason[s, e]],
            SIGNALS[judged.signal[s, e]],
        )
        for e in rows
        for s, sample in enumerate(archive.samples[place])
    ]
    columns = ["lab_code", "device_id", "analyte", "sample", "state", "reason", "signal"]
    return pd.DataFrame(out, columns=columns)


def rows_of(judged: Rejudged, round_code: str) -> pd.DataFrame:
    """One row per laboratory x device x analyte."""
    archive = judged.archive
    place = archive.rounds.index(round_code)
    rows = [e for e in range(archive.shape[1]) if archive.round_of_block[archive.block[e]] == place]
    group = judged.estimated.group
    out = [
        (
            *who(archive, e),
            int(judged.acceptable[e]),
            int(judged.graded[e]),
            VERDICTS[judged.verdict[e]],
            judged.level[group[e]],
            judged.group_name[group[e]],
        )
        for e in rows
    ]
    columns = ["lab_code", "device_id", "analyte", "acceptable", "graded", "verdict"]
    return pd.DataFrame(out, columns=[*columns, "peer_group_level", "peer_group"])


def who(archive: Archive, row: int) -> tuple[str, str, str]:
    analyte = archive.rules[archive.analyte_of_block[archive.block[row]]].code
    return archive.labs[archive.lab[row]], archive.devices[archive.device[row]], analyte
