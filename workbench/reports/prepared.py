"""What many laboratories' reports of one programme and round share, read once before a process forks.

Only aggregates, material and names are kept: nothing of any one laboratory. A notebook opened by hand
prepares nothing and reads the same from the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.errors import DataError
from workbench.reports.reading import Row, records
from workbench.reports.sources import opened_store
from workbench.store import SharedView, Store, evaluation_in_force, laboratory_view, shared_view

_NOBODY = ""
"""Code of no laboratory: reading for it prepares the statements and returns no row."""


@dataclass(frozen=True)
class PreparedRound:
    """One programme and round, ready for its laboratories.

    Parameters
    ----------
    store : the database; holds no open connection.
    shared : the part of a view that is the same for all.
    rows : frames of it that were already turned into rows; not to be changed.
    """

    store: Store
    shared: SharedView
    rows: Mapping[str, list[Row]] = field(default_factory=dict)


_PREPARED: dict[tuple[str, str, str], PreparedRound] = {}


def prepare_round(database: str, round_code: str, programme_no: str) -> None:
    """Read what the laboratories share and keep it in this process; a second call does nothing.

    Raises
    ------
    DataError
        when the round has no evaluation.
    """
    key = (database, round_code, programme_no)
    if key in _PREPARED:
        return
    store, shared = _read(*key)
    try:
        laboratory_view(store, shared, _NOBODY)
    except DataError:
        store.close()
    _PREPARED[key] = PreparedRound(store, shared, {name: records(f) for name, f in shared.frames.items()})


def prepared_round(database: str, round_code: str, programme_no: str) -> PreparedRound:
    """What was prepared in this process, else read now.

    Raises
    ------
    DataError
        when the round has no evaluation.
    """
    key = (database, round_code, programme_no)
    return _PREPARED.get(key) or PreparedRound(*_read(*key))


def _read(database: str, round_code: str, programme_no: str) -> tuple[Store, SharedView]:
    store = opened_store(database)
    record = evaluation_in_force(store, round_code, programme_no)
    if record is None:
        raise DataError(
            f"Programme {programme_no} of round {round_code} has no evaluation; evaluate it first."
        )
    return store, shared_view(store, record.evaluation_id)
