"""Controlled lists of what can be identified: cells, sediments, parasites, stains, organisms.

One YAML file a field in `parameters/vocabularies/`. A term stands in a hierarchy (species, genus, group);
every name it is known by leads to it, however it is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import Field

from workbench.errors import ParameterError, Problem
from workbench.parameters.entry_files import EntryFile, EntryKind, read_entry_files
from workbench.parameters.home import project_root
from workbench.parameters.policy import Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files

_SEPARATORS = re.compile(r"[\s\-_'’`.,;:/()（）·]+")
_UNNAMED_SPECIES = re.compile(r"\b(spp?|species)\b\.?", re.IGNORECASE)
_ABBREVIATED = re.compile(r"^([A-Z])[a-z]+ ([a-z]{3,})$")


def spelling_key(name: str) -> str:
    """What two spellings of one name have in common: width, case, blanks, hyphens and "spp." do not count.

    Examples
    --------
    >>> spelling_key("Ｋ. pneumoniae"), spelling_key("Candida spp."), spelling_key("中性 杆状核")
    ('kpneumoniae', 'candida', '中性杆状核')
    """
    text = unicodedata.normalize("NFKC", name)
    return _SEPARATORS.sub("", _UNNAMED_SPECIES.sub("", text)).casefold()


class Term(Strict):
    """One thing that can be answered.

    Attributes
    ----------
    code : unique in its vocabulary. zh, en : preferred names.
    rank : level of the hierarchy it names, one of the vocabulary's `marks`.
    parent : code of the next wider term, empty at the top.
    synonyms, old_names : other names accepted; an old name is accepted and noted.
    """

    code: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    rank: str
    parent: str = ""
    synonyms: tuple[str, ...] = ()
    old_names: tuple[str, ...] = ()


class Confusion(Strict):
    """A wrong answer that would harm a patient: `expected` (or anything below it) taken for `reported`.

    `both` : the other way round is dangerous too.
    """

    expected: str
    reported: str
    both: bool = False
    zh: str
    en: str


class LevelMarks(Strict):
    """Marks, 0 to 1, by the level of the hierarchy.

    Attributes
    ----------
    reached : rank of a right but less specific answer -> mark.
    shared : rank of the nearest common term of a wrong answer and the expected one -> mark.
    """

    reached: dict[str, float]
    shared: dict[str, float] = Field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """What a written name leads to: the code, and how (code, name, synonym, old_name, abbreviation)."""

    code: str
    how: str


class Vocabulary:
    """The terms of one field, their hierarchy, marks and dangerous confusions.

    Parameters
    ----------
    name : file name without ending. terms : in file order.
    """

    def __init__(
        self, name: str, terms: tuple[Term, ...], marks: LevelMarks, confusions: tuple[Confusion, ...]
    ) -> None:
        self.name = name
        self.marks = marks
        self.confusions = confusions
        self._terms: dict[str, Term] = {term.code: term for term in terms}

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms.values())

    def __len__(self) -> int:
        return len(self._terms)

    def __contains__(self, code: object) -> bool:
        return code in self._terms

    def __getitem__(self, code: str) -> Term:
        return self._terms[code]

    def path(self, code: str) -> tuple[str, ...]:
        """Codes from the top down to the term itself, for example (FUNGI, YEAST, CANDIDA, C-ALB)."""
        found: list[str] = []
        while code in self._terms and code not in found:
            found.append(code)
            code = self._terms[code].parent
        return tuple(reversed(found))

    @cached_property
    def _spellings(self) -> Mapping[str, tuple[Named, ...]]:
        """Spelling -> what it may mean; the better kind of name (code before name ...) hides the others."""
        layers: dict[str, dict[str, set[str]]] = {}
        for how, name, code in self._names():
            layers.setdefault(how, {}).setdefault(spelling_key(name), set()).add(code)
        out: dict[str, tuple[Named, ...]] = {}
        for how in _KINDS_OF_NAME:
            for key, codes in layers.get(how, {}).items():
                out.setdefault(key, tuple(Named(code, how) for code in sorted(codes)))
        return out

    def _names(self) -> Iterator[tuple[str, str, str]]:
        """Kind, name and code of every name of every term."""
        for term in self._terms.values():
            yield "code", term.code, term.code
            for name in (term.zh, term.en):
                yield "name", name, term.code
            for name in term.synonyms:
                yield "synonym", name, term.code
            for name in term.old_names:
                yield "old_name", name, term.code
            for name in (term.en, *term.synonyms, *term.old_names):
                if match := _ABBREVIATED.match(name):
                    yield "abbreviation", f"{match[1]} {match[2]}", term.code

    def named(self, name: str) -> tuple[Named, ...]:
        """What a written name may mean: nothing when unknown, several when ambiguous."""
        key = spelling_key(name)
        return self._spellings.get(key, ()) if key else ()

    def faults(self) -> list[str]:
        """What is wrong with the list itself: unknown parents, circles, ranks without a mark, shared names."""
        return [*self._term_faults(), *self._name_faults(), *self._confusion_faults()]

    def _term_faults(self) -> list[str]:
        found = []
        for term in self:
            if term.parent and term.parent not in self:
                found.append(f"{term.code}: parent {term.parent!r} is not in the list")
            elif self._terms[self.path(term.code)[0]].parent:
                found.append(f"{term.code}: its parents form a circle")
            if term.rank not in self.marks.reached:
                found.append(f"{term.code}: rank {term.rank!r} has no mark")
        return found

    def _name_faults(self) -> list[str]:
        return [
            f"{key!r} means {', '.join(named.code for named in several)}"
            for key, several in self._spellings.items()
            if len(several) > 1 and several[0].how in ("code", "name", "synonym")
        ]

    def _confusion_faults(self) -> list[str]:
        codes = [code for row in self.confusions for code in (row.expected, row.reported)]
        return [f"confusion of unknown term {code!r}" for code in codes if code not in self]


_KINDS_OF_NAME = ("code", "name", "synonym", "old_name", "abbreviation")
_KIND = EntryKind(Term, "terms", ("about", "title_zh", "title_en"))


def vocabularies(folder: Path | None = None) -> Mapping[str, Vocabulary]:
    """Return the lists of `parameters/vocabularies/*.yaml` by file name, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column for a faulty entry; file and term for a faulty hierarchy.

    Examples
    --------
    >>> vocabularies()["bacteria"].named("E. coli")[0].code
    'ECO'
    """
    place = folder or project_root() / "parameters" / "vocabularies"
    return _vocabularies(place, fingerprint(yaml_files(place)))


@lru_cache(maxsize=8)
def _vocabularies(folder: Path, files: tuple[tuple[str, int, int], ...]) -> dict[str, Vocabulary]:
    what = "The vocabularies cannot be read"
    read = read_entry_files(folder, _KIND, what, lists=("marks", "confusions"))
    found = {file.name: _vocabulary(file) for file in read}
    problems = [Problem(text, file=f"{name}.yaml") for name, v in found.items() for text in v.faults()]
    codes = [(file, term.code) for file in read for term in file.entries]
    repeated = {(file.name, code) for file, code in codes if codes.count((file, code)) > 1}
    problems += [
        Problem(f"code {code!r} is repeated", file=f"{name}.yaml") for name, code in sorted(repeated)
    ]
    if problems:
        raise ParameterError(f"{what}; mend the terms named.", problems)
    return found


def _vocabulary(file: EntryFile[Term]) -> Vocabulary:
    """Marks and confusions of a file as models."""
    marks = LevelMarks.model_validate(file.head.get("marks") or {"reached": {}})
    rows = file.head.get("confusions") or []
    return Vocabulary(file.name, file.entries, marks, tuple(Confusion.model_validate(row) for row in rows))
