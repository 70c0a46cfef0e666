"""Run by test_inline_engine in a process of its own: one notebook through both engines."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbench.rounds.inline_engine import register_inline_engine

CELLS = [
    "x = 1\nprint('out'); import sys; print('err', file=sys.stderr); x",
    "from IPython.display import HTML, Markdown, SVG, display\ndisplay(HTML('<b>1</b>'), Markdown('m'))\n2",
    "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "import asyncio\nawait asyncio.sleep(0.01)\n5",
    "!echo from a shell",
    "handle = display('first', display_id='same')\nhandle.update('second')",
    "from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)",
    "class Shown:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'text/plain': 'p', 'application/vnd.typst': '#t'}\nShown()",
    "type(_).__name__, len(In), Out[1]",
    "import logging\nlogging.getLogger('a').warning('logged')",
    "%%capture held\nprint('held back')",
    "held.stdout",
    "1 / 0",
    "'never reached'",
]


def executed(path: Path, output: Path, engine: str | None) -> list[object]:
    with contextlib.suppress(papermill.PapermillExecutionError):
        papermill.execute_notebook(
            path, output, engine_name=engine, kernel_name="python3", progress_bar=False, cwd=path.parent
        )
    cells = nbformat.read(output, 4).cells
    return [[c.cell_type, c.source, c.get("outputs"), c.get("execution_count")] for c in cells]


def main(folder: Path) -> None:
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), *map(new_code_cell, CELLS)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "torture.ipynb"
    nbformat.write(notebook, path)
    answers = {"plain": executed(path, folder / "plain.ipynb", None)}
    child = os.fork()
    if child == 0:
        try:
            inline = executed(path, folder / "inline.ipynb", register_inline_engine())
            (folder / "inline.json").write_text(json.dumps(inline))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    answers["inline"] = json.loads((folder / "inline.json").read_text())
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
