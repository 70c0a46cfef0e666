"""Normal forms of HGVS variant descriptions, as text: no sequence is looked up.

References
----------
HGVS Recommendations for the Description of Sequence Variants, version 21 (hgvs-nomenclature.org); den Dunnen
et al., Hum Mutat 2016;37:564.
"""

from __future__ import annotations

import re
import unicodedata

AMINO_ACIDS = {
    "A": "Ala", "R": "Arg", "N": "Asn", "D": "Asp", "C": "Cys", "Q": "Gln", "E": "Glu", "G": "Gly",
    "H": "His", "I": "Ile", "L": "Leu", "K": "Lys", "M": "Met", "F": "Phe", "P": "Pro", "S": "Ser",
    "T": "Thr", "W": "Trp", "Y": "Tyr", "V": "Val", "*": "Ter", "X": "Ter", "U": "Sec",
}  # fmt: skip
"""One-letter to three-letter codes (IUPAC); X and * both mean a stop."""

_ONE = {three.upper(): three for three in AMINO_ACIDS.values()}
_DASHES = re.compile(r"[‐‑‒–—−﹣－]")
_ARROWS = re.compile(r"-*[→＞⇒>]")
_REFERENCE = re.compile(
    r"^(?:(?:N[MCGPR]|LRG)_[\w.]+(?:\([\w-]+\))?|[A-Z][\w-]*):(?=[cgmnpr]\.)", re.IGNORECASE
)
_RESIDUE = r"(?:Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val|Ter|Sec|[ARNDCQEGHILKMFPSTWYVXU*])"
_PROTEIN = re.compile(
    rf"^(?:p\.)?\(?({_RESIDUE})(\d+)(?:_({_RESIDUE})(\d+))?(delins|del|dup|ins|fs|=)?((?:{_RESIDUE})*\d*)\)?$",
    re.IGNORECASE,
)
_CHANGE_WORDS = re.compile(r"(delins|del|dup|ins|inv)", re.IGNORECASE)
_RESIDUES = re.compile(_RESIDUE, re.IGNORECASE)


def plain(text: str) -> str:
    """Full-width characters narrowed, every dash a hyphen, every arrow ">", no blanks.

    >>> plain("c．35 Ｇ → Ａ")
    'c.35G>A'
    """
    narrow = _DASHES.sub("-", unicodedata.normalize("NFKC", _DASHES.sub("-", text)))
    return _ARROWS.sub(">", re.sub(r"\s+", "", narrow))


def normalise_dna(text: str) -> str:
    """Normal form of a coding, genomic or mitochondrial description; other text comes back plain.

    Parameters
    ----------
    text : for example "NM_004004.6:c.235delC"; a reference sequence or gene in front is taken off.

    Returns
    -------
    str
        Bases in capitals; what is deleted or duplicated is not repeated ("c.235del").

    Notes
    -----
    A description that names the same change by another position (3' rule) is not moved: that needs the
    sequence. Such names are listed with the allele.

    Examples
    --------
    >>> normalise_dna("HBB:c.126_129delCTTT"), normalise_dna("c.176_191del16"), normalise_dna("NM_000441.2:c.919-2a>g")
    ('c.126_129del', 'c.176_191del', 'c.919-2A>G')
    """
    bare = _REFERENCE.sub("", plain(text))
    match = re.fullmatch(r"([cgmnr])\.\(?([^()]+)\)?", bare, re.IGNORECASE)
    if match is None:
        return bare
    parts = _CHANGE_WORDS.split(match[2])
    body = "".join(part.lower() if _CHANGE_WORDS.fullmatch(part) else part.upper() for part in parts)
    body = re.sub(r"del[ACGTU]*ins", "delins", body)
    return f"{match[1].lower()}." + re.sub(r"(del|dup)(?:[ACGTU]+|[0-9]+)$", r"\1", body)


def normalise_protein(text: str) -> str:
    """Normal form of a protein change: three-letter codes, "Ter" for a stop; "" when it is none.

    Parameters
    ----------
    text : "V600E", "p.V600E", "p.(Val600Glu)", "NP_004324.2:p.Val600Glu" all mean the same.

    Notes
    -----
    The brackets of a predicted change carry no difference here. A bare "C677T" reads as cysteine 677 threonine:
    names of base changes in that style are listed with the allele and looked up first.

    Examples
    --------
    >>> [normalise_protein(t) for t in ("V600E", "p.(E746_A750del)", "p.R180X", "p.L747_P753delinsS", "19del")]
    ['p.Val600Glu', 'p.Glu746_Ala750del', 'p.Arg180Ter', 'p.Leu747_Pro753delinsSer', '']
    """
    match = _PROTEIN.fullmatch(_REFERENCE.sub("", plain(text)))
    if match is None:
        return ""
    first, start, last, end, kind, rest = match.groups()
    kind = (kind or "").lower()
    if rest.lower().startswith("ins") or (not kind and not rest):
        return ""
    place = f"{_three(first)}{start}" + (f"_{_three(last)}{end}" if last else "")
    tail = "" if kind in ("del", "dup", "=") else _three_letters(rest)
    return f"p.{place}{kind}{tail}"


def _three(residue: str) -> str:
    """Three-letter code of one residue written either way."""
    return AMINO_ACIDS.get(residue.upper()) or _ONE[residue.upper()]


def _three_letters(rest: str) -> str:
    """Every residue of the new sequence in three letters; digits (of a frameshift) stay."""
    return _RESIDUES.sub(lambda found: _three(found.group()), rest)


def one_letter(description: str) -> str:
    """A protein change in one-letter codes: "p.Val600Glu" gives "V600E".

    >>> one_letter("p.Val600Glu"), one_letter("p.Arg180Ter")
    ('V600E', 'R180*')
    """
    letters = {three: one for one, three in AMINO_ACIDS.items() if one != "X"}
    return re.sub(r"[A-Z][a-z]{2}", lambda found: letters.get(found.group(), found.group()), description[2:])
