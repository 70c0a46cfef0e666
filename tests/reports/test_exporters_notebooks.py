"""Ordinary notebooks export well; reports refuse what could carry unseen data."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pandas as pd
import pypdfium2
import pytest
from matplotlib.figure import Figure as Drawing

from workbench.display import DOCUMENT, TYPST, Line, Prose, Table
from workbench.errors import RenderError
from workbench.reports.exporters.batch import html_report, pdf_report, warm_exporters
from workbench.reports.exporters.document import read_document
from workbench.reports.exporters.foreign import from_html
from workbench.reports.exporters.html import ReportHTMLExporter
from workbench.reports.exporters.markdown import Markdown
from workbench.reports.exporters.pdf import ReportPDFExporter

SAMPLE = Path(__file__).parent.parent / "display" / "sample_report.py"
FRAME = pd.DataFrame({"项目": ["镁", "<script>alert(1)</script>"], "值": [1.25, 12.5], "备注": ["a|b", None]})
PROSE = """# 月度分析 $x$

正文 **粗** 与 *斜*，`代码`，~~删~~，[链接](https://example.org/a)，[坏](javascript:alert(1))，![图](https://example.org/x.png)
<script>alert(1)</script> #import "x" \\\\

### 跳级标题

- 一
- 二
  1. 甲
  2. 乙

> 引文

| 项目 | 值 |
|---|---:|
| 钾 | 4.1 |

```python
print("*")
```

---
"""


def sample() -> ModuleType:
    """The sample report's module."""
    spec = spec_from_file_location("sample_report", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawing(kind: str) -> str:
    """A small matplotlib figure as SVG source or base64 of PNG."""
    figure = Drawing(figsize=(3, 2))
    figure.subplots().plot([1, 2, 3])
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return stream.getvalue().decode() if kind == "svg" else base64.b64encode(stream.getvalue()).decode()


def notebook(*outputs: dict[str, Any], markdown: str = PROSE) -> nbformat.NotebookNode:
    """One Markdown cell and one code cell for each output."""
    cells = [nbformat.v4.new_markdown_cell(markdown, id="m")]
    for number, output in enumerate(outputs):
        made = nbformat.v4.output_from_msg(
            {"header": {"msg_type": output.pop("kind", "display_data")}, "content": output}
        )
        cells.append(nbformat.v4.new_code_cell("hidden_source", outputs=[made], id=f"c{number}"))
    return nbformat.v4.new_notebook(cells=cells)


def shown(data: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A display output."""
    return {"data": data, "metadata": metadata}


def everything() -> nbformat.NotebookNode:
    """Every kind of ordinary output."""
    return notebook(
        shown({"text/html": FRAME._repr_html_(), "text/plain": str(FRAME)}),
        shown(
            {"text/html": FRAME.style.hide(axis="index").to_html(), "text/plain": "<pandas Styler at 0x7f00>"}
        ),
        shown({"image/svg+xml": drawing("svg"), "text/plain": "<Figure size 300x200>"}, alt="一条线"),
        shown({"image/png": drawing("png"), "text/plain": "<Figure size 300x200>"}),
        shown({"text/markdown": "## 由代码写的 **字**"}),
        shown(
            {
                "text/html": "<h3>只有文字</h3><script>alert(1)</script>",
                "text/plain": "<IPython.core.display.HTML object>",
            }
        ),
        shown({"text/plain": "0.123 <b>&"}),
        {"kind": "stream", "name": "stdout", "text": "printed\n  twice"},
        {"kind": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["secret path /srv/x"]},
    )


def test_every_ordinary_output_appears_in_html() -> None:
    html, _ = ReportHTMLExporter().from_notebook_node(everything())
    assert html.count("<table") == 3
    assert html.count("<img") == 2
    assert html.count('src="data:image/') == 2
    assert 'alt="一条线"' in html
    assert html.count("<script") == 0
    for text in (
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "只有文字",
        "由代码写的",
        "0.123 &lt;b&gt;&amp;",
        "printed",
    ):
        assert text in html
    for text in (
        "hidden_source",
        "secret path",
        "0x7f00",
        "Figure size",
        "IPython.core",
        "javascript:",
        "T_",
    ):
        assert text not in html
    assert [int(level) for level in re.findall(r"<h([1-6])[ >]", html)] == [1, 2, 3]
    assert html.count("月度分析") == 2


def test_every_ordinary_output_appears_in_pdf() -> None:
    pdf, _ = ReportPDFExporter().from_notebook_node(everything())
    again, _ = ReportPDFExporter().from_notebook_node(everything())
    assert pdf == again
    text = re.sub(
        r"\s", "", "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    )
    for wanted in (
        "月度分析$x$",
        "<script>alert(1)</script>",
        "只有文字",
        "由代码写的字",
        "0.123<b>&",
        "printedtwice",
        "甲",
        "ValueError:bad",
    ):
        assert wanted.replace(" ", "") in text
    assert text.count("镁") == 2
    assert "/srv/x" not in text


def test_a_foreign_table_keeps_its_cells() -> None:
    (table,) = from_html(FRAME._repr_html_())
    assert isinstance(table, Table)
    assert [column.heading for column in table.columns] == ["#", "项目", "值", "备注"]
    assert table.columns[2].align == "decimal"
    assert [cell.text for cell in table.rows[1]][:3] == ["1", "<script>alert(1)</script>", "12.50"]


def test_a_grouped_header_is_joined() -> None:
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    (table,) = from_html(frame._repr_html_())
    assert isinstance(table, Table)
    assert [column.heading for column in table.columns] == ["#", "a x", "a y"]


def test_markdown_is_safe_in_both_forms() -> None:
    html = Markdown(PROSE).html()
    assert "<script" not in html
    assert "javascript:" not in html
    assert 'href="https://example.org/a"' in html
    assert "<img" not in html
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", Markdown(PROSE).typst())
    assert not re.search(r"[$*<>\\]|#import", outside)


def report_with(output: dict[str, Any]) -> nbformat.NotebookNode:
    """A laboratory report whose third cell shows the output."""
    made = sample()
    book = made.notebook_of([made.head("zh_CN"), Prose((Line("正文"),))])
    extra = notebook(output).cells[1]
    extra.metadata["tags"] = ["section:detail"]
    book.cells.append(extra)
    return book


REFUSED = {
    "vega": shown({"application/vnd.vegalite.v5+json": {"data": {}}, "text/plain": "chart"}),
    "plotly": shown({"application/vnd.plotly.v1+json": {}, "text/plain": "chart"}),
    "widget": shown({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "w"}),
    "javascript": shown({"application/javascript": "alert(1)"}),
    "html": shown({"text/html": "<div onclick='x'>x</div>"}),
    "active": shown({"text/html": "<script>x</script>", TYPST: "#x"}),
    "head": shown({DOCUMENT: {"kind": "LR"}, "text/html": "x", TYPST: '#par("x")'}),
    "error": {"kind": "error", "ename": "ValueError", "evalue": "bad", "traceback": []},
    "stderr": {"kind": "stream", "name": "stderr", "text": "Warning: x"},
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_report_refuses_what_could_carry_unseen_data(kind: str) -> None:
    book = report_with(dict(REFUSED[kind]))
    for exporter in (ReportHTMLExporter(), ReportPDFExporter()):
        with pytest.raises(RenderError, match=r"cell 3 \(section:detail\)"):
            exporter.from_notebook_node(book)


def test_a_report_accepts_pandas_tables_pictures_and_markdown() -> None:
    book = report_with(shown({"text/html": FRAME._repr_html_(), "text/plain": "x"}))
    html, _ = ReportHTMLExporter().from_notebook_node(book)
    assert html.count("<table") == 1
    assert read_document(book).strict


def test_markdown_before_the_head_is_for_who_runs_the_notebook() -> None:
    book = report_with(shown({"text/plain": "x"}))
    book.cells.insert(0, nbformat.v4.new_markdown_cell("# 改参数后全部运行", id="before"))
    book.cells.append(nbformat.v4.new_markdown_cell("统计人员的话", id="after"))
    html, _ = ReportHTMLExporter().from_notebook_node(book)
    assert "改参数" not in html
    assert "统计人员的话" in html
    assert html.count("<h1") == 1


def test_a_date_that_is_none_is_refused() -> None:
    book = report_with(shown({"text/plain": "x"}))
    book.cells[0].outputs[0].data[DOCUMENT]["issued_at"] = "yesterday"
    with pytest.raises(RenderError, match="yesterday"):
        ReportPDFExporter().from_notebook_node(book)


@pytest.mark.parametrize(
    ("name", "suffix", "start"), [("wbhtml", ".html", b"<!DOCTYPE html>"), ("wbpdf", ".pdf", b"%PDF-")]
)
def test_nbconvert_finds_both_exporters(tmp_path: Path, name: str, suffix: str, start: bytes) -> None:
    source = tmp_path / "executed.ipynb"
    nbformat.write(sample().report(), source)
    command = [sys.executable, "-m", "nbconvert", "--to", name, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / f"executed{suffix}").read_bytes()
    assert written.lstrip().startswith(start)
    assert written == exported_directly(name)


def test_a_batch_makes_the_same_files() -> None:
    book = sample().report()
    warm_exporters()
    assert html_report(book) == exported_directly("wbhtml")
    pdf, source = pdf_report(book)
    assert pdf == exported_directly("wbpdf")
    assert "EQA-LR-2026-1-0101-L0427-V1" in source


def exported_directly(name: str) -> bytes:
    """The same report without the command line."""
    exporter = ReportHTMLExporter() if name == "wbhtml" else ReportPDFExporter()
    output, _ = exporter.from_notebook_node(sample().report())
    return output.encode() if isinstance(output, str) else output
