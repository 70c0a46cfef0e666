"""What `papermill --engine workbench` finds: an entry that imports nothing until it is used.

papermill loads every entry point of the group `papermill.engine` while it is itself being imported. A
module that imported papermill back, or failed, would break `import papermill` for every user of the
environment; so this one knows papermill only by the three calls it makes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class WorkbenchEngine:
    """Executes a notebook with ipykernel's own kernel object in a forked child; see `forked_engine`."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Execute all cells; arguments as in `papermill.engines.Engine.execute_notebook`."""
        # tqdm decides at its import where it draws: on the console, as long as no kernel is imported.
        import_module("tqdm.auto")
        from workbench.rounds.forked_engine import ForkedEngine

        return ForkedEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """The kernel's name as papermill reads it."""
        from papermill.utils import nb_kernel_name

        return str(nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """The notebook's language as papermill reads it."""
        from papermill.utils import nb_language

        return str(nb_language(nb, language))
