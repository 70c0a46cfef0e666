"""What the organiser expects in a result file of one programme-round: the yardstick of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from workbench.ingest.coded_answers import AnswerReader

QUANTITATIVE = "quantitative"
SYSTEM_KINDS = ("method", "instrument", "reagent", "calibrator")


@dataclass(frozen=True)
class AcceptedUnit:
    """One unit a laboratory may report in; programme's value = sent value * factor + offset.

    Parameters
    ----------
    unit : the unit as usually spelt; spelling is matched regardless of case, width and blanks.
    factor, offset : exact decimals; factor 1 and offset 0 make the entry a second spelling.
    """

    unit: str
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)

    @property
    def converts(self) -> bool:
        """True when the number changes on its way into the programme's unit."""
        return self.factor != 1 or self.offset != 0


@dataclass(frozen=True)
class ExpectedAnalyte:
    """One analyte of the programme as the reader needs it.

    Parameters
    ----------
    analyte : code of the catalogue.
    name_zh, name_en, aliases : further spellings that identify the analyte in a file.
    unit : the programme's unit, "" for an analyte without one.
    accepted_units : the analyte's own conversion table; no unit outside it is ever converted.
    decimals : reporting decimals, printed on the form.
    result_type : "quantitative" is read as a number, every other type as a code.
    codes : allowed code -> its other spellings; empty with a coded type means free text.
    choices : code -> Chinese and English name, for the drop-down of the form; codes where it is empty.
    reader : reads a coded answer; None: `codes` are matched. Where a reader stands, what it cannot read is
        kept out with its reason.
    plausible_low, plausible_high : programme's unit; a value outside is loaded and flagged.
    """

    analyte: str
    name_zh: str = ""
    name_en: str = ""
    aliases: tuple[str, ...] = ()
    unit: str = ""
    accepted_units: tuple[AcceptedUnit, ...] = ()
    decimals: int = 2
    result_type: str = QUANTITATIVE
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    reader: AnswerReader | None = None
    plausible_low: Decimal | None = None
    plausible_high: Decimal | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every text that identifies the analyte, the code first."""
        return tuple(text for text in (self.analyte, self.name_zh, self.name_en, *self.aliases) if text)


@dataclass(frozen=True)
class SystemChoice:
    """A method, instrument, reagent or calibrator a laboratory can choose on the form."""

    kind: str
    code: str
    name_zh: str = ""
    name_en: str = ""

    def label(self, locale: str) -> str:
        """The entry of a drop-down: code and name."""
        name = self.name_zh if locale == "zh_CN" else self.name_en
        return f"{self.code} | {name}" if name else self.code


@dataclass(frozen=True)
class Expectations:
    """One programme-round as the reader of result files sees it.

    Parameters
    ----------
    round, programme_no : round code such as "2026-1" and programme number such as "1.1".
    analytes : the programme's analytes in catalogue order.
    samples : sample codes as printed on the vials, in vial order.
    lab_codes : enrolled participant codes; None accepts every code.
    today : the day the file arrived; nothing here reads a clock.
    opens_at : day of dispatch; None switches the check of test dates off.
    closing_at : last day in time, inclusive; None means nothing is late.
    systems : choices for the drop-downs; where a kind has any, other texts are flagged.
    opened : laboratory -> day its own parcel left; before `opens_at` where a laboratory stands here.
    due : laboratory -> its own last day in time, where a replacement moved it.
    refused : laboratory -> disposition that keeps its rows out, e.g. lab_not_designated.
    warned : laboratory -> disposition its loaded rows are flagged with, e.g. fee_unsettled.
    """

    round: str
    programme_no: str
    analytes: tuple[ExpectedAnalyte, ...]
    samples: tuple[str, ...]
    lab_codes: frozenset[str] | None
    today: date
    opens_at: date | None = None
    closing_at: date | None = None
    systems: tuple[SystemChoice, ...] = ()
    opened: Mapping[str, date] = field(default_factory=dict)
    due: Mapping[str, date] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    warned: Mapping[str, str] = field(default_factory=dict)

    @property
    def late_days(self) -> int:
        """Whole days after the closing date, 0 when in time."""
        if self.closing_at is None:
            return 0
        return max(0, (day(self.today) - day(self.closing_at)).days)

    def is_late(self, lab_code: str) -> bool:
        """Whether what a laboratory sends today comes after its last day."""
        due = self.due.get(lab_code)
        return self.late_days > 0 if due is None else day(self.today) > day(due)

    def opening(self, lab_code: str) -> date | None:
        """Day from which a test of a laboratory can belong to the round."""
        return self.opened.get(lab_code, self.opens_at)

    def choices(self, kind: str) -> tuple[SystemChoice, ...]:
        """The choices of one kind in the order given."""
        return tuple(choice for choice in self.systems if choice.kind == kind)


def day(moment: date) -> date:
    """The calendar day of a date or a datetime."""
    return moment.date() if isinstance(moment, datetime) else moment
