"""The organiser's page after a batch: what was planned, made, left, failed. It counts files on disk."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.parameters import RoundPlan, catalogue
from workbench.rounds.planning import ProgrammeRound
from workbench.rounds.records import load_records
from workbench.wording import text

if TYPE_CHECKING:
    from workbench.rounds.run import RunResult

_STYLE = (
    "body{font:15px/1.5 'Noto Sans SC','Microsoft YaHei',Arial,sans-serif;color:#1a1a1a;margin:2rem auto;"
    "max-width:64rem;padding:0 1rem}table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "caption{text-align:left;font-weight:bold;padding:.3rem 0}"
    "th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #bfbfbf}th{border-bottom:2px solid #1a1a1a}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#9b1c1c;background:#f9dedc}"
    "pre{white-space:pre-wrap;background:#f1f4f7;padding:.6rem}"
)
_CSP = "default-src 'none'; style-src 'unsafe-inline'"


def summary_page(plan: RoundPlan, ready: Sequence[ProgrammeRound], result: RunResult, outputs: Path) -> bytes:
    """HTML bytes of the run summary, Chinese and English on one page.

    Parameters
    ----------
    plan : the round.
    ready : its programme-rounds.
    result : what the run did.
    outputs : root of all outputs; links are relative to the page.
    """
    page = result.summary or outputs / plan.round / "summary" / "run.html"
    word = "全部完成 Complete" if result.complete else "部分失败 Some reports failed"
    rows = "".join(_programme_row(programme, outputs, page) for programme in ready)
    failures = "".join(
        f"<tr><td>{escape(f.report)}</td><td class='bad'><pre>{escape(f.error)}</pre></td></tr>"
        for f in result.failures
    )
    counts = (
        f"计划 planned {result.planned} · 生成 made {result.made} · 未变 unchanged {result.unchanged} · "
        f"更正 amended {result.amended} · 失败 failed {len(result.failures)} · {result.seconds:.0f} s"
    )
    failed = (
        f"<table><caption>失败的报告 Failed reports</caption><tr><th scope='col'>报告 report</th>"
        f"<th scope='col'>原因 cause</th></tr>{failures}</table>"
        if failures
        else ""
    )
    return (
        f"<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'>"
        f"<meta http-equiv='Content-Security-Policy' content=\"{_CSP}\">"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(plan.round)} 运行汇总 Run summary</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(plan.round)} 运行汇总 Run summary</h1><p><strong>{word}</strong></p><p>{counts}</p>{failed}"
        f"<table><caption>各计划 Programmes (files on disk)</caption><tr><th scope='col'>计划 programme</th>"
        f"<th scope='col' class='n'>报告 reports</th><th scope='col' class='n'>完好 intact</th>"
        f"<th scope='col' class='n'>更正 amended</th><th scope='col'>打开 open</th></tr>{rows}</table>"
        f"</body></html>\n"
    ).encode()


def _name(programme: ProgrammeRound) -> str:
    """Number and names of a programme; the kind of report where it is over several."""
    kind = next(filter(None, programme.kinds))
    words = "" if kind in ("LR", "PR") else f"{kind} "
    if not programme.programme_no:
        return f"{kind} {text(f'kind.{kind}', 'zh_CN')} {text(f'kind.{kind}', 'en')}"
    entry = catalogue()[programme.programme_no]
    return f"{words}{programme.programme_no} {entry.name_zh} {entry.name_en}"


def _programme_row(programme: ProgrammeRound, outputs: Path, page: Path) -> str:
    records = load_records(programme.folder)
    intact = sum(record.intact(outputs) for record in records)
    name = escape(_name(programme))
    bad = " class='n bad'" if intact < len(records) else " class='n'"
    base = relpath(programme.folder, page.parent)
    links = (
        f"<a href='{base}/programme.html'>总结 programme</a> · <a href='{base}/labs/'>实验室 laboratories</a>"
    )
    amended = sum(record.version > 1 for record in records)
    return (
        f"<tr><td>{name}</td><td class='n'>{len(records)}</td><td{bad}>{intact}</td>"
        f"<td class='n'>{amended}</td><td>{links}</td></tr>"
    )
