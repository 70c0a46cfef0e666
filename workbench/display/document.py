"""What belongs to the document and not to one place in it: head, twin, end mark."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .base import CSV, DOCUMENT, TWIN, Displayed
from .escape import html_text, printable, typst_text

REPORT_KINDS = (
    "LR",
    "LS",
    "LA",
    "PR",
    "PA",
    "TV",
    "QI",
    "QG",
    "IM",
    "IG",
    "IS",
    "AS",
    "PN",
    "ID",
    "CI",
    "AN",
)


@dataclass(frozen=True)
class DocumentHead(Displayed):
    """Title block and page furniture; the first output of a report.

    Parameters
    ----------
    locale : "zh_CN" or "en"; sets the language of HTML and PDF.
    title : the one h1.
    organiser, short_title, report_number : page header, left to right.
    subject_line : footer left (participant code, programme and round).
    confidentiality : footer middle.
    status : "preliminary", "final", "amended" or "withdrawn".
    status_word : its word.
    watermark : diagonal text of each page; printed when not empty.
    issued_at : ISO 8601 with offset; also the date in the PDF, so that bytes repeat.
    parts : displays of the title block.
    kind : LR, PR ...; taken from the report number when empty. A document with a kind is a report:
        its exporters accept nothing but what the workbench itself displays.
    """

    locale: str
    title: str
    organiser: str
    short_title: str
    report_number: str
    subject_line: str
    confidentiality: str
    status: str
    status_word: str
    watermark: str
    issued_at: str
    parts: tuple[Displayed, ...] = ()
    kind: str = ""

    def html(self) -> str:
        """The h1 and the title block."""
        inner = "".join(part.html() for part in self.parts)
        return f'<header class="wb-head">\n<h1>{html_text(self.title)}</h1>\n{inner}</header>\n'

    def typst(self) -> str:
        """The title and the title block."""
        inner = "".join(part.typst() for part in self.parts)
        return f"#wb-title({typst_text(self.title)})\n{inner}"

    def plain(self) -> str:
        """Title, number, status."""
        head = printable(f"{self.title}\n{self.report_number} {self.status_word}")
        return "\n".join([head, *(part.plain() for part in self.parts)])

    def extra(self) -> dict[str, object]:
        """The fields, for the exporters."""
        fields = asdict(self) | {"kind": self.kind or kind_of(self.report_number)}
        del fields["parts"]
        return {DOCUMENT: fields}


def kind_of(report_number: str) -> str:
    """The kind in a report number, "" when it has none.

    Examples
    --------
    >>> kind_of("EQA-LR-2026-1-0101-L0427-V1")
    'LR'
    """
    return next((part for part in report_number.split("-")[1:] if part in REPORT_KINDS), "")


@dataclass(frozen=True)
class Twin(Displayed):
    """The machine-readable twin: shows nothing, travels inside HTML and PDF.

    Parameters
    ----------
    json_bytes : UTF-8 JSON, attached byte for byte.
    csv_bytes : UTF-8 CSV with byte-order mark, attached byte for byte.
    """

    json_bytes: bytes
    csv_bytes: bytes

    def html(self) -> str:
        """Nothing: the exporter embeds the data once."""
        return ""

    def typst(self) -> str:
        """Nothing: the exporter attaches the data."""
        return ""

    def plain(self) -> str:
        """The sizes."""
        return f"report data: {len(self.json_bytes)} bytes of JSON, {len(self.csv_bytes)} bytes of CSV"

    def printed_height_mm(self, width_mm: float) -> float:
        """None."""
        return 0.0

    def extra(self) -> dict[str, object]:
        """Both files as text."""
        return {TWIN: self.json_bytes.decode("utf-8"), CSV: self.csv_bytes.decode("utf-8")}


@dataclass(frozen=True)
class EndMark(Displayed):
    """The last text of the body.

    Parameters
    ----------
    text : 报告结束 or End of report.
    """

    text: str

    def html(self) -> str:
        """A centred line."""
        return f'<p class="wb-end">{html_text(self.text)}</p>\n'

    def typst(self) -> str:
        """A centred line."""
        return f"#wb-end({typst_text(self.text)})\n"

    def plain(self) -> str:
        """The text."""
        return printable(self.text)
