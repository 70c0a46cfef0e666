"""Reading an answer that is no quantity: its code, or the reason why it cannot be one.

What cannot be an answer is kept out with its reason and its whole row, so that the laboratory can correct it; it is
never guessed, and never taken for a negative.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from workbench.evaluation.result_types.antigen_typing import possible_answers, read_typed
from workbench.evaluation.result_types.genotype_calls import read_call
from workbench.evaluation.result_types.genotyped_loci import split_interpretation
from workbench.evaluation.result_types.indicator_forms import read_figure
from workbench.evaluation.result_types.isolates import read_cell
from workbench.evaluation.result_types.susceptibility import SUSCEPTIBILITY
from workbench.evaluation.result_types.susceptibility_answers import (
    PanelItem,
    read_category,
    read_mic,
    read_zone,
)
from workbench.evaluation.result_types.type_panels import read_types
from workbench.parameters.breakpoints import breakpoints
from workbench.parameters.categories import CategoryList, answer_key, categories_of, category_lists
from workbench.parameters.coded_rules import CodedRules
from workbench.parameters.indicators import indicators
from workbench.parameters.loci import Locus, loci
from workbench.parameters.programmes import Analyte
from workbench.parameters.vocabularies import Vocabulary, vocabularies

NOT_TESTED = "NT"
"""Code of an answer that says the laboratory does not test for it."""

_QUANTITY = re.compile(
    r"(?P<word>.*?[^\s\d.(（:：=])[\s(（:：;；]*(?:S/CO|COI|Ct|Z)?\s*[=:：]?\s*(?P<number>\d+(?:\.\d+)?)\s*[)）]?",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"[;；、,，+＋]")


class ReadAnswer(NamedTuple):
    """An answer as understood: its code, why there is none, and the quantity reported beside it."""

    code: str = ""
    reason: str = ""
    quantity: Decimal | None = None


AnswerReader = Callable[[str], ReadAnswer]


def answer_reader(analyte: Analyte, rules: CodedRules | None = None) -> AnswerReader | None:
    """How answers on an analyte are read; None for a quantity, and for a type whose text stands for itself.

    Parameters
    ----------
    rules : of the analyte; None: the usual ones. They say whether MICs between two dilutions are taken.

    Raises
    ------
    ParameterError
        when the analyte names a list that is not there.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> read = answer_reader(catalogue()["4.7"].analyte("CYP2C19"))
    >>> read("*17/*2").code, read("*1/*2/*17").reason
    ('*2/*17', 'too_many_alleles')
    """
    make = _READERS.get(analyte.result_type)
    return None if make is None else make(analyte, rules or CodedRules())


def _listed(analyte: Analyte, _rules: CodedRules) -> AnswerReader:
    known = categories_of(analyte)
    return lambda text: _read_listed(text, known)


def _read_listed(text: str, known: CategoryList) -> ReadAnswer:
    """A code of a list, with the quantity behind it where the list has one."""
    if code := known.named(text):
        return ReadAnswer(code)
    match = _QUANTITY.fullmatch(text.strip()) if known.quantity else None
    code = known.named(match["word"].rstrip(" (（:：;；")) if match else ""
    if match and code:
        return ReadAnswer(code, quantity=Decimal(match["number"]))
    return ReadAnswer(reason="code_unknown")


def _identified(analyte: Analyte, _rules: CodedRules) -> AnswerReader:
    known = vocabularies()
    lists = tuple(known[name] for name in analyte.categories.split("|") if name in known)

    def read(text: str) -> ReadAnswer:
        whole = _read_name(text, lists)
        parts = [part for part in _SEVERAL.split(text) if part.strip()]
        if not whole.reason or len(parts) < 2:
            return whole
        found = [_read_name(part, lists) for part in parts]
        reason = next((each.reason for each in found if each.reason), "")
        return ReadAnswer(reason=reason) if reason else ReadAnswer("+".join(each.code for each in found))

    return read


def _read_name(text: str, lists: tuple[Vocabulary, ...]) -> ReadAnswer:
    """One name; a name that is plain in one list is not made ambiguous by another."""
    reason = "name_unknown"
    for vocabulary in lists:
        found = vocabulary.named(text)
        if len(found) == 1:
            return ReadAnswer(found[0].code)
        reason = "name_ambiguous" if found else reason
    return ReadAnswer(reason=reason)


def _genotyped(analyte: Analyte, _rules: CodedRules) -> AnswerReader:
    book = loci()
    locus = book[analyte.categories or analyte.analyte]
    if locus.kind != "panel":
        return lambda text: _read_genotype(text, locus, book)
    if analyte.analyte in locus.by_code:
        return lambda text: _read_type(text, locus)
    return lambda text: _read_panel(text, locus)


def _read_genotype(text: str, locus: Locus, book: Mapping[str, Locus]) -> ReadAnswer:
    call = read_call(split_interpretation(text)[0], locus, book)
    if call.reason == "not_tested":
        return ReadAnswer(NOT_TESTED)
    return ReadAnswer(call.text(locus), call.reason)


def _read_panel(text: str, panel: Locus) -> ReadAnswer:
    """A list of types."""
    found = read_types(text, panel)
    if found.reason == "not_tested":
        return ReadAnswer(NOT_TESTED)
    return ReadAnswer(reason=found.reason) if found.reason else ReadAnswer("+".join(found.found) or "NEG")


def _read_type(text: str, panel: Locus) -> ReadAnswer:
    """One type: found, not found, not tested."""
    if read_types(text, panel).reason == "not_tested":
        return ReadAnswer(NOT_TESTED)
    return _read_listed(text, category_lists()["nucleic_acid"])


def _tested(_analyte: Analyte, rules: CodedRules) -> AnswerReader:
    drugs, standards = vocabularies()["antimicrobials"], breakpoints().standards

    def read(text: str) -> ReadAnswer:
        said = read_cell(text, SUSCEPTIBILITY.organiser, standards)
        found = [_read_drug(item, drugs, rules.half_steps) for item in said.items]
        reason = next((each.reason for each in found if each.reason), "" if found else "drug_unknown")
        return ReadAnswer(reason=reason) if reason else ReadAnswer("; ".join(each.code for each in found))

    return read


def _read_drug(item: PanelItem, drugs: Vocabulary, half_steps: bool) -> ReadAnswer:
    """One drug of a panel: known, with a category, its MIC on the ladder or its zone possible."""
    found = drugs.named(item.drug)
    if len(found) != 1:
        return ReadAnswer(reason="drug_unknown")
    category, reason = read_category(item.category)
    if not category:
        return ReadAnswer(reason=reason or "category_unknown")
    by_zone = item.measured.lower().endswith("mm")
    fault = read_zone(item.measured)[1] if by_zone else read_mic(item.measured, half_steps=half_steps).reason
    return ReadAnswer(reason=fault) if fault else ReadAnswer(f"{found[0].code}:{category}")


def _typed(analyte: Analyte, _rules: CodedRules) -> AnswerReader:
    def read(text: str) -> ReadAnswer:
        return ReadAnswer(*read_typed(analyte.analyte, text))

    return read


def _figure(analyte: Analyte, _rules: CodedRules) -> AnswerReader:
    kind = indicators()[analyte.analyte].kind

    def read(text: str) -> ReadAnswer:
        readable = any(figure == figure for figure in read_figure(text, kind))
        return ReadAnswer(text) if readable else ReadAnswer(reason="figure_unreadable")

    return read


_READERS: dict[str, Callable[[Analyte, CodedRules], AnswerReader]] = {
    "ordinal": _listed,
    "qualitative": _listed,
    "identification": _identified,
    "genotype": _genotyped,
    "ast": _tested,
    "antigen_typing": _typed,
    "indicator_form": _figure,
}


def answer_choices(analyte: Analyte) -> dict[str, tuple[str, str]]:
    """Code -> Chinese and English name of every answer that can be chosen; empty where there is no closed list.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> answer_choices(catalogue()["3.1"].analyte("HBsAg"))["WEAK"]
    ('弱阳性', 'Weak positive')
    """
    if analyte.result_type in ("ordinal", "qualitative"):
        return {each.code: (each.zh, each.en) for each in categories_of(analyte).categories}
    if analyte.result_type == "identification":
        known = vocabularies()
        lists = [known[name] for name in analyte.categories.split("|") if name in known]
        return {term.code: (term.zh, term.en) for vocabulary in lists for term in vocabulary}
    if analyte.result_type == "antigen_typing":
        words = {"positive": "阳性", "negative": "阴性", "compatible": "相合", "incompatible": "不相合"}
        return {code: (words.get(code, code), code) for code in possible_answers(analyte.analyte)}
    if analyte.result_type == "genotype" and analyte.categories:
        shown = category_lists()["nucleic_acid"].categories
        listed = {each.code: (each.zh, each.en) for each in shown if each.code in ("NEG", "POS")}
        return listed | {NOT_TESTED: ("未检测", "Not tested")}
    return {}


def is_choice(text: str, code: str, choices: Mapping[str, tuple[str, str]]) -> bool:
    """Whether a text is the code or one of its two names, as the form's list shows them.

    >>> is_choice("阳性", "POS", {"POS": ("阳性", "Positive")})
    True
    """
    return answer_key(text) in {answer_key(name) for name in (code, *choices.get(code, ()))}
