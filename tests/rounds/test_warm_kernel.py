"""A forked kernel behaves as a plain one: outputs, interrupt, restart, death, time-out; no state leaks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from workbench.rounds.warm_kernel import ForkedProcess, nursery

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
    pytest.mark.xdist_group("kernels"),
]


def executed(kernel: str, *sources: str, **options: object) -> list[list[dict[str, object]]]:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(notebook, kernel_name=kernel, **options).execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.fixture
def manager(warm_kernels: str) -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name=warm_kernels)
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


def answer(manager: KernelManager, code: str) -> str:
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    reply = client.execute_interactive(f"_r = {code}", user_expressions={"r": "_r"}, timeout=30)
    client.stop_channels()
    return str(reply["content"]["user_expressions"]["r"]["data"]["text/plain"])


def test_same_outputs_as_a_plain_kernel(warm_kernels: str) -> None:
    sources = (
        "print('a'); import sys; print('b', file=sys.stderr); 3",
        "import pandas as pd; pd.Series([1, 2])",
    )
    assert executed(warm_kernels, *sources) == executed("python3", *sources)


def test_it_is_forked_and_nothing_leaks_between_kernels(warm_kernels: str) -> None:
    mess = (
        "import builtins, decimal, os, random, warnings; builtins.leak = 1; os.environ['LEAK'] = '1'; "
        "decimal.getcontext().prec = 3; warnings.simplefilter('error'); os.chdir('/'); os.getppid()"
    )
    first = executed(warm_kernels, mess)[0]
    look = (
        "import builtins, decimal, os; (hasattr(builtins, 'leak'), 'LEAK' in os.environ, "
        "decimal.getcontext().prec, os.getcwd() == '/', os.getppid())"
    )
    second = executed(warm_kernels, look)[0]
    zygote = first[0]["data"]["text/plain"]
    assert zygote != str(os.getpid())
    assert second[0]["data"]["text/plain"] == f"(False, False, 28, False, {zygote})"


def test_random_numbers_differ(warm_kernels: str) -> None:
    draw = "import random, uuid, numpy; (random.random(), numpy.random.rand(), uuid.uuid4().hex)"
    one, two = (executed(warm_kernels, draw)[0][0]["data"]["text/plain"] for _ in range(2))
    assert all(a != b for a, b in zip(one.split(","), two.split(","), strict=True))


def test_interrupt_and_restart(manager: KernelManager) -> None:
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    request = client.execute("import time; time.sleep(60)")
    time.sleep(0.5)
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == request
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    client.stop_channels()
    before = answer(manager, "__import__('os').getpid()")
    manager.restart_kernel(now=True)
    assert answer(manager, "__import__('os').getpid()") != before


@pytest.mark.parametrize(
    "death",
    [
        "import os; os._exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
    ],
)
def test_a_dead_kernel_is_noticed(warm_kernels: str, death: str) -> None:
    with pytest.raises(DeadKernelError):
        executed(warm_kernels, death)


def test_after_its_death_it_can_be_restarted(manager: KernelManager) -> None:
    pid = int(answer(manager, "__import__('os').getpid()"))
    os.kill(pid, signal.SIGSEGV)
    until = time.monotonic() + 10
    while manager.is_alive() and time.monotonic() < until:
        time.sleep(0.02)
    assert not manager.is_alive()
    manager.restart_kernel(now=True)
    assert int(answer(manager, "__import__('os').getpid()")) != pid


def test_a_shutdown_leaves_no_process(warm_kernels: str) -> None:
    manager = KernelManager(kernel_name=warm_kernels)
    manager.start_kernel()
    pid = int(answer(manager, "__import__('os').getpid()"))
    manager.shutdown_kernel()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("why", ["system", "zygote"])
def test_where_it_cannot_fork_a_plain_kernel_starts_and_the_log_says_so(
    warm_kernels: str, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if why == "system":
        monkeypatch.setattr("workbench.rounds.warm_kernel.sys.platform", "darwin")
    else:
        config = '{"preload": ["no_such_module"]}'
        spec = Path(os.environ["JUPYTER_PATH"], "kernels", warm_kernels, "kernel.json")
        spec.write_text(spec.read_text().replace('{"preload": ["json", "decimal"]}', config))
    manager = KernelManager(kernel_name=warm_kernels)
    manager.log.propagate = True
    with caplog.at_level("WARNING"):
        manager.start_kernel()
    try:
        assert answer(manager, "6 * 7") == "42"
        assert not isinstance(manager.provisioner.process, ForkedProcess)
        assert "a plain one is started" in caplog.text
    finally:
        manager.shutdown_kernel(now=True)


def test_the_kernel_workbench_is_installed_and_has_the_scientific_stack(tmp_path: Path) -> None:
    loaded = (
        "import sys; [n for n in ('pandas', 'seaborn', 'scipy.stats', 'sqlalchemy') if n not in sys.modules]"
    )
    plot = "import seaborn as sns\nax = sns.histplot(x=[1, 2, 2])"
    outputs = executed("workbench", loaded, plot, "1 / 1")
    assert outputs[0][0]["data"]["text/plain"] == "[]"
    assert "image/png" in outputs[1][-1]["data"]
    assert outputs[1:] == executed("python3", loaded, plot, "1 / 1")[1:]


@pytest.mark.parametrize("tool", ["papermill", "nbconvert"])
def test_the_commands_find_it_by_name(tool: str, tmp_path: Path) -> None:
    notebook = new_notebook(cells=[new_code_cell("import os, sys; 'seaborn' in sys.modules, 6 * 7")])
    nbformat.write(notebook, tmp_path / "in.ipynb")
    commands = {
        "papermill": ["papermill", "--no-progress-bar", "-k", "workbench", "in.ipynb", "out.ipynb"],
        "nbconvert": [
            "jupyter-nbconvert",
            "--to",
            "notebook",
            "--execute",
            "in.ipynb",
            "--output",
            "out.ipynb",
            "--ExecutePreprocessor.kernel_name=workbench",
        ],
    }
    name, *rest = commands[tool]
    command = [str(Path(sys.executable).with_name(name)), *rest]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    cell = nbformat.read(tmp_path / "out.ipynb", 4).cells[0]
    assert cell.outputs[0]["data"]["text/plain"] == "(True, 42)"


def test_a_time_out_ends_the_kernel(warm_kernels: str) -> None:
    with pytest.raises(CellTimeoutError):
        executed(warm_kernels, "import time; time.sleep(60)", timeout=2)


def test_a_dead_zygote_is_started_again(warm_kernels: str) -> None:
    executed(warm_kernels, "1")
    born_from = nursery(("json", "decimal"))
    assert born_from._process is not None
    os.kill(born_from._process.pid, signal.SIGKILL)
    born_from._process.wait(5)
    assert executed(warm_kernels, "1 + 1")[0][0]["data"]["text/plain"] == "2"


def test_kernels_die_with_the_zygote(tmp_path: Path) -> None:
    born_from = nursery(("json",))
    child = born_from.fork(["-f", str(tmp_path / "kernel.json")], dict(os.environ), str(tmp_path))
    assert isinstance(child, ForkedProcess)
    assert child.poll() is None
    born_from.close()
    assert child.wait(timeout=20) == -signal.SIGKILL
