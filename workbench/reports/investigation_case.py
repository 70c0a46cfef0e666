"""One failed analyte of one laboratory: the facts as reported to it, and what investigation says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.errors import DataError, EvaluationError
from workbench.investigation.cell import Cell
from workbench.investigation.coded_investigation import CodedInvestigation
from workbench.investigation.panel_causes import PanelCause
from workbench.investigation.ranking import MOST, Ranking
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.reports.investigated_round import InvestigatedRound
from workbench.reports.lab_round import LabRound, open_lab_round
from workbench.reports.reading import Reading
from workbench.reports.report_meta import Issue

DEVICE_MARK = "#"
"""Between a laboratory's code and its device: L0427#2."""


@dataclass(frozen=True)
class Case:
    """One laboratory x device x analyte.

    Parameters
    ----------
    round : with the results of all, of which only statistics leave.
    lab_round : the laboratory's own report, from its own view.
    analyte, device_id : which item; "" for the laboratory's only device.
    """

    round: InvestigatedRound
    lab_round: LabRound
    analyte: str
    device_id: str = ""

    @property
    def reading(self) -> Reading:
        """The laboratory's view with names and units in the report's language."""
        return self.lab_round.reading

    @property
    def lab_code(self) -> str:
        """Participant code."""
        return str(self.lab_round.data["participant"]["lab_code"])

    @property
    def who(self) -> str:
        """Participant code, with the device where there is one."""
        return f"{self.lab_code}{DEVICE_MARK}{self.device_id}" if self.device_id else self.lab_code

    @cached_property
    def entry(self) -> dict[str, Any]:
        """The item as in the laboratory's report.

        Raises
        ------
        DataError
            when the report has no such item.
        """
        for entry in self.lab_round.data["analytes"]:
            if entry["analyte"] == self.analyte and (entry["device_id"] or "") == self.device_id:
                return dict(entry)
        for entry in self.lab_round.data["analytes"]:
            if entry["analyte"] == self.analyte and not self.device_id:
                return dict(entry)
        raise DataError(
            f"Laboratory {self.lab_code} has no results of {self.analyte} in {self.round.round_code}; "
            "there is nothing to investigate."
        )

    @cached_property
    def place(self) -> tuple[int, int] | None:
        """Laboratory and analyte in the panel; None for coded answers, and where it has no results."""
        if self.round.investigation is None:
            return None
        panel = self.round.investigation.panel
        try:
            return panel.laboratory(self.lab_code, self.device_id), panel.analyte(self.analyte)
        except KeyError:
            return None

    @property
    def investigation(self) -> RoundInvestigation:
        """Of the whole round; only where `place` is not None."""
        assert self.round.investigation is not None
        return self.round.investigation

    @cached_property
    def coded_place(self) -> tuple[int, int] | None:
        """Laboratory and analyte among the coded answers; None for quantities, and where nothing was answered."""
        if self.round.coded is None:
            return None
        panel = self.round.coded.panel
        try:
            return panel.laboratory(self.lab_code, self.device_id), panel.analyte(self.analyte)
        except KeyError:
            return None

    @property
    def coded(self) -> CodedInvestigation:
        """Of the whole round's coded answers; only where `coded_place` is not None."""
        assert self.round.coded is not None
        return self.round.coded

    @cached_property
    def cell(self) -> Cell | None:
        """What can be reckoned with: None with fewer than two numeric results, and for coded answers."""
        return None if self.place is None else self.investigation.cell(*self.place)

    @cached_property
    def shared(self) -> PanelCause | None:
        """What all analytes of the laboratory agree on."""
        return None if self.place is None else self.investigation.panel_cause(self.place[0])

    @cached_property
    def ranking(self) -> Ranking | None:
        """Ranked causes; None where there are none."""
        if self.coded_place is not None:
            try:
                return self.coded.investigate(*self.coded_place)
            except EvaluationError:  # nothing of the analyte is wrong
                return None
        if self.place is None or self.cell is None:
            return None
        return self.investigation.investigate(*self.place, self.shared)

    @cached_property
    def left_for_others(self) -> float:
        """Share of the support that a cause of the whole panel leaves to the analyte's own causes; 1 without one."""
        return 1.0 - MOST if self.ranking and self.shared and self.ranking.first == self.shared.cause else 1.0

    @property
    def evaluated_alike(self) -> bool:
        """Whether the data as they are now give the counts of the evaluation in force."""
        if self.place is None:
            return True
        panel, entry = self.investigation.panel, self.entry
        now = int(panel.acceptable[self.place]), int(panel.graded[self.place])
        return now == (entry["acceptable"], entry["graded"])

    @property
    def subject(self) -> str:
        """Laboratory, device and analyte in the number of a report: ASCII letters, digits, points and hyphens."""
        analyte = re.sub(r"[^A-Za-z0-9.-]", "", self.analyte)
        if analyte != self.analyte:
            analyte += f".{self.round.programme.codes.index(self.analyte) + 1}"
        device = re.sub(r"[^A-Za-z0-9.-]", "", self.device_id)
        return "-".join(part for part in (self.lab_code, device, analyte) if part)


def open_case(
    round_: InvestigatedRound, lab_code: str, analyte: str, locale: str, issue: Issue | None = None
) -> Case:
    """Open one case of a round.

    Parameters
    ----------
    lab_code : participant code, with its device after `#` where it has several.

    Raises
    ------
    DataError
        when the laboratory did not take part.
    """
    lab, _, device = lab_code.partition(DEVICE_MARK)
    number = round_.programme.programme_no
    own = open_lab_round(round_.database, round_.round_code, number, lab, locale, issue)
    return Case(round_, own, analyte, device)
