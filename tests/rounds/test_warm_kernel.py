"""A forked kernel behaves as a plain one: outputs, interrupt, restart, death, time-out; no state leaks."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

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
    "death", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_a_dead_kernel_is_noticed(warm_kernels: str, death: str) -> None:
    with pytest.raises(DeadKernelError):
        executed(warm_kernels, death)


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
