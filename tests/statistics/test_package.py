"""The names of the room, and what importing it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import workbench.statistics as st

ROOM = Path(st.__file__).parent


def test_every_name_can_be_loaded():
    for name in st.__all__:
        assert callable(getattr(st, name)) or name.isupper(), name
    with pytest.raises(AttributeError, match="no_such_name"):
        st.no_such_name  # noqa: B018


def test_the_block_for_type_checkers_tells_the_same_as_the_table_that_runs():
    tree = ast.parse((ROOM / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == {name: f"workbench.statistics.{home}" for name, home in st._HOME.items()}


def test_no_public_name_is_hidden_by_a_module_of_the_same_name():
    assert not set(st.__all__) & {path.stem for path in ROOM.glob("*.py")}


def test_importing_the_room_loads_numpy_and_nothing_heavy():
    code = (
        "import sys; import workbench.statistics as st; st.algorithm_a([1.0, 2.0, 4.0]); st.q_hampel([1.0, 2.0, 4.0]);"
        "st.z_score(1.0, 2.0, 3.0); print(sorted({m.split('.')[0] for m in sys.modules}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(ast.literal_eval(shown))
    assert "numpy" in loaded
    assert not loaded & {"scipy", "pandas", "statsmodels", "matplotlib", "sqlalchemy", "pydantic"}
