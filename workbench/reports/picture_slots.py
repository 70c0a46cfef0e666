"""Pictures of morphology items: shown where the organiser supplied one, nothing where not.

A picture is a small PNG or JPEG file `outputs/pictures/<round>/<analyte>/<sample>.<ext>`; it travels inside the
report, so that the report stays one file.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.display import Figure, FigureRow
from workbench.errors import RenderError
from workbench.parameters import project_root
from workbench.wording import text

WIDTH_MM, HEIGHT_MM = 60.0, 45.0
BYTES_MOST = 400_000
"""A larger picture would make the report too heavy for a mail."""
KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_STARTS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


def pictures_of_round(round_code: str) -> Path:
    """The folder of a round's pictures."""
    return project_root() / "outputs" / "pictures" / round_code


def picture_of(folder: Path, analyte: str, sample: str) -> dict[str, str] | None:
    """The picture of one item and sample as data; None where none is supplied.

    Parameters
    ----------
    folder : of the pictures of one round.
    analyte, sample : item and sample codes.

    Raises
    ------
    RenderError
        when the file is no picture of its kind, or too large.
    """
    for suffix, kind in KINDS.items():
        path = folder / analyte / f"{sample}{suffix}"
        if path.is_file():
            return {"kind": kind, "data": base64.b64encode(_checked(path, kind)).decode("ascii")}
    return None


def _checked(path: Path, kind: str) -> bytes:
    """The bytes of a picture, known to be one."""
    data = path.read_bytes()
    if len(data) > BYTES_MOST:
        raise RenderError(f"Picture {path.name} has {len(data)} bytes; make it smaller than {BYTES_MOST}.")
    if not data.startswith(_STARTS[kind]):
        raise RenderError(f"Picture {path.name} is no {kind} file.")
    return data


def picture_slots(entry: Mapping[str, Any], locale: str) -> tuple[FigureRow, ...]:
    """The pictures of one item side by side, 60 x 45 mm each; nothing where none is supplied.

    Notes
    -----
    The words that stand for a picture name item and sample, not the answer: who cannot see it shall not be told more
    than who can.
    """
    figures = [
        _figure(entry, result["sample"], result["picture"], locale)
        for result in entry["results"]
        if result.get("picture")
    ]
    if not figures:
        return ()
    return (FigureRow(tuple(figures), text("caption.pictures", locale, item=entry["printed"]["name"])),)


def _figure(entry: Mapping[str, Any], sample: str, picture: Mapping[str, str], locale: str) -> Figure:
    """One picture inside a drawing of its own size."""
    alt = text("alt.picture", locale, item=entry["printed"]["name"], sample=sample)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM:.2f} {HEIGHT_MM:.2f}"><image x="0" y="0" width="{WIDTH_MM}" height="{HEIGHT_MM}" '
        f'preserveAspectRatio="xMidYMid meet" href="data:{picture["kind"]};base64,{picture["data"]}"/></svg>'
    )
    anchor = f"picture-{entry['position']}-{sample}"
    return Figure(anchor, svg, alt, "", WIDTH_MM, HEIGHT_MM)
