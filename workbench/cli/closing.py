"""The last lines of a run: counts, failures by name, where to look."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from workbench.rounds.control_reports import ControlReport
from workbench.rounds.run import RunResult


def print_result(result: RunResult, as_json: bool) -> None:
    """Print the counts of a run; failures go to stderr, each with its cause."""
    if as_json:
        print(json.dumps({"event": "done", **_counts(result)}, ensure_ascii=False))
        return
    counts = " ".join(f"{name}={value}" for name, value in _counts(result).items() if name != "summary")
    print(counts)
    for failure in result.failures:
        print(f"failed: {failure.report}: {failure.error}", file=sys.stderr)
    if result.summary:
        print(f"Open {_short(result.summary)}")
        for manifest in result.manifests:
            print(f"  {_short(manifest.parent)}{os.sep}  programme.html, programme.pdf, labs{os.sep}")


def print_reports(made: Iterable[tuple[ControlReport, list[Path], str]]) -> bool:
    """Print each file as it is made, failures to stderr; whether every report was made."""
    complete = True
    for report, files, trouble in made:
        for path in files:
            print(_short(path))
        if trouble:
            complete = False
            print(f"failed: {report.name}: {trouble}", file=sys.stderr)
    return complete


def _counts(result: RunResult) -> dict[str, object]:
    return {
        "planned": result.planned,
        "made": result.made,
        "unchanged": result.unchanged,
        "amended": result.amended,
        "failed": len(result.failures),
        "seconds": round(result.seconds, 1),
        "summary": str(result.summary or ""),
    }


def _short(path: Path) -> str:
    """The path as seen from where one stands, when that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
