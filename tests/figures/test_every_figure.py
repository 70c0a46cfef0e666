"""One suite over every figure: sound, safe, legible, inside its frame, the same bytes, both languages."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest

from workbench.display import Figure
from workbench.display.widths import text_width
from workbench.figures import (
    Answer,
    Answers,
    BiasRow,
    Confusion,
    CvSeries,
    Density,
    DeviationRow,
    Distribution,
    Funnel,
    GroupRow,
    Groups,
    History,
    Levels,
    Participation,
    PassRate,
    ShareRow,
    StripRow,
    TypeMatrix,
    answer_bars,
    biases,
    confusion,
    control_chart,
    control_months,
    cv_by_level,
    deviation_by_level,
    deviation_strips,
    distribution,
    distribution_row,
    funnel,
    groups,
    history,
    modes,
    opspecs_chart,
    participation,
    pass_rates,
    percentile_strip,
    sdi_plane,
    shares,
    sigma_chart,
    sigma_dots,
    style,
    type_matrix,
)

HOSTILE = '<script>alert(1)</script> & "quoted" 10⁹/L'
SAMPLES = ("1", "2", "3", "4", "5")
NORMALISED = [(10.0, 20.0), (60.0, 3.0), (12.0, 150.0), (30.0, 30.0)]
BANDS = [(0.5, 1.0), (1.0, 1.5)]
RNG = np.random.default_rng(5)


def panel(**changes: object) -> Distribution:
    fields = {
        "analyte": HOSTILE,
        "sample": "202611",
        "edges": np.linspace(4, 6, 11),
        "counts": [1, 3, 8, 14, 20, 19, 12, 6, 2, 1],
        "own_group": [0, 1, 3, 5, 8, 6, 2, 1, 0, 0],
        "tail_low": 2,
        "tail_high": 3,
        "target": 5.0,
        "limit_low": 4.7,
        "limit_high": 5.3,
        "own": 5.6,
        "printed": {
            "assigned_value": "5.00",
            "limit_low": "4.70",
            "limit_high": "5.30",
            "value": "5.6",
            "percentile": "97",
            "verdict": "▲ 不可接受",
        },
    }
    return Distribution(**(fields | changes))


def many_rows() -> list[DeviationRow]:
    names = [f"{HOSTILE} {i}" if i % 9 == 0 else f"天门冬氨酸氨基转移酶 AST {i}" for i in range(45)]
    values = RNG.normal(0, 60, (45, 5))
    values[3] = [900, -870, 160, 155, -400]
    values[7] = np.nan
    return [DeviationRow(name, list(row), SAMPLES) for name, row in zip(names, values, strict=True)]


def control_row(level: str, sdi: float, z: float) -> dict[str, object]:
    """A row of a month's twin: hits, a point left out, one without a target, values far outside, twelve months."""
    points = [
        {
            "day": f"2026-04-{day:02d}",
            "value": 3.9 + 0.01 * day,
            "z": None if day == 3 else z * (-1) ** day * (6 if day == 9 else 1),
            "counts": day != 5,
            "rules": ["1_2s", "R_4s", "10x:across"] if day % 4 == 0 else [],
            "rejected": day % 4 == 0,
            "qc_lot": "LOT-A" if day < 20 else HOSTILE,
        }
        for day in range(1, 31)
    ]
    months = [
        {
            "month": f"2025-{k:02d}",
            "qc_lot": "LOT-A" if k < 6 else HOSTILE,
            "sdi": None if k == 4 else sdi * k,
            "cvr": 1.0,
        }
        for k in range(1, 13)
    ]
    shown = {
        "name": HOSTILE,
        "material": f"level {level} · LOT-A",
        "sdi": f"{sdi}",
        "cvr": "1.10",
        "sigma": "3.2",
        "tea": "6.0",
    }
    return {
        "analyte": "K",
        "level": level,
        "qc_lot": "LOT-A",
        "instrument": "I1",
        "sdi": sdi,
        "cvr": 1.1 + abs(sdi),
        "sigma": 3.2 - abs(sdi),
        "tea": 6.0,
        "bias": sdi,
        "cv": 1.5,
        "dots": [[0.3, 0.9], [-5.0, 7.0]],
        "points": points,
        "months": months,
        "printed": shown,
    }


def participations() -> list[Participation]:
    """A hundred and fifty laboratories in groups, and a few with their codes."""
    kinds = np.array(["returned"] * 16 + ["late", "part", "not_returned", "excused", ""])
    items = [f"{HOSTILE} {i}" for i in range(30)]
    many = [f"L{i:04d}" for i in range(150)]
    groups = [f"{HOSTILE} {i // 40}" for i in range(150)]
    few = [f"{HOSTILE[:8]}{i}" for i in range(12)]
    return [
        Participation(HOSTILE, items, many, groups, RNG.choice(kinds, (30, 150)).tolist()),
        Participation(HOSTILE, items[:2], few, groups[36:48], RNG.choice(kinds, (2, 12)).tolist()),
    ]


def drawn_of_codes(locale: str) -> dict[str, list[Figure]]:
    """Figures of coded answers, indicators and trueness, with long and hostile names."""
    answers = [Answer(f"{HOSTILE} {i}", 3 * i, i, i == 2, i in (2, 3), i == 5) for i in range(14)]
    cells = ["hit", "missed", "extra", "negative", "outside", "not_tested"]
    types = [f"HPV{i}" if i % 5 else f"{HOSTILE} {i}" for i in range(21)]
    matrix = {(s, t): cells[(i + j) % 6] for i, s in enumerate(SAMPLES) for j, t in enumerate(types)}
    grades = [f"{HOSTILE} {i}" for i in range(9)]
    counts = {(a, b): (i * j) % 7 for i, a in enumerate(grades) for j, b in enumerate(grades)}
    rows = [ShareRow(f"{HOSTILE} {i}", 20 - i, 24, 40.0, 99.0, i == 1, i == 2) for i in range(9)]
    limits = [(float(n), 0.01, 0.04, 0.005, 0.06) for n in (50, 200, 1000, 5000)]
    strip = StripRow(
        HOSTILE * 2, [0.01, 0.02, 0.03, 0.04, 0.05], 0.2, "low", ["1%", "2%", "3%", "4%", "5%"], "20%"
    )
    bias = [BiasRow("202611", -12.0, 5.0, 0.8, -1.4), BiasRow("202612", None, 5.0)]
    return {
        "G7": [answer_bars(Answers(HOSTILE, "202611", answers[:6], True, "3"), locale)],
        "G10": [
            answer_bars(Answers(HOSTILE, "202612", answers), locale),
            answer_bars(Answers(HOSTILE, "202613", answers, wide=True), locale),
        ],
        "G8": [shares(rows, HOSTILE, locale), shares(rows[4:], HOSTILE, locale, "SENS", None)],
        "G11": [type_matrix(TypeMatrix(HOSTILE, types, SAMPLES, matrix), locale)],
        "confusion": [
            confusion(Confusion(HOSTILE, grades, grades, counts, frozenset((g, g) for g in grades)), locale)
        ],
        "G17": [percentile_strip([strip] * 4, locale)],
        "G18": [
            funnel(Funnel(HOSTILE, 0.02, limits, [(60, 0.0), (900, 0.03)]), locale),
            funnel(Funnel(HOSTILE, 0.02, limits, own=(300, 0.09)), locale),
        ],
        "G23": [biases(HOSTILE, bias, locale)],
    }


def drawn(locale: str) -> dict[str, list[Figure]]:
    grid = np.linspace(0, 10, 60)
    curve = np.exp(-((grid - 3) ** 2)) + 0.5 * np.exp(-((grid - 7) ** 2))
    level = Levels(
        HOSTILE, [1, 3, 5, 7, 9], [2.0, -3.0, 5.5, 8.0, 12.0], [False] * 5, [(1, 6), (9, 6)], "10⁹/L"
    )
    series = History(
        HOSTILE, [10, -20, 130, np.nan, 40, 260], ["2025-2"] * 3 + ["2026-1"] * 3, list("123456")
    )
    rows = [GroupRow(f"{HOSTILE} {i}", 30 - i, (-1) ** i * 1.5 * i, 0.8, own=i == 1) for i in range(9)]
    rates = [PassRate(f"item {i}", 60 + i, 110, 70.0, 95.0, 88.0 if i % 2 else None) for i in range(50)]
    controls = [control_row("1", 0.2, 0.7), control_row("2", -4.0, 1.6)]
    cvs = [CvSeries(f"{HOSTILE} {i}", [1, 5, 20], [6.0 - i, 4.0, 2.5]) for i in range(4)]
    return {
        "G1": list(deviation_strips(many_rows(), locale)),
        "G2": [
            distribution(panel(), locale),
            distribution(panel(own=None, own_group=(), sample="202612"), locale),
        ],
        "G2 modes": [distribution(panel(own=None, modes=(4.6, 5.4, 9.9), sample="202613"), locale)],
        "G2 row": list(distribution_row([panel(sample=f"20261{i}") for i in range(5)], "K", locale).figures),
        "G2 few": [
            distribution(
                panel(counts=[0, 0, 1, 2, 3, 1, 0, 0, 0, 0], own_group=(), tail_low=0, tail_high=0), locale
            )
        ],
        "G3": [deviation_by_level(level, locale)],
        "G4": [history(series, locale)],
        "G5": [groups(Groups(HOSTILE, "202611", rows, 6.0, 250), locale)],
        "G14": list(pass_rates(rates, locale)),
        "participation": [participation(each, locale) for each in participations()],
        "G19": [control_chart(row, locale) for row in controls],
        "G20": [sdi_plane(controls, BANDS, locale), sdi_plane(controls, BANDS, locale, own=False)],
        "G21": [control_months(row, locale) for row in controls],
        "G22": [sigma_chart(controls, locale), sigma_dots(NORMALISED, locale)],
        "opspecs": [opspecs_chart(NORMALISED, [(HOSTILE, 5.9), ("1-3s, N=2", 5.1), ("1-2s", 3.9)], locale)],
        **drawn_of_codes(locale),
        "G15": [cv_by_level(HOSTILE, cvs, locale, "10⁹/L", 5.0)],
        "G16": [
            modes(
                Density(
                    HOSTILE, "202611", "10⁹/L", grid, curve, [(3.0, 0.7), (7.0, 0.3)], 120, (), 4.0, 2.0, 6.0
                ),
                locale,
            )
        ],
    }


FIGURES = {(name, locale): found for locale in ("zh_CN", "en") for name, found in drawn(locale).items()}
ALL = [
    pytest.param(figure, id=f"{name}-{language}-{i}")
    for (name, language), found in FIGURES.items()
    for i, figure in enumerate(found)
]


@pytest.mark.parametrize("figure", ALL)
def test_the_drawing_is_sound_and_can_do_nothing(figure: Figure) -> None:
    root = ET.fromstring(figure.svg)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "g", "path", "rect", "line", "circle", "polyline", "polygon", "text", "tspan"}
    assert not [
        a for element in root.iter() for a in element.attrib if a.lower().startswith("on") or "href" in a
    ]
    assert "<script" not in figure.svg
    assert root.get("width") == f"{figure.width_mm:g}mm"


@pytest.mark.parametrize("figure", ALL)
def test_text_is_at_least_seven_points_and_lines_half_a_point(figure: Figure) -> None:
    for element in ET.fromstring(figure.svg).iter():
        if element.tag.endswith("}text"):
            assert float(element.get("font-size", "0")) >= style.SMALL_PT
        if element.get("stroke") not in (None, "none"):
            assert float(element.get("stroke-width", "1")) >= style.THIN_PT


@pytest.mark.parametrize("figure", ALL)
def test_no_text_leaves_the_frame(figure: Figure) -> None:
    root = ET.fromstring(figure.svg)
    _, _, width, height = (float(x) for x in root.get("viewBox", "").split())
    for element in root.iter():
        if not element.tag.endswith("}text") or element.get("transform"):
            continue
        words = "".join(element.itertext())
        long = text_width(words) * float(element.get("font-size", "0"))
        share = {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0.0)
        left = float(element.get("x", "0")) - share * long
        assert left >= -0.6, words
        assert left + long <= width + 0.6, words
        assert 0 <= float(element.get("y", "0")) <= height


@pytest.mark.parametrize("figure", ALL)
def test_words_stand_beside_the_picture(figure: Figure) -> None:
    assert figure.alt.strip()
    assert figure.caption.strip()
    assert "{" not in figure.alt + figure.caption
    assert not re.search(r"[⁰¹²³⁴-⁹]", "".join(ET.fromstring(figure.svg).itertext()))


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_alternative_texts_and_ids_differ_within_a_report(locale: str) -> None:
    rows = FIGURES["G2 row", locale]
    assert len({figure.alt for figure in rows}) == len(rows)
    assert len({figure.id for figure in rows}) == len(rows)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_same_numbers_give_the_same_bytes(locale: str) -> None:
    global RNG
    RNG = np.random.default_rng(9)
    first = drawn(locale)
    RNG = np.random.default_rng(9)
    assert {k: [f.svg for f in v] for k, v in first.items()} == {
        k: [f.svg for f in v] for k, v in drawn(locale).items()
    }


def marks(figure: Figure, colour: str) -> int:
    return figure.svg.count(f'fill="{colour}"')


def test_own_result_is_drawn_in_its_own_colour_only_when_there_is_one() -> None:
    with_own, without = FIGURES["G2", "en"]
    assert marks(with_own, style.OWN) > 0
    assert marks(without, style.OWN) == 0


def test_results_far_outside_the_axis_are_told_at_the_edge() -> None:
    first = FIGURES["G1", "en"][0]
    words = "".join(ET.fromstring(first.svg).itertext())
    assert "900" in words
    assert "870" in words
    assert len(FIGURES["G1", "en"]) == 2


def test_the_alternative_text_of_a_distribution_says_what_it_shows() -> None:
    alt = FIGURES["G2", "en"][0].alt
    for part in ("5.00", "4.70", "5.30", "5.6", "97"):
        assert part in alt
    assert str(sum(panel().counts) + 5) in alt


def test_counts_behind_a_distribution_are_the_counts_given() -> None:
    table = FIGURES["G2", "en"][0].data
    assert table is not None
    numbers = [int(cell.text) for row in table.rows for cell in row if cell.text.isdigit()]
    assert sum(panel().counts) <= sum(numbers)


def test_a_better_rate_stands_higher() -> None:
    words = list(ET.fromstring(FIGURES["G14", "en"][0].svg).itertext())
    order = [int(found[1]) for word in words if (found := re.fullmatch(r"item (\d+)", word.strip()))]
    assert len(order) == 25
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize("make", [lambda: cv_by_level("K", [CvSeries("a", [1.0], [2.0])] * 5, "en")])
def test_more_groups_than_can_be_told_apart_are_refused(make: Callable[[], Figure]) -> None:
    with pytest.raises(Exception, match="one to four"):
        make()


def test_a_control_chart_marks_what_was_rejected_and_what_was_left_out() -> None:
    figure = FIGURES["G19", "en"][1]
    assert marks(figure, style.BAD) >= 7
    assert f'fill="{style.PAPER}" stroke="{style.LIMIT}"' in figure.svg
    assert figure.data is not None
    assert len(figure.data.rows) == 29


def test_words_over_a_point_are_escaped_and_lots_are_named() -> None:
    row = control_row("1", 0.2, 0.7)
    points = [{**p, "hover": HOSTILE} for p in row["points"]]  # type: ignore[attr-defined]
    figure = control_chart({**row, "points": points}, "en")
    titles = [element for element in ET.fromstring(figure.svg).iter() if element.tag.endswith("title")]
    assert {title.text for title in titles} == {HOSTILE}
    assert len(titles) == 29
    assert "<title" not in FIGURES["G19", "en"][0].svg
    assert HOSTILE.split()[0] in "".join(ET.fromstring(FIGURES["G19", "en"][0].svg).itertext())


def test_others_are_dots_and_the_own_rows_marks() -> None:
    own, every = FIGURES["G20", "en"]
    assert marks(own, style.BAD) >= 1
    assert marks(every, style.BAD) == 0


def test_of_many_answers_the_expected_and_the_own_stay() -> None:
    figure = FIGURES["G10", "en"][0]
    assert figure.data is not None
    shown = [row[0].text for row in figure.data.rows]
    assert len(shown) == 8
    assert f"{HOSTILE} 2" in shown
    assert f"{HOSTILE} 5" in shown
    assert sum(int(row[1].text) for row in figure.data.rows) == sum(3 * i for i in range(14))


def test_cells_of_a_matrix_differ_in_shape_not_in_colour_only() -> None:
    shapes = set()
    for cell in ("hit", "missed", "extra", "negative", "outside", "not_tested"):
        svg = type_matrix(TypeMatrix("x", ["1"], ["s"], {("s", "1"): cell}), "en").svg
        shapes.add(re.sub(r'(fill|stroke)="[^"]*"', "", svg))
    assert len(shapes) >= 5
