"""Why a laboratory failed, as ranked hypotheses; and screens for results that agree too well."""

from __future__ import annotations
