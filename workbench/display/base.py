"""What every display object can do: show itself as HTML, as Typst and as plain text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection

HTML = "text/html"
TYPST = "application/vnd.typst"
PLAIN = "text/plain"
DOCUMENT = "application/vnd.eqa.document+json"
TWIN = "application/vnd.eqa.report+json"
CSV = "text/csv"


class Displayed(ABC):
    """One thing a notebook cell shows.

    A cell that ends in such an object stores all its forms in the notebook; JupyterLab picks the
    HTML, the exporters pick what they print. Only data and text go in; all text is escaped here.
    """

    @abstractmethod
    def html(self) -> str:
        """A fragment of HTML that needs no script and requests nothing."""

    @abstractmethod
    def typst(self) -> str:
        """Typst markup of function calls; the functions are in `reports/templates/report.typ`."""

    @abstractmethod
    def plain(self) -> str:
        """Text for a terminal."""

    def printed_height_mm(self, width_mm: float) -> float:
        """Estimated printed height (mm) at a text width (mm); decides what may be unbreakable."""
        return 6.0

    def extra(self) -> dict[str, object]:
        """Further MIME parts; none unless a class says so."""
        return {}

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        """All forms, as IPython asks for them."""
        bundle: dict[str, object] = {
            HTML: self.html(),
            TYPST: self.typst(),
            PLAIN: self.plain(),
            **self.extra(),
        }
        return {
            mime: part
            for mime, part in bundle.items()
            if (not include or mime in include) and mime not in (exclude or ())
        }
