"""The investigation of failed laboratories."""

from __future__ import annotations
