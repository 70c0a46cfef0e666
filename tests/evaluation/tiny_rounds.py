"""A tiny round for any programme of the catalogue: eight good laboratories, one bad, one silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tests.evaluation.coded_rounds import CodedSmallRound
from tests.evaluation.small_rounds import SPREAD
from workbench.parameters import criteria
from workbench.parameters.categories import categories_of
from workbench.parameters.loci import loci
from workbench.parameters.programmes import Analyte, Programme
from workbench.parameters.vocabularies import vocabularies

GOOD = tuple(f"P{number:02d}" for number in range(8))
BAD, SILENT = "X", "SILENT"
SAMPLES = ("S1", "S2", "S3")

RIGHT = {
    "genotype:THAL-A": ("--SEA/αα", "αα/αα", "-α3.7/αα"),
    "genotype:THAL-B": ("CD41-42/N", "N/N", "IVS-II-654/N"),
    "antigen:ABO": ("A", "O", "AB"),
    "antigen:Rh": ("阳性", "阴性", "阳性"),
    "antigen:AbScr": ("阳性", "阴性", "阳性"),
    "antigen:XM": ("相合", "不相合", "相合"),
}
PANELS = {
    "SUSC": ("ECO", {"AMP": {"category": "R"}, "CIP": {"mic": "0.06"}, "MEM": {"category": "S"}}, "AMP:R; CIP:S 0.06; MEM:S", "AMP:S; CIP:R; MEM:R"),
    "F-SUSC": ("C-ALB", {"FLU": {"mic": "0.5"}, "VOR": {"category": "S"}}, "FLU:S 0.5; VOR:S", "FLU:R; VOR:R"),
}  # fmt: skip


def right_and_wrong(analyte: Analyte) -> tuple[Sequence[str], Sequence[str], Any]:
    """Right answers, wrong ones, and the detail of the expected answers of one coded analyte."""
    kind, code = analyte.result_type, analyte.analyte
    if kind in ("qualitative", "ordinal"):
        codes = categories_of(analyte).codes
        return (codes[-1], codes[0], codes[-1]), (codes[0], codes[-1], codes[0]), {}
    if kind == "identification":
        vocabulary = vocabularies()[analyte.categories.split("|")[0]]
        deepest = [t for t in vocabulary if vocabulary.marks.reached[t.rank] >= 1]
        return [t.zh for t in deepest[:3]], ["看不清"] * 3, {"codes": [t.code for t in deepest[:3]]}
    if kind == "ast":
        organism, drugs, right, wrong = PANELS[code]
        return [right] * 3, [wrong] * 3, {"codes": [organism] * 3, "detail": {"drugs": drugs}}
    if kind == "antigen_typing":
        right = RIGHT[
            f"antigen:{'ABO' if code.startswith('ABO') else 'Rh' if code.startswith('Rh') else code}"
        ]
        return right, [right[1], right[0], right[1]], {}
    return _genotypes(analyte)


def _genotypes(analyte: Analyte) -> tuple[Sequence[str], Sequence[str], Any]:
    locus = loci()[analyte.categories or analyte.analyte]
    if locus.kind == "panel":
        if analyte.categories:
            return ("POS", "NEG", "POS"), ("NEG", "POS", "NEG"), {}
        return ("HPV16", "阴性", "HPV16,HPV18"), ("阴性", "HPV18", "HPV18"), {}
    if named := RIGHT.get(f"genotype:{locus.locus}"):
        return named, ["???"] * 3, {}
    other = next(allele.code for allele in locus.alleles if allele.code != locus.wild and not allele.group)
    if locus.kind == "diplotype":
        return (f"{locus.wild}/{locus.wild}", f"{locus.wild}/{other}", f"{other}/{other}"), ["???"] * 3, {}
    return (other, "野生型", other), ["???"] * 3, {}


def tiny_round(programme: Programme) -> CodedSmallRound:
    """The round, ready to be evaluated."""
    small = CodedSmallRound(programme, SAMPLES, tuple(criteria().rows))
    for place, analyte in enumerate(programme.analytes):
        if analyte.result_type in ("indicator_form", "iqc_comparison"):
            _survey(small, analyte)
        elif analyte.is_quantitative:
            _numbers(small, analyte, place)
        else:
            _answers(small, analyte)
        small.lab(SILENT, [None] * 3, analyte.analyte)
    return small


def _survey(small: CodedSmallRound, analyte: Analyte) -> None:
    text = "35" if "TAT" in analyte.analyte else "3/120"
    for lab in (*GOOD, BAD):
        small.lab(lab, [text] * 3, analyte.analyte)


def _numbers(small: CodedSmallRound, analyte: Analyte, place: int) -> None:
    """Levels inside the plausible range; the bad laboratory is off by a factor of four."""
    low, high = float(analyte.plausible_low or 1), float(analyte.plausible_high or 100)
    levels = [low + (high - low) * share for share in (0.2, 0.3, 0.4)]
    decimals = max(analyte.decimals or 0, 4)
    small.crowd(levels, [share / 10 for share in SPREAD], analyte=analyte.analyte, decimals=decimals)
    small.lab(BAD, [f"{4 * level:.{decimals}f}" for level in levels], analyte.analyte)
    for sample, level in zip(SAMPLES, levels, strict=True):
        small.row(
            "reference_values", analyte=analyte.analyte, sample=sample, assigned_value_method="reference",
            assigned_value=level, u_assigned_value=level * 1e-4, traceability="",
        )  # fmt: skip


def _answers(small: CodedSmallRound, analyte: Analyte) -> None:
    right, wrong, more = right_and_wrong(analyte)
    detail = more.get("detail", {})
    small.expect(analyte.analyte, more.get("codes", right), dict.fromkeys(SAMPLES, detail))
    for lab in GOOD:
        small.lab(lab, list(right), analyte.analyte)
    small.lab(BAD, list(wrong), analyte.analyte)


def of_lab(table: pd.DataFrame, *labs: str) -> pd.DataFrame:
    """Rows of some laboratories."""
    return table[table["lab_code"].isin(labs)]
