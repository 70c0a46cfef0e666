"""`workbench check`: what the organiser must settle before the catalogue is used in earnest."""

from __future__ import annotations

import json
from collections import Counter

from workbench.parameters import CheckRow, catalogue, catalogue_check, criteria


def print_check(as_json: bool) -> None:
    """Print every open point in catalogue order, then the counts."""
    programmes = catalogue()
    rows = catalogue_check(programmes, criteria())
    for row in rows:
        print(
            _json(row) if as_json else f"{row.programme_no:>5} {row.analyte:<12} {row.severity:<8} {row.what}"
        )
    if not as_json:
        counts = Counter(row.severity for row in rows)
        print(
            f"{len(programmes)} programmes, {sum(p.iso17043 for p in programmes.values())} accredited, "
            f"{sum(p.restricted for p in programmes.values())} restricted, "
            f"{sum(len(p.analytes) for p in programmes.values())} analytes; to settle: "
            + ", ".join(f"{n} {severity}" for severity, n in sorted(counts.items()))
        )


def _json(row: CheckRow) -> str:
    fields = {"programme_no": row.programme_no, "analyte": row.analyte, "kind": row.kind}
    return json.dumps({**fields, "severity": row.severity, "what": row.what}, ensure_ascii=False)
