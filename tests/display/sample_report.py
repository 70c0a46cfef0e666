"""A realistic report as a notebook: 30 analytes x 5 samples, figures, box, findings, sign-off.

Built by hand from display objects, without any statistics, so that display and exporters can be
tested alone. Load it with `importlib.util.spec_from_file_location`.
"""

from __future__ import annotations

import json

import nbformat

from workbench.display import (
    Block,
    Box,
    Cell,
    Column,
    DocumentHead,
    EndMark,
    Facts,
    Figure,
    FigureRow,
    Line,
    Prose,
    Section,
    Table,
    Twin,
)

ANALYTES = [
    "钾 K|mmol/L",
    "钠 Na|mmol/L",
    "氯 Cl|mmol/L",
    "总钙 Ca|mmol/L",
    "无机磷 P|mmol/L",
    "镁 Mg|mmol/L",
    "葡萄糖 Glu|mmol/L",
    "尿素 Urea|mmol/L",
    "尿酸 UA|μmol/L",
    "肌酐 Cr|μmol/L",
    "总蛋白 TP|g/L",
    "白蛋白 Alb|g/L",
    "总胆固醇 TC|mmol/L",
    "甘油三酯 TG|mmol/L",
    "总胆红素 TBil|μmol/L",
    "直接胆红素 DBil|μmol/L",
    "丙氨酸氨基转移酶 ALT|U/L",
    "天门冬氨酸氨基转移酶 AST|U/L",
    "碱性磷酸酶 ALP|U/L",
    "淀粉酶 AMY|U/L",
    "肌酸激酶 CK|U/L",
    "乳酸脱氢酶 LDH|U/L",
    "γ-谷氨酰基转移酶 GGT|U/L",
    "α-羟丁酸脱氢酶 HBDH|U/L",
    "铁 Fe|μmol/L",
    "总铁结合力 TIBC|μmol/L",
    "锂 Li|mmol/L",
    "铜 Cu|μmol/L",
    "锌 Zn|μmol/L",
    "胆碱酯酶 CHE|kU/L",
]
HOSTILE = (
    "<script>alert(1)</script>",
    '#import "evil.typ": * $x^2$ *bold* _it_ `code` \\\\ \\n @ref <label> "q" [b] {c}',
    "\u202egnp.exe\u200f 1\u200e2",
    "</script><!-- ]]> &amp; &#60; ${7*7} {{7*7}} {% raw %}",
    "W" * 500,
    "试" * 500,
    "10⁻⁹ mol/L, 10⁹/L, H₂O, CO₂, ' \" ` ~ ^ | \\u{0}",
)
WORDS = {
    "zh_CN": {
        "title": "室间质量评价结果报告",
        "organiser": "示例市临床检验中心",
        "short": "常规化学 2026-1",
        "secret": "仅供参加者 L0427 使用；未经许可不得部分复制。",
        "mark": "初步报告",
        "end": "报告结束",
        "status": "最终",
    },
    "en": {
        "title": "External quality assessment report",
        "organiser": "Example Centre for Clinical Laboratories",
        "short": "Routine chemistry 2026-1",
        "secret": "For participant L0427 only. Not to be reproduced except in full without permission.",
        "mark": "PRELIMINARY REPORT",
        "end": "End of report",
        "status": "Final",
    },
}
CSV = '\ufeffreport_number,lab_code,raw\r\nEQA-LR-2026-1-0101-L0427-V1,L0427,"5.10"\r\n'


def head(locale: str, status: str = "final") -> DocumentHead:
    """Head of the sample report."""
    words = WORDS[locale]
    facts = Facts(
        (
            ("计划", "常规化学 ※（1.1）"),
            ("状态", f"{words['status']}  V1"),
            ("参加者代码", "L0427"),
            ("本轮匿名号", "A-137"),
            ("样本", "2026111～2026115"),
            ("回报", "2026-04-22（截止 2026-04-25）"),
            ("联系", "质评办公室 010-00000000；申诉截止 2026-06-03"),
            ("签发", "2026年5月20日"),
        )
    )
    return DocumentHead(
        locale,
        words["title"],
        words["organiser"],
        words["short"],
        "EQA-LR-2026-1-0101-L0427-V1",
        f"L0427 · {words['short']}",
        words["secret"],
        status,
        words["status"],
        words["mark"] if status == "preliminary" else "",
        "2026-05-20T10:00:00+08:00",
        (facts,),
    )


def actions() -> Table:
    """T-ACT with hostile text."""
    columns = (
        Column("item", "项目", width_mm=32),
        Column("score", "得分", align="right", width_mm=18),
        Column("problem", "问题"),
        Column("next", "下一步", width_mm=34),
        Column("due", "期限", align="center", width_mm=21),
    )
    rows = (
        (
            Cell("镁 Mg", bold=True),
            Cell("3/5  60%"),
            Cell("各样本偏差方向一致（平均 +92%），提示恒定系统误差"),
            Cell("校准、试剂批号"),
            Cell("2026-06-22"),
        ),
        *(
            (Cell(f"第 {i} 项"), Cell("4/5"), Cell(text), Cell("查明原因"), Cell("2026-06-22"))
            for i, text in enumerate(HOSTILE, 1)
        ),
    )
    return Table("T-ACT", "需要处理的项目", columns, rows, cards_on_phone=True)


def summary() -> Table:
    """T-SUM: 30 rows."""
    columns = (
        Column("item", "项目"),
        Column("unit", "单位"),
        Column("group", "分组（n）"),
        Column("graded", "评价样本", align="right"),
        Column("good", "可接受", align="right"),
        Column("score", "得分", "%", align="decimal"),
        Column("mean", "平均偏差/允许值", "%", align="decimal"),
        Column("before", "前两次得分", "%", align="right"),
        Column("verdict", "评价"),
        Column("notes", "提示", align="center"),
    )
    rows = []
    for i, entry in enumerate(ANALYTES):
        name, unit = entry.split("|")
        bad = i == 5
        rows.append(
            (
                Cell(name, bold=bad),
                Cell(unit),
                Cell(f"仪器 {46 + i}" if i % 7 else "全部 145◇"),
                Cell("5"),
                Cell("3" if bad else "5"),
                Cell("60" if bad else ("96.7" if i % 4 == 0 else "100")),
                Cell("+92" if bad else f"{'−' if i % 2 else '+'}{i * 1.5:.1f}"),
                Cell("100 80"),
                Cell("■ 不合格", tone="bad") if bad else Cell("○ 合格"),
                Cell("2", href="#finding-2") if bad else Cell("–"),
            )
        )
    rows[9] = (
        *rows[9][:8],
        Cell("□ 不予评价", tone="not_scored", notes=("1",)),
        Cell("1", href="#finding-1"),
    )
    rows[12] = (*rows[12][:8], Cell("△ 有问题", tone="warning"), Cell("–"))
    return Table(
        "T-SUM",
        "表 1 项目汇总（按目录顺序）",
        columns,
        tuple(rows),
        notes=("◇ 组内结果不足，改用全部实验室。",),
    )


def samples(number: int) -> Table:
    """T-SMP of one analyte: 12 columns, 174 mm."""
    spec = (
        ("sample", "样本编号", "", "left", 15),
        ("own", "本室结果", "mmol/L", "decimal", 16),
        ("target", "靶值", "mmol/L", "decimal", 14),
        ("range", "允许范围", "mmol/L", "right", 24),
        ("bias", "偏倚", "%", "decimal", 13),
        ("pa", "PA", "%", "decimal", 11),
        ("z", "z", "", "decimal", 12),
        ("n", "同组 n", "", "right", 9),
        ("mean", "稳健均值", "mmol/L", "decimal", 14),
        ("cv", "CV", "%", "decimal", 11),
        ("all", "全部均值", "mmol/L", "decimal", 15),
        ("verdict", "评价", "", "left", 20),
    )
    columns = tuple(Column(key, heading, unit, align, width) for key, heading, unit, align, width in spec)
    rows = []
    for k in range(5):
        value = 1.03 + 0.211 * k + number
        bad = number == 5 and k in (0, 3)
        own = "1.2" if k == 1 else ("未回报" if k == 2 and number == 7 else f"{value * 1.01:.2f}")
        rows.append(
            (
                Cell(f"202611{k + 1}"),
                Cell(own),
                Cell(f"{value:.3f}"),
                Cell(f"{value * 0.85:.3f}～{value * 1.15:.3f}"),
                Cell("+17.5" if bad else "−1.0"),
                Cell("+117" if bad else "−7"),
                Cell("+3.50" if bad else "−0.20"),
                Cell("46"),
                Cell(f"{value:.3f}"),
                Cell("2.1"),
                Cell(f"{value * 1.001:.3f}"),
                Cell("▲ 不可接受", tone="bad") if bad else Cell("○ 可接受"),
            )
        )
    return Table(f"T-SMP-{number}", f"{ANALYTES[number].split('|')[0]} 样本明细", columns, tuple(rows))


def histogram(number: int, sample: int) -> Figure:
    """G2: a small histogram."""
    bars = "".join(
        f'<rect x="{4 + 6 * i}" y="{60 - h}" width="6" height="{h}" fill="#C3C9D1" stroke="#7A8594"/>'
        for i, h in enumerate((3, 9, 21, 38, 44, 30, 15, 8, 4))
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 68 76"><defs><clipPath id="c"><rect width="68" height="76"/></clipPath></defs>'
        f'<g clip-path="url(#c)">{bars}<line x1="34" y1="6" x2="34" y2="60" stroke="#1A1A1A" stroke-width="1.2"/>'
        f'<circle cx="{30 + sample * 3}" cy="12" r="2.4" fill="#004E8C"/>'
        '<text x="34" y="74" font-family="Noto Sans SC" font-size="14" text-anchor="middle" fill="#1A1A1A">'
        f"202611{sample}</text></g></svg>"
    )
    return Figure(
        f"G2-{number}-{sample}",
        svg,
        f"{ANALYTES[number]} 样本 202611{sample}：46 家结果分布，本室第 62 百分位。",
        "",
        34,
        38,
    )


def overview() -> Figure:
    """G1: deviation strip with a data table."""
    rows = "".join(
        f'<text x="0" y="{16 + 12 * i}" font-family="Noto Sans SC" font-size="8" fill="#1A1A1A">{e.split("|")[0]}</text>'
        f'<circle cx="{250 + (i * 37) % 90}" cy="{13 + 12 * i}" r="2.2" fill="#004E8C"/>'
        for i, e in enumerate(ANALYTES)
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 496 380">'
        '<line x1="300" y1="4" x2="300" y2="372" stroke="#1A1A1A"/>'
        f'<line x1="220" y1="4" x2="220" y2="372" stroke="#595959" stroke-dasharray="4 3"/>{rows}</svg>'
    )
    data = Table(
        "G1-data",
        "图 1 的数据",
        (Column("item", "项目"), Column("pa", "PA", "%", "decimal")),
        tuple((Cell(entry.split("|")[0]), Cell(f"{i * 1.5:.1f}")) for i, entry in enumerate(ANALYTES)),
    )
    alt = "30 个项目各样本偏差占允许值的百分比；超出 ±100% 的有：镁。"
    return Figure("G1", svg, alt, "图 1 各样本偏差占允许值的百分比，n = 150。", 175, 134, data)


def sections() -> list[Section]:
    """Everything between head and end mark."""
    conclusion = Box(
        "结论",
        (
            Line(
                "计划得分 96.7%（145/150）  ○ 满意    项目 30：合格 29 · 不合格 1 · 不予评价 0",
                "S01",
                strong=True,
            ),
            Line("■ 1 个项目不合格：镁。请于 2026年6月22日 前完成原因分析并反馈。", "S02", symbol_tone="bad"),
            Line("3 个项目各有 1 个样本不可接受（合格，仍应查明原因）：钾、尿酸、AMS。", "S05"),
        ),
        "bad",
    )
    detail = tuple(
        Block(
            f"{entry.split('|')[0]}（{entry.split('|')[1]}）",
            f"item-{i}",
            (
                Facts(
                    (("方法", "比色法"), ("仪器", "示例 8000"), ("试剂", "示例试剂盒"), ("分组", "仪器")), 4
                ),
                samples(i),
                FigureRow(
                    tuple(histogram(i, k) for k in range(1, 6)), "各样本结果分布，n = 46；竖线为靶值。"
                ),
                Prose((Line("各样本偏差方向一致，提示恒定系统误差。", "S12"),)),
            ),
            unbreakable=True,
        )
        for i, entry in enumerate(ANALYTES)
    )
    findings = Table(
        "T-FND",
        "表 2 提示",
        (
            Column("no", "序号", align="right", width_mm=12),
            Column("level", "级别", width_mm=18),
            Column("to", "适用于", width_mm=40),
            Column("text", "内容"),
        ),
        tuple(
            (
                Cell(str(n), anchor=f"finding-{n}"),
                Cell("△ 注意", tone="warning"),
                Cell("镁 Mg"),
                Cell(f"提示 {n}：" + "组内结果不足。" * n),
            )
            for n in range(1, 5)
        ),
    )
    signoff = Table(
        "signoff-table",
        "签署",
        (
            Column("role", "角色", width_mm=35),
            Column("name", "姓名", width_mm=50),
            Column("date", "日期", width_mm=40),
            Column("seal", "签章", width_mm=50),
        ),
        tuple(
            (Cell(role), Cell("示例人"), Cell("2026-05-20"), Cell("", blank=True))
            for role in ("编制", "审核", "批准")
        ),
    )
    return [
        Section("conclusion", "结论", (conclusion,)),
        Section("actions", "需要处理", (actions(),)),
        Section("summary", "项目汇总", (summary(),)),
        Section("overview", "偏差一览", (overview(),)),
        Section("detail", "项目明细", detail),
        Section("findings", "提示", (findings,)),
        Section("signoff", "签署", (signoff,)),
    ]


def twin() -> Twin:
    """A small twin with text that tries to leave its script element."""
    data = {
        "schema": "eqa-report/1.0",
        "kind": "LR",
        "note": "</script><script>alert(1)</script> & é 镁",
        "n": 5.1,
    }
    return Twin(json.dumps(data, ensure_ascii=False, indent=1).encode(), CSV.encode())


def notebook_of(shown: list[object]) -> nbformat.NotebookNode:
    """A notebook whose cells show the objects, as an executed notebook stores them."""
    cells = []
    for number, displayed in enumerate(shown):
        bundle = displayed._repr_mimebundle_()  # type: ignore[attr-defined]
        output = nbformat.v4.new_output("display_data", data=bundle)
        cell = nbformat.v4.new_code_cell("secret_source = 1", outputs=[output], id=f"cell-{number}")
        if isinstance(displayed, Section):
            cell.metadata["tags"] = [f"section:{displayed.id}"]
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


def report(locale: str = "zh_CN", status: str = "final") -> nbformat.NotebookNode:
    """The whole sample report."""
    return notebook_of([head(locale, status), twin(), *sections(), EndMark(WORDS[locale]["end"])])
