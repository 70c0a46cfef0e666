"""Remarks of laboratories: ordinary, missing, and hostile to every format they could end up in."""

from __future__ import annotations

import numpy as np

HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.invalid","click")',
    '#import "x": y',
    "$x$ #emph[y] *z* _w_ `code` @ref",
    "\\ \\\\ \\n \\u{1F600} \\input{/etc/passwd}",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '"><img src=x onerror=alert(1)>&amp;&lt;',
    "'; DROP TABLE result; --",
    "[link](javascript:alert(1)) ![x](http://example.invalid/x.png) **bold**",
    "{{ 7*7 }} {% raw %} ${7*7} <%= 7*7 %>",
    "]]> <!-- --> ]]&gt; %00 \u202egnp.exe\u202c \u200b",
    "+1-1|2 \t tab, semicolon; \"quoted\" 'single'",
)
ORDINARY = (
    "",
    "",
    "样本收到时外观正常。",
    "复溶后室温放置30分钟测定。",
    "本轮更换试剂批号。",
    "Second vial used for sample 3.",
)


def canary(rng: np.random.Generator) -> str:
    """A string that stands in one laboratory's remark and nowhere else."""
    return f"CANARY-{rng.bytes(6).hex().upper()}"


def remarks(canaries: list[str], rng: np.random.Generator) -> list[str]:
    """One remark per laboratory: its canary, and for the first laboratories a hostile text each."""
    choice = rng.integers(0, len(ORDINARY), len(canaries))
    texts = [HOSTILE[n] if n < len(HOSTILE) else ORDINARY[choice[n]] for n in range(len(canaries))]
    return [f"{text} {mark}".strip() for text, mark in zip(texts, canaries, strict=True)]
