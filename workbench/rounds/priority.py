"""In which order the reports of a plan are made: what is waited for comes first.

1. What the operator names: laboratories or programmes.
2. Corrections: reports that were issued and have changed or are damaged.
3. Programme reports, by which the organiser checks the round (they also take longest).
4. Laboratories with a failed analyte, because their reply has a date.
5. Programmes with few reports, so that whole programmes are finished early.
6. Catalogue order of the plan, then laboratory code, then language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from workbench.rounds.tasks import PROGRAMME_KIND, ReportTask

_URGENT = ("changed", "damaged")


def by_priority(
    tasks: Sequence[ReportTask], failing: Mapping[str, frozenset[str]], first: frozenset[str]
) -> list[ReportTask]:
    """The same tasks in the order in which they are handed out.

    Parameters
    ----------
    tasks : in the order of the plan.
    failing : programme -> laboratories with a failed analyte.
    first : participant codes, programme numbers or ALL that the operator wants first.
    """
    sizes = Counter(task.programme_no for task in tasks)

    def rank(task: ReportTask) -> tuple[bool, bool, bool, bool, int]:
        return (
            not {task.subject, task.programme_no} & first,
            task.reason not in _URGENT,
            task.kind != PROGRAMME_KIND,
            task.subject not in failing.get(task.programme_no, frozenset()),
            sizes[task.programme_no],
        )

    return sorted(tasks, key=rank)
