"""What can be genotyped: loci with their alleles, in every name they go by, and what the pairs mean.

One YAML file a field in `parameters/genotypes/`. An allele is found by its code, a listed name, its HGVS
description or the protein change, however written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from workbench.errors import ParameterError, Problem
from workbench.parameters.entry_files import EntryKind, read_entry_files
from workbench.parameters.hgvs import normalise_dna, normalise_protein, one_letter, plain
from workbench.parameters.home import project_root
from workbench.parameters.policy import Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files

_GREEK = str.maketrans({"α": "a", "Α": "a", "β": "b", "Β": "b", "ε": "e", "Ε": "e"})
_BRACKETS = re.compile(r"[(){}\[\]^*'\"’:]")
_INTRON = ((re.compile(r"ivs-?(?:ii|2)-?(?=\d)"), "ivs2-"), (re.compile(r"ivs-?(?:i|1)-?(?=\d)"), "ivs1-"))


def allele_key(name: str) -> str:
    """What two spellings of one allele have in common.

    Greek letters, brackets, superscript marks, blanks, dashes and case do not count; Roman introns are Arabic.

    Examples
    --------
    >>> allele_key("－α^3.7"), allele_key("IVS-Ⅱ-654 (C→T)"), allele_key("ε4")
    ('-a3.7', 'ivs2-654c>t', 'e4')
    """
    text = _BRACKETS.sub("", plain(name).translate(_GREEK).replace("·", ".")).casefold()
    for pattern, number in _INTRON:
        text = pattern.sub(number, text)
    return text


class Allele(Strict):
    """One allele, haplotype, variant or type.

    Attributes
    ----------
    code : recommended short name, unique at its locus. names : traditional and other names.
    hgvs : descriptions of the DNA change; the first is the recommended one. protein : three-letter form.
    function : what it does, one of the words the locus's phenotypes use.
    group : code of a wider answer that covers it (a kit that reports "19del" only).
    """

    code: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    hgvs: tuple[str, ...] = ()
    protein: str = ""
    function: str = ""
    group: str = ""
    zh: str = ""
    en: str = ""


class Phenotype(Strict):
    """What a pair of functions amounts to; the order of the two does not matter."""

    functions: tuple[str, str]
    phenotype: str
    zh: str
    en: str


class TypeSet(Strict):
    """A set of types of a panel, for example those of high risk, with its source."""

    name: str
    types: tuple[str, ...]
    document: str


class Locus(Strict):
    """One thing that is genotyped.

    Attributes
    ----------
    locus : analyte code of the catalogue. kind : ``diplotype`` (two alleles, unordered), ``variants`` (a set of
        variants of one or several genes, each perhaps with zygosity) or ``panel`` (a set of types).
    wild : code of the normal allele; empty for a panel.
    critical_functions : an error in the number of alleles with these functions is critical.
    equivalent_mark : mark (0 to 1) for another genotype of the same phenotype, or the right wider group.
    document : where alleles and phenotypes are taken from.
    """

    locus: str = Field(min_length=1)
    zh: str
    en: str
    gene: str = ""
    reference: str = ""
    kind: Literal["diplotype", "variants", "panel"]
    wild: str = ""
    critical_functions: tuple[str, ...] = ()
    equivalent_mark: float = Field(default=0.5, ge=0, le=1)
    document: str
    alleles: tuple[Allele, ...]
    phenotypes: tuple[Phenotype, ...] = ()
    sets: tuple[TypeSet, ...] = ()

    @model_validator(mode="after")
    def _codes_exist(self) -> Locus:
        codes = [allele.code for allele in self.alleles]
        functions = {allele.function for allele in self.alleles}
        faults = [f"allele {code!r} is repeated" for code in sorted({c for c in codes if codes.count(c) > 1})]
        if self.kind != "panel" and self.wild not in codes:
            faults.append(f"the wild allele {self.wild!r} is not listed")
        faults += [
            f"group {a.group!r} is not listed" for a in self.alleles if a.group and a.group not in codes
        ]
        used = [f for row in self.phenotypes for f in row.functions] + list(self.critical_functions)
        faults += [f"no allele has the function {f!r}" for f in sorted(set(used) - functions)]
        faults += [f"type {t!r} of a set is not listed" for s in self.sets for t in s.types if t not in codes]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @cached_property
    def by_code(self) -> Mapping[str, Allele]:
        """Alleles by code, in file order."""
        return {allele.code: allele for allele in self.alleles}

    @cached_property
    def spellings(self) -> Mapping[str, tuple[str, ...]]:
        """Spelling -> codes it may mean; a listed name hides a derived one."""
        listed: dict[str, set[str]] = {}
        derived: dict[str, set[str]] = {}
        for allele in self.alleles:
            for name in (allele.code, *allele.names):
                listed.setdefault(allele_key(name), set()).add(allele.code)
            for name in _derived(allele):
                derived.setdefault(allele_key(name), set()).add(allele.code)
        return {key: tuple(sorted(codes)) for key, codes in (derived | listed).items()}

    def named(self, name: str) -> tuple[str, ...]:
        """Codes a written name may mean: none when unknown, several when ambiguous."""
        for form in (name, normalise_dna(name), normalise_protein(name)):
            found = self.spellings.get(allele_key(form), ()) if form else ()
            if found:
                return found
        return ()

    def phenotype(self, one: str, other: str) -> Phenotype | None:
        """What two alleles amount to; None where the locus does not say."""
        functions = sorted((self.by_code[one].function, self.by_code[other].function))
        return next((row for row in self.phenotypes if sorted(row.functions) == functions), None)


def _derived(allele: Allele) -> Iterator[str]:
    """Names that follow from the descriptions."""
    for description in allele.hgvs:
        normal = normalise_dna(description)
        yield normal
        yield normal.partition(".")[2]
    if allele.protein:
        normal = normalise_protein(allele.protein)
        yield normal
        yield normal.removeprefix("p.")
        yield one_letter(normal)
        yield "p." + one_letter(normal)


_KIND = EntryKind(Locus, "loci", ("about",))


def loci(folder: Path | None = None) -> Mapping[str, Locus]:
    """Return the loci of `parameters/genotypes/*.yaml` by analyte code, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column.

    Examples
    --------
    >>> loci()["THAL-B"].named("HBB:c.126_129delCTTT")
    ('CD41-42',)
    """
    place = folder or project_root() / "parameters" / "genotypes"
    return _loci(place, fingerprint(yaml_files(place)))


@lru_cache(maxsize=8)
def _loci(folder: Path, files: tuple[tuple[str, int, int], ...]) -> dict[str, Locus]:
    what = "The loci cannot be read"
    rows = [(file.name, row) for file in read_entry_files(folder, _KIND, what) for row in file.entries]
    codes = [row.locus for _, row in rows]
    repeated = [(name, row) for name, row in rows if codes.count(row.locus) > 1]
    if repeated:
        problems = [
            Problem(f"locus {row.locus!r} is defined twice", file=f"{name}.yaml") for name, row in repeated
        ]
        raise ParameterError(f"{what}; keep one of each.", problems)
    return {row.locus: row for _, row in rows}
