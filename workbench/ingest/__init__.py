"""Laboratories' result files -> validated rows; every problem reported at once."""

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
    "Counts",
    "Disposition",
    "Expectations",
    "ExpectedAnalyte",
    "IngestReport",
    "Layout",
    "SystemChoice",
    "read_submission_file",
    "write_quarantine",
    "write_template",
]
