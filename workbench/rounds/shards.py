"""A part of the plan, for one of several machines."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from workbench.errors import ParameterError


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`; the parts are disjoint and together the whole plan.

    A report belongs to a part by a hash of its programme and subject, so both languages of a report lie
    in the same part, and a laboratory that is added moves no other.

    Parameters
    ----------
    index : 1 to count.
    count : number of parts; 1 is the whole plan.
    """

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From "2/3".

        Raises
        ------
        ParameterError
            when the text is no part of a whole.

        Examples
        --------
        >>> Shard.parse("2/3")
        Shard(index=2, count=3)
        """
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        index, count = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= index <= count:
            raise ParameterError(f"A shard is written i/n with 1 <= i <= n, as 2/3; not {text!r}.")
        return cls(index, count)

    @property
    def label(self) -> str:
        """What file names of this part carry; empty for the whole.

        >>> Shard(2, 3).label
        '.shard-2-of-3'
        """
        return f".shard-{self.index}-of-{self.count}" if self.count > 1 else ""

    def holds(self, programme_no: str, subject: str) -> bool:
        """Whether the reports of a subject in a programme belong to this part."""
        digest = hashlib.sha256(f"{programme_no}\n{subject}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1


WHOLE = Shard()
"""The whole plan on one machine."""
