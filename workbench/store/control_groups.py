"""Comparison groups saved under a name, tags of laboratories, and when control values came last."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, bindparam, func, select

from workbench.errors import DataError, Problem
from workbench.store.connection import Store
from workbench.store.schema import control as tables
from workbench.store.schema.programme_round import LABORATORY
from workbench.store.writing import numbers, upsert

NAME_LONGEST = 60
_STACKS = (
    select(tables.CONTROL_GROUP.c.name, tables.CONTROL_GROUP.c.stack)
    .where(tables.CONTROL_GROUP.c.owner == bindparam("owner"))
    .order_by(tables.CONTROL_GROUP.c.name)
)
_TAGS = (
    select(tables.LABORATORY_TAG.c.tag)
    .join_from(tables.LABORATORY_TAG, LABORATORY)
    .where(LABORATORY.c.lab_code == bindparam("lab"))
)


def save_control_group(
    store: Store, name: str, stack: Mapping[str, str], saved_at: datetime, owner: str = ""
) -> None:
    """Save a stack of filters under a name; the same name of the same owner is replaced.

    Parameters
    ----------
    stack : dimension -> value that laboratories of the group share. owner : participant code, empty: the organiser.

    Raises
    ------
    DataError
        without a name, with one beyond 60 characters, or without a filter.
    """
    shown = " ".join(name.split())
    problems = []
    if not 0 < len(shown) <= NAME_LONGEST:
        problems.append(Problem(f"the name must have 1 to {NAME_LONGEST} characters", column="name"))
    if not stack:
        problems.append(Problem("choose at least one filter", column="stack"))
    if problems:
        raise DataError("The comparison group was not saved.", problems)
    content = json.dumps(dict(stack), ensure_ascii=False, sort_keys=True)
    row = {"name": shown, "owner": owner, "stack": content, "saved_at": saved_at}
    with store.writing() as connection:
        upsert(connection, tables.CONTROL_GROUP, [row], ("name", "owner"))


def control_groups(store: Store, owner: str = "") -> dict[str, dict[str, str]]:
    """Saved groups of one owner: name -> stack, sorted by name."""
    with store.reading() as connection:
        return named_stacks(connection, owner)


def named_stacks(connection: Connection, owner: str = "") -> dict[str, dict[str, str]]:
    """The same, in the caller's transaction."""
    found = connection.execute(_STACKS, {"owner": owner})
    return {str(name): dict(json.loads(stack)) for name, stack in found}


def fits_stack(stack: Mapping[str, str], values: Mapping[str, object], tags: Collection[str]) -> bool:
    """Whether a series fits every filter of a stack.

    Parameters
    ----------
    values : dimension -> value of the series. tags : of its laboratory.

    Examples
    --------
    >>> fits_stack({"instrument": "A", "tag": "network"}, {"instrument": "A"}, {"network"})
    True
    >>> fits_stack({"instrument": "A", "region": "R01"}, {"instrument": "A", "region": "R02"}, ())
    False
    """
    return all(want in tags if name == "tag" else values.get(name) == want for name, want in stack.items())


def save_laboratory_tags(store: Store, tags: pd.DataFrame) -> None:
    """Tag laboratories; tags that are there stay.

    Parameters
    ----------
    tags : lab_code, tag.

    Raises
    ------
    DataError
        naming every laboratory that is not registered.
    """
    with store.writing() as connection:
        labs = numbers(connection, LABORATORY, "lab_id", "lab_code")
        unknown = sorted(set(tags["lab_code"]) - set(labs))
        if unknown:
            problems = [
                Problem(f"laboratory {code!r} is not registered", column="lab_code") for code in unknown
            ]
            raise DataError("Tags of unknown laboratories.", problems)
        rows = [{"lab_id": int(labs[r.lab_code]), "tag": str(r.tag)} for r in tags.itertuples()]
        if rows:
            upsert(connection, tables.LABORATORY_TAG, rows, ("lab_id", "tag"))


def laboratory_tags(store: Store) -> dict[str, frozenset[str]]:
    """Tags by participant code; a laboratory without one is not there."""
    own = tables.LABORATORY_TAG.c
    statement = select(LABORATORY.c.lab_code, own.tag).join_from(tables.LABORATORY_TAG, LABORATORY)
    found: dict[str, set[str]] = {}
    with store.reading() as connection:
        for code, tag in connection.execute(statement):
            found.setdefault(str(code), set()).add(str(tag))
    return {code: frozenset(tags) for code, tags in found.items()}


def tags_of(connection: Connection, lab_code: str) -> frozenset[str]:
    """Tags of one laboratory, in the caller's transaction."""
    return frozenset(str(tag) for tag in connection.execute(_TAGS, {"lab": lab_code}).scalars())


def last_received(store: Store) -> datetime | None:
    """When control values came last; None before the first."""
    with store.reading() as connection:
        found = connection.execute(select(func.max(tables.CONTROL_INTAKE.c.received_at))).scalar()
    return found if isinstance(found, datetime) else None
