"""Lists of possible answers in their clinical order, with every spelling they are known by.

`parameters/categories/lists.yaml` holds them. Grades of two makers' scales meet on one common scale through a
crosswalk: what a maker's "2+" is on the common scale stands in the list, by method, instrument or reagent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench.errors import ParameterError
from workbench.parameters.home import project_root
from workbench.parameters.loading import Reader, raise_if_any
from workbench.parameters.policy import Dimension, Strict
from workbench.parameters.programmes import Analyte
from workbench.parameters.yaml_text import fingerprint

NEGATIVE, EQUIVOCAL, WEAK, POSITIVE = "negative", "equivocal", "weak", "positive"
DEFAULT_LIST = "reaction"
"""List of a qualitative analyte that names none."""


def answer_key(text: str) -> str:
    """What two spellings of one answer have in common: width, case, blanks and kinds of minus do not count.

    >>> answer_key("（＋）"), answer_key(" Weak  Positive "), answer_key("−")
    ('(+)', 'weakpositive', '-')
    """
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-").replace("—", "-")
    return re.sub(r"\s+", "", plain).casefold()


class Category(Strict):
    """One possible answer.

    Attributes
    ----------
    polarity : side of the cut-off; empty for steps without one (pH).
    spellings : other ways of writing it, matched regardless of width, case and blanks.
    """

    code: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    polarity: Literal["negative", "equivocal", "weak", "positive", ""] = ""
    spellings: tuple[str, ...] = ()


class Scale(Strict):
    """One maker's own scale: which systems use it, and what its codes are on the common scale."""

    dimension: Dimension
    codes: tuple[str, ...] = Field(min_length=1)
    crosswalk: dict[str, str]


class CategoryList(Strict):
    """The possible answers of some analytes, in clinical order from low to high.

    Attributes
    ----------
    name : as analytes refer to it. quantity : what may be reported beside the answer (S/CO, Ct).
    scales : scales that differ from the common one.
    """

    name: str
    title_zh: str
    title_en: str
    quantity: str = ""
    categories: tuple[Category, ...] = Field(min_length=2)
    scales: tuple[Scale, ...] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> CategoryList:
        codes = self.codes
        if len(set(codes)) != len(codes):
            raise ValueError(f"list {self.name} repeats a code")
        unknown = {to for scale in self.scales for to in scale.crosswalk.values()} - set(codes)
        if unknown:
            raise ValueError(f"list {self.name}: crosswalk to unknown codes {sorted(unknown)}")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes in clinical order."""
        return tuple(category.code for category in self.categories)

    @cached_property
    def grades(self) -> dict[str, int]:
        """Code -> place in the clinical order, 0 for the lowest."""
        return {code: place for place, code in enumerate(self.codes)}

    @cached_property
    def polarities(self) -> dict[str, str]:
        """Code -> side of the cut-off."""
        return {category.code: category.polarity for category in self.categories}

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Spelling -> code; a code is never taken for a spelling of another."""
        spelt = {
            answer_key(text): each.code
            for each in reversed(self.categories)
            for text in (*each.spellings, each.zh, each.en)
        }
        return spelt | {answer_key(code): code for code in self.codes}

    def named(self, text: str) -> str:
        """The code a written answer stands for; empty when the list does not know it.

        Examples
        --------
        >>> category_lists()["urine_protein"].named("(++)"), category_lists()["reaction"].named("弱阳")
        ('2+', 'WEAK')
        """
        return self._spellings.get(answer_key(text), "")

    def category(self, code: str) -> Category | None:
        """The entry of a code."""
        place = self.grades.get(code)
        return None if place is None else self.categories[place]

    def name_of(self, code: str, locale: str) -> str:
        """Name of a code for print; the code itself where the list does not know it."""
        found = self.category(code)
        return code if found is None else found.zh if locale == "zh_CN" else found.en

    def on_common_scale(self, code: str, systems: Mapping[str, str]) -> str:
        """What a code as sent is on the common scale, given the laboratory's system codes by dimension.

        Examples
        --------
        >>> category_lists()["reaction"].on_common_scale("POS", {"reagent": "R1"})
        'POS'
        """
        for scale in self.scales:
            if systems.get(scale.dimension, "") in scale.codes:
                return scale.crosswalk.get(code, code)
        return code


_KEYS = ("about", "spellings", "lists")


def category_lists(path: Path | None = None) -> Mapping[str, CategoryList]:
    """Return every list by name, cached until the file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column.

    Examples
    --------
    >>> category_lists()["reaction"].polarities["NEG"]
    'negative'
    """
    place = path or project_root() / "parameters" / "categories" / "lists.yaml"
    return _category_lists(fingerprint([place]))


@lru_cache(maxsize=8)
def _category_lists(files: tuple[tuple[str, int, int], ...]) -> dict[str, CategoryList]:
    reader = Reader(Path(files[0][0]))
    data = reader.mapping(_KEYS)
    common: dict[str, list[str]] = data.get("spellings") or {}
    out: dict[str, CategoryList] = {}
    for index, entry in enumerate(data.get("lists") or []):
        place = ("lists", index)
        found = reader.model(CategoryList, _completed(entry, common), place)
        if found is not None:
            if found.name in out:
                reader.blame(f"list {found.name!r} is defined twice", place)
            out[found.name] = found
    raise_if_any(reader.problems, "The lists of answers cannot be read")
    return out


def _completed(entry: dict[str, Any], common: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A list whose categories also carry the spellings that are common to all lists."""
    categories = [
        {**each, "spellings": [*common.get(each.get("code", ""), ()), *each.get("spellings", ())]}
        for each in entry.get("categories") or []
    ]
    return {**entry, "categories": categories}


def categories_of(analyte: Analyte) -> CategoryList:
    """The list an analyte's answers come from.

    Raises
    ------
    ParameterError
        when the analyte names a list that is not there, or is ordinal and names none.
    """
    name = analyte.categories or (DEFAULT_LIST if analyte.result_type == "qualitative" else "")
    lists = category_lists()
    if name not in lists:
        what = f"names the unknown list {name!r}" if name else "names no list of answers"
        raise ParameterError(
            f"Analyte {analyte.analyte} {what}; set `categories` to one of {', '.join(lists)}."
        )
    return lists[name]
