"""ipykernel's own kernel object in this process, without sockets: the batch's fast path.

Only the socket is replaced. ipykernel formats every output and nbclient files it in the notebook, as
with any kernel, so a notebook gives the same outputs either way (a test holds it). It must run in a
process made for one notebook (a forked child), because the interpreter's state is the kernel's state.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from traitlets.config import Config

Sink = Callable[[dict[str, Any]], None]

_SEND_ARGUMENTS = ("parent", "ident", "buffers", "track", "header", "metadata")


class DirectSession(Session):
    """A session whose messages go to a function instead of a socket."""

    sink: Sink | None = None

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *rest: Any, **options: Any) -> Any:
        """Build the message as always and hand it to the sink; arguments as in the parent class."""
        options |= dict(zip(_SEND_ARGUMENTS, rest, strict=False))
        if isinstance(msg_or_type, dict):
            message = msg_or_type
        else:
            fields = {k: options.get(k) for k in ("parent", "header", "metadata")}
            message = self.msg(msg_or_type, content=content, **fields)
        if options.get("buffers"):
            message["buffers"] = options["buffers"]
        sink = type(self).sink
        if sink is not None:
            sink(message)
        return message


class DirectStream(io.TextIOBase):
    """stdout or stderr of the notebook: text is buffered and sent as stream messages on flush."""

    def __init__(self, name: str, session: DirectSession) -> None:
        self.stream_name, self.session, self._parts = name, session, list[str]()

    def write(self, text: str) -> int:
        """Keep the text until the next flush."""
        self._parts.append(text)
        return len(text)

    def flush(self) -> None:
        """Send what was kept as one message."""
        text, self._parts = "".join(self._parts), []
        if text:
            self.session.send(None, "stream", {"name": self.stream_name, "text": text})

    def isatty(self) -> bool:
        """A notebook is no terminal."""
        return False

    def fileno(self) -> int:
        """The process's own descriptor, as ipykernel answers."""
        return 1 if self.stream_name == "stdout" else 2

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Text reaches the notebook as UTF-8."""
        return "UTF-8"


class InlineKernel(IPythonKernel):
    """The kernel object of ipykernel; requests arrive by call."""

    shell_class = ZMQInteractiveShell

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """No queue, nothing to abort."""

    async def run_cell(self, source: str, store_history: bool = True) -> dict[str, Any]:
        """Execute one cell as an execute_request would; returns the reply's content."""
        assert self.session is not None
        content = {"code": source, "silent": False, "store_history": store_history, "user_expressions": {}}
        request = self.session.msg("execute_request", content=content)
        self.set_parent([], request)
        count = self.execution_count
        self.session.send(self.iopub_socket, "execute_input", {"code": source, "execution_count": count})
        reply = await self.do_execute(source, False, store_history, {}, False)
        return {"content": reply, "metadata": {}, "header": {}, "parent_header": request["header"]}


def start_inline_kernel() -> InlineKernel:
    """Make this process the kernel: shell, streams, display hooks, inline plots.

    Notes
    -----
    pyplot that was imported before the shell existed has not registered its display hooks, and plots
    would be lost without a word; they are registered again here.
    """
    config = Config()
    config.HistoryManager.enabled = False
    # An instance already made by the parent of a fork belongs to the parent.
    ZMQInteractiveShell.clear_instance()
    InlineKernel.clear_instance()
    IPKernelApp.clear_instance()
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    session = DirectSession(key=b"")
    kernel = InlineKernel.instance(config=config, session=session, iopub_socket=None, user_ns={})
    kernel.log = logging.getLogger("workbench.inline_kernel")
    kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
    # Magics such as %matplotlib look the kernel up through the application. It also puts the notebook's
    # own folder on the path of imports.
    IPKernelApp.instance(kernel=kernel, shell=kernel.shell).init_path()
    sys.stdout, sys.stderr = DirectStream("stdout", session), DirectStream("stderr", session)
    _register_inline_plots()
    return kernel


def _register_inline_plots() -> None:
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline import backend_inline

        backend_inline._enable_matplotlib_integration()  # type: ignore[no-untyped-call]


class DescriptorCapture:
    """What C code and subprocesses write to descriptors 1 and 2, drained at the end of each cell."""

    def __init__(self) -> None:
        self._files = {}
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            memory = os.memfd_create(name)
            os.dup2(memory, descriptor)
            self._files[name] = memory
        self._read = dict.fromkeys(self._files, 0)

    def drain(self, session: Session) -> None:
        """Send what was written since the last call."""
        for name, memory in self._files.items():
            size = os.fstat(memory).st_size
            if size > self._read[name]:
                text = os.pread(memory, size - self._read[name], self._read[name]).decode("utf-8", "replace")
                self._read[name] = size
                session.send(None, "stream", {"name": name, "text": text})


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Interrupt Python code that runs longer; code stuck in C is left to the parent's deadline."""
    if not seconds or seconds <= 0:
        yield
        return

    def interrupt(*_: object) -> None:
        raise TimeoutError(f"the cell ran longer than {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def event_loop() -> asyncio.AbstractEventLoop:
    """A loop of this process's own; one inherited through a fork is never reused."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop
