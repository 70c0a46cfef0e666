"""The message catalogues: a folder a language, a `.po` file a subject, the same keys in both languages.

The only importer of polib. A plural entry names its counting placeholder in `msgid_plural`, so a
caller passes values and never chooses a form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from workbench.errors import WorkbenchError

LOCALES = ("zh_CN", "en")
"""The languages, the master first."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Message:
    """One entry: its forms (singular first) and the placeholder that is counted, if any."""

    forms: tuple[str, ...]
    counted: str = ""

    def form(self, values: Mapping[str, object]) -> str:
        """The form for these values: the first for a count of one, else the last."""
        return self.forms[0] if str(values.get(self.counted, "")) == "1" else self.forms[-1]


@cache
def _messages(locale: str) -> Mapping[str, Message]:
    """Read one catalogue, once per process."""
    import polib

    if locale not in LOCALES:
        raise WorkbenchError(f"No wording for locale {locale!r}; there are {', '.join(LOCALES)}.")
    files = sorted((_FOLDER / locale).glob("*.po"))
    entries = (entry for file in files for entry in polib.pofile(str(file), encoding="utf-8"))
    return MappingProxyType({entry.msgid: _message(entry) for entry in entries})


def _message(entry: object) -> Message:
    """A polib entry as a `Message`."""
    plural = getattr(entry, "msgstr_plural", {})
    if plural:
        return Message(tuple(plural[i] for i in sorted(plural)), str(getattr(entry, "msgid_plural", "")))
    return Message((str(getattr(entry, "msgstr", "")),))


def text(key: str, locale: str, **values: object) -> str:
    """The wording of a key with its placeholders filled.

    Parameters
    ----------
    key : msgid, e.g. ``"finding.F01"``.
    locale : ``"zh_CN"`` or ``"en"``.
    values : what fills the placeholders, already in printed form. Values nobody asks for are ignored.

    Returns
    -------
    The text, not escaped: what displays it escapes it.

    Raises
    ------
    WorkbenchError
        for an unknown key, or naming the placeholder that has no value.

    Notes
    -----
    - A value is inserted as it stands; braces inside a value are not read as placeholders.
    - Plural entries choose their form from the counting placeholder's value.

    Examples
    --------
    >>> text("sentence.S01", "zh_CN", k=30)
    '本轮 30 个项目全部合格。'
    >>> text("sentence.S02", "en", m=1, list="Mg", due="22 June 2026")
    '1 item failed: Mg. Return your analysis by 22 June 2026.'
    """
    message = _messages(locale).get(key)
    if message is None:
        raise WorkbenchError(
            f"No wording for key {key!r} in {locale}; add it to a .po file of both languages."
        )
    template = message.form(values)
    if "{" not in template:
        return template
    try:
        return template.format_map(values)
    except KeyError as error:
        raise WorkbenchError(f"Wording {key!r} needs a value for {error.args[0]!r}.") from error


def known(key: str) -> bool:
    """True if the catalogue has this key."""
    return key in _messages(LOCALES[0])


def keys(prefix: str = "") -> tuple[str, ...]:
    """All keys, or those that start with a prefix, in the order of the catalogue."""
    return tuple(key for key in _messages(LOCALES[0]) if key.startswith(prefix))


def names(locale: str) -> dict[str, str]:
    """The term base: key without ``term.`` -> word.

    >>> names("en")["assigned_value"]
    'target value'
    """
    return {key.removeprefix("term."): text(key, locale) for key in keys("term.") if key != "term.page_of"}


def paragraphs(key: str, locale: str) -> tuple[str, ...]:
    """The numbered paragraphs ``key.1``, ``key.2`` ... of a text without placeholders.

    >>> len(paragraphs("howto.LR", "zh_CN")) == len(paragraphs("howto.LR", "en"))
    True
    """
    count = len(keys(f"{key}."))
    return tuple(text(f"{key}.{number}", locale) for number in range(1, count + 1))


def join(items: Sequence[str], locale: str) -> str:
    """A list in running text: ``a、b和c`` or ``a, b and c``; the word for *none* when empty.

    >>> join(["K", "Na", "Mg"], "zh_CN"), join(["K", "Na", "Mg"], "en"), join([], "en")
    ('K、Na和Mg', 'K, Na and Mg', 'none')
    """
    if not items:
        return text("list.none", locale)
    if len(items) == 1:
        return items[0]
    head = text("list.separator", locale).join(items[:-1])
    return f"{head}{text('list.last', locale)}{items[-1]}"


def level_text(level: str, locale: str) -> str:
    """A rung of the peer-group ladder in words.

    >>> level_text("instrument+reagent", "zh_CN"), level_text("all", "en")
    ('仪器+试剂', 'all laboratories')
    """
    return text("level.join", locale).join(text(f"level.{part}", locale) for part in level.split("+"))


def language_tag(locale: str) -> str:
    """The BCP 47 tag for HTML and PDF.

    >>> language_tag("zh_CN"), language_tag("en")
    ('zh-CN', 'en')
    """
    return locale.replace("_", "-")
