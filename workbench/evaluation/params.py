"""Placeholders of findings and sentences as one line of JSON, unrounded, in a fixed order of keys."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np


def params_text(**values: Any) -> str:
    """Return the JSON object.

    Notes
    -----
    numpy numbers become plain ones; NaN and infinities become null, which JSON can hold.

    Examples
    --------
    >>> params_text(n=4, ratio=float("nan"), level="instrument")
    '{"n": 4, "ratio": null, "level": "instrument"}'
    """
    return json.dumps({name: _plain(value) for name, value in values.items()}, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
