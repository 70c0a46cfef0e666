"""From YAML files to models. Every problem of every file is collected before anything is raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from workbench.errors import ParameterError, Problem
from workbench.parameters.criteria import CriteriaBook, Criterion
from workbench.parameters.home import project_root
from workbench.parameters.policy import EvaluationPolicy
from workbench.parameters.programmes import Catalogue, Programme
from workbench.parameters.yaml_text import Location, YamlText, fingerprint, yaml_files

Model = TypeVar("Model", bound=BaseModel)
_PROGRAMME_FILE_KEYS = ("discipline", "defaults", "programmes")
_CRITERIA_FILE_KEYS = ("authority", "document", "edition", "about", "defaults", "aliases", "limits")
_ANALYTE_DEFAULTS = ("matrix", "result_type")


class Reader:
    """One YAML file being turned into models; gathers its problems."""

    def __init__(self, path: Path) -> None:
        self.text = YamlText(path, _shown(path))
        self.problems = list(self.text.problems)

    def blame(self, message: str, location: Location = ()) -> None:
        """Note one problem at an entry of the file."""
        self.problems.append(self.text.problem(message, location))

    def mapping(self, allowed: Sequence[str]) -> dict[str, Any]:
        """The file's top level; blames anything but a mapping and any key not allowed."""
        data = self.text.data
        if not isinstance(data, dict):
            if not self.text.problems:
                self.blame("the file must hold " + ", ".join(allowed))
            return {}
        for key in data:
            if key not in allowed:
                self.blame(f"unknown key {key!r}; allowed: {', '.join(allowed)}", (key,))
        return data

    def model(self, kind: type[Model], data: Any, location: Location) -> Model | None:
        """Validate one entry; blame every fault at its own line."""
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                self.blame(_words(fault), (*location, *fault["loc"]))
            return None


def _shown(path: Path) -> str:
    """The path as problems print it: from the project folder where possible."""
    parts = path.parts
    if "parameters" in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("parameters") :])
    return path.name


def _words(fault: Mapping[str, Any]) -> str:
    """One validation fault in the words of the file."""
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"unknown key {fault['loc'][-1]!r}"
    if fault["type"] == "missing":
        return f"{fault['loc'][-1]!r} is missing"
    message = str(fault["msg"]).removeprefix("Value error, ")
    shown = fault.get("input")
    found = f", found {shown!r}" if isinstance(shown, str | int | float) else ""
    return f"{name}: {message}{found}" if name else f"{message}{found}"


def raise_if_any(problems: Sequence[Problem], what: str) -> None:
    """Raise one ParameterError that carries every problem."""
    if problems:
        count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
        raise ParameterError(f"{what}: {count}; mend the lines named.", problems)


# ---- programmes ---------------------------------------------------------------------------------


def catalogue(folder: Path | None = None) -> Catalogue:
    """Return the programmes of `parameters/programmes/*.yaml`, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem of every file: file, line, column.

    Examples
    --------
    >>> catalogue()["1.1"].analyte("K").name_en
    'Potassium'
    """
    files = yaml_files(folder or project_root() / "parameters" / "programmes")
    return _catalogue(fingerprint(files))


@lru_cache(maxsize=8)
def _catalogue(files: tuple[tuple[str, int, int], ...]) -> Catalogue:
    programmes: dict[str, Programme] = {}
    problems: list[Problem] = []
    for name, *_ in files:
        reader = Reader(Path(name))
        for index, programme in enumerate(_programmes(reader)):
            if programme is None:
                continue
            if programme.programme_no in programmes:
                reader.blame(f"programme {programme.programme_no} is defined twice", ("programmes", index))
            programmes[programme.programme_no] = programme
        problems += reader.problems
    raise_if_any(problems, "The catalogue of programmes cannot be read")
    return Catalogue(programmes)


def _programmes(reader: Reader) -> list[Programme | None]:
    """Every programme of one file; None for an entry with problems."""
    data = reader.mapping(_PROGRAMME_FILE_KEYS)
    discipline = data.get("discipline") or {}
    defaults = data.get("defaults") or {}
    entries = data.get("programmes") or []
    if data and not isinstance(entries, list):
        reader.blame("programmes must be a list", ("programmes",))
        return []
    return [_programme(reader, index, entry, discipline, defaults) for index, entry in enumerate(entries)]


def _programme(
    reader: Reader, index: int, entry: Any, discipline: dict[str, Any], defaults: dict[str, Any]
) -> Programme | None:
    """One programme: fill in what the discipline and the programme say for all."""
    place = ("programmes", index)
    if not isinstance(entry, dict):
        reader.blame("a programme must be a mapping", place)
        return None
    own = dict(entry)
    shared = {key: own.pop(key) for key in _ANALYTE_DEFAULTS if key in own}
    policies = _policies(reader, index, own.pop("evaluation", None), defaults.get("evaluation") or {})
    if isinstance(own.get("analytes"), list):
        own["analytes"] = [shared | a if isinstance(a, dict) else a for a in own["analytes"]]
    programme = reader.model(Programme, {**discipline, **own}, place)
    if programme is None:
        return None
    _check_codes(reader, programme, policies, place)
    update = {"evaluation": policies.pop("", None), "analyte_evaluation": policies}
    return programme.model_copy(update=update)


def _policies(reader: Reader, index: int, own: Any, shared: dict[str, Any]) -> dict[str, EvaluationPolicy]:
    """The programme's policy under "", and those of analytes that differ under their codes."""
    if own is None or own == "none":
        return {}
    place = ("programmes", index, "evaluation")
    if not isinstance(own, dict):
        reader.blame("evaluation must be a mapping, or none", place)
        return {}
    base = {**shared, **{key: value for key, value in own.items() if key != "analytes"}}
    out = {"": reader.model(EvaluationPolicy, base, place)}
    for code, change in (own.get("analytes") or {}).items():
        merged = {key: value for key, value in {**base, **change}.items() if value != "none"}
        out[code] = reader.model(EvaluationPolicy, merged, (*place, "analytes", code))
    return {code: policy for code, policy in out.items() if policy is not None}


def _check_codes(
    reader: Reader, programme: Programme, policies: Mapping[str, EvaluationPolicy], place: Location
) -> None:
    """Blame repeated analyte codes and policies for analytes that are not there."""
    seen: set[str] = set()
    for position, code in enumerate(programme.codes):
        if code in seen:
            reader.blame(f"analyte {code!r} is repeated", (*place, "analytes", position))
        seen.add(code)
    for code in set(policies) - {""} - seen:
        reader.blame(f"evaluation of unknown analyte {code!r}", (*place, "evaluation", "analytes", code))
    category = programme.programme_no.partition(".")[0]
    if category != str(programme.category_no):
        reader.blame(
            f"programme_no {programme.programme_no} does not belong to category {programme.category_no}",
            (*place, "programme_no"),
        )


# ---- criteria -----------------------------------------------------------------------------------


def criteria(folder: Path | None = None) -> CriteriaBook:
    """Return the limits of `parameters/criteria/*.yaml`, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem of every file: file, line, column.
    """
    files = yaml_files(folder or project_root() / "parameters" / "criteria")
    return _criteria(fingerprint(files))


@lru_cache(maxsize=8)
def _criteria(files: tuple[tuple[str, int, int], ...]) -> CriteriaBook:
    rows: list[Criterion] = []
    aliases: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for name, *_ in files:
        reader = Reader(Path(name))
        data = reader.mapping(_CRITERIA_FILE_KEYS)
        rows += _limits(reader, data)
        if "authority" in data:
            aliases.setdefault(data["authority"], {}).update(data.get("aliases") or {})
        problems += reader.problems
    raise_if_any(problems, "The acceptance limits cannot be read")
    return CriteriaBook(rows, aliases)


def _limits(reader: Reader, data: dict[str, Any]) -> list[Criterion]:
    """Every limit of one file, completed with what the file says for all."""
    shared = {key: data[key] for key in ("authority", "document", "edition") if key in data}
    shared |= data.get("defaults") or {}
    out = []
    for index, entry in enumerate(data.get("limits") or []):
        if not isinstance(entry, dict):
            reader.blame("a limit must be a mapping", ("limits", index))
            continue
        row = reader.model(Criterion, {**shared, **entry}, ("limits", index))
        if row is not None:
            out.append(row)
    return out
