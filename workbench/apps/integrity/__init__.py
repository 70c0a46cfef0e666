"""The screens on agreement, for the role `integrity`."""

from __future__ import annotations
