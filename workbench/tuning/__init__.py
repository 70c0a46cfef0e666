"""The criteria laboratory: rounds judged again under changed rules, operating characteristics, stability."""

from __future__ import annotations
