"""Every word a person reads: two catalogues, numbers, dates, verdict words. Chinese is the master."""

from __future__ import annotations

from workbench.wording.catalogue import LOCALES, join, keys, language_tag, level_text, names, paragraphs, text
from workbench.wording.dates import date_text, round_text, time_text
from workbench.wording.numbers import (
    MISSING,
    consistent,
    consistent_range,
    count_rate,
    percent,
    printed,
    range_text,
    rounded,
    score_text,
    significant,
)
from workbench.wording.statements import finding_text, sentence_text
from workbench.wording.verdicts import symbol, verdict, verdict_word

__all__ = [
    "LOCALES",
    "MISSING",
    "consistent",
    "consistent_range",
    "count_rate",
    "date_text",
    "finding_text",
    "join",
    "keys",
    "language_tag",
    "level_text",
    "names",
    "paragraphs",
    "percent",
    "printed",
    "range_text",
    "round_text",
    "rounded",
    "score_text",
    "sentence_text",
    "significant",
    "symbol",
    "text",
    "time_text",
    "verdict",
    "verdict_word",
]
