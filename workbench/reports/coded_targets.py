"""Where the expected answers of a coded item come from and how its answers are judged, as parts of a twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.reports.reading import Reading
from workbench.wording import MISSING, date_text, join, printed, text

RULE = "coded"
"""What decides on a coded result; chooses the words of its verdict."""


def coded_criterion(reading: Reading, code: str, coded: Mapping[str, Any]) -> dict[str, Any]:
    """The rule of one item in the shape of a criterion: there is no limit, answers are judged by a rule."""
    policy = reading.policy(code)
    since = date_text(policy.coded.majority_since, reading.locale)
    return {
        "kind": None,
        "pass_mark": policy.pass_mark,
        "score": RULE,
        "resolved": [],
        "majority": policy.coded.majority,
        "why": {},
        "printed": {
            "type": text(f"family.{coded['family']}", reading.locale),
            "rule": coded["rule"],
            "allowable_error": text("criterion.coded", reading.locale),
            "majority": f"{printed(100 * policy.coded.majority, 0)}% ({since})",
            "pass_mark": printed(policy.pass_mark, 0),
        },
    }


def coded_target(reading: Reading, samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How the expected answers of the samples were set, one phrase for each way with its samples."""
    locale = reading.locale
    ways: dict[str, list[str]] = {}
    for sample in samples:
        method = (sample.get("coded") or {}).get("target_method") or "none"
        ways.setdefault(method, []).append(sample["sample"])
    phrases = []
    for method, codes in ways.items():
        words = text(f"target_method.{method}", locale)
        phrases.append(words if len(ways) == 1 else f"{words} ({join(codes, locale)})")
    why = {"source": "no_results"} if not phrases else {}
    return {
        "u_to_limit": None,
        "sigma_rule": None,
        "why": why,
        "printed": {"source": "; ".join(phrases) or MISSING},
    }
