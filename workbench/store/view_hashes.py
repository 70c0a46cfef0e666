"""What a report depends on, as a hash: equal hashes need no new report.

Times and numbers of the evaluation itself are left out, so an evaluation that changes nothing a
laboratory reads leaves its hash alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import select

from workbench.frames import (
    ALL_LABORATORIES,
    ANSWER_COUNTS,
    FINDINGS,
    HISTOGRAMS,
    LABORATORIES,
    SCORES,
    Frame,
)
from workbench.store.connection import Store
from workbench.store.disclosure import without_small_groups
from workbench.store.evaluations import evaluation_record
from workbench.store.own_deadlines import own_deadlines
from workbench.store.queries import query
from workbench.store.reading import Reading, read_contract, read_frame, reading
from workbench.store.schema.evaluation import INPUT_TABLES, OUTCOME_TABLES
from workbench.store.views import (
    OWN_FRAMES,
    OWN_HISTORY,
    RoundView,
    basis,
    programme_view,
    shared_frames,
)

PROGRAMME = ""
"""Key of the programme's own report among the laboratories."""

_Group = tuple[str, str, str, str]
_GROUP = ("analyte", "sample", "peer_group_level", "peer_group")
_HEAD = ("round", "programme_no", "closing_at", "shipped_at", "disclosure_min")
_SHARED = (
    "groups",
    "modes",
    "samples",
    "material_checks",
    "reference_values",
    "system_names",
    "expected_answers",
)
_OWN = (
    "laboratories",
    *(frame.name for frame in OWN_FRAMES),
    "findings",
    *(frame.name for frame in OWN_HISTORY),
    "histograms",
    "answer_counts",
)


def view_hashes(store: Store, evaluation_id: str) -> dict[str, str]:
    """Hash of what each report of an evaluation depends on.

    Returns
    -------
    Laboratory code -> sha256, equal to `view_hash` of its view; the programme's report under "".

    Raises
    ------
    DataError
        when the evaluation is unknown.
    """
    with reading(store) as source:
        record = evaluation_record(source, evaluation_id, store.dialect)
        shared = _digest(shared_frames(source, record.evaluation_no), _SHARED)
        own = _rows_by_laboratory(source, record.evaluation_no, record.disclosure_min)
        due = own_deadlines(source, record.evaluation_no)
    head = [str(getattr(record, name)) for name in _HEAD]
    hashes = {}
    for code in own["laboratories"].places:
        rows = ([own[name].of("") if name == "findings" else b"", own[name].of(code)] for name in _OWN)
        moved = [str(due[code])] if code in due else []
        hashes[code] = _hash([*head, *moved, shared, *(_hash_bytes(*two) for two in rows)])
    hashes[PROGRAMME] = view_hash(programme_view(store, evaluation_id))
    return hashes


def view_hash(view: RoundView) -> str:
    """Hash of one view."""
    head = [str(view.meta[name]) for name in _HEAD]
    frames = view.frames()
    if "lab_code" in view.meta:
        own = (_hash_bytes(_bytes(frames[name]).tobytes()) for name in _OWN)
        moved = [str(view.meta["due_at"])] if "due_at" in view.meta else []
        return _hash([*head, *moved, _digest(frames, _SHARED), *own])
    return _hash([*head, _digest(frames, sorted(frames))])


@dataclass(frozen=True)
class _Rows:
    """Rows of one table as bytes, and which of them a laboratory reads."""

    content: np.ndarray
    places: dict[str, list[int]]

    def of(self, code: str) -> bytes:
        """The rows of one laboratory, one after the other."""
        return self.content[self.places.get(code, [])].tobytes()


def _rows_by_laboratory(source: Reading, number: int, minimum: int) -> dict[str, _Rows]:
    """Frame -> laboratory -> rows, all laboratories in one pass."""
    tables = {LABORATORIES.name: (LABORATORIES, INPUT_TABLES[LABORATORIES.name])}
    tables |= {frame.name: (frame, OUTCOME_TABLES[frame.name]) for frame in (*OWN_FRAMES, FINDINGS)}
    out = {}
    for name, (frame, table) in tables.items():
        statement = select(*(table.c[column] for column in frame.names)).where(
            table.c.evaluation_no == number
        )
        if name == FINDINGS.name:
            statement = statement.where(table.c.level > 0)
        rows = read_contract(source, frame, statement)
        out[name] = _split(without_small_groups(rows, minimum) if name == "scores" else rows)
    earlier = {"evaluation_nos": basis(source, number)}
    for frame in OWN_HISTORY:
        seen = query(frame.name, source.dialect.name)
        out[frame.name] = _split(read_contract(source, frame, seen, earlier))
    judged = _groups_by_laboratory(source, number)
    for frame in (HISTOGRAMS, ANSWER_COUNTS):
        out[frame.name] = _counts_by_laboratory(source, frame, number, judged)
    return out


def _counts_by_laboratory(
    source: Reading, frame: Frame, number: int, judged: Mapping[str, set[_Group]]
) -> _Rows:
    """Counted rows of all laboratories and of the groups that each was judged by."""
    statement = query(f"disclosed_{frame.name}", source.dialect.name)
    counts = read_contract(source, frame, statement, {"evaluation_no": number})
    of_group: dict[_Group, list[int]] = {}
    for place, group in enumerate(_groups(counts)):
        of_group.setdefault(group, []).append(place)
    places = {
        code: [place for group in sorted(groups) for place in of_group.get(group, ())]
        for code, groups in judged.items()
    }
    return _Rows(_bytes(counts), places)


def _groups_by_laboratory(source: Reading, number: int) -> dict[str, set[_Group]]:
    """Laboratory -> the groups it was judged by, and the widest."""
    table = OUTCOME_TABLES[SCORES.name]
    columns = [table.c[name] for name in ("lab_code", *_GROUP)]
    judged = read_frame(source, select(*columns).where(table.c.evaluation_no == number).distinct())
    groups_of: dict[str, set[_Group]] = {}
    for code, group in zip(judged["lab_code"], _groups(judged), strict=True):
        groups_of.setdefault(code, set()).update((group, (*group[:2], ALL_LABORATORIES, "")))
    return groups_of


def _groups(table: pd.DataFrame) -> Iterable[_Group]:
    """Analyte, sample, rung and group of every row."""
    return zip(*(table[name].tolist() for name in _GROUP), strict=True)


def _split(table: pd.DataFrame) -> _Rows:
    """Rows by laboratory, in their order."""
    places: dict[str, list[int]] = {}
    for place, code in enumerate(table["lab_code"].tolist()):
        places.setdefault(code, []).append(place)
    return _Rows(_bytes(table), places)


def _bytes(table: pd.DataFrame) -> np.ndarray:
    """Every row as bytes, shape (rows, width): numbers as their 64 bits, all else as a hash of its text."""
    columns = [_column_bytes(table[name]) for name in table.columns]
    return np.concatenate(columns, axis=1) if columns else np.empty((len(table), 0), dtype=np.uint8)


def _column_bytes(column: pd.Series) -> np.ndarray:
    """One column, shape (rows, 8 or 32)."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiub":
        wide = column.to_numpy(np.float64 if column.dtype.kind == "f" else np.int64)
        plain = np.where(np.isnan(wide), np.nan, wide) if column.dtype.kind == "f" else wide
        return np.ascontiguousarray(plain).view(np.uint8).reshape(len(column), 8)
    codes, different = pd.factorize(column, use_na_sentinel=False)
    texts = [value if isinstance(value, str) else repr(value) for value in different.tolist()]
    hashed = b"".join(hashlib.sha256(text.encode()).digest() for text in texts)
    return np.frombuffer(hashed, dtype=np.uint8).reshape(len(texts), 32)[codes]


def _digest(frames: Mapping[str, pd.DataFrame], names: Iterable[str]) -> str:
    return _hash(_hash_bytes(_bytes(frames[name]).tobytes()) for name in names)


def _hash(parts: Iterable[str]) -> str:
    return _hash_bytes("\x1e".join(parts).encode())


def _hash_bytes(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
