"""The monitor of internal quality control compared between laboratories."""

from __future__ import annotations
