"""Why an answer could not be graded, or was told apart from a clean one: codes and their words.

Every reason the modules of this package write is one of these. Nothing is dropped: a row with a reason keeps
what was sent.
"""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    # identification
    "name_missing": ("未填写答案", "no answer given"),
    "name_unknown": ("名称不在规定词表中", "name is not in the list"),
    "name_ambiguous": ("名称对应多个条目", "name fits several terms"),
    # genotype
    "genotype_missing": ("未填写基因型", "no genotype given"),
    "allele_unknown": ("等位基因名称无法识别", "allele is not known"),
    "allele_ambiguous": ("等位基因名称对应多个变异", "allele name fits several variants"),
    "wrong_locus": ("等位基因不属于该位点", "allele belongs to another locus"),
    "too_many_alleles": ("一个位点报告了两个以上等位基因", "more than two alleles at one locus"),
    "too_few_alleles": ("一个位点只报告了一个等位基因", "only one allele at a locus"),
    "contradicts_itself": ("同一答案前后矛盾", "the answer contradicts itself"),
    "not_tested": ("未检测", "not tested"),
    "outside_scope": ("超出试剂盒检测范围", "outside the kit's scope"),
    "type_unknown": ("型别不在项目列表中", "type is not in the panel"),
    # susceptibility
    "organism_unknown": ("菌种不在词表中", "organism is not in the list"),
    "drug_unknown": ("药物代码无法识别", "drug is not known"),
    "category_unknown": ("药敏分类不是 S/SDD/I/R", "category is not S, SDD, I or R"),
    "mic_unreadable": ("MIC 无法识别", "MIC cannot be read"),
    "mic_off_ladder": ("MIC 不在倍比稀释系列上", "MIC is not on the two-fold dilution ladder"),
    "zone_unreadable": ("抑菌圈直径无法识别", "zone diameter cannot be read"),
    "zone_impossible": ("抑菌圈直径超出可能范围", "zone diameter is not possible"),
    "no_breakpoint": ("该标准对该菌-药组合无折点", "the standard has no breakpoint for the pair"),
    "standard_unknown": ("折点标准或版本未收录", "breakpoint standard or edition is not on file"),
    "near_breakpoint": ("参考值过于接近折点，不予评价", "reference value too near a breakpoint"),
    # antigen typing
    "group_unknown": ("血型表示无法识别", "blood group cannot be read"),
    "reaction_unknown": ("反应强度无法识别", "reaction strength cannot be read"),
    # indicators
    "numerator_missing": ("缺分子", "numerator is missing"),
    "denominator_missing": ("缺分母", "denominator is missing"),
    "denominator_zero": ("分母为零，不适用", "denominator is zero: not applicable"),
    "not_a_count": ("分子或分母不是非负整数", "not a whole number of zero or more"),
    "numerator_above_denominator": ("分子大于分母", "numerator exceeds denominator"),
    "time_not_positive": ("时间不是正数", "time is not positive"),
    "wrong_window": ("统计时段与要求不符", "window differs from the one asked for"),
    "implausible": ("数值不合常理，请核对", "value is implausible: please check"),
    # trueness
    "not_designated": ("非指定实验室", "not a designated laboratory"),
    "no_reference_value": ("无参考值", "no reference value"),
    "no_limit": ("无偏倚限值", "no bias limit"),
    "result_missing": ("无数值结果", "no numeric result"),
    "reference_too_uncertain": ("参考值不确定度过大", "reference value too uncertain"),
}
"""Code -> Chinese and English words."""
