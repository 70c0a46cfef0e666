"""A papermill engine that executes the notebook in this very process (see `inline_kernel`)."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from nbclient.util import run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.utils import merge_kwargs, remove_args

from workbench.rounds.inline_kernel import (
    DescriptorCapture,
    DirectSession,
    InlineKernel,
    event_loop,
    start_inline_kernel,
    time_limit,
)

ENGINE_NAME = "workbench-inline"


class InlineClient(PapermillNotebookClient):
    """papermill's client with the kernel beside it instead of behind a socket."""

    def execute(self, **_: Any) -> Any:
        """Run every cell; outputs are filed by nbclient's own code."""
        self.reset_execution_trackers()
        self.kernel: InlineKernel = start_inline_kernel()
        self.capture = DescriptorCapture()
        self.loop: asyncio.AbstractEventLoop = event_loop()
        self.papermill_execute_cells()
        self.nb.metadata["language_info"] = self.kernel.language_info
        self.set_widgets_metadata()
        return self.nb

    def execute_cell(self, cell: Any, cell_index: int, **_: Any) -> Any:
        """Execute one code cell; raises CellExecutionError as nbclient does."""
        if cell.cell_type != "code" or not cell.source.strip():
            return cell
        if self.record_timing:
            cell["metadata"]["execution"] = {}
        cell.outputs = []
        self.clear_before_next_output = False
        self.code_cells_executed += 1
        DirectSession.sink = lambda message: self._file(message, cell, cell_index)
        try:
            with time_limit(self._get_timeout(cell)):
                reply = self.loop.run_until_complete(self.kernel.run_cell(cell.source))
        finally:
            self._flush()
            DirectSession.sink = None
        run_sync(self._check_raise_for_error)(cell, cell_index, reply)
        self.nb["cells"][cell_index] = cell
        return cell

    def _file(self, message: dict[str, Any], cell: Any, cell_index: int) -> None:
        if message["msg_type"] not in ("status", "execute_reply"):
            self.process_message(message, cell, cell_index)

    def _flush(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        assert self.kernel.session is not None
        self.capture.drain(self.kernel.session)


class InlineEngine(Engine):
    """The engine's entry: same arguments as papermill's own, one final save instead of two a cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Execute within the managed notebook; see papermill's NBClientEngine for the arguments."""
        unused = ["input_path", "timeout", "startup_timeout", "start_timeout", "execution_timeout"]
        options = merge_kwargs(
            remove_args(unused, **kwargs),
            timeout=kwargs.get("execution_timeout") or kwargs.get("timeout"),
            kernel_name=kernel_name,
        )
        path, nb_man.output_path = nb_man.output_path, None
        try:
            return InlineClient(nb_man, **options).execute()
        finally:
            nb_man.output_path = path


def register_inline_engine() -> str:
    """Make the engine known to papermill; returns its name."""
    papermill_engines.register(ENGINE_NAME, InlineEngine)
    return ENGINE_NAME
