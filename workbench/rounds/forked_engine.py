"""papermill's engine for the command line: the in-process kernel in a child forked for one notebook.

The child executes (see `inline_engine`), the parent does all that papermill does with any engine: it
keeps the times, draws the bar, logs, and writes the notebook after each cell. Where a fork is not
possible or not safe the plain kernel is used, and the log says why; the outputs are the same.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine
from papermill.log import logger

from workbench.rounds.inline_engine import InlineClient
from workbench.rounds.zygote import LAUNCHER

_GRACE_SECONDS = 5.0
"""After a cell's time is up the child may still answer; then it hangs in C code and is killed."""

_ALLOCATOR_THREAD = "jemalloc_bg_thd"
_NOT_THE_CLIENTS = ("input_path", "start_timeout", "startup_timeout", "timeout", "execution_timeout")


class ForkedEngine(Engine):
    """The engine `workbench` of papermill's command line."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        """Execute in a forked child; arguments as in papermill's NBClientEngine.

        Notes
        -----
        A cell that exceeds `execution_timeout` shows a TimeoutError and stops the notebook as an error
        of its own would. When it hangs in C code the child is killed, and CellTimeoutError is raised.
        """
        reason = why_not_forked(kernel_name)
        if reason:
            logger.warning(f"engine workbench: {reason}; a plain kernel is used, the outputs are the same.")
            return NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **options)
        seconds = options.get("execution_timeout") or options.get("timeout")
        ours, theirs = Pipe(duplex=False)
        child = os.fork()
        if child == 0:
            ours.close()
            _execute_and_exit(theirs, nb_man.nb, kernel_name, options)
        theirs.close()
        try:
            _follow(ours, nb_man, seconds, options)
        finally:
            _end(child)
        return nb_man.nb


def why_not_forked(kernel_name: str) -> str:
    """Why a notebook cannot run in a forked child of this process; empty when it can."""
    if sys.platform != "linux" or not hasattr(os, "memfd_create"):
        return "this system cannot fork a running interpreter safely"
    if threading.current_thread() is not threading.main_thread():
        return "it was called outside the main thread"
    _rest_progress_bars()
    if _threads_in_the_way():
        return "this process has threads, and a fork would lose them"
    try:
        command = KernelSpecManager().get_kernel_spec(kernel_name).argv
    except NoSuchKernel:
        return f"there is no kernel {kernel_name}"
    if LAUNCHER not in command or not _is_this_interpreter(command[0]):
        return f"the kernel {kernel_name} is not Python in this environment"
    return ""


def _is_this_interpreter(program: str) -> bool:
    """Whether a kernel's command starts the interpreter that runs here; a bare `python` does."""
    return program in ("python", "python3") or Path(program) == Path(sys.executable)


def _threads_in_the_way() -> int:
    """Threads that a child would miss.

    OpenBLAS ends its threads whenever its process forks and starts them again when needed, so they are
    gone after a first fork that does nothing; Arrow's allocator puts its one in order in the child.
    """
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    return len(names) - 1 - names.count(_ALLOCATOR_THREAD)


def _rest_progress_bars() -> None:
    """End the thread by which tqdm refreshes stalled bars; it starts again with the next bar."""
    for thread in threading.enumerate():
        if type(thread).__name__ == "TMonitor":
            thread.exit()  # type: ignore[attr-defined]


class _Reporter:
    """Stands in the child for papermill's execution manager: says through a pipe what happens."""

    def __init__(self, nb: Any, pipe: Connection) -> None:
        self.nb, self.pipe = nb, pipe

    def cell_start(self, cell: Any, cell_index: int) -> None:
        """A cell begins."""
        self.pipe.send(("start", cell_index))

    def cell_exception(self, cell: Any, cell_index: int, **_: Any) -> None:
        """A cell has failed."""
        self.pipe.send(("exception", cell_index, cell))

    def cell_complete(self, cell: Any, cell_index: int) -> None:
        """A cell is over, with its outputs."""
        self.pipe.send(("complete", cell_index, cell))

    def autosave_cell(self) -> None:
        """The parent saves."""


class _ReportingClient(InlineClient):
    """Outputs to be logged are logged by the parent, whose descriptors are not captured."""

    def log_output_message(self, output: Any) -> None:
        """Hand one output to the parent."""
        self.nb_man.pipe.send(("output", output))


def _execute_and_exit(pipe: Connection, nb: Any, kernel_name: str, options: dict[str, Any]) -> None:
    """Body of the child: never returns."""
    try:
        _settle()
        settings = {k: v for k, v in options.items() if k not in _NOT_THE_CLIENTS}
        settings["timeout"] = options.get("execution_timeout") or options.get("timeout")
        client = _ReportingClient(_Reporter(nb, pipe), kernel_name=kernel_name, **settings)
        client.execute()
        pipe.send(("end", nb.metadata))
    except BaseException as error:
        pipe.send(("error", _portable(error)))
    os._exit(0)


def _settle() -> None:
    """A process group of its own, no terminal; nothing of the parent's settings in the notebook."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:] = []
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    logging.disable(logging.NOTSET)
    warnings.resetwarnings()
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    # The parent's bars are drawn on a console, the notebook's own are not; tqdm decides at its import.
    for name in ("tqdm.auto", "tqdm.autonotebook"):
        sys.modules.pop(name, None)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _portable(error: BaseException) -> BaseException:
    """The error itself where it can travel, else one that says the same."""
    try:
        return pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")


def _follow(pipe: Connection, nb_man: Any, seconds: float | None, options: dict[str, Any]) -> None:
    """Repeat in the parent what the child reports; returns when the notebook is over."""
    logged = {k: options.get(k) for k in ("log_output", "stdout_file", "stderr_file") if options.get(k)}
    printer = PapermillNotebookClient(nb_man, **logged)
    metadata = dict(nb_man.nb.metadata)
    running, until = -1, None
    while True:
        if not pipe.poll(None if until is None else max(0.0, until - time.monotonic())):
            raise CellTimeoutError.error_from_timeout_and_cell(
                "The cell did not stop when its time was up.", int(seconds or 0), nb_man.nb.cells[running]
            )
        try:
            event, *facts = pipe.recv()
        except EOFError:
            raise DeadKernelError("Kernel died") from None
        if event == "end":
            nb_man.nb.metadata.update({k: v for k, v in facts[0].items() if k not in metadata})
            return
        if event == "error":
            raise facts[0]
        if event == "start":
            running = facts[0]
            until = time.monotonic() + seconds + _GRACE_SECONDS if seconds else None
        _repeat(event, facts, nb_man, printer)


def _repeat(event: str, facts: list[Any], nb_man: Any, printer: PapermillNotebookClient) -> None:
    """One event of the child, as papermill's own client would have told the manager."""
    if event == "output":
        printer.log_output_message(facts[0])
        return
    index = facts[0]
    cells = nb_man.nb.cells
    if event == "start":
        nb_man.cell_start(cells[index], index)
        return
    times = cells[index].metadata.papermill
    cells[index] = facts[1]
    cells[index].metadata["papermill"] = times
    if event == "exception":
        nb_man.cell_exception(cells[index], index)
    else:
        nb_man.cell_complete(cells[index], index)


def _end(child: int) -> None:
    """Nothing of the child is left, whatever happened."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
