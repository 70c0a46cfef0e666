"""The stored rounds of a programme as the criteria laboratory looks at them: frozen, with aliases for codes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.errors import DataError
from workbench.evaluation.inputs import RoundInputs
from workbench.parameters import Programme, catalogue, criteria
from workbench.reports.sources import opened_store
from workbench.store import round_inputs
from workbench.store.programme_rounds import stored_rounds
from workbench.tuning.archive import Archive
from workbench.tuning.freezing import freeze


@dataclass(frozen=True)
class TunedRounds:
    """Rounds of one programme.

    Parameters
    ----------
    programme : from the catalogue. archive : the results. aliases : (round, participant code) -> alias.
    system_names : code -> name of instruments, reagents and so on, in the language asked for.
    inputs : the rounds as they are evaluated, oldest first. sha256 : of the results and the criteria.
    """

    programme: Programme
    archive: Archive
    aliases: dict[tuple[str, str], str]
    system_names: dict[str, str]
    inputs: tuple[RoundInputs, ...]
    sha256: str

    def group_words(self, peer_group: str) -> str:
        """Names of the codes of a peer group, joined; a code without a name stands for itself."""
        return " | ".join(self.system_names.get(code, code) for code in peer_group.split("|"))


def tuned_rounds(
    database: str, programme_no: str, rounds: Sequence[str] = (), locale: str = "zh_CN"
) -> TunedRounds:
    """Read rounds of one programme from the store.

    Parameters
    ----------
    database : URL. rounds : codes; none means all the store holds.

    Raises
    ------
    DataError
        when the store holds no round of the programme, or not one that is named.
    """
    store = opened_store(database)
    held = stored_rounds(store, programme_no)
    strangers = [code for code in rounds if code not in held]
    if strangers or not held:
        named = ", ".join(strangers) or "any round"
        raise DataError(f"The store does not hold {named} of programme {programme_no}.")
    programme, book = catalogue()[programme_no], criteria()
    found = []
    for code in rounds or held:
        frames = round_inputs(store, code, programme_no)
        found.append(RoundInputs.of(programme, code, book, frames.frames(), frames.closing_at))
    aliases = {
        (each.round_code, str(row.lab_code)): str(row.round_alias)
        for each in found
        for row in each.laboratories.itertuples()
    }
    archive = freeze(found)
    digest = hashlib.sha256(book.version.encode("utf-8"))
    for array in (archive.value, archive.state, archive.lab, archive.start, archive.system):
        digest.update(array.tobytes())
    column = "name_zh" if locale == "zh_CN" else "name_en"
    names = {
        str(row["code"]): str(row[column] or row["code"])
        for each in found
        for row in each.system_names.to_dict("records")
    }
    return TunedRounds(programme, archive, aliases, names, tuple(found), digest.hexdigest())
