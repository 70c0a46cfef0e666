"""Page 1 of a laboratory's report as data: the box of at most six lines and the action list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.reports.reading import Reading
from workbench.reports.words import reason_text
from workbench.tables.cells import runs
from workbench.wording import date_text, join, sentence_text, symbol, text
from workbench.wording.catalogue import known

LINES_MOST = 6
ALIKE_LEAST = 3
"""So many items with the same problem share a line of the action list."""
NAMES_MOST = 4
"""A line of more items than this names them by their codes."""
ITEMS_NAMED = 12
"""A line names so many items and counts the rest."""
PAGE_ONE_FINDINGS = ("F02", "F05", "F06", "F11", "F20", "F26")


def action_parts(twin: Mapping[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """Every item that fails, was not returned or has a critical error: critical first, then by score, then catalogue order.

    Items with one and the same problem share a line when there are three or more of them. Where no item fails but the
    programme does, for samples count as wholes, the items with a wrong result are listed.

    Parameters
    ----------
    twin : the twin so far; `analytes` and `verdict` are there.
    """
    critical = set(twin["verdict"]["critical"])
    failed = [e for e in twin["analytes"] if e["verdict"] == "fail" or _is_critical(e)]
    if not failed and twin["verdict"]["verdict"] == "unsatisfactory":
        failed = [entry for entry in twin["analytes"] if entry["acceptable"] < entry["graded"]]
    failed.sort(key=lambda e: (e["analyte"] not in critical, e["score_percent"] or 0.0, e["position"]))
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for action in (_action(entry, reading) for entry in failed):
        key = action["printed"]["problem"], action["printed"]["next_step"]
        alike.setdefault(key, []).append(action)
    return [action for actions in alike.values() for action in _told_together(actions, reading)]


def _told_together(actions: list[dict[str, Any]], reading: Reading) -> list[dict[str, Any]]:
    """Items with the same problem in one line, so that page 1 holds the list however long it is."""
    if len(actions) < ALIKE_LEAST:
        return actions
    locale, first = reading.locale, actions[0]
    scores = [action["printed"]["percent"] for action in actions]
    lowest = min(actions, key=lambda action: action["score_percent"] or 0.0)
    highest = max(actions, key=lambda action: action["score_percent"] or 0.0)
    shown = scores[0]
    if len(set(scores)) > 1:
        shown = text("range", locale, low=lowest["printed"]["percent"], high=highest["printed"]["percent"])
    short = len(actions) > NAMES_MOST
    names = join([a["analyte"] if short else a["printed"]["name"] for a in actions], locale)
    items = [item for action in actions for item in action["analytes"]]
    return [first | {"analytes": items, "printed": first["printed"] | {"name": names, "score": shown}}]


def _action(entry: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """One line of the action list: what went wrong and what to do first."""
    locale = reading.locale
    if _is_critical(entry):
        return _critical_action(entry, reading)
    late = any(result["state"] == "late" for result in entry["results"])
    sentence = None if late else next(iter(entry["sentences"]), None)
    code = sentence["code"] if sentence else ""
    if sentence is None and entry["reason"] == "not_returned":
        code = "S04"
    problem = sentence["text"] if sentence else _unexplained(entry, code, reading)
    step = f"next_step.{code}" if known(f"next_step.{code}") else "next_step.default"
    return _action_line(entry, reading, (code, problem, text(step, locale)))


def _is_critical(entry: Mapping[str, Any]) -> bool:
    """Whether an item holds an error that could harm a patient."""
    return bool((entry.get("coded") or {}).get("critical"))


def _critical_action(entry: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """The line of a critical error: what it was, on which sample, and that patients come first."""
    locale = reading.locale
    wrong = [result for result in entry["results"] if result.get("coded", {}).get("critical")]
    kinds = join(list(dict.fromkeys(r["coded"]["printed"]["kind"] for r in wrong)), locale)
    problem = text("problem.critical", locale, kind=kinds, list=join([r["sample"] for r in wrong], locale))
    return _action_line(entry, reading, ("S03", problem, text("next_step.critical", locale)))


def _action_line(entry: Mapping[str, Any], reading: Reading, told: tuple[str, str, str]) -> dict[str, Any]:
    """A line of the list from code, problem and next step."""
    code, problem, step = told
    locale = reading.locale
    return {
        "analyte": entry["analyte"],
        "analytes": [entry["analyte"]],
        "device_id": entry["device_id"],
        "code": code or None,
        "score_percent": entry["score_percent"],
        "printed": {
            "name": entry["printed"]["name"],
            "unit": entry["printed"]["unit"],
            "score": f"{entry['acceptable']}/{entry['graded']}  {entry['printed']['score']}",
            "percent": entry["printed"]["score"],
            "problem": problem,
            "next_step": step,
            "due": date_text(reading.meta.due, locale),
        },
    }


def _unexplained(entry: Mapping[str, Any], code: str, reading: Reading) -> str:
    """What went wrong when no pattern fits: not returned, or the samples that are out."""
    if code == "S04":
        return sentence_text("S04", {"item": entry["printed"]["name"]}, reading.locale)
    if any(result["state"] == "late" for result in entry["results"]):
        return text("problem.late", reading.locale)
    out = [result["sample"] for result in entry["results"] if result["signal"] == "action"]
    return text("problem.out", reading.locale, list=join(out, reading.locale))


def conclusion_parts(twin: Mapping[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """The lines of the conclusion box, at most six: verdict and counts first, then what needs action.

    Notes
    -----
    Items that are not scored stand here with their reason: silence would read as a pass.
    """
    if not twin["returned"]:
        return _nothing_returned(twin, reading)
    candidates = (
        _score_line(twin, reading),
        _critical_line(twin, reading),
        _failed_line(twin, reading),
        _late_line(twin, reading),
        _unsuccessful_line(twin, reading),
        _not_scored_line(twin, reading),
        _one_wrong_line(twin, reading),
        _findings_line(twin, reading),
    )
    return [line for line in candidates if line][:LINES_MOST]


def _line(content: str, code: str = "", *, strong: bool = False, tone: str = "") -> dict[str, Any]:
    return {"text": content, "code": code or None, "strong": strong, "tone": tone or None}


def _nothing_returned(twin: Mapping[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """The box of a participant that returned nothing or was excused."""
    locale, printed = reading.locale, twin["verdict"]["printed"]
    first = text("conclusion.LR.score_none", locale, verdict=printed["verdict"])
    if twin["verdict"]["graded"]:
        first = _score_text(twin, locale)
    excused = twin["return_state"] == "excused"
    kind = "excused" if excused else "not_returned" if twin["verdict"]["graded"] else "not_performed"
    second = text(f"conclusion.LR.{kind}", locale)
    tone = "bad" if kind == "not_returned" else ""
    return [_line(first, strong=True), _line(second, tone=tone), _line(_status(twin, locale))]


def _score_text(twin: Mapping[str, Any], locale: str) -> str:
    """Score with its counts and the verdict."""
    verdict = twin["verdict"]
    return text(
        "conclusion.LR.score",
        locale,
        score=verdict["printed"]["score"],
        a=verdict["acceptable"],
        k=verdict["graded"],
        verdict=verdict["printed"]["verdict"],
    )


def _status(twin: Mapping[str, Any], locale: str) -> str:
    return text("conclusion.LR.status", locale, verdict=twin["verdict"]["printed"]["status"])


def _score_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Score, verdict, counts of items, status over rounds."""
    locale, verdict = reading.locale, twin["verdict"]
    first = _score_text(twin, locale)
    if not verdict["graded"]:
        first = text("conclusion.LR.score_none", locale, verdict=verdict["printed"]["verdict"])
    counts = {name: verdict[name] for name in ("n_pass", "n_fail", "n_not_scored")}
    items = text("conclusion.LR.items", locale, total=sum(counts.values()), **counts)
    return _line(f"{first}　{items}　{_status(twin, locale)}", strong=True)


def _critical_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Items with a critical error; where the rule says so they fail whatever the score."""
    codes = twin["verdict"]["critical"]
    if not codes:
        return {}
    entries = [entry for entry in twin["analytes"] if entry["analyte"] in codes]
    veto = any(reading.policy(code).coded.veto for code in codes)
    names = _named(entries, reading.locale)
    words = text(f"conclusion.LR.critical{'_veto' if veto else ''}", reading.locale, list=names)
    return _line(f"{symbol('action', critical=True)} {words}", "S03", strong=True, tone="bad")


def _failed_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """S02 with the items and the due date, or S01 when all passed."""
    failed = [entry for entry in twin["analytes"] if entry["verdict"] == "fail"]
    if not failed:
        clouded = twin["verdict"]["critical"] or twin["verdict"]["verdict"] == "unsatisfactory"
        passed = 0 if clouded else twin["verdict"]["n_pass"]
        return _line(sentence_text("S01", {"k": passed}, reading.locale), "S01") if passed else {}
    shown = {
        "m": len(failed),
        "list": _named(failed, reading.locale),
        "due": date_text(reading.meta.due, reading.locale, prose=True),
    }
    return _line(f"■ {text('sentence.S02', reading.locale, **shown)}", "S02", strong=True, tone="bad")


def _late_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Late return, and items that were not returned."""
    locale = reading.locale
    if twin["return_state"] == "late":
        return _line(text("conclusion.LR.late", locale, days=twin["late_days"]), "F18", tone="bad")
    missing = [entry for entry in twin["analytes"] if entry["reason"] == "not_returned"]
    if not missing:
        return {}
    names = _named(missing, locale)
    return _line(
        text("conclusion.LR.not_returned_items", locale, m=len(missing), list=names), "S04", tone="bad"
    )


def _unsuccessful_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Items that failed persistently."""
    persistent = [entry for entry in twin["analytes"] if entry["status"] == "unsuccessful"]
    if not persistent:
        return {}
    names = _named(persistent, reading.locale)
    return _line(text("conclusion.LR.unsuccessful", reading.locale, list=names), "S05", tone="bad")


def _not_scored_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Items, and single samples of items, that are not scored, with their reasons."""
    locale = reading.locale
    by_reason: dict[str, list[str]] = {}
    for entry in twin["analytes"]:
        if reason := _why(entry, locale):
            by_reason.setdefault(reason, []).append(entry["printed"]["name"])
    if not by_reason:
        return {}
    shown = [f"{_shortened(names, locale)} ({reason})" for reason, names in by_reason.items()]
    count = sum(map(len, by_reason.values()))
    whole = sum(entry["verdict"] == "not_scored" for entry in twin["analytes"])
    key = "conclusion.LR.not_scored" if whole == count else "conclusion.LR.not_scored_results"
    return _line(text(key, locale, m=count, list="; ".join(shown)), "S07")


def _why(entry: Mapping[str, Any], locale: str) -> str:
    """Reasons why an item or samples of it are not scored, with the samples they concern."""
    if entry["verdict"] == "not_scored" and entry["reason"]:
        return reason_text(entry["reason"], locale)
    by_reason: dict[str, list[str]] = {}
    for result in entry["results"]:
        if result["signal"] == "not_scored":
            by_reason.setdefault(result["reason"] or result["state"], []).append(result["sample"])
    every = len(entry["results"])
    return "; ".join(
        reason_text(reason, locale) + ("" if len(samples) == every else f" {join(samples, locale)}")
        for reason, samples in by_reason.items()
    )


def _one_wrong_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Items that passed with a result that was not acceptable."""
    entries = [e for e in twin["analytes"] if e["verdict"] == "pass" and e["acceptable"] < e["graded"]]
    if not entries:
        return {}
    names = _named(entries, reading.locale)
    return _line(text("conclusion.LR.one_wrong", reading.locale, m=len(entries), list=names), "S06")


def _findings_line(twin: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """The findings that change how the page is read: items and numbers."""
    shown = watched_items(twin["findings"], PAGE_ONE_FINDINGS, reading)
    if not shown:
        return {}
    return _line(text("conclusion.findings", reading.locale, list=_shortened(shown, reading.locale)))


def watched_items(findings: Iterable[Mapping[str, Any]], codes: Sequence[str], reading: Reading) -> list[str]:
    """Items that findings of some codes hold for, each with the numbers of those findings."""
    numbers: dict[str, list[int]] = {}
    for finding in findings:
        if finding["code"] in codes:
            items = dict.fromkeys(place["analyte"] for place in finding["places"])
            names = [reading.name(item) for item in items if item] or [finding["printed"]["applies_to"]]
            for name in names:
                numbers.setdefault(name, []).append(finding["no"])
    return [f"{name} ({runs(found)})" for name, found in numbers.items()]


def _named(entries: Iterable[Mapping[str, Any]], locale: str) -> str:
    """Names of items; a long list is cut and counted."""
    return _shortened([entry["printed"]["name"] for entry in entries], locale)


def _shortened(shown: Sequence[str], locale: str) -> str:
    """A list of at most twelve, the rest counted."""
    if len(shown) <= ITEMS_NAMED:
        return join(list(shown), locale)
    rest = text("conclusion.more", locale, n=len(shown) - ITEMS_NAMED)
    return f"{text('list.separator', locale).join(shown[:ITEMS_NAMED])}; {rest.rstrip('。.')}"
