"""The Chinese font of PDF reports, and the promise that no glyph is missing.

Order of search: the setting `WORKBENCH_FONTS` (a folder, or the word `system`), else the installed
package `pylopdf-fonts-zh-cn`, else Noto Sans CJK SC or Source Han Sans SC of the system. The package
stands before the system's fonts because a report must come out byte for byte the same on every
machine: the package is pinned, a system's font is whatever its distribution ships this year. A site
that prefers the real Bold of its system fonts says `WORKBENCH_FONTS=system`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from workbench.display.escape import SUBSCRIPTS, SUPERSCRIPTS, printable
from workbench.errors import Problem, RenderError

SETTING = "WORKBENCH_FONTS"
PACKAGE = "pylopdf_fonts_zh_cn"
FAMILIES = ("Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN")
SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
FONT_SUFFIXES = (".otf", ".ttf", ".ttc", ".otc")
DRAWN_AS_RUNS = frozenset(SUPERSCRIPTS) | frozenset(SUBSCRIPTS)
BOLD_WEIGHT = 600


@dataclass(frozen=True)
class Face:
    """One face of a font file: family, weight (100-900), and the characters it can draw."""

    family: str
    weight: int
    characters: frozenset[int]


@dataclass(frozen=True)
class FontSet:
    """The family reports are set in.

    Parameters
    ----------
    folders : folders the PDF engine reads fonts from; no other font is seen.
    family : name of the family.
    has_bold : whether a bold face exists; without one, bold is drawn with a thin stroke.
    characters : code points every used face can draw.
    """

    folders: tuple[Path, ...]
    family: str
    has_bold: bool
    characters: frozenset[int]


def find_fonts() -> FontSet:
    """The font set of this process, from the setting or by search.

    Raises
    ------
    RenderError
        No suitable font; the message says what to install or set.
    """
    return font_set(os.environ.get(SETTING, ""))


@lru_cache(maxsize=4)
def font_set(setting: str) -> FontSet:
    """The font set for one value of the setting: "", "system" or a folder.

    Raises
    ------
    RenderError
        No face of a known family there.
    """
    for files in _candidates(setting):
        found = _chosen(files)
        if found is not None:
            return found
    where = f"in {setting!r} ({SETTING})" if setting else "on this machine"
    raise RenderError(
        f"No Chinese font {where}: looked for {', '.join(FAMILIES)}. "
        f"Install pylopdf-fonts-zh-cn or point {SETTING} at a folder of fonts."
    )


def _candidates(setting: str) -> Iterable[list[Path]]:
    """Lists of font files in order of preference."""
    if setting and setting != "system":
        yield _font_files(Path(setting).expanduser())
        return
    if not setting:
        package = find_spec(PACKAGE)
        if package is not None and package.origin is not None:
            yield _font_files(Path(package.origin).parent)
    names = [family.replace(" ", "").lower() for family in FAMILIES]
    names += ["notosanscjk", "sourcehansans"]
    for folder in SYSTEM_FOLDERS:
        files = _font_files(Path(folder).expanduser())
        yield [file for file in files if any(file.name.lower().startswith(name) for name in names)]


def _font_files(folder: Path) -> list[Path]:
    """Font files under a folder, sorted, so that the choice repeats."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in FONT_SUFFIXES)


def _chosen(files: Sequence[Path]) -> FontSet | None:
    """The best known family among the files."""
    faces = [(path, face) for path in files if _may_hold_sans(path) for face in _faces(path)]
    for family in FAMILIES:
        own = [(path, face) for path, face in faces if face.family == family and face.weight in (400, 700)]
        regular = [face for _, face in own if face.weight < BOLD_WEIGHT]
        if regular:
            folders = tuple(sorted({path.parent for path, _ in own}))
            characters = frozenset.intersection(*(face.characters for _, face in own))
            return FontSet(folders, family, len(regular) < len(own), characters)
    return None


def _may_hold_sans(path: Path) -> bool:
    """Serif digits are not of one width and must not print numbers; do not even read those files."""
    return "serif" not in path.name.lower()


def _faces(path: Path) -> list[Face]:
    """The faces of one file; an unreadable file has none."""
    try:
        if path.suffix.lower() in (".ttc", ".otc"):
            return [_face(font) for font in TTCollection(str(path), lazy=True).fonts]
        return [_face(TTFont(str(path), lazy=True))]
    except (OSError, KeyError, ValueError, TTLibError):
        return []


def _face(font: TTFont) -> Face:
    """Family, weight and characters of an open font."""
    name = font["name"]
    family = str(name.getDebugName(16) or name.getDebugName(1) or "")
    known = family in FAMILIES
    characters = frozenset(font.getBestCmap() or {}) if known else frozenset()
    return Face(family, int(font["OS/2"].usWeightClass), characters)


def missing_glyphs(text: str) -> list[str]:
    """Characters of `text` the report font cannot draw, sorted, each once.

    Parameters
    ----------
    text : as it will be displayed; superscripts and subscripts are drawn as runs of plain digits,
        and invisible characters are never drawn.

    Returns
    -------
    list of single characters; empty when everything can be printed.
    """
    drawable = find_fonts().characters
    found = {c for c in set(text) if c != "\n" and c not in DRAWN_AS_RUNS and ord(c) not in drawable}
    if not found:
        return []
    wanted = set(printable(text)) - DRAWN_AS_RUNS - {"\n"}
    return sorted(c for c in wanted if ord(c) not in drawable)


def require_glyphs(places: Iterable[tuple[str, str]]) -> None:
    """Refuse text that would print as empty boxes.

    Parameters
    ----------
    places : pairs of (where, text), for example ("cell 5 (detail)", "...").

    Raises
    ------
    RenderError
        Names each missing glyph with its number and every place it stands.
    """
    problems = [
        Problem(f"no glyph for {', '.join(f'{c} (U+{ord(c):04X})' for c in missing)}", file=where)
        for where, text in places
        if (missing := missing_glyphs(text))
    ]
    if problems:
        raise RenderError(
            f"The font {find_fonts().family} cannot draw some characters; replace them in the data or "
            f"choose another font with {SETTING}.",
            problems,
        )
