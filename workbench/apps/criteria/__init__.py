"""The criteria laboratory: a rule tried on every stored round."""

from __future__ import annotations
