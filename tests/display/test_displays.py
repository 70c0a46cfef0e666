"""Every display object shows itself in three forms and refuses what could not be printed honestly."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from workbench.display import (
    CSV,
    DOCUMENT,
    HTML,
    PLAIN,
    TWIN,
    TYPST,
    Block,
    Box,
    Cell,
    Column,
    Displayed,
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
from workbench.display.layout import printed_widths
from workbench.display.widths import MM_PER_EM, text_width
from workbench.errors import RenderError

HOSTILE = '<script>x</script> #import "a" $x$ *b* \\ " \' &amp; </style>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g id="a"><use href="#a"/><text>钾</text></g></svg>'


def load_sample() -> ModuleType:
    """The sample report beside this file."""
    spec = spec_from_file_location("sample_report", Path(__file__).with_name("sample_report.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(**changes: object) -> Table:
    """A small table."""
    fields: dict[str, object] = {
        "id": "t",
        "caption": HOSTILE,
        "columns": (Column("a", HOSTILE), Column("b", "值", "mmol/L", "decimal")),
        "rows": ((Cell(HOSTILE), Cell("1.25")), (Cell("镁"), Cell("12", tone="bad", notes=("2",)))),
        "notes": (HOSTILE,),
        "cards_on_phone": True,
    }
    return Table(**(fields | changes))  # type: ignore[arg-type]


def figure(name: str = "f", svg: str = SVG) -> Figure:
    """A small figure."""
    return Figure(name, svg, HOSTILE, HOSTILE, 84, 60, table(id=f"{name}-data"))


EVERY = (
    table(),
    figure(),
    FigureRow((figure("p"), figure("q")), HOSTILE),
    Prose((Line(HOSTILE, HOSTILE, True),)),
    Box(HOSTILE, (Line(f"▲{HOSTILE}", symbol_tone="bad"),), "bad"),
    Facts(((HOSTILE, HOSTILE),)),
    Block(HOSTILE, "b", (Prose((Line(HOSTILE),)),), True),
    Section("s", HOSTILE, (Block(HOSTILE, "b", (table(),)),)),
    DocumentHead(
        "en",
        *[HOSTILE] * 6,
        "final",
        HOSTILE,
        "",
        "2026-05-20T10:00:00+08:00",
        (Facts(((HOSTILE, HOSTILE),)),),
    ),
    EndMark(HOSTILE),
)


class Tags(HTMLParser):
    """Start tags, and whether every one is closed in order."""

    VOID = frozenset({"br", "wbr", "img", "hr", "meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag


@pytest.mark.parametrize("displayed", EVERY, ids=lambda each: type(each).__name__)
def test_hostile_text_stays_text(displayed: Displayed) -> None:
    bundle = displayed._repr_mimebundle_()
    assert set(bundle) >= {HTML, TYPST, PLAIN}
    tags = Tags()
    tags.feed(str(bundle[HTML]))
    tags.close()
    assert tags.open == []
    assert not {"script", "style"} & set(tags.seen)
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", str(bundle[TYPST]))
    assert not re.search(r"[$*<>\\]|#import|script", outside)
    assert "0x" not in str(bundle[PLAIN])


@pytest.mark.parametrize("displayed", EVERY, ids=lambda each: type(each).__name__)
def test_displays_are_frozen_and_repeat(displayed: Displayed) -> None:
    assert displayed._repr_mimebundle_() == displayed._repr_mimebundle_()
    assert set(displayed._repr_mimebundle_(include={HTML})) == {HTML}
    assert TYPST not in displayed._repr_mimebundle_(exclude={TYPST})
    with pytest.raises(FrozenInstanceError):
        displayed.id = "x"  # type: ignore[attr-defined]


def test_a_bad_table_names_every_problem_at_once() -> None:
    with pytest.raises(RenderError) as caught:
        table(
            columns=(Column("a", "x", align="middle"), Column("b", "y")),
            rows=((Cell(" "), Cell("1", tone="red")), (Cell("1"),)),
        )
    assert len(caught.value.problems) == 4
    assert "empty cell" in str(caught.value)


def test_only_a_blank_field_may_be_empty() -> None:
    shown = table(rows=((Cell("a"), Cell("", blank=True)),))
    assert "wb-blank" in shown.html()
    assert "wb-blank" in shown.typst()


def test_table_html_has_caption_scopes_and_labels() -> None:
    html = table().html()
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 2
    assert html.count("<caption>") == 1
    assert html.count("data-label=") == 4
    assert '<a href="#finding-2">2</a>' in html


def test_numbers_align_on_the_decimal_point_in_both_forms() -> None:
    shown = table(rows=tuple((Cell("x"), Cell(number)) for number in ("1.25", "12", "−0.5", "未回报")))
    assert [round(shown.padding(1, row[1]), 3) for row in shown.rows] == [0, 1.388, 0.555, 0]
    assert "--pad:1.388em" in shown.html()
    assert '"12"+h(1.388em)' in shown.typst()


def test_long_tables_get_thin_rules_and_may_break() -> None:
    rows = tuple((Cell(str(i)), Cell(str(i))) for i in range(13))
    assert table(rows=rows).typst().count("wb-thin") == 2
    assert table(rows=rows[:12]).typst().count("wb-thin") == 0
    assert "wb-rule-5" in table(rows=rows).html()


def test_tables_that_break_keep_three_rows_on_either_side() -> None:
    rows = tuple((Cell(str(i)), Cell(str(i))) for i in range(20))
    typst = table(rows=rows).typst()
    assert typst.count("wb-kept(3)") == 2
    assert "wb-free(14)" in typst
    assert "wb-kept" not in table(rows=rows[:12]).typst()
    tall = tuple((Cell("很长的文字" * 300), Cell("1")) for _ in range(20))
    assert "wb-kept" not in table(rows=tall).typst()


def test_a_table_without_rows_prints_its_note() -> None:
    shown = table(rows=(), notes=("无需处理的项目。",))
    assert "<table" not in shown.html()
    assert "无需处理的项目。" in shown.html()
    assert "wb-table" not in shown.typst()


def test_widths_fit_the_page_and_keep_numbers_whole() -> None:
    columns = [Column(str(i), "标题", align="decimal", width_mm=9.0) for i in range(8)] + [
        Column("t", "文字")
    ]
    rows = [[*(Cell("1234567.89") for _ in range(8)), Cell("很长的文字" * 40)]]
    widths = printed_widths(columns, rows, 175.0)
    assert sum(widths) <= 175.0
    assert all(width >= text_width("1234567.89") * MM_PER_EM + 2.4 for width in widths[:8])


def test_wanted_widths_stand_when_free_text_can_wrap() -> None:
    columns = [Column("a", "项目", width_mm=32.0), Column("t", "问题"), Column("d", "期限", width_mm=21.0)]
    rows = [[Cell("镁"), Cell("试" * 500), Cell("2026-06-22")]]
    widths = printed_widths(columns, rows, 175.0)
    assert widths[0] == 32.0
    assert widths[2] == 21.0
    assert 121.0 <= widths[1] <= 122.0


@pytest.mark.parametrize(
    "inner",
    [
        "<script>x</script>",
        '<g onload="x"/>',
        '<image href="https://a/b.png"/>',
        "<foreignObject/>",
        '<a xlink:href="javascript:x"/>',
        '<rect style="fill:url(https://a)"/>',
        "<style>@import 'x'</style>",
    ],
)
def test_a_figure_that_could_act_is_refused(inner: str) -> None:
    with pytest.raises(RenderError, match="not allowed"):
        figure(svg=f'<svg viewBox="0 0 1 1">{inner}</svg>')


def test_a_figure_needs_words_and_a_drawing() -> None:
    with pytest.raises(RenderError, match="alternative text"):
        Figure("f", SVG, " ", "", 10, 10)
    with pytest.raises(RenderError, match="not an SVG"):
        Figure("f", "text", "alt", "", 10, 10)


def test_ids_of_two_drawings_stay_apart() -> None:
    html = FigureRow((figure("p"), figure("q")), "x").html()
    assert 'id="p-a"' in html
    assert 'href="#q-a"' in html
    assert html.count('role="img"') == 2


def test_block_is_unbreakable_only_when_small() -> None:
    small = Block("x", "b", (Prose((Line("short"),)),), unbreakable=True)
    tall = Block("x", "b", (Prose((Line("long " * 4000),)),), unbreakable=True)
    assert small.typst().startswith("#wb-whole(")
    assert tall.typst().startswith("#wb-block(")


def test_a_wide_table_turns_its_section() -> None:
    wide = table(columns=(Column("a", "x", width_mm=120.0), Column("b", "y", width_mm=90.0)))
    assert Section("s", "t", (wide,)).typst().startswith("#wb-landscape(")
    assert Section("s", "t", (table(),)).typst().startswith("#wb-section(")


def test_the_end_mark_stays_with_its_section() -> None:
    closing = Section("s", "签署", (Prose((Line("x"),)), EndMark("报告结束")))
    assert closing.typst().startswith("#wb-closing(")
    tall = Section("s", "签署", (Prose((Line("long " * 4000),)), EndMark("报告结束")))
    assert tall.typst().startswith("#wb-section(")


def test_head_and_twin_carry_their_data() -> None:
    sample = load_sample()
    fields = sample.head("zh_CN").extra()[DOCUMENT]
    assert fields["kind"] == "LR"
    assert "parts" not in fields
    twin = Twin(b'{"a": 1}', "\ufeffa\r\n".encode())
    assert twin.extra() == {TWIN: '{"a": 1}', CSV: "\ufeffa\r\n"}
    assert twin.html() == ""
