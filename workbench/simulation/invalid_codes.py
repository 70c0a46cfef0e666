"""Raw returns with answers that cannot be answers: unknown organisms, impossible genotypes, MICs off the ladder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.parameters.loci import Locus, loci
from workbench.parameters.programmes import Analyte, Programme
from workbench.simulation.coded_round import CodedRound
from workbench.simulation.standing import generator, programme_place, round_place

STRANGE_ROWS = (
    ("lab_code", "L9999", "lab_code_unknown"),
    ("analyte", "NO-SUCH-ITEM", "analyte_unknown"),
    ("sample", "ZZ99", "sample_unknown"),
)
"""Column, code nobody knows, and why the row must be kept out."""

BY_TYPE: dict[str, tuple[tuple[str, str], ...]] = {
    "qualitative": (("也许", "code_unknown"), ("POSITIV?", "code_unknown")),
    "ordinal": (("也许", "code_unknown"), ("9+", "code_unknown")),
    "identification": (("Bacillus x", "name_unknown"), ("不明菌 3 号", "name_unknown")),
    "ast": (
        ("XYZ:R", "drug_unknown"),
        ("AMP:T", "category_unknown"),
        ("AMP:R 32; CIP:S 3", "mic_off_ladder"),
        ("AMP:R many", "mic_unreadable"),
        ("AMP:R 3mm", "zone_impossible"),
        ("AMP:R xmm", "zone_unreadable"),
    ),
    "indicator_form": (("很少", "figure_unreadable"), ("3 of 120", "figure_unreadable")),
    "quantity": (
        ("1,234", "ambiguous_comma"),
        ("6901234567890123", "absurd_value"),
        ("2026-03-01", "date_for_value"),
    ),
}
"""Result type -> texts that are no answer, with the reason; genotypes and blood groups depend on the analyte."""


@dataclass(frozen=True)
class SpoiltReturns:
    """What laboratories send, row by row, and which rows must be kept out.

    Attributes
    ----------
    rows : lab_code, analyte, sample, value: every result of the round, then rows with unknown codes.
    reasons : reason by position of the row.
    """

    rows: pd.DataFrame
    reasons: dict[int, str]

    def csv(self) -> str:
        """The rows as a laboratory's system would export them."""
        return str(self.rows.to_csv(index=False, lineterminator="\n"))


def impossible_answers(analyte: Analyte) -> tuple[tuple[str, str], ...]:
    """Texts that cannot be an answer on an analyte, with the reason; empty where every text can be one.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> dict(impossible_answers(catalogue()["4.7"].analyte("CYP2C19")))["*1/*2/*1"]
    'too_many_alleles'
    """
    if analyte.result_type == "genotype":
        return _impossible_genotypes(loci()[analyte.categories or analyte.analyte], bool(analyte.categories))
    if analyte.result_type == "antigen_typing":
        group = analyte.analyte.startswith(("ABO", "Rh"))
        return (("C", "group_unknown"),) if group else (("不清楚", "reaction_unknown"),)
    return BY_TYPE.get("quantity" if analyte.is_quantitative else analyte.result_type, ())


def _impossible_genotypes(locus: Locus, one_type: bool) -> tuple[tuple[str, str], ...]:
    """Alleles of nobody, of another locus, too many of them, or wild type together with a variant."""
    if locus.kind == "panel":
        return (("也许", "code_unknown"),) if one_type else (("HPV99", "type_unknown"),)
    other = next(allele.code for allele in locus.alleles if allele.code != locus.wild)
    foreign = (("X999del", "allele_unknown"), ("ε4/*1", "wrong_locus"))
    if locus.kind == "diplotype":
        wild = locus.wild
        return (*foreign, (f"{wild}/{other}/{wild}", "too_many_alleles"), (other, "too_few_alleles"))
    return (*foreign, (f"{locus.wild}; {other}", "contradicts_itself"), ("杂合", "genotype_missing"))


def spoil(made: CodedRound, programme: Programme, seed: int, share: float = 0.08) -> SpoiltReturns:
    """Replace some answers of a simulated round by texts that cannot be answers, and add rows of unknown codes.

    Parameters
    ----------
    made : the round; its returned results are written one a row, as sent.
    programme : its programme. seed : the same seed spoils the same cells.
    share : of the rows spoilt; of every analyte one row at least, so that every kind of text occurs.
    """
    results = made.round.results
    usual = (results["result_state"] == "reported") & (results["raw"] != "")
    rows = results.loc[usual, ["lab_code", "analyte", "sample", "raw"]].rename(columns={"raw": "value"})
    rows = rows.reset_index(drop=True)
    place = (*programme_place(programme.programme_no), *round_place(made.round.round_code))
    rng = generator(seed, 5, *place)
    reasons: dict[int, str] = {}
    for analyte in programme.analytes:
        texts = impossible_answers(analyte)
        mine = np.flatnonzero((rows["analyte"] == analyte.analyte).to_numpy())
        for at, (text, reason) in _chosen(mine, texts, share, rng):
            rows.loc[at, "value"] = text
            reasons[at] = reason
    sound = np.setdiff1d(np.arange(len(rows)), list(reasons))
    strange: list[pd.DataFrame] = []
    for column, code, reason in STRANGE_ROWS:
        at = int(rng.choice(sound))
        reasons[len(rows) + len(strange)] = reason
        strange.append(rows.iloc[[at]].assign(**{column: code}))
    return SpoiltReturns(pd.concat([rows, *strange], ignore_index=True), reasons)


def _chosen(
    rows: np.ndarray, texts: Sequence[tuple[str, str]], share: float, rng: np.random.Generator
) -> list[tuple[int, tuple[str, str]]]:
    """Rows to spoil, each with its text; every text once at least where there are rows enough."""
    count = min(len(rows), max(len(texts), round(share * len(rows)))) if texts else 0
    picked = rng.permutation(rows)[:count].tolist()
    return [(int(at), texts[n % len(texts)]) for n, at in enumerate(picked)]
