"""Invented measuring systems: models and makers are neutral, methods are the ones in ordinary use."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Named:
    """A code with its two names."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class SystemFamily:
    """The systems of one programme.

    Parameters
    ----------
    instruments : with the share of laboratories that use each.
    reagents : the matching reagent of each instrument first, in the same order, then open ones.
    open_share : share of laboratories on an open reagent.
    methods : per analyte; a reagent always works by one method of its analyte.
    """

    instruments: tuple[Named, ...]
    shares: tuple[float, ...]
    reagents: tuple[Named, ...]
    open_share: float = 0.3
    methods: dict[str, tuple[Named, ...]] = field(default_factory=dict)


_MAKERS = (
    ("甲", "Alpha"),
    ("乙", "Beta"),
    ("丙", "Gamma"),
    ("丁", "Delta"),
    ("戊", "Epsilon"),
    ("己", "Zeta"),
)


def _instruments(prefix: str, zh: str, en: str, models: tuple[int, ...]) -> tuple[Named, ...]:
    """One instrument per maker."""
    return tuple(
        Named(f"{prefix}{n}", f"{maker[0]}-{model} {zh}", f"{maker[1]}-{model} {en}")
        for n, (maker, model) in enumerate(zip(_MAKERS, models, strict=False), 1)
    )


def _reagents(prefix: str, n_makers: int, n_open: int) -> tuple[Named, ...]:
    """The matching reagent of each maker, then open ones."""
    own = [
        Named(f"{prefix}{n}", f"{zh}系统配套试剂", f"{en} matching reagent")
        for n, (zh, en) in enumerate(_MAKERS[:n_makers], 1)
    ]
    other = [
        Named(f"{prefix}{n_makers + n}", f"开放试剂 {n}", f"Open reagent {n}") for n in range(1, n_open + 1)
    ]
    return tuple(own + other)


def _methods(*rows: tuple[str, str, str]) -> tuple[Named, ...]:
    return tuple(Named(*row) for row in rows)


_ISE = _methods(("ISE-I", "间接离子选择电极法", "Indirect ion-selective electrode"), ("ISE-D", "直接离子选择电极法", "Direct ion-selective electrode"))  # fmt: skip
_RATE = _methods(("IFCC", "IFCC推荐速率法", "IFCC rate method"), ("RATE", "其他速率法", "Other rate method"))
_ITA = _methods(("ITA", "免疫透射比浊法", "Immunoturbidimetry"))
_LIPID = {
    "TC": _methods(("CHOD", "胆固醇氧化酶法", "Cholesterol oxidase")),
    "TG": _methods(("GPO-B", "GPO-PAP法（去游离甘油）", "GPO-PAP with glycerol blank"), ("GPO", "GPO-PAP法", "GPO-PAP")),
}  # fmt: skip
CHEMISTRY_METHODS: dict[str, tuple[Named, ...]] = {
    "K": _ISE, "Na": _ISE, "Cl": _ISE,
    "Ca": _methods(("ASIII", "偶氮胂III法", "Arsenazo III"), ("OCPC", "邻甲酚酞络合酮法", "o-Cresolphthalein")),
    "Phos": _methods(("PMO", "磷钼酸紫外法", "Phosphomolybdate UV")),
    "Glu": _methods(("HK", "己糖激酶法", "Hexokinase"), ("GOD", "葡萄糖氧化酶法", "Glucose oxidase")),
    "Urea": _methods(("URE", "脲酶-谷氨酸脱氢酶法", "Urease-GLDH")),
    "UA": _methods(("URI", "尿酸酶法", "Uricase")),
    "Cre": _methods(("SAR", "肌氨酸氧化酶法", "Sarcosine oxidase"), ("JAF", "苦味酸法", "Jaffe rate")),
    "Alb": _methods(("BCG", "溴甲酚绿法", "Bromocresol green"), ("BCP", "溴甲酚紫法", "Bromocresol purple")),
    "TP": _methods(("BIU", "双缩脲法", "Biuret")),
    **_LIPID,
    "TBil": _methods(("DIA", "重氮法", "Diazo"), ("VAN", "钒酸盐氧化法", "Vanadate oxidation")),
    "DBil": _methods(("DIA", "重氮法", "Diazo"), ("VAN", "钒酸盐氧化法", "Vanadate oxidation")),
    "Fe": _methods(("FZ", "亚铁嗪法", "Ferrozine"), ("FENE", "Ferene法", "Ferene")),
    "Mg": _methods(("XB", "二甲苯胺蓝法", "Xylidyl blue")),
    "LDH": _methods(("LP", "乳酸底物速率法", "Lactate to pyruvate"), ("PL", "丙酮酸底物速率法", "Pyruvate to lactate")),
    "TBA": _methods(("CYC", "循环酶法", "Enzymatic cycling")),
    "GA": _methods(("KAOD", "酮胺氧化酶法", "Ketoamine oxidase")),
    "TIBC": _methods(("DIR", "直接法", "Direct method"), ("CALC", "计算法", "Calculated from UIBC")),
    "LPS": _methods(("DGGR", "甲基试卤灵底物法", "Methylresorufin substrate")),
}  # fmt: skip
LIPID_METHODS: dict[str, tuple[Named, ...]] = {
    **_LIPID,
    "HDL-C": _methods(("HOMO-A", "匀相测定法（清除法）", "Homogeneous, clearance"), ("HOMO-B", "匀相测定法（掩蔽法）", "Homogeneous, blocking")),
    "LDL-C": _methods(("HOMO-A", "匀相测定法（清除法）", "Homogeneous, clearance"), ("HOMO-B", "匀相测定法（掩蔽法）", "Homogeneous, blocking")),
    "ApoA1": _ITA, "ApoB": _ITA, "Lp(a)": _ITA,
}  # fmt: skip
HBA1C_METHODS = {
    "HbA1c": _methods(("HPLC", "高效液相色谱法", "High-performance liquid chromatography"), ("CE", "毛细管电泳法", "Capillary electrophoresis"), ("ENZ", "酶法", "Enzymatic"), ("TIA", "免疫比浊法", "Immunoturbidimetry")),
}  # fmt: skip
BLOOD_METHODS = {
    "WBC": _methods(("FLOW", "流式激光法", "Flow laser"), ("IMP", "电阻抗法", "Electrical impedance")),
    "RBC": _methods(("IMP", "电阻抗法", "Electrical impedance")),
    "PLT": _methods(("IMP", "电阻抗法", "Electrical impedance"), ("OPT", "光学法", "Optical")),
    "Hb": _methods(("SLS", "十二烷基硫酸钠法", "Sodium lauryl sulphate"), ("CN", "氰化高铁法", "Cyanmethaemoglobin")),
    "HCT": _methods(("CALC", "计算法", "Calculated")),
    "MCV": _methods(("IMP", "电阻抗法", "Electrical impedance")),
    "MCH": _methods(("CALC", "计算法", "Calculated")),
    "MCHC": _methods(("CALC", "计算法", "Calculated")),
}  # fmt: skip

_CHEMISTRY = _instruments("CA", "生化分析仪", "chemistry analyser", (600, 720, 900, 300, 150, 80))
FAMILIES: dict[str, SystemFamily] = {
    "1.1": SystemFamily(_CHEMISTRY, (0.33, 0.25, 0.19, 0.13, 0.08, 0.02), _reagents("CR", 6, 3), 0.3, CHEMISTRY_METHODS),
    "1.6": SystemFamily(_CHEMISTRY, (0.33, 0.25, 0.19, 0.13, 0.08, 0.02), _reagents("LR", 6, 2), 0.3, LIPID_METHODS),
    "1.4": SystemFamily(
        _instruments("HA", "糖化血红蛋白分析仪", "glycated haemoglobin analyser", (8, 11, 30, 60, 5)),
        (0.36, 0.26, 0.20, 0.14, 0.04), _reagents("HR", 5, 1), 0.05, HBA1C_METHODS,
    ),
    "2.1": SystemFamily(
        _instruments("BC", "血细胞分析仪", "haematology analyser", (2000, 5500, 60, 700, 21, 9)),
        (0.34, 0.27, 0.19, 0.11, 0.07, 0.02), _reagents("BR", 6, 1), 0.08, BLOOD_METHODS,
    ),
}  # fmt: skip
_OTHER = SystemFamily(
    _instruments("IN", "分析仪", "analyser", (10, 20, 30, 40)), (0.4, 0.3, 0.2, 0.1), _reagents("RE", 4, 2)
)
_OTHER_METHODS = _methods(("M1", "方法一", "Method 1"), ("M2", "方法二", "Method 2"))


def family(programme_no: str) -> SystemFamily:
    """The systems of a programme; a plain set for programmes without their own."""
    return FAMILIES.get(programme_no, _OTHER)


def methods_of(systems: SystemFamily, analyte: str) -> tuple[Named, ...]:
    """Methods of one analyte: enzymes by rate, the rest as listed."""
    if analyte in systems.methods:
        return systems.methods[analyte]
    return _RATE if systems.methods is CHEMISTRY_METHODS else _OTHER_METHODS
