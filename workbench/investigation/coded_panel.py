"""One programme-round of coded answers as grids of laboratory x marker x sample: what an investigation looks at.

A marker is one column of the form, see `workbench.investigation.coded_markers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.errors import EvaluationError
from workbench.evaluation import RoundInputs
from workbench.evaluation.coded_analytes import SEVERAL, CodedAnalyte, CodedGrades
from workbench.evaluation.coded_round import CodedRound, coded_round
from workbench.evaluation.criteria import BoolArray, ObjectArray
from workbench.evaluation.result_types.genotyped_loci import grade_loci, locus_of
from workbench.evaluation.result_types.identified_items import grade_items
from workbench.evaluation.result_types.isolates import grade_isolates
from workbench.evaluation.result_types.ordinal import grade_ordinal
from workbench.evaluation.result_types.qualitative import grade_qualitative
from workbench.evaluation.result_types.typed_groups import grade_groups
from workbench.evaluation.returns import IntArray
from workbench.investigation.coded_isolates import drug_block
from workbench.investigation.coded_markers import Block, Graded, Marker, kits_of, type_block, whole_block

GRADERS: Mapping[str, Callable[[CodedAnalyte], CodedGrades]] = {
    "ordinal": grade_ordinal,
    "qualitative": grade_qualitative,
    "identification": grade_items,
    "genotype": grade_loci,
    "ast": grade_isolates,
    "antigen_typing": grade_groups,
}
"""How each coded result type grades an analyte."""


@dataclass(frozen=True)
class CodedPanel:
    """L laboratories (x device), C markers, n samples in vial order.

    Attributes
    ----------
    labs, devices, samples, analytes : codes. markers : the columns, those of one analyte together.
    code : shape (L, C, n), answer on the common scale; "" where nothing was tested.
    expected : shape (L, C, n), code in force; "" without. accepted : right codes joined by "|", "" for that alone.
    wrong : shape (L, C, n), judged and without full marks. critical : of them, could harm a patient.
    kit : shape (L, C). graded : by analyte, where it was graded.
    """

    labs: tuple[str, ...]
    devices: tuple[str, ...]
    samples: tuple[str, ...]
    analytes: tuple[str, ...]
    markers: tuple[Marker, ...]
    code: ObjectArray
    expected: ObjectArray
    accepted: ObjectArray
    wrong: BoolArray
    kit: ObjectArray
    graded: tuple[Graded, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(L, C, n)."""
        return self.code.shape[0], self.code.shape[1], self.code.shape[2]

    def analyte(self, code: str) -> int:
        """Position of an analyte; KeyError when the panel has none of that code."""
        if code not in self.analytes:
            raise KeyError(f"the panel has no coded analyte {code!r}")
        return self.analytes.index(code)

    def laboratory(self, code: str, device: str = "") -> int:
        """Position of a laboratory (x device); KeyError when it is not in the panel."""
        for position, found in enumerate(zip(self.labs, self.devices, strict=True)):
            if found[0] == code and (not device or found[1] == device):
                return position
        raise KeyError(f"the panel has no laboratory {code!r}")

    def columns(self, analyte: int) -> list[int]:
        """Positions of an analyte's markers."""
        return [c for c, marker in enumerate(self.markers) if marker.analyte == analyte]

    def name(self, column: int) -> str:
        """Code of a marker: its part, else its analyte."""
        marker = self.markers[column]
        return marker.part or self.analytes[marker.analyte]


def coded_panel_of(inputs: RoundInputs) -> CodedPanel:
    """Lay the coded analytes of a round out for investigation, graded by the rules in force.

    Raises
    ------
    EvaluationError
        when the programme has no coded analytes, or as `workbench.evaluation.evaluate` does.
    """
    rounds = [(kind, each) for kind in GRADERS if (each := _round(inputs, kind)) is not None]
    if not rounds:
        raise EvaluationError(f"Programme {inputs.programme.programme_no} has no coded results of this kind.")
    keys = sorted({key for _, each in rounds for key in _keys(each)})
    order = {analyte.analyte: place for place, analyte in enumerate(inputs.programme.analytes)}
    found = sorted(
        (
            (kind, _graded(each, position, keys))
            for kind, each in rounds
            for position in range(len(each.rules))
        ),
        key=lambda pair: order[pair[1].given.analyte.analyte],
    )
    blocks = [_block(kind, place, graded) for place, (kind, graded) in enumerate(found)]
    return CodedPanel(
        labs=tuple(lab for lab, _ in keys),
        devices=tuple(device for _, device in keys),
        samples=rounds[0][1].returns.samples,
        analytes=tuple(graded.given.analyte.analyte for _, graded in found),
        markers=tuple(marker for block in blocks for marker in block[0]),
        code=np.concatenate([block[1] for block in blocks], axis=1),
        expected=np.concatenate([block[2] for block in blocks], axis=1),
        accepted=np.concatenate([block[3] for block in blocks], axis=1),
        wrong=np.concatenate([block[4] for block in blocks], axis=1).astype(bool),
        kit=np.concatenate([np.repeat(kits_of(g)[:, None], len(b[0]), axis=1) for (_, g), b in zip(found, blocks, strict=True)], axis=1),
        graded=tuple(graded for _, graded in found),
    )  # fmt: skip


def _round(inputs: RoundInputs, kind: str) -> CodedRound | None:
    """The part of the programme that one coded type serves; None without analytes or enrolments."""
    analytes = tuple(a for a in inputs.programme.analytes if a.result_type == kind)
    if not analytes or not inputs.enrolments["analyte"].isin([a.analyte for a in analytes]).any():
        return None
    programme = inputs.programme.model_copy(update={"analytes": analytes})
    return coded_round(replace(inputs, programme=programme), GRADERS[kind])


def _keys(each: CodedRound) -> set[tuple[str, str]]:
    """Laboratory and device of every row."""
    returns = each.returns
    return {(returns.labs[lab], str(device)) for lab, device in zip(returns.lab, returns.device, strict=True)}


def _graded(each: CodedRound, position: int, keys: list[tuple[str, str]]) -> Graded:
    """One analyte and the row of every laboratory of the panel in it."""
    rows = each.rows_of(position)
    place = {
        (each.returns.labs[each.returns.lab[row]], str(each.returns.device[row])): local
        for local, row in enumerate(rows.tolist())
    }
    return Graded(each, position, np.array([place.get(key, -1) for key in keys], dtype=np.int64))


def _block(kind: str, place: int, graded: Graded) -> Block:
    """The markers of one analyte."""
    if kind == "ast":
        return drug_block(place, graded)
    if kind == "genotype":
        locus = locus_of(graded.given)
        if locus.kind == "panel" and graded.given.analyte.analyte not in locus.by_code:
            return type_block(place, graded, tuple(locus.by_code))
    return whole_block(kind, place, graded)


def is_right(panel: CodedPanel, laboratory: int, codes: ObjectArray, columns: IntArray) -> BoolArray:
    """Shape of the codes, (markers, n): whether such answers would be among the right ones of a laboratory."""
    out = np.asarray(codes == panel.expected[laboratory, columns], dtype=bool)
    listed = panel.accepted[laboratory, columns]
    for c, i in np.argwhere(~out & (codes != "") & (listed != "")).tolist():
        out[c, i] = codes[c, i] in listed[c, i].split(SEVERAL)
    return out
