"""`warm_start_vs_plain`: from the request for a kernel to the answer of a cell that imports the usual stack."""

from __future__ import annotations

import sys
import time

from jupyter_client.manager import KernelManager

from tests.benchmarks.measure import Entry, compared

STACK = (
    "import matplotlib.pyplot as plt, numpy as np, pandas as pd, scipy.stats, seaborn as sns, sqlalchemy; 1"
)
REPEATS = 5


def first_cell(kernel: str) -> float:
    """Wall seconds until the first cell has run, as a notebook that is opened waits for it."""
    manager = KernelManager(kernel_name=kernel)
    start = time.monotonic()
    manager.start_kernel()
    try:
        client = manager.client()
        client.start_channels()
        request = client.execute(STACK)
        reply = client.get_shell_msg(timeout=60)
        while reply["parent_header"].get("msg_id") != request:
            reply = client.get_shell_msg(timeout=60)
        seconds = time.monotonic() - start
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"the first cell failed: {reply['content'].get('evalue')}")
        client.stop_channels()
        return seconds
    finally:
        manager.shutdown_kernel(now=True)


def warm_start_vs_plain() -> Entry | None:
    """The kernel `workbench` against `python3`, in turn; the first warm start boots the parent, not counted."""
    if sys.platform != "linux":
        return None
    boot = first_cell("workbench")
    pairs = [(first_cell("workbench"), first_cell("python3")) for _ in range(REPEATS)]
    what = (
        "start of a kernel to the answer of its first cell, which imports pandas, seaborn, scipy.stats, SQLAlchemy "
        f"and pyplot, median of {REPEATS}; the first warm start of a server takes {boot:.1f} s and is not counted"
    )
    return compared([a for a, _ in pairs], [b for _, b in pairs], "wall s", what)
