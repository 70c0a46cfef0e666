"""Reading a genotype as written: alleles in any order, any accepted name, with or without zygosity.

A text becomes a call, or a reason why it cannot be one. Impossible genotypes (three alleles, an allele of
another locus, a homozygote of two alleles) are reasons, never repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.parameters.hgvs import plain
from workbench.parameters.loci import Locus

_SEPARATORS = re.compile(r"[/;,，；、|]|\s\+\s|和| and ")
_CODON_PAIR = re.compile(r"((?:CD|密码子)\s*)?(?<!\d)(\d+)/(\d+)(M(?![a-z]))?", re.IGNORECASE)
_HET = re.compile(
    r"(双重|复合|双)?杂合(子|型|突变|变异)*|异质(性)?|heterozyg\w*|heteroplasm\w*|\bhet\b", re.IGNORECASE
)
_HOM = re.compile(r"纯合(子|型|突变|变异)*|均质(性)?|homozyg\w*|homoplasm\w*|\bhom\b", re.IGNORECASE)
_WILD = re.compile(
    r"(野生(纯合)?(型|子)?|正常(型)?|阴性|无突变|未(检出|见|发现)[^/;,，；、|]*|wild-?type|wt|normal|negative"
    r"|no mutation[^/;,|]*|none detected|not detected)",
    re.IGNORECASE,
)
"""A statement that nothing was found; what stands behind a separator is a finding of its own."""
_NOT_TESTED = re.compile(r"(未检测|未做|未测|不检测|无此项目|not tested|not done|n/?t)", re.IGNORECASE)
_NOISE = re.compile(
    r"(基因)?(突变|变异|位点|检出|缺失型)(型)?|阳性|基因型|mutation|variant|positive|detected", re.IGNORECASE
)
HET, HOM = "het", "hom"


@dataclass(frozen=True)
class Call:
    """One genotype.

    Attributes
    ----------
    alleles : codes in the locus's own order: two of a diplotype, any number of variants (none: wild type).
    zygosity : of each variant: het, hom or empty; all empty for a diplotype.
    reason : why there is no genotype; empty when there is one.
    """

    alleles: tuple[str, ...] = ()
    zygosity: tuple[str, ...] = ()
    reason: str = ""

    def text(self, locus: Locus) -> str:
        """The call under its recommended names, for example "--SEA/αα" or "GJB2:c.235del het"."""
        if self.reason:
            return ""
        if locus.kind == "diplotype":
            return "/".join(self.alleles)
        named = [f"{code} {how}".strip() for code, how in zip(self.alleles, self.zygosity, strict=True)]
        return "; ".join(named) or locus.wild


def read_call(text: str, locus: Locus, others: Mapping[str, Locus] | None = None) -> Call:
    """Read one genotype.

    Parameters
    ----------
    text : as written, for example "CYP2C19 *17/*2", "CD41-42 杂合", "p.(Leu858Arg)", "野生型".
    others : all loci, to tell an allele of another locus from an unknown one.

    Returns
    -------
    Call
        With a reason from REASONS when the text is no possible genotype of this locus.

    Notes
    -----
    A diplotype may be written with "/" or without ("CT", "E3E4"), or as one allele with its zygosity. One
    allele alone says too little and is not completed.

    Examples
    --------
    >>> from workbench.parameters.loci import loci
    >>> book = loci()
    >>> read_call("αα/--SEA", book["THAL-A"]).alleles, read_call("--SEA/αα", book["THAL-A"]).alleles
    (('--SEA', 'αα'), ('--SEA', 'αα'))
    >>> read_call("*1/*2/*17", book["CYP2C19"]).reason
    'too_many_alleles'
    """
    narrow = re.sub(r"\s+", " ", text.replace("\u3000", " ")).strip()
    if not narrow:
        return Call(reason="genotype_missing")
    if _NOT_TESTED.fullmatch(narrow):
        return Call(reason="not_tested")
    bare = _without_gene(narrow, locus)
    if _WILD.fullmatch(bare):
        return _wild(locus)
    pieces = _pieces(bare, locus)
    return (
        _diplotype(pieces, locus, others) if locus.kind == "diplotype" else _variants(pieces, locus, others)
    )


def _wild(locus: Locus) -> Call:
    return Call((locus.wild, locus.wild), ("", "")) if locus.kind == "diplotype" else Call()


def _without_gene(text: str, locus: Locus) -> str:
    """The text without a gene or locus name in front, where something is left."""
    for gene in (*locus.gene.split("/"), locus.locus):
        cut = re.match(rf"{re.escape(gene)}(?:基因)?(?:\s*[:：]\s*|\s+|(?=[^\w]))", text, re.IGNORECASE)
        rest = text[cut.end() :] if gene and cut else ""
        if rest:
            return rest
    return text


def _pieces(text: str, locus: Locus) -> list[str]:
    """The alleles as written. A slash between neighbouring codons ("CD41/42") parts nothing."""
    if locus.named(text):
        return [text]
    joined = _CODON_PAIR.sub(
        lambda m: (
            f"{m[1] or ''}{m[2]}-{m[3]}{m[4] or ''}"
            if (m[1] or m[4]) and int(m[3]) == int(m[2]) + 1
            else m[0]
        ),
        text,
    )
    return [piece.strip() for piece in _SEPARATORS.split(joined) if piece.strip()]


@dataclass(frozen=True)
class _Piece:
    """One allele as found, with its zygosity and reason."""

    code: str
    zygosity: str
    reason: str = ""


def _look_up(piece: str, locus: Locus, others: Mapping[str, Locus] | None) -> _Piece:
    """One written allele: zygosity taken off, then the name, then the name without filler words."""
    zygosity = HET if _HET.search(piece) else HOM if _HOM.search(piece) else ""
    name = _HOM.sub("", _HET.sub("", piece)).strip(" ()（）")
    if not name:
        return _Piece("", zygosity)
    forms = (name, _NOISE.sub("", name).strip(), _without_gene(name, locus), name.lstrip("αβ"))
    found = next((codes for form in forms if form and (codes := locus.named(form))), ())
    if len(found) == 1:
        return _Piece(found[0], zygosity)
    if found:
        return _Piece("", zygosity, "allele_ambiguous")
    if _WILD.fullmatch(name) or plain(name) == "=":
        return _Piece(locus.wild, zygosity)
    elsewhere = any(other.named(name) for other in (others or {}).values() if other.locus != locus.locus)
    return _Piece("", zygosity, "wrong_locus" if elsewhere else "allele_unknown")


def _diplotype(pieces: list[str], locus: Locus, others: Mapping[str, Locus] | None) -> Call:
    """Two alleles, or why not."""
    found = [_look_up(piece, locus, others) for piece in pieces]
    if len(pieces) == 1 and found[0].reason:
        found = [_Piece(code, "") for code in _glued(pieces[0], locus)] or found
    zygosity = {one.zygosity for one in found} - {""}
    codes = [one.code for one in found if one.code]
    fault = next((one.reason for one in found if one.reason), "")
    if fault:
        return Call(reason=fault)
    if len(codes) == 1 and zygosity:
        codes += [locus.wild] if HET in zygosity else codes
    if len(codes) != 2:
        return Call(reason="too_many_alleles" if len(codes) > 2 else "too_few_alleles")
    if zygosity == {HET, HOM} or ((HOM in zygosity) != (codes[0] == codes[1]) and zygosity):
        return Call(reason="contradicts_itself")
    return Call(_in_order(codes, locus), ("", ""))


def _glued(text: str, locus: Locus) -> tuple[str, ...]:
    """Two alleles written without anything between ("CT", "E3E4"); nothing unless one way only fits."""
    cuts = ((locus.named(text[:i]), locus.named(text[i:])) for i in range(1, len(text)))
    pairs = {tuple(sorted((a[0], b[0]))) for a, b in cuts if len(a) == 1 and len(b) == 1}
    return next(iter(pairs)) if len(pairs) == 1 else ()


def _variants(pieces: list[str], locus: Locus, others: Mapping[str, Locus] | None) -> Call:
    """A set of variants, or why not. A zygosity that stands alone belongs to the variant before it."""
    found: dict[str, str] = {}
    last = ""
    for one in (_look_up(piece, locus, others) for piece in pieces):
        if one.reason:
            return Call(reason=one.reason)
        code = one.code or last
        if not code or (found.get(code) and one.zygosity and found[code] != one.zygosity):
            return Call(reason="contradicts_itself" if code else "genotype_missing")
        found[code] = one.zygosity or found.get(code, "")
        last = code
    if locus.wild in found:
        return Call(reason="contradicts_itself") if len(found) > 1 else Call()
    codes = _in_order(found, locus)
    return Call(codes, tuple(found[code] for code in codes))


def _in_order(codes: Iterable[str], locus: Locus) -> tuple[str, ...]:
    """Codes in the order the locus lists them."""
    order = {code: rank for rank, code in enumerate(locus.by_code)}
    return tuple(sorted(codes, key=order.__getitem__))
