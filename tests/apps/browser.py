"""A browser for the apps: a server on a free port, Chromium without a screen, and who was talked to."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from workbench.parameters import project_root

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_BROWSER = "no Chromium on this machine: apt-get install chromium (.ci/run does)"
SECONDS = 90.0
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=en-US",
]  # fmt: skip
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)


@dataclass
class Served:
    """A running server: its address and where its log is."""

    url: str
    log: Path
    asked: list[str] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(words: list[str], folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """A Jupyter server process; ended with its kernels."""
    log = folder / f"{words[0]}.log"
    home = {name: str(folder / name) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1", **home, **(settings or {})}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], stdout=stream, stderr=stream, env=environment, cwd=project_root()
        )
    try:
        yield _address(words, process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(words: list[str], process: subprocess.Popen[bytes], log: Path) -> str:
    port = next(word.partition("=")[2] for word in words if "port=" in word)
    url = f"http://127.0.0.1:{port}/"
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).read(1)
            return url
        except OSError:
            assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8", "replace")[-2000:])


@contextmanager
def voila(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The apps as pages."""
    words = [
        "voila", "notebooks/apps", "--template=workbench", "--no-browser", f"--port={free_port()}",
        "--Voila.ip=127.0.0.1",
    ]  # fmt: skip
    with server(words, folder, settings) as url:
        yield url


@contextmanager
def jupyterlab(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The apps as notebooks; opened copies are written below `folder`, never into the project."""
    notebooks = folder / "notebooks"
    shutil.copytree(project_root() / "notebooks" / "apps", notebooks, dirs_exist_ok=True)
    words = [
        "jupyterlab", "--no-browser", f"--port={free_port()}", "--ServerApp.ip=127.0.0.1", "--allow-root",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={notebooks}", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with server(words, folder, settings) as url:
        yield url


@contextmanager
def page(asked: list[str] | None = None) -> Iterator[Any]:
    """An empty page of a headless Chromium; every address it asks for is noted."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 1360, "height": 1300}, locale="en-US")
        if asked is not None:
            opened.on("request", lambda request: asked.append(request.url))
        try:
            yield opened
        finally:
            browser.close()


def strangers(asked: list[str]) -> list[str]:
    """Addresses outside this machine: an app fetches nothing from anywhere."""
    return [
        url
        for url in asked
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:"))
    ]


def opened(page: Any, url: str, notebook: str, query: str = "") -> None:
    """Open an app served by Voila and wait until it is ready."""
    page.goto(f"{url}voila/render/{notebook}?{query}", timeout=SECONDS * 1000)
    page.wait_for_selector(".wb-app .wb-status", timeout=SECONDS * 1000)


def run_in_lab(page: Any, url: str, notebook: str) -> None:
    """Open a notebook in JupyterLab, run all its cells and wait for the app."""
    page.goto(f"{url}lab/tree/{notebook}?reset", timeout=SECONDS * 1000)
    page.wait_for_selector(".jp-NotebookPanel", timeout=SECONDS * 1000)
    page.wait_for_timeout(2000)
    page.click('.lm-MenuBar-item >> text="Run"')
    page.click('.lm-Menu-item >> text="Run All Cells"')
    page.wait_for_selector(".wb-app .wb-status", timeout=SECONDS * 1000)
