"""Laboratories' result files -> validated rows; every problem reported at once."""

from workbench.ingest.coded_answers import ReadAnswer, answer_choices, answer_reader
from workbench.ingest.control_codes import control_code, read_control_code
from workbench.ingest.control_files import read_control_file
from workbench.ingest.control_messages import MessagePlaces, read_control_messages
from workbench.ingest.control_rows import ControlExpectations, ControlIntake
from workbench.ingest.dispositions import DISPOSITIONS, Disposition
from workbench.ingest.expectations import AcceptedUnit, Expectations, ExpectedAnalyte, SystemChoice
from workbench.ingest.layout import HEADER_ALIASES, Layout
from workbench.ingest.quarantine_files import write_quarantine
from workbench.ingest.submissions import LOADED, QUARANTINED, Counts, IngestReport, read_submission_file
from workbench.ingest.templates import write_template

__all__ = [
    "DISPOSITIONS",
    "HEADER_ALIASES",
    "LOADED",
    "QUARANTINED",
    "AcceptedUnit",
    "ControlExpectations",
    "ControlIntake",
    "Counts",
    "Disposition",
    "Expectations",
    "ExpectedAnalyte",
    "IngestReport",
    "Layout",
    "MessagePlaces",
    "ReadAnswer",
    "SystemChoice",
    "answer_choices",
    "answer_reader",
    "control_code",
    "read_control_code",
    "read_control_file",
    "read_control_messages",
    "read_submission_file",
    "write_quarantine",
    "write_template",
]
