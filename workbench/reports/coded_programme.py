"""The coded part of a programme's twin: answers of all participants, anonymous, item by item."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from workbench.reports.answer_words import AnswerNames, family_of
from workbench.reports.coded_counts import commonest_wrong, counts_part, kit_parts, rate_part
from workbench.reports.coded_parts import rule_text, verdict_text
from workbench.reports.drug_parts import drug_part, susceptibility_totals
from workbench.reports.indicator_parts import FAMILY, programme_indicator
from workbench.reports.reading import Reading, Row
from workbench.reports.type_parts import REACTIONS, own_type_parts, reaction_cell
from workbench.reports.words import reason_text
from workbench.wording import MISSING, join, text

NOBODY = ("", "")
CONFUSION_FAMILIES = ("ordinal", "qualitative", "antigen", "identification", "genotype")
CONFUSION_MOST = 10
"""A heat table with more answers than this is no longer read; the table of answers holds them all."""
_JUDGED = ("scored", "late")


class CodedItem:
    """One coded item over all participants.

    Parameters
    ----------
    reading : the programme's view.
    code : item.
    """

    def __init__(self, reading: Reading, code: str) -> None:
        self.reading, self.code, self.locale = reading, code, reading.locale
        self.names = AnswerNames(reading.analyte(code), reading.locale)

    @cached_property
    def rows(self) -> list[tuple[Row, Row]]:
        """Score and answer of every participant and sample."""
        keys = ("round_alias", "device_id", "sample")
        answers = {
            tuple(row[key] for key in keys): row
            for row in self.reading.rows("answers")
            if row["analyte"] == self.code
        }
        scores = (
            (row, answers.get(tuple(row[key] for key in keys))) for row in self.reading.scores_of(self.code)
        )
        return [(score, answer) for score, answer in scores if answer is not None]

    @cached_property
    def family(self) -> str:
        """The family of the item; a list of types where an answer says so."""
        panel = any('"cells"' in answer["detail"] for _, answer in self.rows)
        return "panel" if panel else family_of(self.names.analyte)

    def part(self, samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What holds for the item as a whole."""
        out: dict[str, Any] = {
            "family": self.family,
            "rule": rule_text(self.reading, self.code, self.family),
            "kits": kit_parts(self.reading, self.code, NOBODY),
            "confusion": self._confusion(samples),
            "answers": answer_table_part(samples),
            "critical": sum(bool(answer["critical"]) for _, answer in self.rows),
            "quantity": self.names.categories.quantity if self.names.categories else "",
        }
        if self.family == "susceptibility":
            drugs = list(self._drugs())
            by_drug: dict[str, list[dict[str, Any]]] = {}
            for drug in drugs:
                by_drug.setdefault(drug["printed"]["drug"], []).append(drug)
            out["drug_totals"] = [
                {"drug": name} | susceptibility_totals({"": found}, self.locale, interval=False)
                for name, found in by_drug.items()
                if len(found) >= self.reading.policy(self.code).disclosure_min
            ]
            out["totals"] = susceptibility_totals({"": drugs}, self.locale)
        if self.family == FAMILY:
            answers = [answer for _, answer in self.rows]
            out["indicator"] = programme_indicator(self.reading, self.code, answers)
        if self.family == "genotype" and self._is_reaction:
            out["types"] = own_type_parts(list(self._reactions()), self.locale)
        if self.family == "panel":
            cells = [(answer["sample"], self._detail(answer).get("cells", {})) for _, answer in self.rows]
            out["types"] = own_type_parts(cells, self.locale)
        return out

    @property
    def _is_reaction(self) -> bool:
        """Whether the item is one type of a panel, found or not."""
        return all(answer["target"] in ("", *REACTIONS) for _, answer in self.rows)

    def _reactions(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Sample, and what happened to the type in every participant's answer."""
        for score, answer in self.rows:
            where = score["state"], score["reason"]
            cell = reaction_cell(answer["target"], answer["answer"], answer["kind"], where)
            yield answer["sample"], {self.code: cell}

    @staticmethod
    def _detail(answer: Row) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(answer["detail"] or "{}")
        return loaded

    def _drugs(self) -> Iterator[dict[str, Any]]:
        """Every drug of every isolate and participant."""
        for _, answer in self.rows:
            for each in self._detail(answer).get("drugs", []):
                yield drug_part(each, self.names)

    def _confusion(self, samples: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """Answers given by expected answer over the samples that may be shown; None where there is nothing to confuse."""
        shown = {part["sample"] for part in samples if part["coded"]["counts"]}
        counts: Counter[tuple[str, str]] = Counter()
        right = set()
        for score, answer in self.rows:
            pair = answer["target"], answer["answer"]
            if score["state"] in _JUDGED and all(pair) and answer["sample"] in shown:
                counts[pair] += 1
                if answer["mark"] >= 1.0:
                    right.add(pair)
        places = {
            part["answer"]: part["position"]
            for sample in samples
            for part in (sample["coded"]["counts"] or {"answers": []})["answers"]
        }
        expected, given = (self._ordered({pair[end] for pair in counts}, places) for end in (0, 1))
        if self.family not in CONFUSION_FAMILIES or not expected or len(given) > CONFUSION_MOST:
            return None
        return {
            "expected": expected,
            "given": given,
            "names": {code: self.names.of(code) for code in (*expected, *given)},
            "counts": [[*pair, count] for pair, count in sorted(counts.items())],
            "right": sorted(list(pair) for pair in right),
        }

    def _ordered(self, codes: set[str], places: Mapping[str, int]) -> list[str]:
        """Codes in the order of their list, as tables have it; those nobody gave by their clinical order, then by name."""
        last = len(places)
        return sorted(codes, key=lambda code: (places.get(code, last), self.names.grade(code) or 0, code))

    def sample(self, sample: str) -> dict[str, Any]:
        """One sample over all participants."""
        rows = [(score, answer) for score, answer in self.rows if answer["sample"] == sample]
        targets = [answer["target"] for _, answer in rows if answer["target"]]
        target = Counter(targets).most_common(1)[0][0] if targets else ""
        methods = dict.fromkeys(answer["target_method"] for _, answer in rows if answer["target_method"])
        accepted = next((answer["accepted"] for _, answer in rows if answer["target"] == target), "")
        coded: dict[str, Any] = {
            "target": target or None,
            "targets": sorted(set(targets)),
            "accepted": [code for code in accepted.split("|") if code],
            "target_method": next(iter(methods), None),
            "counts": counts_part(self.reading, self.code, sample, NOBODY, self.names),
        }
        group = next(
            (
                row
                for row in self.reading.groups.get((self.code, sample), [])
                if row["peer_group_level"] == "all"
            ),
            None,
        )
        hidden = group is None or bool(group["suppressed"])
        a, k = (0, 0) if hidden else (int(group["n_acceptable"]), int(group["n_graded"]))  # type: ignore[index]
        part: dict[str, Any] = {
            "sample": sample,
            "n": None if hidden else int(group["n"]),  # type: ignore[index]
            "acceptable": a,
            "graded": k,
            "reason": self._common_reason(rows),
            "coded": coded,
            **dict.fromkeys(_QUANTITIES),
            "assigned_value_method": coded["target_method"],
            "group": {"level": "all", "n": None if hidden else int(group["n"])},  # type: ignore[index]
            "histogram": None,
            "density": None,
        }
        coded["printed"] = self._forms(part)
        return part | {"why": self._causes(part), "printed": {**coded["printed"]}}

    def _common_reason(self, rows: Sequence[tuple[Row, Row]]) -> str | None:
        """The reason for not scoring that all results share; None when some are scored."""
        if any(
            score["signal"] != "not_scored" for score, _ in rows if score["state"] in ("scored", "not_scored")
        ):
            return None
        return next(iter(sorted({s["reason"] for s, _ in rows if s["reason"].startswith("NS-")})), None)

    def _forms(self, part: Mapping[str, Any]) -> dict[str, str]:
        """Printed forms of a sample."""
        coded, locale = part["coded"], self.locale
        wrong = commonest_wrong(coded["counts"], {*coded["accepted"], coded["target"] or ""})
        scale = self.reading.scale(self.code)
        rate = rate_part(part["acceptable"], part["graded"], locale, interval=False)
        forms = {
            "n": scale.suppressed() if part["n"] is None else str(part["n"]),
            "expected": " / ".join(self.names.of(code) for code in coded["targets"]) or MISSING,
            "method": text(f"target_method_short.{coded['target_method'] or 'none'}", locale),
            "agreement": rate["printed"],
            "common": join([f"{each['name']} ({each['all']})" for each in wrong], locale) or MISSING,
            "answer": MISSING,
        }
        if part["reason"]:
            forms["reason"] = f"{part['sample']} {reason_text(part['reason'], locale)}"
        return forms

    def _causes(self, part: Mapping[str, Any]) -> dict[str, str]:
        """Why a figure of a sample is a dash."""
        coded = part["coded"]
        why = {} if coded["targets"] else {"expected": "no_target"}
        if not part["graded"]:
            why["agreement"] = "not_scored" if part["n"] is not None else "suppressed"
        return why | {"common": "no_wrong_answer" if coded["counts"] else "suppressed"}

    def symbols(self) -> dict[tuple[str, str, str], str]:
        """Symbol of every participant's answer by alias, device and sample."""
        return {
            (score["round_alias"], score["device_id"], score["sample"]): verdict_text(
                score["signal"], "", bool(answer["critical"]), self.locale
            )[0]
            for score, answer in self.rows
        }


_QUANTITIES = (
    "assigned_value",
    "u_assigned_value",
    "sigma_pt",
    "allowable_error",
    "robust_mean",
    "robust_sd",
    "cv",
    "limit_low",
    "limit_high",
)


def answer_table_part(samples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One part per answer anybody gave: how often on each sample; None where a sample may not be shown."""
    places: dict[str, tuple[int, str]] = {}
    for sample in samples:
        for part in (sample["coded"]["counts"] or {"answers": []})["answers"]:
            places.setdefault(part["answer"], (part["position"], part["name"]))
    ordered = sorted(places, key=lambda code: (places[code][0], code))
    return [
        {"answer": code, "name": places[code][1], "counts": [_count(sample, code) for sample in samples]}
        for code in ordered
    ]


def _count(sample: Mapping[str, Any], code: str) -> int | None:
    """How often an answer was given on one sample."""
    counts = sample["coded"]["counts"]
    if counts is None:
        return None
    return next((part["all"] for part in counts["answers"] if part["answer"] == code), 0)
