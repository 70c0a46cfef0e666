"""The parts of a twin that say where an item's target and limit come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from workbench.parameters import Criterion, EvaluationPolicy
from workbench.reports.group_parts import span
from workbench.reports.printed import Scale
from workbench.reports.reading import Reading
from workbench.store.disclosure import CONSENSUS
from workbench.wording import MISSING, date_text, level_text, text

_FIELDS = ("resolved", "document", "verified", "boundary", "valid_from")


def criterion_part(reading: Reading, code: str, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The limit of one item: as written, as resolved at each target, with document and clause.

    Parameters
    ----------
    reading : the view and the parameters.
    code : item.
    results : parts with `sample` and `allowable_error`, one a sample.
    """
    policy, scale = reading.policy(code), reading.scale(code)
    criterion = reading.programme.criterion(code, reading.criteria)
    resolved = [{"sample": r["sample"], "allowable_error": r["allowable_error"]} for r in results]
    pass_mark = {"pass_mark": policy.pass_mark, "score": policy.score, "resolved": resolved}
    shown = {"pass_mark": scale.fixed(policy.pass_mark, 0), "resolved": _resolved(resolved, scale)}
    if criterion is None:
        why = dict.fromkeys(
            (field for field in _FIELDS if shown.get(field, MISSING) == MISSING), "no_criterion"
        )
        printed = dict.fromkeys(_FIELDS, MISSING) | {
            "allowable_error": text("criterion.none", reading.locale)
        }
        return {"kind": None, **pass_mark, "why": why, "printed": printed | shown}
    why = {} if shown["resolved"] != MISSING else {"resolved": _no_target(results)}
    return {
        **_criterion_fields(criterion),
        **pass_mark,
        "why": why,
        "printed": _criterion_forms(criterion, reading) | shown,
    }


def _criterion_fields(criterion: Criterion) -> dict[str, Any]:
    """The limit as data; figures are in the item's unit."""
    return {
        "kind": criterion.kind,
        "authority": criterion.authority,
        "percent": _plain(criterion.percent),
        "absolute": _plain(criterion.absolute),
        "breakpoint": _plain(criterion.breakpoint),
        "breakpoint_side": criterion.breakpoint_side,
        "inclusive": criterion.inclusive,
        "document": criterion.document,
        "edition": criterion.edition,
        "clause": criterion.clause,
        "verified": criterion.verified,
        "valid_from": criterion.valid_from.isoformat(),
        "as_written": criterion.raw_text,
    }


def _criterion_forms(criterion: Criterion, reading: Reading) -> dict[str, str]:
    """The limit in words."""
    locale = reading.locale
    known = criterion.edition in criterion.document
    document = criterion.document if known else f"{criterion.document} {criterion.edition}"
    if criterion.clause:
        document += text("list.clause", locale, clause=criterion.clause)
    return {
        "allowable_error": limit_words(criterion, locale),
        "document": document,
        "verified": text(f"verified.{str(criterion.verified).lower()}", locale),
        "boundary": text(f"boundary.{'inclusive' if criterion.inclusive else 'strict'}", locale),
        "valid_from": date_text(criterion.valid_from, locale),
    }


def limit_words(criterion: Criterion, locale: str) -> str:
    """The limit of a criterion in words, with its figures as the document gives them."""
    figures = {
        "percent": _digits(criterion.percent),
        "absolute": _digits(criterion.absolute),
        "sigma": _digits(criterion.absolute),
        "k": _digits(criterion.absolute),
        "breakpoint": _digits(criterion.breakpoint),
        "unit": criterion.unit,
    }
    side = f".{criterion.breakpoint_side}" if criterion.kind == "breakpoint" else ""
    return text(f"criterion.{criterion.kind}{side}", locale, **figures).replace(" ;", ";").rstrip()


def _resolved(resolved: Sequence[Mapping[str, Any]], scale: Scale) -> str:
    """The allowed deviations at the targets, in the order of the samples."""
    known = [r["allowable_error"] for r in resolved if r["allowable_error"] is not None]
    if not known:
        return MISSING
    shown = [f"±{scale.quantity(r['allowable_error'])}" if r["allowable_error"] is not None else MISSING
             for r in resolved]  # fmt: skip
    return shown[0] if len(set(shown)) == 1 else " / ".join(shown)


def target_part(reading: Reading, code: str, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Source of the targets of one item, their uncertainty against the limit, source of sigma.

    Parameters
    ----------
    results : parts with target, uncertainty, sigma, limit, group and method, one a sample.
    """
    policy, scale = reading.policy(code), reading.scale(code)
    uncertainties = [r["u_assigned_value"] for r in results if r["u_assigned_value"] is not None]
    ratios = [
        r["u_assigned_value"] / r["allowable_error"]
        for r in results
        if r["u_assigned_value"] is not None and r["allowable_error"]
    ]
    sigmas = [r["sigma_pt"] for r in results if r["sigma_pt"] is not None]
    printed = {
        "source": _source(reading, policy, results),
        "u": span(uncertainties, scale.uncertainty, scale.locale),
        "sigma_pt": MISSING
        if not sigmas
        else f"{span(sigmas, scale.quantity, scale.locale)}; {_sigma(policy, reading)}",
    }
    if uncertainties and ratios:
        printed["u"] += f"; {span(ratios, lambda ratio: scale.fixed(ratio, 2), scale.locale)}"
    causes = {"u": uncertainties, "sigma_pt": sigmas}
    why = _no_target(results)
    return {
        "u_to_limit": max(ratios, default=None),
        "sigma_rule": policy.sigma_pt.kind,
        "why": {name: why for name, values in causes.items() if not values},
        "printed": printed,
    }


def _no_target(results: Sequence[Mapping[str, Any]]) -> str:
    """Why there is no target at all: never set, or hidden with its small group."""
    hidden = any("suppressed" in (r["why"].get("assigned_value"), r["why"].get("u")) for r in results)
    return "suppressed" if hidden else "no_target"


def _sigma(policy: EvaluationPolicy, reading: Reading) -> str:
    """Source of sigma in words."""
    kind = policy.sigma_pt.kind
    key = "fixed" if kind.startswith("fixed") else kind
    return text(f"sigma_source.{key}", reading.locale, divisor=_digits(policy.sigma_pt.divisor))


def _source(reading: Reading, policy: EvaluationPolicy, results: Sequence[Mapping[str, Any]]) -> str:
    """How the targets of the samples were set; one phrase for each different way."""
    locale = reading.locale
    ways: dict[tuple[str, str], list[int | None]] = {}
    for result in results:
        method = result["assigned_value_method"] or "none"
        group = result["group"]
        level = group["level"] if method in CONSENSUS else ""
        ways.setdefault((method, level or ""), []).append(group["n"])
    phrases = []
    for (method, level), counts in ways.items():
        name = text(f"assigned_value_method.{method}", locale)
        if method not in CONSENSUS:
            phrases.append(name)
            continue
        stop = text(f"stop.{policy.stop}", locale) if method == "algorithm_a" else ""
        words = {"method": name, "level": level_text(level or "all", locale), "stop": stop}
        known = [count for count in counts if count is not None]
        if known:
            n = span(known, lambda count: str(int(count)), locale)
            phrases.append(text("source.consensus", locale, n=n, **words).rstrip("，, "))
        if len(known) < len(counts):
            few = text("state.suppressed", locale, n_min=policy.disclosure_min)
            phrases.append(text("source.consensus_few", locale, few=few, **words).rstrip("，, "))
    return "; ".join(dict.fromkeys(phrases))


def _plain(value: Decimal | None) -> float | None:
    """A decimal figure as a JSON number."""
    return None if value is None else float(value)


def _digits(value: Decimal | None) -> str:
    """A decimal figure without needless zeros."""
    return "" if value is None else f"{value.normalize():f}"
