"""Both catalogues: same keys, same placeholders, no hole, only glyphs the report font has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import workbench.wording as wording_room
from workbench.errors import WorkbenchError
from workbench.wording import LOCALES, finding_text, join, keys, names, paragraphs, sentence_text, text
from workbench.wording.catalogue import _messages

PLACEHOLDER = re.compile(r"\{(\w*)\}")
REPORTS = Path(__file__).parents[2] / ".." / "shared" / "reports.md"


def placeholders(key: str, locale: str) -> list[set[str]]:
    return [set(PLACEHOLDER.findall(form)) for form in _messages(locale)[key].forms]


def test_both_languages_hold_the_same_keys_in_the_same_order() -> None:
    assert list(_messages("zh_CN")) == list(_messages("en"))
    assert len(keys()) > 900


@pytest.mark.parametrize("locale", LOCALES)
def test_no_message_is_empty(locale: str) -> None:
    assert [key for key, m in _messages(locale).items() if not all(form.strip() for form in m.forms)] == []


def test_every_form_of_a_key_has_the_same_placeholders_in_both_languages() -> None:
    differing = [
        key
        for key in keys()
        if len({frozenset(p) for locale in LOCALES for p in placeholders(key, locale)}) != 1
    ]
    assert differing == []


def test_plural_entries_count_one_of_their_own_placeholders() -> None:
    for locale in LOCALES:
        for key, message in _messages(locale).items():
            if message.counted:
                assert message.counted in placeholders(key, locale)[0], key


def test_no_key_is_written_twice() -> None:
    for locale in LOCALES:
        files = sorted((Path(wording_room.__file__).parent / locale).glob("*.po"))
        source = "\n".join(file.read_text(encoding="utf-8") for file in files)
        found = re.findall(r'^msgid "(.+)"$', source, re.MULTILINE)
        assert len(found) == len(set(found))


@pytest.mark.parametrize("family", ["finding.F", "sentence.S", "term.", "howto.LR.", "howto.PR.", "alt.G"])
def test_the_families_a_report_needs_are_there(family: str) -> None:
    assert len(keys(family)) >= 8


def test_findings_f01_to_f42_are_all_there() -> None:
    assert {f"finding.F{number:02d}" for number in range(1, 43)} <= set(keys())


def test_every_state_signal_and_verdict_of_the_frames_has_words() -> None:
    from workbench import frames

    wanted = [f"state.{state}" for state in frames.STATES]
    wanted += [f"verdict.result_limit.{s}" for s in frames.SIGNALS]
    wanted += [f"verdict.result_z.{s}" for s in frames.SIGNALS]
    wanted += [f"verdict.analyte.{v}" for v in frames.VERDICTS]
    wanted += [f"verdict.programme.{v}" for v in frames.PROGRAMME_VERDICTS]
    wanted += [f"verdict.rounds.{s}" for s in frames.STATUSES]
    assert [key for key in wanted if key not in keys()] == []


def test_chinese_findings_keep_the_placeholders_of_the_specification() -> None:
    if not REPORTS.exists():
        pytest.skip("the specification is not beside the project")
    rows = re.findall(
        r"^\| (F\d\d) \| [^|]+\| (?:\\\||[^|])+\| ((?:\\\||[^|])+)\|", REPORTS.read_text("utf-8"), re.M
    )
    assert len(rows) == 42
    for code, wording in rows:
        extra = {"n_min"} if code == "F28" else set()
        assert placeholders(f"finding.{code}", "zh_CN")[0] - extra == set(PLACEHOLDER.findall(wording)), code


def test_no_sentence_blames() -> None:
    for key in keys("sentence."):
        assert not re.search("失误|责任", _messages("zh_CN")[key].forms[0]), key
        for form in _messages("en")[key].forms:
            assert not re.search(r"\bfault\b|\bblame", form), key


def test_sentences_about_causes_are_hypotheses() -> None:
    for code in ("S10", "S11", "S12", "S13", "S14", "S15", "S16", "S19", "S32", "S33"):
        assert re.search("提示|可能|疑似|建议", _messages("zh_CN")[f"sentence.{code}"].forms[0]), code


def test_every_character_is_in_the_report_font() -> None:
    from fontTools.ttLib import TTFont

    package = pytest.importorskip("pylopdf_fonts_zh_cn")
    glyphs = TTFont(Path(package.__file__).parent / "NotoSansSC-Regular.otf", lazy=True).getBestCmap()
    used = {
        char for locale in LOCALES for m in _messages(locale).values() for form in m.forms for char in form
    }
    assert sorted(char for char in used if ord(char) not in glyphs) == []


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(WorkbenchError, match=r"no\.such\.key"):
        text("no.such.key", "en")


def test_a_missing_value_is_named() -> None:
    with pytest.raises(WorkbenchError, match=r"finding\.F02.*'n'"):
        text("finding.F02", "en")


def test_an_unknown_locale_is_named() -> None:
    with pytest.raises(WorkbenchError, match="fr"):
        text("list.none", "fr")


def test_braces_in_untrusted_values_stay_text() -> None:
    assert text("prose.lab_comment", "en", text="{item.__class__} <b>") == "Your remark: {item.__class__} <b>"


@pytest.mark.parametrize(
    ("count", "word"), [(1, "1 item failed"), ("1", "1 item failed"), (2, "2 items failed")]
)
def test_plural_follows_the_count(count: object, word: str) -> None:
    assert text("sentence.S02", "en", m=count, list="K", due="x").startswith(word)


@pytest.mark.parametrize(
    ("items", "zh", "en"),
    [
        ([], "无", "none"),
        (["K"], "K", "K"),
        (["K", "Na"], "K和Na", "K and Na"),
        (["K", "Na", "Mg"], "K、Na和Mg", "K, Na and Mg"),
    ],
)
def test_lists_join_by_language(items: list[str], zh: str, en: str) -> None:
    assert (join(items, "zh_CN"), join(items, "en")) == (zh, en)


def test_how_to_read_has_as_many_paragraphs_in_both_languages() -> None:
    for kind in ("LR", "PR"):
        assert len(paragraphs(f"howto.{kind}", "zh_CN")) == len(paragraphs(f"howto.{kind}", "en")) >= 8


def test_terms_hold_no_second_form_in_brackets() -> None:
    assert [word for word in names("zh_CN").values() if "（" in word] == []


def test_finding_text_prints_numbers_and_words() -> None:
    assert finding_text("F03", {"ratio": 0.4137}, "en").startswith(
        "Target uncertainty not negligible (u/σ = 0.41)"
    )
    assert "“仪器+试剂”（46 家）" in finding_text(
        "F01", {"n": 3, "n_min": 6, "level": "instrument+reagent", "N": 46}, "zh_CN"
    )
    assert finding_text("F05", {"m": 2, "modes": "1.0 (60%)", "factor": ""}, "en").endswith("explains them.")
    assert finding_text("F28", {}, "zh_CN") == "少于 5 家的组不显示统计量。"
    assert (
        finding_text("F35", {"a": "acceptable", "b": "action"}, "zh_CN")
        == "按允许误差可接受，按 z 不满意；以允许误差为准。"
    )


def test_sentence_text_chooses_the_variant() -> None:
    assert "单位" not in sentence_text("S10", {"f": 10.02, "u1": "", "u2": ""}, "zh_CN")
    assert "（mg/dL/μmol/L）" in sentence_text("S10", {"f": 88.4, "u1": "mg/dL", "u2": "μmol/L"}, "zh_CN")
    assert "−61%" in sentence_text("S18", {"m0": 12.4, "m1": -61.2}, "en")
