"""A warm process that forks ipykernels: `python -m workbench.rounds.zygote SOCKET MODULE...`.

It imports the modules once, then answers requests on a private unix socket. One connection is one
kernel: a JSON line with command, environment and folder comes in together with two descriptors for
stdout and stderr; the answer is the process id, and, when the kernel has ended, its exit code. The
kernel is ipykernel's own application over its real sockets. The zygote ends when its owner does (its
standard input closes), and takes its kernels with it.
"""

from __future__ import annotations

import array
import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

LAUNCHER = "ipykernel_launcher"
_MAX_REQUEST = 1 << 20


@dataclass
class Zygote:
    """The listener and its children.

    Parameters
    ----------
    listener : bound unix socket.
    children : process id -> connection to whoever asked for the kernel.
    """

    listener: socket.socket
    children: dict[int, socket.socket] = field(default_factory=dict)
    wakeup: tuple[int, int] = (-1, -1)

    def serve(self) -> None:
        """Answer requests until the owner is gone."""
        self.wakeup = os.pipe()
        os.set_blocking(self.wakeup[0], False)
        os.set_blocking(self.wakeup[1], False)
        signal.set_wakeup_fd(self.wakeup[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        selector = selectors.DefaultSelector()
        for source, name in ((self.listener, "request"), (self.wakeup[0], "child"), (sys.stdin, "owner")):
            selector.register(source, selectors.EVENT_READ, name)
        while True:
            for key, _ in selector.select():
                if key.data == "owner" and not os.read(sys.stdin.fileno(), 64):
                    self.end_all()
                    return
                if key.data == "child":
                    self.reap()
                if key.data == "request":
                    self.answer(selector)

    def answer(self, selector: selectors.BaseSelector) -> None:
        """Fork one kernel for one connection."""
        connection, _ = self.listener.accept()
        request, descriptors = _receive(connection)
        if request is None:
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            selector.close()
            self.listener.close()
            connection.close()
            for other in self.children.values():
                other.close()
            os.close(self.wakeup[0])
            os.close(self.wakeup[1])
            _become_kernel(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.children[pid] = connection
        _say(connection, {"pid": pid})

    def reap(self) -> None:
        """Tell the owners of kernels that have ended."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.wakeup[0], 4096)
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            connection = self.children.pop(pid, None)
            if connection is not None:
                _say(connection, {"exit": os.waitstatus_to_exitcode(status)})
                connection.close()

    def end_all(self) -> None:
        """No kernel outlives the zygote."""
        for pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def _receive(connection: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """One JSON line and the descriptors that come with it."""
    descriptors = array.array("i")
    space = socket.CMSG_SPACE(2 * descriptors.itemsize)
    data, ancillary, _, _ = connection.recvmsg(65536, space)
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    while not data.endswith(b"\n") and len(data) < _MAX_REQUEST:
        more = connection.recv(65536)
        if not more:
            return None, list(descriptors)
        data += more
    return json.loads(data), list(descriptors)


def _say(connection: socket.socket, message: dict[str, int]) -> None:
    """One JSON line; whoever has gone away is no concern."""
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


def _become_kernel(request: dict[str, Any], descriptors: list[int]) -> None:
    """Body of the child: never returns."""
    try:
        _settle(request, descriptors)
        _run_kernel(request["argv"])
    except SystemExit as ended:
        _leave(int(ended.code) if isinstance(ended.code, int) else 0)
    except BaseException:
        import traceback

        traceback.print_exc()
        _leave(1)
    _leave(0)


def _leave(code: int) -> None:
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _settle(request: dict[str, Any], descriptors: list[int]) -> None:
    """A process group, signals, environment, folder and random state of the kernel's own."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for target, descriptor in zip((1, 2), descriptors, strict=False):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    time.tzset()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _run_kernel(argv: list[str]) -> None:
    """ipykernel's application, as its launcher starts it."""
    from ipykernel.kernelapp import IPKernelApp

    if sys.path[:1] != [""]:
        sys.path.insert(0, "")
    app = IPKernelApp.instance()
    app.parent_handle = os.getppid()
    app.initialize(argv)
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline import backend_inline

        backend_inline._enable_matplotlib_integration()  # type: ignore[no-untyped-call]
    app.start()


def thread_count() -> int:
    """Threads of this process; forking is safe with one only."""
    return len(list(Path("/proc/self/task").iterdir()))


def main(arguments: list[str]) -> None:
    """Import, freeze, listen, serve."""
    path, *modules = arguments
    for name in ("ipykernel.kernelapp", "ipykernel.ipkernel", *modules):
        import_module(name)
    if thread_count() != 1:
        raise SystemExit(f"a preloaded module started a thread; kernels cannot be forked: {modules}")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(64)
    gc.collect()
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    Zygote(listener).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
