"""Long work of an app: in a thread of its own, with progress and a way to stop it; short work goes straight on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from workbench.apps.frame import Frame
from workbench.wording import text

Result = TypeVar("Result")


class CancelledError(Exception):
    """The user has stopped the work."""


class Progress:
    """Handed to long work, which calls it at each step.

    Parameters
    ----------
    told : called with done and total in the kernel's main thread.
    """

    def __init__(self, told: Callable[[int, int], None]) -> None:
        self._told, self._stopped = told, threading.Event()

    def __call__(self, done: int, total: int) -> None:
        """Tell how far the work is.

        Raises
        ------
        CancelledError
            when it is to stop.
        """
        if self._stopped.is_set():
            raise CancelledError
        self._told(done, total)

    def stop(self) -> None:
        """Let the next step be the last."""
        self._stopped.set()


def run_long(
    frame: Frame, what: str, work: Callable[[Progress], Result], done: Callable[[Result], Any]
) -> threading.Thread | None:
    """Do long work while the app stays alive.

    Parameters
    ----------
    what : named on the status line. work : calls its `Progress`. done : takes the result in the main thread.

    Returns
    -------
    The thread; None where no event loop runs (a script, a test): then all is done on return.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        frame.guarded(lambda: done(work(Progress(lambda _done, _total: None))))()
        return None

    def tell(so_far: int, total: int) -> None:
        loop.call_soon_threadsafe(_show, frame, what, so_far, total)

    progress = Progress(tell)
    _begin(frame, what, progress)

    def body() -> None:
        try:
            result = work(progress)
        except CancelledError:
            loop.call_soon_threadsafe(_end, frame, lambda: frame.say(text("app.cancelled", frame.locale)))
        except Exception as error:
            caught = error
            loop.call_soon_threadsafe(_end, frame, lambda: frame.fail(caught))
        else:
            loop.call_soon_threadsafe(_end, frame, frame.guarded(lambda: done(result)))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    return thread


def _begin(frame: Frame, what: str, progress: Progress) -> None:
    """Dim the views, show bar and button."""
    frame.views.add_class("wb-dimmed")
    frame.bar.value, frame.bar.max = 0, 1
    frame.bar.layout.display = frame.cancel.layout.display = ""
    frame.cancel.on_click(lambda _button: progress.stop())
    frame.say(text("app.working", frame.locale, what=what))


def _show(frame: Frame, what: str, done: int, total: int) -> None:
    """How far it is."""
    frame.bar.max, frame.bar.value = total, done
    frame.say(text("app.progress", frame.locale, what=what, done=done, total=total))


def _end(frame: Frame, last: Callable[[], Any]) -> None:
    """Take bar and button away, then the last step."""
    frame.views.remove_class("wb-dimmed")
    frame.bar.layout.display = frame.cancel.layout.display = "none"
    frame.cancel._click_handlers.callbacks.clear()
    last()
