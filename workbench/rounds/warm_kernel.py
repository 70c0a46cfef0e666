"""A kernel provisioner that forks warm kernels: real ipykernels that start with their imports done.

Registered under the entry point `jupyter_client.kernel_provisioners`, so papermill, nbclient, nbconvert
and JupyterLab use it through a kernel specification whose metadata names it. Where the system
cannot fork, or for a command that is no ipykernel, the plain local provisioner does the work.
"""

from __future__ import annotations

import array
import asyncio
import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import List, Unicode

from workbench.rounds.pool import SINGLE_THREADED
from workbench.rounds.zygote import LAUNCHER

PRELOADED = (
    "numpy",
    "pandas",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "seaborn",
    "scipy.stats",
    "sqlalchemy",
)
"""What a kernel for people has imported already; third-party packages only, so that code stays fresh."""

START_SECONDS = 60.0
_POLL_SECONDS = 0.02


class ForkedProcess:
    """A kernel that is another process's child, with the face of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._connection.setblocking(False)
        self._heard = b""

    def poll(self) -> int | None:
        """The exit code when the kernel has ended, else None."""
        if self.returncode is None:
            self._listen()
        return self.returncode

    def _listen(self) -> None:
        try:
            data = self._connection.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._heard += data
        if self._heard.endswith(b"\n"):
            self.returncode = int(json.loads(self._heard)["exit"])
        elif not data:
            self.returncode = -signal.SIGKILL  # the zygote is gone, and its kernels with it
        if self.returncode is not None:
            self._connection.close()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; raises subprocess.TimeoutExpired."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
            time.sleep(_POLL_SECONDS)
        return code

    def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group."""
        if self.poll() is None:
            os.killpg(self.pid, signum)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The zygote of this process: started when first needed, started again when it has died.

    Parameters
    ----------
    modules : what it imports before it forks.
    """

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.modules = modules
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def start(self) -> Path:
        """The socket of a living zygote."""
        with self._lock:
            if self._process is None or self._process.poll() is not None or self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="kernels-")
                self._process = self._launch(Path(self._folder.name) / "zygote")
            return Path(self._folder.name) / "zygote"

    def _launch(self, path: Path) -> subprocess.Popen[bytes]:
        environment = os.environ | SINGLE_THREADED
        environment.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        command = [sys.executable, "-m", "workbench.rounds.zygote", str(path), *self.modules]
        process = subprocess.Popen(
            command, env=environment, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            process.kill()
            raise RuntimeError("the warm kernel process did not start; its message is above")
        return process

    def fork(self, argv: list[str], env: dict[str, str], cwd: str) -> ForkedProcess:
        """One new kernel."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(START_SECONDS)
        connection.connect(str(self.start()))
        request = json.dumps({"argv": argv, "env": env, "cwd": cwd}).encode() + b"\n"
        descriptors = array.array("i", [1, 2])
        sent = connection.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
        connection.sendall(request[sent:])
        answer = connection.makefile("rb").readline()
        return ForkedProcess(connection, int(json.loads(answer)["pid"]))

    def close(self) -> None:
        """End the zygote and every kernel it made."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            if self._process.poll() is None:
                self._process.kill()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


_NURSERIES: dict[tuple[str, ...], Nursery] = {}


def nursery(modules: tuple[str, ...]) -> Nursery:
    """The nursery of this process for a list of modules."""
    return _NURSERIES.setdefault(modules, Nursery(modules))


class WarmProvisioner(LocalProvisioner):
    """Launches ipykernels by fork; everything else as the local provisioner does.

    Traits
    ------
    preload : modules imported before the fork; part of the kernel specification's config.
    """

    preload = List(Unicode(), default_value=list(PRELOADED)).tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a warm kernel where that is possible; else start a plain one and say why."""
        if LAUNCHER not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        try:
            self.process = await self._forked(cmd, kwargs)
        except (RuntimeError, OSError) as error:
            self.log.warning("no warm kernel (%s); a plain one is started, only slower", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def _forked(self, cmd: list[str], kwargs: dict[str, Any]) -> ForkedProcess:
        """A kernel from the nursery; the event loop goes on while the zygote imports."""
        if sys.platform != "linux":
            raise RuntimeError("this system cannot fork a running interpreter safely")
        argv = cmd[cmd.index(LAUNCHER) + 1 :]
        environment = dict(kwargs.get("env") or os.environ)
        environment.setdefault("JPY_PARENT_PID", str(os.getpid()))
        self.cwd = str(kwargs.get("cwd") or Path.cwd())
        fork = nursery(tuple(self.preload)).fork
        return await asyncio.get_running_loop().run_in_executor(None, fork, argv, environment, self.cwd)

    async def wait(self) -> int | None:
        """Wait for the end of the kernel, looking often enough that nobody waits for us."""
        process = self.process
        if not isinstance(process, ForkedProcess):
            return await super().wait()
        while (code := process.poll()) is None:
            await asyncio.sleep(_POLL_SECONDS)
        self.process = None  # type: ignore[assignment]
        return code
