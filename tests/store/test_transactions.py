"""Half-written is never visible; readers do not wait; two SQLite libraries keep apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from workbench.errors import DataError
from workbench.store import (
    add_submissions,
    evaluation_in_force,
    round_inputs,
    save_evaluation,
    upgrade,
)
from workbench.store import evaluations as evaluations_module
from workbench.store import submissions as submissions_module
from workbench.store.reading import reading

WHERE = "2026-1", "1.1"


def counts(store, *tables: str) -> list[int]:
    with store.reading() as connection:
        return [int(connection.execute(text(f"select count(*) from {t}")).scalar_one()) for t in tables]


def test_a_failed_evaluation_leaves_nothing(store, office, monkeypatch):
    first = office.saved(store)
    tables = ("evaluation", "score", "evaluated_laboratory", "evaluation_criterion")
    before = counts(store, *tables)

    def fail(*_args):
        raise RuntimeError("power cut")

    monkeypatch.setattr(evaluations_module, "_save_criteria", fail)
    inputs = round_inputs(store, *WHERE)
    with pytest.raises(RuntimeError, match="power cut"):
        save_evaluation(store, office.evaluation(inputs), office.meta(code_version="2"), inputs)
    assert counts(store, *tables) == before
    in_force = evaluation_in_force(store, *WHERE)
    assert in_force is not None
    assert in_force.evaluation_id == first


def test_a_failed_load_leaves_nothing(store, office, monkeypatch):
    office.saved(store)
    tables = ("ingest_run", "submission", "result")
    before = counts(store, *tables)
    monkeypatch.setattr(submissions_module, "_save_results", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        add_submissions(store, *WHERE, office.returns(seed=4))
    assert counts(store, *tables) == before


def test_a_killed_writer_leaves_nothing(sqlite_store, office):
    office.saved(sqlite_store)
    script = (
        "import os, signal, sys\n"
        "from sqlalchemy import text\n"
        "from workbench.store import open_store\n"
        "with open_store(sys.argv[1]).writing() as connection:\n"
        "    connection.execute(text('delete from sentence'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, sqlite_store.url], cwd=Path.cwd(), env=dict(os.environ)
    )
    assert done.returncode == -signal.SIGKILL
    assert counts(sqlite_store, "sentence") == [12]


def test_readers_see_the_last_whole_state_while_a_writer_works(store, office):
    office.saved(store)
    other = upgrade(store.url)
    seen: list[int] = []
    with store.engine.begin() as writer:
        writer.execute(text("delete from sentence"))
        with other.engine.connect() as reader:
            seen.append(int(reader.execute(text("select count(*) from sentence")).scalar_one()))
        writer.rollback()
    assert seen == [12]
    other.close()


def test_many_readers_and_a_writer_at_once(sqlite_store, office):
    office.saved(sqlite_store)
    script = (
        "import sys\n"
        "from workbench.store import open_store, round_inputs\n"
        "store = open_store(sys.argv[1])\n"
        "for _ in range(5):\n"
        "    found = round_inputs(store, '2026-1', '1.1')\n"
        "    assert len(found.results) == 66, len(found.results)\n"
    )
    readers = [subprocess.Popen([sys.executable, "-c", script, sqlite_store.url]) for _ in range(2)]
    for seed in range(6):
        add_submissions(sqlite_store, *WHERE, office.returns(seed=seed, at="2026-04-22"))
    assert [reader.wait(timeout=60) for reader in readers] == [0, 0]
    assert counts(sqlite_store, "submission") == [11 * 7]


def test_an_arrow_read_never_hides_later_writes(sqlite_store, office):
    """Two SQLite libraries in a process lose each other's locks and log; the gate keeps them apart."""
    office.saved(sqlite_store, "2025-2")
    for seed in range(3):
        round_inputs(sqlite_store, "2025-2", "1.1")
        with sqlite_store.writing() as connection:
            connection.execute(text(f"update laboratory set region = 'R{seed}'"))
            with reading(sqlite_store) as source:
                assert source.arrow is None
        assert set(round_inputs(sqlite_store, "2025-2", "1.1").laboratories["region"]) == {f"R{seed}"}


def test_opening_inside_an_arrow_read_is_refused(sqlite_store, office):
    office.saved(sqlite_store)
    with reading(sqlite_store) as source:
        assert source.arrow is not None
        with pytest.raises(DataError, match="Arrow read"), sqlite_store.reading():
            pass


def test_threads_take_turns(sqlite_store, office):
    office.saved(sqlite_store)
    found: list[int] = []

    def work(arrow: bool) -> None:
        found.extend(len(round_inputs(sqlite_store, *WHERE, arrow=arrow).results) for _ in range(3))

    threads = [threading.Thread(target=work, args=(number % 2 == 0,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [66] * 12


def test_sqlite_settings(sqlite_store):
    with sqlite_store.reading() as connection:
        pragmas = {
            name: connection.execute(text(f"pragma {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 60000}


def test_a_laboratory_is_found_by_key_not_by_scanning(sqlite_store, office):
    office.saved(sqlite_store)
    with sqlite_store.reading() as connection:
        plan = connection.execute(
            text("explain query plan select * from score where evaluation_no = 1 and lab_code = 'L0001'")
        ).all()
    assert "SEARCH score USING PRIMARY KEY (evaluation_no=? AND lab_code=?)" in str(plan)
