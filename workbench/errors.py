"""One tree of exceptions, each with the exit code of the command line.

A message says what went wrong, where, and the next thing to do. `Problem` is one line of a list of
problems: readers collect all of them before they raise, so that a user mends a file once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong at one place.

    Parameters
    ----------
    message : what is wrong and what to do next.
    file, sheet, row, column : where; None means "not applicable". `row` and `column` count from 1;
        `column` is a number for text files and the header text for tables.
    """

    message: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: int | str | None = None

    def __str__(self) -> str:
        place = ":".join(
            str(part) for part in (self.file, self.sheet, self.row, self.column) if part is not None
        )
        return f"{place}: {self.message}" if place else self.message


class WorkbenchError(Exception):
    """The root; every error of this package is one of its children.

    Parameters
    ----------
    message : one sentence for the reader.
    problems : all places at once; printed one a line under the message.
    """

    exit_code = 1

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {problem}" for problem in self.problems)])


class ParameterError(WorkbenchError):
    """A YAML file of `parameters/` is wrong: file, line, column."""

    exit_code = 2


class DataError(WorkbenchError):
    """A data file, table or query is wrong: sheet, row, column or query."""

    exit_code = 3


class EvaluationError(WorkbenchError):
    """A round cannot be evaluated: programme, analyte, n needed, n found."""

    exit_code = 4


class RenderError(WorkbenchError):
    """A report cannot be rendered: notebook, section, cause."""

    exit_code = 5


class PublishError(WorkbenchError):
    """Finished reports cannot be released: leak, missing file, count that does not reconcile."""

    exit_code = 6
