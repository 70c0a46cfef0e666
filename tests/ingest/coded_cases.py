"""Answers that cannot be one: reason, programme, analyte, text."""

from __future__ import annotations

CODED_REASONS = {
    "code_unknown": ("3.1", "HBsAg", "也许"),
    "name_unknown": ("5.1", "ORG-ID", "Bacillus x"),
    "name_ambiguous": ("2.4", "MORPH-BLOOD", "T. cell"),
    "genotype_missing": ("4.5", "EGFR", "杂合"),
    "allele_unknown": ("4.7", "CYP2C19", "*1/*99"),
    "wrong_locus": ("4.7", "CYP2C19", "ε4/*1"),
    "too_many_alleles": ("4.7", "CYP2C19", "*1/*2/*17"),
    "too_few_alleles": ("4.7", "CYP2C19", "*2"),
    "contradicts_itself": ("4.5", "EGFR", "野生型; p.(Leu858Arg)"),
    "type_unknown": ("4.3", "HPV16/18", "HPV99"),
    "drug_unknown": ("5.1", "SUSC", "XYZ:R"),
    "category_unknown": ("5.1", "SUSC", "AMP:T"),
    "mic_unreadable": ("5.1", "SUSC", "AMP:R many"),
    "mic_off_ladder": ("5.1", "SUSC", "AMP:R 32; CIP:S 3"),
    "zone_unreadable": ("5.1", "SUSC", "AMP:R xmm"),
    "zone_impossible": ("5.1", "SUSC", "AMP:R 3mm"),
    "group_unknown": ("9.1", "ABO", "C"),
    "reaction_unknown": ("9.3", "XM", "不清楚"),
    "figure_unreadable": ("10.1", "QI-CLOT", "很少"),
}
