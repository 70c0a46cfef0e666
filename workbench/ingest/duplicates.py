"""The same laboratory, device, analyte and sample more than once in one file."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

from workbench.ingest.results import Loaded, Rejected


def settle_duplicates(
    loaded: Sequence[Loaded], rejected_of: Callable[[int, str], Rejected]
) -> tuple[list[Loaded], list[Rejected], int]:
    """One row for each place: identical copies merged and flagged, conflicting ones all rejected.

    Parameters
    ----------
    loaded : rows in the order of the file.
    rejected_of : makes the record of the row at a position, given the reason.

    Returns
    -------
    tuple
        rows kept, rows rejected, number of copies merged into a kept row.

    Notes
    -----
    Two results are identical when number, censoring, code and state agree in the programme's unit;
    5.1 and 5.10 are. An empty result beside a filled one says nothing and is merged. An uncertainty that
    only one copy states is kept; where copies state different ones none is used.
    """
    places: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for position, row in enumerate(loaded):
        places[(row.lab_code, row.device_id, row.analyte, row.sample)].append(position)
    if len(places) == len(loaded):
        return list(loaded), [], 0
    kept: dict[int, Loaded] = {}
    rejected: dict[int, Rejected] = {}
    merged = 0
    for positions in places.values():
        filled = [p for p in positions if loaded[p].result_state != "not_returned"] or positions[:1]
        if len({_content(loaded[p]) for p in filled}) > 1:
            rejected |= {p: rejected_of(p, "duplicate_conflicting") for p in positions}
            continue
        first = loaded[filled[0]]
        if len(positions) > 1:
            first = _with_agreed_uncertainty(first, [loaded[p] for p in filled])
            flags = ",".join(filter(None, (first.flags, "duplicate_identical")))
            first = first._replace(flags=flags)
            merged += len(positions) - 1
        kept[filled[0]] = first
    return [kept[p] for p in sorted(kept)], [rejected[p] for p in sorted(rejected)], merged


def _with_agreed_uncertainty(first: Loaded, copies: Sequence[Loaded]) -> Loaded:
    """The kept row with the one uncertainty its copies state, or without any where they differ."""
    stating = [row for row in copies if not math.isnan(row.u_result)]
    different = {(row.u_result, repr(row.coverage_factor)) for row in stating}
    if len(different) > 1:
        flags = ",".join(filter(None, (first.flags, "uncertainty_conflict")))
        return first._replace(u_result=math.nan, coverage_factor=math.nan, flags=flags)
    own = stating[0] if stating else first
    return first._replace(u_raw=own.u_raw, u_result=own.u_result, coverage_factor=own.coverage_factor)


def _content(row: Loaded) -> tuple[object, ...]:
    """What makes two results the same."""
    text = row.raw.strip() if row.number is None and not row.code else ""
    return row.result_state, row.number, row.censor, row.code, text
