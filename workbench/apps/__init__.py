"""The interactive applications: what stands behind the widgets of `notebooks/apps`."""

from __future__ import annotations
