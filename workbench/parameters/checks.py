"""What the organiser still has to decide before the catalogue can be used in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from workbench.parameters.criteria import CriteriaBook, Criterion
from workbench.parameters.policy import CriterionRef
from workbench.parameters.programmes import Analyte, Catalogue, Programme

CheckKind = Literal["to_settle", "no_criterion", "no_unit", "unit_mismatch", "unverified", "sources_disagree"]
Severity = Literal["major", "caution", "note"]
SEVERITIES: dict[CheckKind, Severity] = {
    "no_criterion": "major",
    "unit_mismatch": "major",
    "to_settle": "caution",
    "unverified": "caution",
    "no_unit": "note",
    "sources_disagree": "note",
}
_PURE_NUMBERS = ("pH", "INR", "SG", "GM")


@dataclass(frozen=True)
class CheckRow:
    """One thing to decide: programme, analyte (empty: the whole programme), what, how grave."""

    programme_no: str
    analyte: str
    kind: CheckKind
    what: str

    @property
    def severity(self) -> Severity:
        """major: scoring is impossible or wrong without it; caution; note."""
        return SEVERITIES[self.kind]


def catalogue_check(catalogue: Catalogue, book: CriteriaBook) -> list[CheckRow]:
    """List everything the organiser must confirm, in catalogue order.

    Returns
    -------
    One row per open point: items of `to_settle`; quantitative analytes without a limit, without a
    unit, or whose limit is in a unit that cannot be converted; limits not verified; limits on which
    another authority differs.
    """
    rows: list[CheckRow] = []
    for programme in catalogue.values():
        no = programme.programme_no
        rows += [CheckRow(no, "", "to_settle", what) for what in programme.to_settle]
        for analyte in programme.analytes:
            rows += [CheckRow(no, analyte.analyte, "to_settle", what) for what in analyte.to_settle]
            if analyte.is_quantitative:
                rows += _limit_rows(programme, analyte, book)
    return rows


def _limit_rows(programme: Programme, analyte: Analyte, book: CriteriaBook) -> Iterator[CheckRow]:
    """Open points about one quantitative analyte's unit and limit."""
    no, code = programme.programme_no, analyte.analyte
    if not analyte.unit and code not in _PURE_NUMBERS:
        yield CheckRow(no, code, "no_unit", "no reporting unit")
    reference = programme.criterion_reference(code)
    printed = book.for_reference(reference, analyte) if reference else None
    if reference is None or printed is None:
        wanted = f"{reference.authority} {reference.metric} has none" if reference else "none is named"
        yield CheckRow(no, code, "no_criterion", f"no limit: {wanted}")
        return
    limit = printed.in_unit_of(analyte)
    if limit is None:
        what = f"limit in {printed.unit}, results in {analyte.unit}, no conversion"
        yield CheckRow(no, code, "unit_mismatch", what)
        return
    if not printed.verified:
        yield CheckRow(no, code, "unverified", f"{printed.line} (trust: {printed.trust})")
    yield from _disagreements(programme, analyte, reference, limit, book)


def _disagreements(
    programme: Programme, analyte: Analyte, reference: CriterionRef, limit: Criterion, book: CriteriaBook
) -> Iterator[CheckRow]:
    """One row per other authority whose limit allows another deviation somewhere in the range."""
    for other in book.others(reference, analyte):
        theirs = other.in_unit_of(analyte)
        if theirs is None or _agree(limit, theirs, _probes(analyte, limit, theirs)):
            continue
        what = f"{limit.authority}: {limit.raw_text}; {other.authority}: {other.raw_text}"
        yield CheckRow(programme.programme_no, analyte.analyte, "sources_disagree", what)


def _probes(analyte: Analyte, *limits: Criterion) -> list[Decimal]:
    """Targets at which limits are compared: the plausible range and both sides of each breakpoint."""
    low = analyte.plausible_low or Decimal(1)
    high = analyte.plausible_high or 100 * low
    points = [low + (high - low) * share / 8 for share in range(9)]
    step = Decimal(1).scaleb(-(analyte.decimals or 0))
    for limit in limits:
        if limit.breakpoint is not None:
            points += [limit.breakpoint, limit.breakpoint + step]
    return [point for point in points if point > 0]


def _agree(one: Criterion, other: Criterion, targets: list[Decimal]) -> bool:
    """Whether both allow the same deviation at every target."""
    return all(one.allowed_deviation(target) == other.allowed_deviation(target) for target in targets)
