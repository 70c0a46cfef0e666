"""Folders of YAML files that each hold a head and one list of entries: vocabularies, breakpoints, loci."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from workbench.errors import Problem
from workbench.parameters.loading import Model, Reader, raise_if_any
from workbench.parameters.yaml_text import Location, yaml_files


@dataclass(frozen=True)
class EntryKind(Generic[Model]):
    """What the files of a folder hold.

    Attributes
    ----------
    model : of one entry. list_key : top-level key of the list.
    head_keys : further top-level keys; those that are fields of the model hold for every entry of the file.
    """

    model: type[Model]
    list_key: str
    head_keys: tuple[str, ...]

    def entries(self, reader: Reader, data: Mapping[str, Any]) -> list[Model]:
        """Every sound entry of one file; faults are blamed at their lines."""
        shared = {key: data[key] for key in self.head_keys if key in data and key in self.model.model_fields}
        found = []
        for index, entry in enumerate(data.get(self.list_key) or []):
            place: Location = (self.list_key, index)
            if not isinstance(entry, dict):
                reader.blame("an entry must be a mapping", place)
                continue
            row = reader.model(self.model, {**shared, **entry}, place)
            if row is not None:
                found.append(row)
        return found


@dataclass(frozen=True)
class EntryFile(Generic[Model]):
    """One file: its name without ending, everything but the list, and the entries."""

    name: str
    head: Mapping[str, Any]
    entries: tuple[Model, ...]


def read_entry_files(
    folder: Path, kind: EntryKind[Model], what: str, lists: Sequence[str] = ()
) -> tuple[EntryFile[Model], ...]:
    """Every file of a folder.

    Parameters
    ----------
    what : opens the message, for example "The vocabularies cannot be read".
    lists : further top-level keys, handed on unread in `head`.

    Raises
    ------
    ParameterError
        with every problem of every file: file, line, column.
    """
    files: list[EntryFile[Model]] = []
    problems: list[Problem] = []
    for path in yaml_files(folder):
        reader = Reader(path)
        data = reader.mapping((*kind.head_keys, kind.list_key, *lists))
        entries = kind.entries(reader, data)
        head = {key: value for key, value in data.items() if key != kind.list_key}
        files.append(EntryFile(path.stem, head, tuple(entries)))
        problems += reader.problems
    raise_if_any(problems, what)
    return tuple(files)
