"""The criteria laboratory: from a moved control to what is painted, 600,000 results; in a real browser."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.benchmarks.measure import Entry
from tests.benchmarks.rejudging import POLICY, archive_of
from workbench.evaluation.rules import AnalyteRule
from workbench.parameters import catalogue
from workbench.reports.tuned_rounds import TunedRounds
from workbench.tuning.changes import draft_limit

GOAL_MS = 200.0
_PERCENTS = (8.0, 9.5, 10.0, 12.5, 14.0, 15.0, 16.0, 11.0, 13.0)
_SOURCE = """
from tests.benchmarks.feedback import national_rounds
from workbench.apps.criteria.app import CriteriaApp
CriteriaApp("", "1.1", "zh_CN", rounds=national_rounds())
"""
_PAINTED = """([percent]) => new Promise((done) => {
  const box = document.querySelector(".wb-app input[type=number]");
  const host = document.querySelector(".wb-app");
  const began = performance.now();
  let last = null;
  const watch = new MutationObserver(() => { last = performance.now(); });
  watch.observe(host, {childList: true, subtree: true, characterData: true});
  box.value = percent;
  box.dispatchEvent(new Event("change", {bubbles: true}));
  const wait = () => {
    const now = performance.now();
    if (last !== null && now - last > 600) {
      watch.disconnect();
      done(last - began);
    } else if (now - began > 20000) { done(-1); } else { requestAnimationFrame(wait); }
  };
  requestAnimationFrame(wait);
})"""


def national_rounds() -> TunedRounds:
    """One analyte, ten rounds of 12,000 laboratories, five samples, forty peer groups."""
    archive = archive_of(1, 10, 12_000, 40)
    analyte = next(a for a in catalogue()["1.1"].analytes if a.is_quantitative)
    rule = AnalyteRule(analyte, POLICY, draft_limit(analyte, "percent", percent=12))
    return TunedRounds(catalogue()["1.1"], replace(archive, rules=(rule,)), {}, {}, (), "0" * 64)


def feedback_600k_ms() -> Entry | None:
    """Median time from the control's change to the last change of the page; None without Chromium."""
    from tests.apps.browser import CHROMIUM, free_port, page, server

    if CHROMIUM is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cell = {
            "cell_type": "code", "id": "app", "execution_count": None, "metadata": {}, "outputs": [],
            "source": _SOURCE.strip().splitlines(True),
        }  # fmt: skip
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (folder / "feedback.ipynb").write_text(json.dumps(notebook), "utf-8")
        words = ["voila", str(folder), "--template=workbench", "--no-browser", f"--port={free_port()}"]
        settings = {"PYTHONPATH": str(Path(__file__).parents[2])}
        with server(words, folder, settings) as url, page() as shown:
            shown.goto(f"{url}voila/render/feedback.ipynb", timeout=120_000)
            shown.wait_for_selector(".wb-app figure svg", timeout=120_000)
            shown.wait_for_timeout(2000)
            seconds = [shown.evaluate(_PAINTED, [str(percent)]) for percent in _PERCENTS]
    ours = float(np.median([each for each in seconds[1:] if each > 0]))
    what = (
        "ms from control to painted result, 600,000 results of one analyte, Voila in Chromium; peer: the goal"
    )
    return Entry(round(ours, 1), GOAL_MS, round(GOAL_MS / ours, 2), "ms", what)


def entries() -> Mapping[str, Callable[[], Entry | None]]:
    """The entry by name."""
    return {"feedback_600k_ms": feedback_600k_ms}


def updates() -> list[float]:
    """CPU seconds of one whole update of the app without a browser, for finding out where they go."""
    from workbench.apps.criteria.app import CriteriaApp

    app = CriteriaApp("", "1.1", "zh_CN", rounds=national_rounds())
    seconds = []
    for percent in _PERCENTS:
        start = time.process_time()
        app.controls.percent.value = percent
        seconds.append(time.process_time() - start)
    return seconds


if __name__ == "__main__":
    print([round(each, 3) for each in updates()])
