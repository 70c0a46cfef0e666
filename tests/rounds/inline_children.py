"""Run by test_children in a process of its own: notebooks one after the other in children of one parent."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import papermill
from nbformat.v4 import new_code_cell, new_notebook

from workbench.rounds.inline_engine import register_inline_engine
from workbench.rounds.render import preload

STATE = {
    "builtins": "sorted(vars(__import__('builtins')))",
    "environment": "sorted(os.environ.items())",
    "folder": "os.getcwd()",
    "umask": "os.umask(0o22)",
    "decimal": "str(decimal.getcontext())",
    "warnings": "[str(f) for f in warnings.filters]",
    "rc": "[(k, str(v)) for k, v in matplotlib.rcParams.items()]",
    "figures": "plt.get_fignums()",
    "pandas": "pandas.get_option('display.precision')",
    "numpy": "numpy.get_printoptions()['precision']",
    "errors": "numpy.geterr()",
    "random": "(random.random(), numpy.random.rand())",
    "path": "sys.path",
    "modules": "'made_up' in sys.modules",
    "logging": "(logging.root.level, logging.root.manager.disable, len(logging.root.handlers))",
    "recursion": "sys.getrecursionlimit()",
    "locale": "locale.setlocale(locale.LC_ALL)",
    "signals": "str(signal.getsignal(signal.SIGTERM))",
    "switch": "sys.getswitchinterval()",
    "collector": "gc.isenabled()",
    "names": "sorted(n for n in globals() if n.startswith('left'))",
    "hooks": "threading.excepthook.__name__",
    "patched": "pandas.DataFrame.to_html.__qualname__",
    "zone": "time.tzname",
}
IMPORTS = (
    "import decimal, gc, locale, logging, os, random, signal, sys, threading, time, types, warnings\n"
    "import matplotlib, numpy, pandas\nimport matplotlib.pyplot as plt"
)
MESS = """
import builtins
builtins.leak = 1; left_behind = 2
os.environ['LEAK'] = '1'; os.environ['TZ'] = 'Asia/Shanghai'; time.tzset()
os.umask(0); os.chdir('/')
decimal.getcontext().prec = 3
warnings.simplefilter('error')
matplotlib.rcParams['font.size'] = 99; plt.figure()
pandas.set_option('display.precision', 1); numpy.set_printoptions(precision=1); numpy.seterr(all='raise')
random.seed(1); numpy.random.seed(1)
sys.path.insert(0, '/nowhere'); sys.modules['made_up'] = types.ModuleType('made_up')
logging.basicConfig(level=10); logging.disable(50)
sys.setrecursionlimit(5000); sys.setswitchinterval(1.0); gc.disable()
locale.setlocale(locale.LC_ALL, 'C.UTF-8')
signal.signal(signal.SIGTERM, signal.SIG_IGN)
threading.excepthook = lambda *_: None
pandas.DataFrame.to_html = lambda self: ''
"""


def run(source: str, engine: str, seed: str) -> str:
    """Output of one notebook in a child; its random numbers are set as the batch sets them."""
    from workbench.rounds.render import seed_random

    read_end, write_end = os.pipe()
    if (child := os.fork()) == 0:
        try:
            seed_random(seed)
            notebook = new_notebook(cells=[new_code_cell(IMPORTS), new_code_cell(source)])
            notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "P", "language": "python"}
            done = papermill.execute_notebook(notebook, None, engine_name=engine, progress_bar=False)
            os.write(write_end, done.cells[1].outputs[0]["text"].encode() if done.cells[1].outputs else b"-")
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return answer


def main(folder: Path) -> None:
    preload()
    engine = register_inline_engine()
    os.chdir(folder)
    parts = ", ".join(f"{name!r}: {code}" for name, code in STATE.items())
    look = f"import json; print(json.dumps({{{parts}}}, default=str))"
    found = {"before": json.loads(run(look, engine, "a"))}
    found["inside"] = json.loads(run(MESS + look, engine, "a"))
    found["after"] = json.loads(run(look, engine, "a"))
    found["other"] = json.loads(run(look, engine, "b"))
    (folder / "state.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
