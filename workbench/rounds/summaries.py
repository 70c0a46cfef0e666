"""Reports over several programmes or rounds as part of a run: what they rest on and where they go.

A summary depends on the views of all its programmes; it is made again exactly when one of them changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from workbench.parameters import RoundPlan, programme_folder
from workbench.rounds.planning import ProgrammeRound
from workbench.rounds.records import as_json, write_atomically
from workbench.rounds.tasks import ALL, LABORATORY_YEAR, PROGRAMME_YEAR, SUMMARY_FOLDER, SUMMARY_KIND


def summaries(plan: RoundPlan, ready: Sequence[ProgrammeRound], outputs: Path) -> list[ProgrammeRound]:
    """What the plan asks for beyond the reports of single programmes, in the shape of programme-rounds.

    Parameters
    ----------
    plan : the round; `summaries` says which kinds.
    ready : its evaluated programmes.
    outputs : root of all outputs.

    Notes
    -----
    Files go to `<round>/summary`, `<year>/annual` and `<year>/annual/<programme>`. An annual report also looks at the
    earlier rounds of its year; a correction of one of those is taken up when the report is forced.
    """
    if not ready:
        return []
    annual = outputs / plan.round.partition("-")[0] / "annual"
    out = []
    if SUMMARY_KIND in plan.summaries:
        out.append(_of_laboratories(SUMMARY_KIND, ready, outputs / plan.round / SUMMARY_FOLDER))
    if LABORATORY_YEAR in plan.summaries:
        out.append(_of_laboratories(LABORATORY_YEAR, ready, annual))
    if PROGRAMME_YEAR in plan.summaries:
        out += [_of_programme(each, annual / programme_folder(each.programme_no)) for each in ready]
    return out


def _of_laboratories(kind: str, ready: Sequence[ProgrammeRound], folder: Path) -> ProgrammeRound:
    """One report a laboratory over all its programmes."""
    keys: dict[str, list[str]] = {}
    words: dict[str, list[str]] = {}
    for each in ready:
        for code, key in each.view_keys.items():
            if code != ALL:
                keys.setdefault(code, []).append(f"{each.programme_no} {key}")
        for code, own in json.loads(each.watch_file.read_bytes()).items():
            words[code] = list(dict.fromkeys([*words.get(code, []), *own]))
    hashed = {code: _hash(kind, found) for code, found in keys.items()}
    watch_file = folder / ".watch.json"
    write_atomically(watch_file, as_json(words))
    head = {"kind": kind, "evaluations": [each.evaluation_id for each in ready]}
    failing = frozenset().union(*(each.failing for each in ready))
    return ProgrammeRound("", folder, "", hashed, watch_file, head, failing, (kind, ""))


def _of_programme(ready: ProgrammeRound, folder: Path) -> ProgrammeRound:
    """The year of one programme."""
    key = _hash(PROGRAMME_YEAR, [ready.view_keys[ALL]])
    head = {"kind": PROGRAMME_YEAR, "programme_no": ready.programme_no, "evaluations": [ready.evaluation_id]}
    keys = {ALL: key} | {code: key for code in ready.view_keys if code != ALL}
    return ProgrammeRound(
        ready.programme_no,
        folder,
        ready.evaluation_id,
        keys,
        ready.watch_file,
        head,
        kinds=("", PROGRAMME_YEAR),
    )


def _hash(kind: str, found: Sequence[str]) -> str:
    """Hash of what a report over several views depends on."""
    return hashlib.sha256("\n".join([kind, *found]).encode()).hexdigest()
