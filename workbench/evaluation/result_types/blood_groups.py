"""Reading blood groups and serological reactions as written, and what ABO reactions amount to.

References
----------
ISBT blood group terminology, 001 (ABO) and 004 (RH); AABB Technical Manual, chapters on ABO and Rh: reaction
grades 0 to 4+, mf for mixed field.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

GROUPS = ("A", "B", "AB", "O")
REACTIONS = ("0", "w+", "1+", "2+", "3+", "4+", "mf", "H")
"""Graded reactions in ascending strength; mixed field and haemolysis are positive findings of their own."""

_GROUP = re.compile(r"(AB|A|B|O|0)\s*(?:亚)?(?:型|群|group)?", re.IGNORECASE)
_SUBGROUP = re.compile(r"(A1B|A2B|A1|A2|A3|B3|AX|BX|AEL|BEL|AM)\s*(?:亚)?(?:型)?", re.IGNORECASE)
_PHENOTYPE = re.compile(r"(?=.*[Cc])(?=.*[Ee])[CcDdEe]{4,6}")
_REACTION_WORDS = {
    "-": "0", "0": "0", "阴性": "0", "NEG": "0", "NEGATIVE": "0", "无凝集": "0", "不凝集": "0",
    "±": "w+", "+-": "w+", "+/-": "w+", "W": "w+", "W+": "w+", "WEAK": "w+", "弱": "w+", "弱阳性": "w+", "+W": "w+",
    "+": "1+", "1+": "1+", "1": "1+", "++": "2+", "2+": "2+", "2": "2+", "+++": "3+", "3+": "3+", "3": "3+",
    "++++": "4+", "4+": "4+", "4": "4+", "MF": "mf", "混合凝集": "mf", "混合外观": "mf", "H": "H", "溶血": "H",
}  # fmt: skip
_RHD = {
    "阳性": "D+", "+": "D+", "POS": "D+", "POSITIVE": "D+", "D+": "D+", "RHD+": "D+", "RH+": "D+", "RH(+)": "D+",
    "RHD阳性": "D+", "RHD(+)": "D+", "D阳性": "D+", "RH阳性": "D+", "DPOSITIVE": "D+", "RHDPOSITIVE": "D+",
    "阴性": "D-", "-": "D-", "NEG": "D-", "NEGATIVE": "D-", "D-": "D-", "RHD-": "D-", "RH-": "D-", "RH(-)": "D-",
    "RHD阴性": "D-", "RHD(-)": "D-", "D阴性": "D-", "RH阴性": "D-", "DNEGATIVE": "D-", "RHDNEGATIVE": "D-",
    "弱D": "weak D", "弱D型": "weak D", "WEAKD": "weak D", "DU": "weak D", "D变异型": "D variant", "弱阳性": "weak D",
    "部分D": "partial D", "PARTIALD": "partial D", "D变异": "D variant", "DVARIANT": "D variant",
    "DEL": "DEL", "DEL型": "DEL", "放散D": "DEL",
}  # fmt: skip
RHD_GROUPS = ("D+", "D-", "weak D", "partial D", "D variant", "DEL")


def _narrow(text: object) -> str:
    bare = "" if text is None or text != text else unicodedata.normalize("NFKC", str(text))
    return re.sub(r"\s+", "", bare.replace("−", "-").replace("–", "-"))


@dataclass(frozen=True)
class ReadGroup:
    """A group, the subgroup if one was named, or a reason."""

    group: str = ""
    subgroup: str = ""
    reason: str = ""


def read_abo(text: object) -> ReadGroup:
    """Read an ABO group: "A型", "ab", "０", "A2B".

    Examples
    --------
    >>> read_abo("O 型").group, read_abo("A2B"), read_abo("C").reason
    ('O', ReadGroup(group='AB', subgroup='A2B', reason=''), 'group_unknown')
    """
    bare = _narrow(text)
    if not bare:
        return ReadGroup()
    if match := _SUBGROUP.fullmatch(bare):
        name = match[1].upper()
        return ReadGroup("AB" if name.endswith("B") and name[0] == "A" else name[0], name)
    if match := _GROUP.fullmatch(bare):
        return ReadGroup(match[1].upper().replace("0", "O"))
    return ReadGroup(reason="group_unknown")


def read_rhd(text: object) -> tuple[str, str]:
    """RhD group and reason; ("", "") when nothing is written.

    Of a whole Rh phenotype ("CcDee", "ccdee") the D counts.

    >>> read_rhd("RhD(+)"), read_rhd("弱D"), read_rhd("ccdee"), read_rhd("?")
    (('D+', ''), ('weak D', ''), ('D-', ''), ('', 'group_unknown'))
    """
    written = _narrow(text)
    bare = written.upper()
    if not bare:
        return "", ""
    if _PHENOTYPE.fullmatch(written):
        return ("D+" if "D" in written else "D-"), ""
    found = _RHD.get(bare) or _RHD.get(bare.removesuffix("型"), "")
    return found, "" if found else "group_unknown"


def read_reaction(text: object) -> tuple[str, str]:
    """Graded reaction and reason; ("", "") when nothing is written.

    >>> read_reaction("＋＋＋"), read_reaction("±"), read_reaction("?")
    (('3+', ''), ('w+', ''), ('', 'reaction_unknown'))
    """
    bare = _narrow(text).upper()
    if not bare:
        return "", ""
    found = _REACTION_WORDS.get(bare, "")
    return found, "" if found else "reaction_unknown"


def forward_group(anti_a: str, anti_b: str) -> str:
    """ABO group of the red cells from reactions with anti-A and anti-B; "" when one is missing.

    >>> forward_group("4+", "0"), forward_group("0", "0"), forward_group("w+", "4+")
    ('A', 'O', 'AB')
    """
    if not anti_a or not anti_b:
        return ""
    return {(True, False): "A", (False, True): "B", (True, True): "AB", (False, False): "O"}[
        (anti_a != "0", anti_b != "0")
    ]


def reverse_group(a1_cells: str, b_cells: str) -> str:
    """ABO group of the serum from reactions with A1 and B cells; "" when one is missing.

    >>> reverse_group("0", "3+"), reverse_group("4+", "4+"), reverse_group("0", "0")
    ('A', 'O', 'AB')
    """
    if not a1_cells or not b_cells:
        return ""
    return {(False, True): "A", (True, False): "B", (False, False): "AB", (True, True): "O"}[
        (a1_cells != "0", b_cells != "0")
    ]


def can_receive(recipient: str, donor: str) -> bool:
    """Whether red cells of the donor's ABO group are compatible with the recipient's.

    >>> can_receive("A", "O"), can_receive("O", "A"), can_receive("AB", "B")
    (True, False, True)
    """
    return set(donor.replace("O", "")) <= set(recipient.replace("O", ""))
