"""The alerts of a store as a file of JSON lines: an exact copy, mended after an interruption."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.store import Store
from workbench.store.control_watch import control_alerts


def tell(store: Store, feed: Path) -> int:
    """Append the alerts that the file does not hold yet; returns how many.

    Notes
    -----
    A line that was cut off in the middle is taken away first. The file is a copy: it may be deleted, and is made
    again whole.
    """
    rows = control_alerts(store, _last(feed))
    if rows.empty:
        return 0
    feed.parent.mkdir(parents=True, exist_ok=True)
    with feed.open("a", encoding="utf-8") as file:
        for row in rows.to_dict("records"):
            file.write(json.dumps(_line(row), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return len(rows)


def _last(feed: Path) -> int:
    """Number of the last whole line's alert; 0 for none."""
    if not feed.exists():
        return 0
    content = feed.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with feed.open("r+b") as file:
            file.truncate(len(whole))
    lines = whole.splitlines()
    return int(json.loads(lines[-1])["alert_id"]) if lines else 0


def _line(row: dict[Any, Any]) -> dict[str, object]:
    """One alert as it is told; laboratories by code only."""
    moment = datetime.fromtimestamp(int(row.pop("moment")), UTC).replace(tzinfo=None)
    kept = {k: v for k, v in row.items() if k not in ("state", "note", "size_limit", "limit_reason")}
    reason = json.loads(row["limit_reason"]) if row["limit_reason"] else None
    limit = {"limit": reason, "why": why(reason)} if reason else {}
    return {"alert_id": kept.pop("alert_id"), "moment": moment.isoformat(), **kept, **limit}


def why(limit: Mapping[str, Any]) -> str:
    """A limit of |SDI| and why it held, in one line.

    >>> why({"sdi": 1.5, "source": "tag:network", "wins": "strictest", "fitting": {"tag:network": 1.5, "scheme": 2.0}})
    'beyond 1.5 of tag:network, strictest of tag:network 1.5, scheme 2'
    >>> why({"sdi": 2.0, "source": "scheme", "wins": "only", "fitting": {"scheme": 2.0}})
    'beyond 2 of scheme, no other limit fits'
    """
    wins = str(limit["wins"]).replace("_", " ")
    every = ", ".join(f"{name} {size:g}" for name, size in limit["fitting"].items())
    reason = "no other limit fits" if wins == "only" else f"{wins} of {every}"
    return f"beyond {limit['sdi']:g} of {limit['source']}, {reason}"
