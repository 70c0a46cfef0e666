"""The round explorer: a round before its release."""

from __future__ import annotations
