"""Answers a simulated laboratory may write, for each analyte of coded answers, from its own vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.parameters.categories import categories_of
from workbench.parameters.loci import loci
from workbench.parameters.programmes import Analyte
from workbench.parameters.vocabularies import vocabularies

MOST_NAMES = 12
"""Names of a vocabulary that a simulated round draws from."""

THALASSAEMIA = {
    "THAL-A": ("--SEA/αα", "αα/αα", "-α3.7/αα"),
    "THAL-B": ("CD41-42/N", "N/N", "IVS-II-654/N"),
}
BLOOD = {"ABO": ("A", "B", "O", "AB"), "XM": ("相合", "不相合")}


@dataclass(frozen=True)
class Choice:
    """One possible truth: `code` as the organiser expects it, `written` as laboratories send it."""

    code: str
    written: str


def choices(analyte: Analyte) -> tuple[Choice, ...]:
    """Possible truths of one analyte; empty where its result type has no simulated answers.

    Notes
    -----
    Reactions are clearly negative or positive: an organiser sends no sample in the grey zone.
    """
    kind = analyte.result_type
    if kind == "ordinal":
        return tuple(Choice(each.code, each.zh) for each in categories_of(analyte).categories)
    if kind == "qualitative":
        found = categories_of(analyte).categories
        return tuple(Choice(each.code, each.zh) for each in (found[0], found[-1]))
    if kind == "identification":
        return _names(analyte)
    if kind == "antigen_typing":
        group = "ABO" if analyte.analyte.startswith("ABO") else analyte.analyte
        return _same(*BLOOD.get(group, ("阴性", "阳性")))
    return _genotypes(analyte) if kind == "genotype" else ()


def _same(*codes: str) -> tuple[Choice, ...]:
    """Answers that are written as they are expected."""
    return tuple(Choice(code, code) for code in codes)


def _names(analyte: Analyte) -> tuple[Choice, ...]:
    """The first names of the vocabulary that are deep enough for a full mark."""
    vocabulary = vocabularies()[(analyte.categories or "").split("|")[0]]
    deep = [term for term in vocabulary if vocabulary.marks.reached[term.rank] >= 1]
    return tuple(Choice(term.code, term.zh) for term in deep[:MOST_NAMES])


def _genotypes(analyte: Analyte) -> tuple[Choice, ...]:
    """Wild type and some others of the locus; types of a panel, or its two reactions."""
    locus = loci()[analyte.categories or analyte.analyte]
    if locus.kind == "panel":
        if analyte.categories:
            return Choice("NEG", "阴性"), Choice("POS", "阳性")
        return Choice("NEG", "阴性"), *_same("HPV16", "HPV18", "HPV16,HPV18")
    if named := THALASSAEMIA.get(locus.locus):
        return _same(*named)
    other = next(allele.code for allele in locus.alleles if allele.code != locus.wild and not allele.group)
    if locus.kind == "diplotype":
        return _same(f"{locus.wild}/{locus.wild}", f"{locus.wild}/{other}", f"{other}/{other}")
    return (Choice("野生型", "野生型"), Choice(other, other))
