"""What every app stands in: title and scope, controls, views, status line, exports, and its manners.

An error is told in our own sentence with a reference number, never as a traceback; controls keep their values.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from hashlib import sha256
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.look import STYLE
from workbench.errors import WorkbenchError
from workbench.wording import text

_log = logging.getLogger(__name__)
CONTROLS_PX = 280
_REFERENCE_LENGTH = 8


class Frame:
    """The frame of one app.

    Parameters
    ----------
    title : key of its name in `wording`. locale : zh_CN or en.

    Attributes
    ----------
    controls, views, exports : boxes to be filled by the app. widget : what the notebook shows.
    """

    def __init__(self, title: str, locale: str) -> None:
        self.locale = locale
        self.controls = widgets.VBox(layout=widgets.Layout(flex=f"0 0 {CONTROLS_PX}px", max_width="100%"))
        self.controls.add_class("wb-controls")
        self.views = widgets.VBox(layout=widgets.Layout(flex="1 1 680px", min_width="0", max_width="100%"))
        self.exports = widgets.HBox(layout=widgets.Layout(flex_flow="row wrap"))
        self._title = widgets.HTML(f"<h1>{escape(text(title, locale))}</h1>")
        self._scope = widgets.HTML()
        self._status = widgets.HTML()
        self._status.add_class("wb-sticky")
        self.bar = widgets.IntProgress(min=0, max=1, layout=widgets.Layout(display="none", width="300px"))
        self.cancel = widgets.Button(
            description=text("app.cancel", locale), layout=widgets.Layout(display="none")
        )
        middle = widgets.HBox(
            [self.controls, self.views], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px")
        )
        working = widgets.HBox([self.bar, self.cancel])
        parts = [widgets.HTML(STYLE), self._title, self._scope, middle, self._status, working, self.exports]
        self.widget = widgets.VBox(parts, layout=widgets.Layout(max_width="1400px"))
        self.widget.add_class("wb-app")
        self.say(text("app.ready", locale))

    def _ipython_display_(self) -> None:
        """Show the app where its notebook ends."""
        from IPython.display import display

        display(self.widget)

    @property
    def status(self) -> str:
        """The status line as HTML."""
        return str(self._status.value)

    def scope(self, words: str) -> None:
        """What is looked at: programme, rounds, snapshot; escaped."""
        self._scope.value = f'<div class="wb-scope">{escape(words)}</div>'

    def say(self, words: str, tone: str = "") -> None:
        """One sentence on the status line, read out by screen readers; escaped.

        Parameters
        ----------
        tone : "", "error" or "stale".
        """
        kind = f" wb-{tone}" if tone else ""
        role = "alert" if tone == "error" else "status"
        self._status.value = (
            f'<div class="wb-status{kind}" role="{role}" aria-live="polite">{escape(words)}</div>'
        )

    def fail(self, error: BaseException) -> None:
        """Tell an error: ours in its own words, any other by a reference number that the log explains."""
        if isinstance(error, WorkbenchError):
            self.say(str(error).replace("\n", " "), "error")
            return
        trace = "".join(traceback.format_exception(error))
        reference = sha256(trace.encode("utf-8")).hexdigest()[:_REFERENCE_LENGTH]
        _log.error("reference %s\n%s", reference, trace)
        self.say(text("app.error", self.locale, reference=reference), "error")

    def guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as a callback of a control: what it raises is told on the status line.

        Notes
        -----
        The edge of an app, like the edge of the command line: the one place of the room with a broad `except`.
        """

        @wraps(function)
        def callback(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                self.fail(error)
                return None

        return callback

    def watch(self, controls: Sequence[Any], function: Callable[[], Any]) -> None:
        """Call a function whenever one of the controls has another value."""
        callback = self.guarded(lambda _change: function())
        for control in controls:
            control.observe(callback, names="value")


def started(parameters: Mapping[str, Any], query: str) -> dict[str, Any]:
    """Start values of an app: the notebook's parameters, overruled by the query string of its page.

    Parameters
    ----------
    query : as a page is asked for, for example "programme_no=1.1&locale=en"; unknown names are left out.

    Examples
    --------
    >>> started({"locale": "zh_CN", "rounds": 3}, "locale=en&rounds=4&other=1")
    {'locale': 'en', 'rounds': 4}
    """
    from urllib.parse import parse_qsl

    given = dict(parse_qsl(query, keep_blank_values=True))
    return {name: type(value)(given[name]) if name in given else value for name, value in parameters.items()}
