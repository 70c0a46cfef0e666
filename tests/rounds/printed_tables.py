"""What each printed table must hold, cell by cell, told from a report's JSON alone.

Written out by hand beside the product's own tables: a column that shows another field, a row that is
missing or a number that was rounded twice differs from this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

Row = list[str]
Twin = Mapping[str, Any]
DASH = "–"
MINUS = "\N{MINUS SIGN}"


def half_even(value: float | None, decimals: int, *, signed: bool = False) -> str:
    """A number as paper shows it: rounded once, half to even, U+2212, plus where asked, no -0."""
    if value is None:
        return DASH
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    digits = f"{abs(rounded):f}"
    sign = "" if not rounded else MINUS if rounded < 0 else "+" if signed else ""
    return sign + digits


def runs(numbers: list[int]) -> str:
    """`1–3, 5`: runs of three or more as first and last."""
    groups: list[list[int]] = []
    for number in sorted(numbers):
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    shown = [f"{g[0]}–{g[-1]}" if len(g) > 2 else ", ".join(map(str, g)) for g in groups]
    return ", ".join(shown) or DASH


def actions(twin: Twin) -> Iterator[list[Row]]:
    fields = ("name", "score", "problem", "next_step", "due")
    if twin["actions"]:
        yield [[action["printed"][name] for name in fields] for action in twin["actions"]]


def summary(twin: Twin) -> Iterator[list[Row]]:
    if not twin["analytes"]:
        names = ("name", "returned", "pass_rate", "cv_range")
        yield [[part["printed"][name] for name in names] for part in twin["overall"]]
        return
    yield [
        [
            f"{e['printed']['name']} {e['printed']['unit']}".rstrip(),
            e["printed"]["group"],
            str(e["graded"]),
            str(e["acceptable"]),
            score(e["score_percent"]),
            half_even(e["mean_percent_allowed"], 0, signed=True),
            e["printed"]["previous"],
            e["printed"]["verdict"],
            runs(e["findings"]),
        ]
        for e in twin["analytes"]
    ]


def score(percent: float | None) -> str:
    if percent is None:
        return DASH
    return half_even(percent, 0 if float(percent).is_integer() else 1)


def uncertain(results: list[Twin]) -> list[str]:
    """Which of ζ and E_n some sample has."""
    names = {"zeta": "zeta_score", "en": "en_score"}
    return [shown for shown, name in names.items() if any(r[name] is not None for r in results)]


def samples(twin: Twin) -> Iterator[list[Row]]:
    """T-SMP of every item: own results; with ζ and E_n where an uncertainty was reported."""
    for entry in twin["analytes"]:
        more = uncertain(entry["results"])
        middle = ("assigned_value", "range", "bias", "percent_allowed", "score", *more)
        last = ("n", "robust_mean", "cv", "all_robust_mean")
        yield [
            [
                r["sample"],
                r["printed"]["value"],
                *(r["printed"][name] for name in (*middle, *last)),
                r["printed"]["verdict"] + ", ".join(map(str, r["findings"])),
            ]
            for r in entry["results"]
        ]


def history(twin: Twin) -> Iterator[list[Row]]:
    rounds = twin["history_rounds"]
    if not twin["analytes"] or len(rounds) < 2:
        return
    table = []
    for entry in twin["analytes"]:
        past = {part["round"]: part["printed"]["score"] for part in (*entry["history"], entry["this_round"])}
        cells = [past.get(code, DASH) for code in rounds]
        table.append([entry["printed"]["name"], *cells, entry["printed"]["status"]])
    yield table


def own_groups(twin: Twin) -> Iterator[list[Row]]:
    names = ("peer_group", "level", "n", "percent_difference", "pass_rate")
    if twin["analytes"]:
        yield [
            [e["printed"]["name"], *(e["own_group"]["printed"][name] for name in names)]
            for e in twin["analytes"]
        ]


GROUP = ("level", "n", "robust_mean", "robust_sd", "cv", "u", "percent_difference", "pass_rate")


def _group(part: Twin) -> Row:
    mark = " ◇" if part["fallback"] else ""
    return [part["printed"]["group"] + mark, *(part["printed"][name] for name in GROUP)]


def failed_groups(twin: Twin) -> Iterator[list[Row]]:
    """Groups of each item that failed by its results, at the sample farthest out."""
    for entry in twin["analytes"]:
        judged = [r for r in entry["results"] if r["signal"] == "action" and r["value"] is not None]
        if entry["verdict"] == "fail" and judged:
            far = max(entry["results"], key=lambda r: abs(r["percent_allowed"] or 0.0))["sample"]
            yield [_group(part) for part in entry["groups"] if part["sample"] == far]


def findings(twin: Twin) -> Iterator[list[Row]]:
    if (twin["kind"] == "PR" or twin["analytes"]) and twin["findings"]:
        yield [
            [
                str(f["no"]),
                f["printed"]["level"],
                f["printed"]["applies_to"],
                f"{f['printed']['text']} [{f['code']}]",
            ]
            for f in twin["findings"]
        ]


def _parts(part: str, names: tuple[str, ...]) -> Callable[[Twin], Iterator[list[Row]]]:
    def rows(twin: Twin) -> Iterator[list[Row]]:
        if twin["analytes"]:
            yield [
                [e["printed"]["name"], *(e[part]["printed"][name] for name in names)]
                for e in twin["analytes"]
            ]

    return rows


targets = _parts("target", ("source", "u", "sigma_pt"))
criteria = _parts(
    "criterion",
    ("allowable_error", "resolved", "document", "verified", "boundary", "pass_mark", "valid_from"),
)


def material(twin: Twin) -> Iterator[list[Row]]:
    names = ("sample", "matrix", "material_lot", "homogeneity", "stability", "traceability")
    if twin["analytes"]:
        yield [[part["printed"][name] for name in names] for part in twin["samples"]]


def participation(twin: Twin) -> Iterator[list[Row]]:
    counts = ("enrolled", "scored", "not_scored", "not_returned", "excused", "not_performed", "late")
    words = {"zh_CN": "实验室", "en": "Laboratories"}
    yield [
        [
            part["printed"]["name"] if part["analyte"] else words[twin["locale"]],
            *(str(part[name]) for name in counts),
        ]
        for part in twin["participation"]
    ]


def overview(twin: Twin) -> Iterator[list[Row]]:
    names = ("returned", "scored", "pass_rate", "previous", "source", "cv_range", "allowable_error")
    yield [
        [e["printed"]["name"], *(e["printed"][name] for name in names), runs(e["findings"])]
        for e in twin["analytes"]
    ]


def detail(twin: Twin) -> Iterator[list[Row]]:
    """Samples over all participants, then their groups, item by item."""
    names = ("n", "assigned_value", "u", "robust_sd", "cv", "range", "acceptable")
    for entry in twin["analytes"]:
        yield [[s["sample"], *(s["printed"][name] for name in names)] for s in entry["samples"]]
        if entry["groups"]:
            yield [[part["sample"], *_group(part)] for part in entry["groups"]]


def trend(twin: Twin) -> Iterator[list[Row]]:
    rounds = twin["trend_rounds"]
    if len(rounds) > 1:
        table = []
        for entry in twin["analytes"]:
            past = {part["round"]: part["printed"]["pass_rate"] for part in entry["trend"]}
            table.append([entry["printed"]["name"], *(past.get(code, DASH) for code in rounds)])
        yield table


def failures(twin: Twin) -> Iterator[list[Row]]:
    names = ("n_results", "n_items", "n_laboratories")
    if twin["failures"]:
        yield [[part["printed"]["kind"], *(str(part[name]) for name in names)] for part in twin["failures"]]


def checks(twin: Twin) -> Iterator[list[Row]]:
    names = ("item", "sample", "homogeneity", "stability", "traceability")
    if twin["material_checks"]:
        yield [[part["printed"][name] for name in names] for part in twin["material_checks"]]


def annex(twin: Twin) -> Iterator[list[Row]]:
    """Results of all participants by alias."""
    for entry in twin["analytes"]:
        packed = entry["results"]
        table = []
        for at, (alias, device) in enumerate(packed["participants"]):
            row = [f"{alias} {device or ''}".strip()]
            for part in packed["samples"]:
                shown = [_field(part, name, at) for name in ("printed_symbol", "printed_value", "raw")]
                row.append(f"{shown[0] or DASH} {shown[1] or shown[2] or DASH}")
            table.append(row)
        yield table


def _field(part: Twin, name: str, at: int) -> Any:
    held = part.get(name)
    if isinstance(held, Mapping):
        return held["levels"][held["codes"][at]]
    return held[at] if held is not None else None


TABLES = {
    "LR": (actions, summary, samples, history, own_groups, failed_groups, findings, targets, criteria,
           material),
    "PR": (participation, overview, detail, trend, failures, material, checks, targets, criteria, findings),
}  # fmt: skip
"""Order of the printed tables up to provenance."""


def expected(twin: Twin) -> list[list[Row]]:
    """Every table of a report up to its provenance, in order of printing."""
    return [table for make in TABLES[twin["kind"]] for table in make(twin)]
