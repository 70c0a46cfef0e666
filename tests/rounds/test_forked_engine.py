"""`papermill --engine workbench`: the plain kernel's outputs from a forked child; its failures; its fallback."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from workbench.rounds.forked_engine import why_not_forked
from workbench.rounds.render import can_fork

forks = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")
CELLS = [
    "level = 1",
    "import neighbour, sys\nprint(neighbour.VALUE); print('e', file=sys.stderr); level",
    "import pandas as pd\npd.DataFrame({'a': [level]})",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "!echo from a shell",
    "sys.stdin.read(), __name__",
    "from tqdm.auto import tqdm\ntqdm.__mro__[1].__name__",
    "import logging, warnings\nlogging.getLogger('a').info('not shown'); warnings.warn('seen', UserWarning)",
]


def written(path: Path, *sources: str) -> Path:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.cells[0].metadata["tags"] = ["parameters"]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def papermill(folder: Path, engine: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("papermill")), "--engine", engine, *options]
    command += ["in.ipynb", f"{engine}.ipynb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@forks
def test_the_command_gives_what_papermills_own_engine_gives(tmp_path: Path) -> None:
    written(tmp_path / "in.ipynb", *CELLS)
    (tmp_path / "neighbour.py").write_text("VALUE = 5\n")
    found = {}
    for engine in ("nbclient", "workbench"):
        run = papermill(tmp_path, engine, "-p", "level", "3")
        assert run.returncode == 0, run.stderr[-2000:]
        assert "plain kernel" not in run.stderr
        assert "100%" in run.stderr
        notebook = nbformat.read(tmp_path / f"{engine}.ipynb", 4)
        found[engine] = [[c.source, c.outputs, c.execution_count] for c in notebook.cells]
        assert {c.metadata.papermill.status for c in notebook.cells} == {"completed"}
        assert notebook.metadata.language_info.name == "python"
    assert _normal(found["workbench"]) == _normal(found["nbclient"])
    assert found["workbench"][2][1][0]["text"] == "5\n"


def _normal(cells: list[object]) -> str:
    """A warning names the temporary file of its cell, which holds the process's number."""
    import re

    return re.sub(r"ipykernel_\d+", "ipykernel_N", json.dumps(cells))


SCRIPT = """
import json, os, sys
import papermill
from workbench.rounds import forked_engine
forked_engine._GRACE_SECONDS = 0.5
found = {}
for name in sys.argv[1:]:
    try:
        options = {"execution_timeout": 1} if name[0] == "s" else {}
        papermill.execute_notebook(f"{name}.ipynb", f"{name}.out.ipynb", engine_name="workbench",
                                   progress_bar=False, cwd=os.getcwd(), **options)
        found[name] = "done"
    except Exception as error:
        found[name] = f"{type(error).__name__} {getattr(error, 'ename', '')}".strip()
print(json.dumps(found))
"""


@forks
def test_each_notebook_has_a_process_of_its_own_and_failures_are_papermills(tmp_path: Path) -> None:
    mess = "import builtins, os; builtins.leak = 1; os.environ['LEAK'] = '1'; os.chdir('/')"
    look = (
        "import builtins, os; assert not hasattr(builtins, 'leak') and 'LEAK' not in os.environ; os.getcwd()"
    )
    written(tmp_path / "mess.ipynb", mess)
    written(tmp_path / "look.ipynb", look)
    written(tmp_path / "wrong.ipynb", "1", "1 / 0", "'never'")
    written(tmp_path / "dead.ipynb", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    written(tmp_path / "slow.ipynb", "while True: pass")
    written(
        tmp_path / "stuck.ipynb",
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass",
    )
    names = ["mess", "look", "wrong", "dead", "slow", "stuck"]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert json.loads(run.stdout) == {
        "mess": "done",
        "look": "done",
        "wrong": "PapermillExecutionError ZeroDivisionError",
        "dead": "DeadKernelError",
        "slow": "PapermillExecutionError TimeoutError",
        "stuck": "CellTimeoutError",
    }
    cells = nbformat.read(tmp_path / "wrong.out.ipynb", 4).cells
    assert "'never'" in [c.source for c in cells if not c.get("outputs")]


def test_where_it_cannot_fork_it_says_so() -> None:
    reasons: list[str] = []
    thread = threading.Thread(target=lambda: reasons.append(why_not_forked("python3")))
    thread.start()
    thread.join()
    assert len(reasons[0]) > 10


@pytest.mark.parametrize(
    "order", ["papermill", "workbench.rounds.forked_engine", "workbench.rounds.engine_entry"]
)
def test_the_entry_point_can_be_imported_in_any_order(order: str) -> None:
    code = (
        f"import {order}, sys; late = 'papermill' in sys.modules; import papermill.engines as e; "
        "print(late, e.papermill_engines.get_engine('workbench').__name__)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.split() == [str(order != "workbench.rounds.engine_entry"), "WorkbenchEngine"], (
        run.stderr
    )


@forks
def test_with_threads_about_the_plain_kernel_is_used_and_the_log_says_why(tmp_path: Path) -> None:
    written(tmp_path / "in.ipynb", "6 * 7")
    code = (
        "import logging, threading, papermill; logging.basicConfig()\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "nb = papermill.execute_notebook('in.ipynb', None, engine_name='workbench', progress_bar=False)\n"
        "print(nb.cells[0].outputs[0].data['text/plain'])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "42", run.stderr
    assert "this process has threads" in run.stderr
    assert "a plain kernel is used" in run.stderr
