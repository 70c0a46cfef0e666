"""Which limit of |SDI| holds for a series: everybody's, a tag's or a named group's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from workbench.parameters.iqc_schemes import AlertRule

EVERYBODY = "scheme"
"""Source of the limit that holds where no other does."""
ONLY = "only"
"""Why a limit holds that no other competes with."""


@dataclass(frozen=True)
class LimitInForce:
    """The limit of one series and why it holds.

    Parameters
    ----------
    sdi : |SDI| above it is told. source : `EVERYBODY`, or ``tag:`` or ``group:`` and the name.
    wins : `ONLY`, ``strictest`` or ``most_specific``.
    fitting : source -> limit of all that fit the series, this one among them.
    """

    sdi: float
    source: str
    wins: str
    fitting: Mapping[str, float]

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)


def least_limit(rule: AlertRule) -> float:
    """The smallest limit anybody may have: up to it nothing is told.

    >>> least_limit(AlertRule(sdi=2.0, limits=({"tag": "network", "sdi": 1.5},)))
    1.5
    """
    return min([rule.sdi, *(limit.sdi for limit in rule.limits)])


def limit_in_force(rule: AlertRule, tags: Collection[str], groups: Mapping[str, int]) -> LimitInForce:
    """The limit of a series.

    Parameters
    ----------
    tags : of its laboratory. groups : name -> number of filters of the named groups it fits.

    Notes
    -----
    Of equally specific limits the strictest holds, of equally strict ones the more specific: the answer does not depend
    on the order in which limits are written.

    Examples
    --------
    >>> limits = ({"tag": "network", "sdi": 1.5}, {"group": "Type one", "sdi": 3.0})
    >>> rule = AlertRule(sdi=2.0, limits=limits, limit_wins="most_specific")
    >>> limit_in_force(rule, {"network"}, {}).source
    'tag:network'
    >>> limit_in_force(rule, {"network"}, {"Type one": 2}).sdi
    3.0
    >>> limit_in_force(rule, (), {}).wins
    'only'
    """
    found = [(rule.sdi, 0, EVERYBODY)]
    for limit in rule.limits:
        if limit.tag and limit.tag in tags:
            found.append((limit.sdi, 1, limit.source))
        elif limit.group and limit.group in groups:
            found.append((limit.sdi, groups[limit.group], limit.source))
    if rule.limit_wins == "strictest":
        sdi, _, source = min(found, key=lambda each: (each[0], -each[1], each[2]))
    else:
        sdi, _, source = min(found, key=lambda each: (-each[1], each[0], each[2]))
    wins = rule.limit_wins if len(found) > 1 else ONLY
    return LimitInForce(sdi, source, wins, {name: size for size, _, name in sorted(found)})
