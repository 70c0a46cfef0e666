"""Names of coded answers for print: grades, reactions, organisms, genotypes, groups, drugs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.frames import ALL_LABORATORIES
from workbench.parameters import Analyte
from workbench.parameters.categories import CategoryList, category_lists
from workbench.parameters.vocabularies import Term, vocabularies
from workbench.wording import MISSING, text
from workbench.wording.catalogue import known

SEVERAL, TOGETHER = "|", "+"
"""Joins codes any of which is right; joins codes that are present together."""
FAMILIES = {
    "ordinal": "ordinal",
    "qualitative": "qualitative",
    "identification": "identification",
    "genotype": "genotype",
    "ast": "susceptibility",
    "antigen_typing": "antigen",
    "indicator_form": "indicator",
    "trueness": "trueness",
}
"""Result type of the catalogue -> family of its report."""
_LISTS = {"qualitative": "reaction", "genotype": "nucleic_acid"}
"""List of answers of an analyte that names none."""


def family_of(analyte: Analyte) -> str:
    """The family of an analyte's report: ``quantitative`` or how its coded answers are shown.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> family_of(catalogue()["1.1"].analytes[0])
    'quantitative'
    """
    return FAMILIES.get(analyte.result_type, "quantitative" if analyte.is_quantitative else "other")


@dataclass(frozen=True)
class AnswerNames:
    """Names of one analyte's answers in one language.

    Parameters
    ----------
    analyte : the catalogue's entry; it says which list its answers come from.
    locale : `zh_CN` or `en`.
    """

    analyte: Analyte
    locale: str

    @cached_property
    def categories(self) -> CategoryList | None:
        """The list of grades or reactions; None where answers come from no such list."""
        known_lists, usual = category_lists(), _LISTS.get(self.analyte.result_type, "")
        return known_lists.get(self.analyte.categories) or known_lists.get(usual)

    @cached_property
    def _terms(self) -> dict[str, Term]:
        names = [name for name in self.analyte.categories.split(SEVERAL) if name]
        lists = [vocabularies()[name] for name in names if name in vocabularies()]
        if self.analyte.result_type == "ast":
            lists = [vocabularies()[name] for name in ("bacteria", "fungi", "antimicrobials")]
        return {term.code: term for vocabulary in reversed(lists) for term in vocabulary}

    def of(self, code: str) -> str:
        """The name of an answer; codes joined by "|" or "+" one by one; the code itself where no list has it.

        Examples
        --------
        >>> from workbench.parameters import catalogue
        >>> protein = catalogue()["2.3"].analyte("PRO")
        >>> AnswerNames(protein, "zh_CN").of("NEG"), AnswerNames(protein, "en").of("")
        ('阴性', '–')
        """
        if not code:
            return MISSING
        if SEVERAL in code:
            return " / ".join(self.of(part) for part in code.split(SEVERAL))
        found = self._single(code)
        if found is None and TOGETHER in code.strip(TOGETHER):
            parts = [self._single(part.strip()) for part in code.split(TOGETHER)]
            if all(parts):
                return " + ".join(part for part in parts if part)
        return found or code

    def _single(self, code: str) -> str | None:
        """The name of one code; None where no list has it."""
        if self.categories is not None and (entry := self.categories.category(code)) is not None:
            return entry.zh if self.locale == "zh_CN" else entry.en
        if (term := self._terms.get(code)) is not None:
            return term.zh if self.locale == "zh_CN" else term.en
        key = f"answer.{code}"
        return text(key, self.locale) if known(key) else None

    def grade(self, code: str) -> int | None:
        """Place of an answer in its clinical order; None without one."""
        return None if self.categories is None else self.categories.grades.get(code)

    def side(self, code: str) -> str:
        """Side of the cut-off of an answer; empty without one."""
        return "" if self.categories is None else self.categories.polarities.get(code, "")


def level_is_all(level: str | None) -> bool:
    """Whether a rung is that of all laboratories."""
    return level in (None, "", ALL_LABORATORIES)
