"""What becomes of every oddity of a result file: one table, one line a case.

A `flag` is loaded with a note, a `quarantine` is kept out with its whole row, a `problem` is told
about the file. Every code that can stand in a report's `flags` or `reason` is in `DISPOSITIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass

FLAG, QUARANTINE, PROBLEM = "flag", "quarantine", "problem"


@dataclass(frozen=True)
class Disposition:
    """One case: its code, what is done, the rule, the finding of reports it leads to, the words."""

    code: str
    action: str
    rule: str
    zh: str
    en: str
    finding: str = ""

    def message(self, locale: str, **params: object) -> str:
        """The sentence for a reader, placeholders filled."""
        template = self.zh if locale == "zh_CN" else self.en
        return template.format_map(_Blank({key: str(value) for key, value in params.items()}))


class _Blank(dict[str, str]):
    """Placeholders without a value print as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


# code, action, rule, zh, en, finding
# fmt: off
_ROWS: tuple[tuple[str, ...], ...] = (
    # -- numbers
    ("full_width", FLAG, "full-width digits and signs, U+2212 and dashes are narrowed; raw is kept", "全角字符按半角读取", "full-width characters read as ASCII"),
    ("or_equal", FLAG, "≤ and ≥ are read as < and >", "“≤/≥”按“＜/＞”处理", "≤ or ≥ treated as < or >"),
    ("censor_words", FLAG, "小于, 低于, 大于, 高于 are read as < and >", "文字“小于/大于”按“＜/＞”处理", "words for less or greater than read as < or >"),
    ("thousands_comma", FLAG, "1,234,567 or 1,234.5: commas are thousands", "逗号按千位分隔符读取", "comma read as thousands separator"),
    ("decimal_comma", FLAG, "1,5 or 0,123 or 1.234,5: comma is the decimal sign", "逗号按小数点读取", "comma read as decimal sign"),
    ("ambiguous_comma", QUARANTINE, "one comma and exactly three digits, 1,234, can be either", "“{raw}”中的逗号可为千位或小数，无法判断", "the comma in '{raw}' may be thousands or decimal"),
    ("scientific", FLAG, "1.5E3 and 1.5×10^3 are numbers", "按科学计数法读取", "scientific notation"),
    ("mark_removed", FLAG, "a trailing ↑ or ↓ is taken off", "去除箭头标记", "arrow taken off"),
    ("unit_in_value", FLAG, "a unit of the analyte's own table behind the number is read as the unit", "结果中含单位", "unit taken from the result cell"),
    ("unit_conflict", QUARANTINE, "the unit behind the number differs in effect from the unit column", "结果中的单位与单位列不一致", "unit in the result differs from the unit column"),
    ("float_artefact", FLAG, "more than 15 significant digits are binary residue, cut to 15", "浮点尾差已去除", "binary residue cut to 15 digits"),
    ("decimals_from_format", FLAG, "trailing zeros restored from the cell's number format", "小数位按单元格格式恢复", "decimals restored from the number format"),
    ("more_digits_than_shown", FLAG, "the cell holds more decimals than it shows; the stored number counts", "存储值的小数位多于显示值", "more decimals stored than shown"),
    ("percent_format", FLAG, "percent-formatted cell: the percentage is read, % is its unit", "百分比格式单元格", "percent-formatted cell"),
    ("number_as_text", FLAG, "number stored as text in a cell not formatted as text: read digit for digit", "以文本存储的数字", "number stored as text"),
    ("negative", FLAG, "a negative value is loaded and judged, not corrected", "负值", "negative value", "F17"),
    ("implausible", FLAG, "outside the analyte's plausible range: loaded and judged, not corrected", "超出项目的合理范围", "outside the analyte's plausible range", "F17"),
    ("absurd_value", QUARANTINE, "1e15 or more: a pasted bar code, not a quantity", "数值“{raw}”过大", "'{raw}' is absurdly large"),
    ("date_for_value", QUARANTINE, "a date cell, or text that is a date: a value such as 1-2 turned into a date", "结果“{raw}”是日期，疑似被电子表格自动转换", "the result '{raw}' is a date, probably made by the spreadsheet"),
    ("unreadable", FLAG, "text where a number or a known code is due: raw kept, state unreadable", "结果不是数值或允许的代码", "result is neither a number nor an allowed code", "F17"),
    ("empty_mark", FLAG, "-, /, N/A, 未做 and the like in a quantity's cell mean not returned", "以“{raw}”表示未回报", "'{raw}' read as not returned"),
    ("sample_fault", FLAG, "样本破损 and the like: state sample_fault", "样本异常", "sample fault reported"),
    ("code_spelled_out", FLAG, "a coded result matched by name, alias or regardless of case and width", "结果代码按名称匹配", "coded result matched by its name"),
    # -- coded answers: what cannot be an answer is kept out, never guessed
    ("code_unknown", QUARANTINE, "not on the analyte's list of answers", "“{raw}”不在可选结果中", "'{raw}' is not on the list of answers"),
    ("name_unknown", QUARANTINE, "organism, cell or other name not in the controlled list", "名称“{raw}”不在规定词表中", "the name '{raw}' is not in the list"),
    ("name_ambiguous", QUARANTINE, "the name fits several terms", "名称“{raw}”对应多个条目", "the name '{raw}' fits several terms"),
    ("genotype_missing", QUARANTINE, "zygosity without an allele", "“{raw}”未写明等位基因", "'{raw}' names no allele"),
    ("allele_unknown", QUARANTINE, "no allele of the locus", "等位基因“{raw}”无法识别", "allele '{raw}' is not known"),
    ("allele_ambiguous", QUARANTINE, "the name fits several alleles", "等位基因“{raw}”对应多个变异", "allele '{raw}' fits several variants"),
    ("wrong_locus", QUARANTINE, "an allele of another locus", "“{raw}”中的等位基因不属于该位点", "'{raw}' belongs to another locus"),
    ("too_many_alleles", QUARANTINE, "three alleles or more at one locus", "“{raw}”报告了两个以上等位基因", "'{raw}' has more than two alleles"),
    ("too_few_alleles", QUARANTINE, "one allele says too little and is not completed", "“{raw}”只报告了一个等位基因", "'{raw}' has one allele only"),
    ("contradicts_itself", QUARANTINE, "wild type with a variant, a homozygote of two alleles", "“{raw}”前后矛盾", "'{raw}' contradicts itself"),
    ("type_unknown", QUARANTINE, "a type that is not in the panel", "“{raw}”中的型别不在项目列表中", "a type of '{raw}' is not in the panel"),
    ("drug_unknown", QUARANTINE, "a drug that is not in the list", "“{raw}”中的药物无法识别", "a drug of '{raw}' is not known"),
    ("category_unknown", QUARANTINE, "no S, SDD, I or R", "“{raw}”中的药敏分类不是 S/SDD/I/R", "a category of '{raw}' is not S, SDD, I or R"),
    ("mic_unreadable", QUARANTINE, "no concentration", "“{raw}”中的 MIC 无法识别", "an MIC of '{raw}' cannot be read"),
    ("mic_off_ladder", QUARANTINE, "not on the two-fold dilution ladder", "“{raw}”中的 MIC 不在倍比稀释系列上", "an MIC of '{raw}' is not on the dilution ladder"),
    ("zone_unreadable", QUARANTINE, "no diameter", "“{raw}”中的抑菌圈直径无法识别", "a zone of '{raw}' cannot be read"),
    ("zone_impossible", QUARANTINE, "below 6 mm or above 60 mm", "“{raw}”中的抑菌圈直径超出可能范围", "a zone of '{raw}' is not possible"),
    ("group_unknown", QUARANTINE, "no blood group", "血型“{raw}”无法识别", "the blood group '{raw}' cannot be read"),
    ("reaction_unknown", QUARANTINE, "no reaction strength", "反应强度“{raw}”无法识别", "the reaction '{raw}' cannot be read"),
    ("figure_unreadable", QUARANTINE, "a rate is numerator/denominator, a time is minutes", "“{raw}”应写成“分子/分母”或分钟数", "'{raw}' should be numerator/denominator, or minutes"),
    # -- uncertainties: the result itself is loaded in every case
    ("uncertainty_relative", FLAG, "a percentage of the result is turned into the programme's unit", "相对不确定度，已按结果换算", "relative uncertainty turned into the unit of the result"),
    ("uncertainty_unreadable", FLAG, "no number: u_raw is kept, nothing is used", "不确定度无法识别，未采用", "uncertainty not understood, not used"),
    ("uncertainty_not_positive", FLAG, "zero or negative: never taken as zero, not used", "不确定度不是正数，未采用", "uncertainty not positive, not used"),
    ("uncertainty_unit_unknown", FLAG, "a unit not in the analyte's own table: not used", "不确定度的单位不被接受，未采用", "unit of the uncertainty not accepted, not used"),
    ("uncertainty_implausible", FLAG, "standard uncertainty larger than the result: loaded and judged, not corrected", "不确定度大于结果本身", "uncertainty larger than the result"),
    ("uncertainty_without_result", FLAG, "the result is no plain number: not used", "结果不是数值，不确定度未采用", "no plain result, uncertainty not used"),
    ("uncertainty_conflict", FLAG, "expanded and standard uncertainty disagree by more than a tenth: not used", "扩展不确定度与标准不确定度不一致，未采用", "expanded and standard uncertainty disagree, not used"),
    ("coverage_factor_assumed", FLAG, "expanded uncertainty without k: k = 2", "未给出包含因子，按 k = 2", "no coverage factor: k = 2"),
    ("coverage_factor_unusable", FLAG, "k is no number from 1 to 5: the uncertainty is not used", "包含因子不是 1～5 的数，不确定度未采用", "coverage factor is no number from 1 to 5, uncertainty not used"),
    # -- cells
    ("formula", FLAG, "the saved result of a formula is read", "公式单元格，取保存值", "formula: saved result read"),
    ("formula_without_value", QUARANTINE, "a formula whose result was never saved", "公式未保存计算值", "formula without a saved result"),
    ("error_cell", QUARANTINE, "#N/A, #DIV/0! and the like in a needed cell", "单元格错误值“{raw}”", "error value '{raw}'"),
    ("optional_error", FLAG, "an error value in an optional column is read as empty", "非必填列含错误值", "error value in an optional column"),
    ("merged_cell", FLAG, "codes, unit and system are filled down a merged range", "合并单元格，已向下填充", "merged cell filled down"),
    ("merged_value", QUARANTINE, "a merged result cell does not say which results it means", "结果单元格被合并，无法判断所属", "merged result cell: which results are meant?"),
    ("hidden_row", FLAG, "hidden and filtered rows are read", "隐藏行", "hidden row"),
    ("hidden_column", FLAG, "a hidden column is read", "隐藏列", "hidden column"),
    ("hidden_sheet", FLAG, "a hidden sheet is read", "隐藏工作表", "hidden sheet"),
    ("too_many_fields", QUARANTINE, "more filled fields than headings: an unquoted comma in a text file", "字段多于表头，可能有未加引号的逗号", "more fields than headings; an unquoted comma?"),
    # -- who, what, which
    ("lab_code_missing", QUARANTINE, "no laboratory code", "缺实验室编码", "laboratory code is missing"),
    ("lab_code_unknown", QUARANTINE, "not enrolled", "实验室编码“{raw}”未报名", "laboratory '{raw}' is not enrolled"),
    ("lab_not_enrolled", QUARANTINE, "takes part in the round, not enrolled for the year: a question to the organiser", "实验室“{raw}”本年度未报名本计划", "laboratory '{raw}' is not enrolled in the programme this year"),
    ("lab_not_designated", QUARANTINE, "a programme of designated laboratories, and this is none", "实验室“{raw}”不是本计划的指定实验室", "laboratory '{raw}' is not designated for the programme"),
    ("fee_unsettled", FLAG, "enrolled, fee not settled: loaded, a reminder to the organiser", "参加费用尚未结清", "fee not settled"),
    ("lab_code_ambiguous", QUARANTINE, "several laboratories fit", "实验室编码“{raw}”对应多家", "laboratory '{raw}' fits several"),
    ("analyte_missing", QUARANTINE, "no analyte", "缺项目", "analyte is missing"),
    ("analyte_unknown", QUARANTINE, "not in the programme", "项目“{raw}”不在本计划", "analyte '{raw}' is not in the programme"),
    ("analyte_ambiguous", QUARANTINE, "several analytes fit", "项目“{raw}”对应多个项目", "analyte '{raw}' fits several"),
    ("analyte_conflict", QUARANTINE, "code and name mean different analytes", "项目代码与名称不一致", "analyte code and name disagree"),
    ("sample_missing", QUARANTINE, "no sample", "缺样本编号", "sample is missing"),
    ("sample_unknown", QUARANTINE, "not of this round", "样本“{raw}”不属于本轮", "sample '{raw}' is not of this round"),
    ("sample_ambiguous", QUARANTINE, "several samples fit", "样本“{raw}”对应多个样本", "sample '{raw}' fits several"),
    ("code_spelling", FLAG, "code or name matched regardless of width, case and blanks", "代码写法不规范", "code matched regardless of case, width and blanks"),
    ("zeros_restored", FLAG, "leading zeros lost: matched only where one code fits", "补回代码前导零", "leading zeros restored"),
    ("other_round", QUARANTINE, "the row names another round", "该行属于轮次“{raw}”", "the row belongs to round '{raw}'"),
    ("other_programme", QUARANTINE, "the row names another programme", "该行属于计划“{raw}”", "the row belongs to programme '{raw}'"),
    ("system_unknown", FLAG, "method, instrument, reagent or calibrator not in the list: kept as written", "方法/仪器/试剂/校准物不在代码表", "system not in the code list"),
    # -- units
    ("unit_spelling", FLAG, "unit matched regardless of case, width and exponent marks", "单位写法不规范", "unit matched regardless of spelling"),
    ("unit_converted", FLAG, "converted by the analyte's own table, exact decimals", "单位换算，系数 {factor}", "unit converted, factor {factor}"),
    ("unit_assumed", FLAG, "unit column there, cell empty: the programme's unit", "单位为空，按计划单位", "unit empty: programme's unit assumed"),
    ("unit_unknown", QUARANTINE, "not in the analyte's own table", "单位“{raw}”不被接受", "unit '{raw}' is not accepted"),
    ("unit_ambiguous", QUARANTINE, "spelling fits units of different size", "单位“{raw}”含义不唯一", "unit '{raw}' fits several"),
    # -- times
    ("late", FLAG, "file arrived after the closing date: accepted", "逾期 {days} 天", "{days} days late", "F18"),
    ("test_date_future", FLAG, "tested after the file arrived: a slip, kept", "测定日期晚于收到日期", "test date lies in the future"),
    ("test_date_before_dispatch", QUARANTINE, "tested before the samples were sent: belongs to another round", "测定日期 {raw} 早于发样日期", "tested {raw}, before dispatch"),
    ("test_date_unreadable", FLAG, "test date not understood: left empty", "测定日期无法识别", "test date not understood"),
    ("test_date_serial", FLAG, "test date stored as a day number", "测定日期为序列号", "test date stored as a day number"),
    # -- repeats
    ("duplicate_identical", FLAG, "the same result again: one is loaded, copies are counted as merged", "重复行（内容一致），已合并", "repeated with the same result, merged"),
    ("duplicate_conflicting", QUARANTINE, "the same place with different results: all are kept out", "同一位置有不同结果", "different results for the same place"),
    # -- the file
    ("unknown_column", PROBLEM, "a heading nobody asked for is ignored", "列“{raw}”未识别，已忽略", "column '{raw}' is not recognised and was ignored"),
    ("sheet_skipped", PROBLEM, "a sheet without a result header is not read", "工作表无结果表头，未读取", "sheet has no result header and was not read"),
    ("header_missing", PROBLEM, "required column missing: nothing is read, DataError", "缺必需列“{raw}”", "required column '{raw}' is missing"),
    ("header_duplicated", PROBLEM, "a column stands there twice: nothing is read, DataError", "列“{raw}”重复", "column '{raw}' stands there twice"),
    ("row_ignored", PROBLEM, "wide row without a known analyte and without any result: a remark", "该行无项目无结果，已忽略", "row without a known analyte and without results was ignored"),
    ("encoding_guessed", PROBLEM, "read as GB18030 with characters outside GB 2312", "按 GB18030 读取，含生僻字符，请核对", "read as GB18030 with rare characters: please check"),
)
# fmt: on

DISPOSITIONS: dict[str, Disposition] = {row[0]: Disposition(*row) for row in _ROWS}
FLAGS = frozenset(code for code, case in DISPOSITIONS.items() if case.action == FLAG)
REASONS = frozenset(code for code, case in DISPOSITIONS.items() if case.action == QUARANTINE)
"""Reason codes; `reason` of a quarantined row is always one of them."""


def findings_of(flags: str) -> str:
    """Finding codes the flags lead to, comma-separated.

    >>> findings_of("full_width,late"), findings_of("")
    ('F18', '')
    """
    found = {DISPOSITIONS[flag].finding for flag in flags.split(",") if flag}
    return ",".join(sorted(found - {""}))
