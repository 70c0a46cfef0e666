"""Control values from files, messages and codes: rows, questions, and counts that reconcile."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from workbench.errors import DataError
from workbench.ingest import (
    ControlExpectations,
    ControlIntake,
    control_code,
    read_control_code,
    read_control_file,
    read_control_messages,
)
from workbench.ingest.control_rows import REASONS
from workbench.parameters import catalogue

CHEMISTRY = {a.analyte: a for a in catalogue()["1.1"].analytes}
KNOWN = ControlExpectations(
    laboratories=frozenset({"L001", "L002"}),
    analytes=CHEMISTRY,
    instruments=frozenset({"INS0", "INS1"}),
    reagents=frozenset({"REA0", "REA1"}),
    calibrators=frozenset({"CAL0"}),
    lots=frozenset({"A", "B"}),
    systems={("L001", "K", ""): frozenset({("INS0", "REA0", "", "CAL0")}),
             ("L001", "K", "INS0"): frozenset({("INS0", "REA0", "", "CAL0")}),
             ("L002", "K", ""): frozenset({("INS0", "REA0", "", ""), ("INS1", "REA1", "", "")})},
)  # fmt: skip
HEAD = "实验室编码,项目编码,水平,仪器,试剂,校准品,质控品批号,检测时间,批次,结果"


def accounted(intake: ControlIntake) -> None:
    assert intake.read == len(intake.points) + intake.merged + intake.kept_out
    assert set(intake.quarantined["reason"]) <= set(REASONS)
    assert len(intake.messages("zh_CN")) == len(intake.messages("en")) == len(intake.quarantined)


def csv(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "qc.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="gb18030")
    return path


def test_rows_of_a_file(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "L001,K,1,INS0,REA0,CAL0,A,2026-04-12 08:15,1,3.950",
        "L001,K,2,INS0,REA0,CAL0,A,2026/4/12 08:15,1,6.02",
    )
    intake = read_control_file(path, KNOWN)
    accounted(intake)
    row = intake.points.iloc[0]
    assert (row["raw"], row["value"], row["level"], row["run_no"], row["replicate"]) == (
        "3.950",
        3.95,
        "1",
        1,
        1,
    )
    assert row["run_at"] == datetime(2026, 4, 12, 8, 15)
    assert row["track"] == "manual"
    assert intake.quarantined.empty


def test_every_problem_of_a_file_at_once(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "L009,K,1,INS0,REA0,CAL0,A,2026-04-12,1,3.95",
        "L001,XX,1,INS0,REA0,CAL0,A,2026-04-12,1,3.95",
        "L001,K,1,INS9,REA9,CAL9,A,2026-04-12,1,3.95",
        "L001,K,1,INS0,REA0,CAL0,Z,2026-04-12,1,3.95",
        "L001,K,,INS0,REA0,CAL0,A,12/4/26,x,abc",
        "L001,K,1,INS0,REA0,CAL0,A,2026-04-13,1,<3.95",
        "L001,K,1,INS0,REA0,CAL0,A,2026-04-14,1,3.95",
    )
    intake = read_control_file(path, KNOWN)
    accounted(intake)
    assert len(intake.points) == 1
    assert intake.kept_out == 6
    reasons = intake.quarantined.groupby("place")["reason"].agg(list).to_dict()
    assert reasons["2"] == ["unknown_laboratory"]
    assert reasons["3"] == ["unknown_analyte"]
    assert reasons["4"] == ["unknown_instrument", "unknown_reagent", "unknown_calibrator"]
    assert reasons["5"] == ["unknown_lot"]
    assert set(reasons["6"]) == {"level_missing", "time_unreadable", "run_unreadable", "value_unreadable"}
    assert reasons["7"] == ["value_censored"]
    assert "INS9" in intake.messages("en")[2]


def test_a_system_that_is_not_given_is_taken_from_one_registration_only(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "L001,K,1,A,2026-04-12,3.95",
        "L002,K,1,A,2026-04-12,3.95",
        "L002,Na,1,A,2026-04-12,140",
        head="lab_code,analyte,level,qc_lot,run_at,value",
    )
    intake = read_control_file(path, KNOWN)
    assert intake.points[["instrument", "reagent", "calibrator"]].values.tolist() == [
        ["INS0", "REA0", "CAL0"]
    ]
    assert intake.quarantined["reason"].tolist() == ["system_missing", "system_missing"]


def test_copies_are_merged_and_contradictions_kept_out(tmp_path: Path) -> None:
    line = "L001,K,1,INS0,REA0,CAL0,A,2026-04-12 08:15,1,"
    intake = read_control_file(csv(tmp_path, line + "3.95", line + "3.95"), KNOWN)
    accounted(intake)
    assert (len(intake.points), intake.merged) == (1, 1)
    intake = read_control_file(csv(tmp_path, line + "3.95", line + "3.96"), KNOWN)
    accounted(intake)
    assert intake.points.empty
    assert intake.quarantined["reason"].tolist() == ["repeated", "repeated"]


def test_units_are_converted_by_the_catalogue_or_asked_about(tmp_path: Path) -> None:
    glucose = CHEMISTRY["Glu"]
    other = glucose.unit_conversions[0]
    head = "lab_code,analyte,level,instrument,reagent,qc_lot,run_at,value,unit"
    start = "L001,Glu,1,INS0,REA0,A,2026-04-12"
    intake = read_control_file(
        csv(tmp_path, f"{start},90,{other.unit}", f"{start.replace('12', '13')},5,stone", head=head), KNOWN
    )
    assert intake.points["value"].iloc[0] == pytest.approx(90 * float(other.factor))
    assert intake.quarantined["reason"].tolist() == ["unit_unknown"]


def test_an_excel_file_with_dates_and_times(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEAD.split(","))
    sheet.append(["L001", "K", 1, "INS0", "REA0", "CAL0", "A", datetime(2026, 4, 12, 8, 15), 1, 3.95])
    book.save(tmp_path / "qc.xlsx")
    intake = read_control_file(tmp_path / "qc.xlsx", KNOWN)
    assert intake.points["run_at"].iloc[0] == datetime(2026, 4, 12, 8, 15)
    assert intake.points["value"].iloc[0] == 3.95


def test_a_file_without_its_columns_names_them_all(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_control_file(csv(tmp_path, "L001,3", head="lab,foo"), KNOWN)
    assert {p.column for p in error.value.problems} == {"analyte", "level", "qc_lot", "run_at", "value"}


MESSAGE = "\r".join(
    [
        "MSH|^~\\&|LAS|L001|EQA|EQA|20260412081600||OUL^R22^OUL_R22|M{n}|P|2.5.1",
        "SPM|1|QC1||SER||||||{role}|Q",
        "INV|CHEM^1|OK|CO|||||||||||||A",
        "INV|REA0^|OK|SR",
        "INV|CAL0|OK|CA",
        "OBR|1|||PANEL|||20260412081500",
        "OBX|1|NM|K^Potassium||3.95|mmol/L||N|||F|||||||INS0|20260412081500",
        "OBX|2|NM|Na^Sodium||140|mmol/L||N|||F|||||||INS0|20260412081501",
    ]
)


def message(n: int = 1, role: str = "") -> str:
    return MESSAGE.format(n=n, role=role)


def test_messages_of_control_specimens(tmp_path: Path) -> None:
    path = tmp_path / "qc.hl7"
    path.write_text(
        "\x0b"
        + message(1)
        + "\x1c\r\x0b"
        + message(2).replace("3.95", "4.01").replace("0412", "0413")
        + "\x1c\r"
    )
    intake = read_control_messages(path, KNOWN)
    accounted(intake)
    assert intake.quarantined.empty, intake.messages("en")
    assert len(intake.points) == 4
    row = intake.points[intake.points["analyte"] == "K"].iloc[0]
    assert (row["instrument"], row["reagent"], row["calibrator"], row["qc_lot"], row["level"]) == (
        "INS0",
        "REA0",
        "CAL0",
        "A",
        "1",
    )
    assert (row["track"], row["value"], row["run_no"]) == ("automatic", 3.95, 0)
    assert row["run_at"] == datetime(2026, 4, 12, 8, 15)


def test_a_result_of_an_observation_message(tmp_path: Path) -> None:
    lines = message().replace("OUL^R22^OUL_R22", "ORU^R01").split("\r")
    path = tmp_path / "oru.hl7"
    path.write_text("\n".join([lines[0], *lines[2:5], "OBR|1|||PANEL|||20260412081500||||Q", *lines[6:]]))
    assert len(read_control_messages(path, KNOWN).points) == 2


def test_patients_are_never_read(tmp_path: Path) -> None:
    lines = message().split("\r")
    path = tmp_path / "patient.hl7"
    path.write_text("\r".join([lines[0], "PID|1||12345^^^H||ZHANG^SAN", *lines[1:]]))
    intake = read_control_messages(path, KNOWN)
    assert intake.points.empty
    assert set(intake.quarantined["reason"]) == {"patient_result"}
    assert set(intake.quarantined["content"]) == {"{}"}
    assert "3.95" not in str(intake.quarantined.to_dict())
    path.write_text(message().replace("|Q", "|P"))
    assert set(read_control_messages(path, KNOWN).quarantined["reason"]) == {"not_a_control"}


def test_other_messages_are_questions_and_no_message_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "adt.hl7"
    path.write_text(message().replace("OUL^R22^OUL_R22", "ADT^A01"))
    assert set(read_control_messages(path, KNOWN).quarantined["reason"]) == {"not_understood"}
    path.write_text("nothing at all")
    with pytest.raises(DataError, match="no result"):
        read_control_messages(path, KNOWN)


def test_codes_there_and_back() -> None:
    text = control_code(
        {
            "lab_code": "L001",
            "run_at": "2026-04-12T08:15",
            "run_no": "2",
            "instrument": "INS0",
            "reagent": "REA0",
        },
        [{"analyte": "K", "level": k, "qc_lot": "A", "value": v} for k, v in (("1", "3.95"), ("2", "6.02"))],
    )
    intake = read_control_code(text, KNOWN)
    accounted(intake)
    assert intake.points["value"].tolist() == [3.95, 6.02]
    assert intake.points["run_no"].tolist() == [2, 2]
    assert set(intake.points["track"]) == {"manual"}
    for damaged in (text.replace("3.95", "3.59"), text[:-9], "https://example.org"):
        assert read_control_code(damaged, KNOWN).points.empty


def test_signs_of_the_code_s_own_grammar_survive() -> None:
    known = ControlExpectations(
        *(
            frozenset({"L;1"}),
            CHEMISTRY,
            frozenset({"I,1"}),
            frozenset({"R%2C"}),
            frozenset(),
            frozenset({"A;B"}),
        )
    )
    shared = {"lab_code": "L;1", "run_at": "2026-04-12", "instrument": "I,1", "reagent": "R%2C"}
    text = control_code(shared, [{"analyte": "K", "level": "1", "qc_lot": "A;B", "value": "1"}])
    intake = read_control_code(text, known)
    assert intake.quarantined.empty, intake.messages("en")
    assert intake.points[["lab_code", "instrument", "reagent", "qc_lot"]].values.tolist() == [
        ["L;1", "I,1", "R%2C", "A;B"]
    ]
