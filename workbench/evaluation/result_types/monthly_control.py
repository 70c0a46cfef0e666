"""Internal quality control compared between laboratories: in a round, who returned is counted.

The data themselves are daily control results; they are compared month by month with the rules of `workbench.iqc`,
not scored as samples. A round of such a programme says who is enrolled and who returned, and grades nothing.
"""

from __future__ import annotations

import numpy as np

from workbench.evaluation.coded_analytes import CodedAnalyte, CodedGrades
from workbench.evaluation.coded_part import coded_type


def count_returns(given: CodedAnalyte) -> CodedGrades:
    """Nothing is graded: every return is a survey result (NS-X), and its text is no answer to be counted."""
    blank = CodedGrades.blank(given)
    blank["answer"] = given.raw.copy()
    blank["reason"] = np.full(given.shape, "NS-X", dtype=object)
    parts = np.empty(given.shape, dtype=object)
    parts.fill(())
    return CodedGrades(**blank, parts=parts)


MONTHLY_CONTROL = coded_type("monthly_control", ("iqc_comparison",), count_returns)
