"""Grades of a laboratory from SDI, CVR and sigma, by the borders of a scheme."""

from __future__ import annotations

import numpy as np

from workbench.iqc.streams import BoolArray, FloatArray, IntArray
from workbench.parameters.iqc_schemes import ComparisonScheme


def grade_numbers(sdi: FloatArray, cvr: FloatArray, sigma: FloatArray, scheme: ComparisonScheme) -> IntArray:
    """Place of each row's grade in `scheme.grades`, best 0; -1 where SDI or CVR is unknown.

    Parameters
    ----------
    sdi, cvr, sigma : shape (c,), dimensionless; an unknown sigma gives no grade away.

    Notes
    -----
    A value on a border belongs to the better grade.

    Examples
    --------
    >>> from workbench.parameters.iqc_schemes import comparison_schemes
    >>> scheme = comparison_schemes()["default"]
    >>> sdi, cvr = np.array([-0.5, 0.51, 0.2, 1.2, 2.1, np.nan]), np.array([1.0, 1.0, 1.6, 1.6, 0.9, 1.0])
    >>> [scheme.grades[k] if k >= 0 else "N" for k in grade_numbers(sdi, cvr, sdi * np.nan, scheme)]
    ['A', 'B', 'C', 'D', 'D', 'N']
    """
    size = np.abs(sdi)
    names = list(scheme.grades)
    last = scheme.bands[-1]
    beyond = (size > last.sdi).astype(np.intp) + (cvr > last.cvr)
    found = np.where(beyond == 2, names.index(scheme.both_indices), names.index(scheme.one_index))
    for band in reversed(scheme.bands):
        found = np.where((size <= band.sdi) & (cvr <= band.cvr), names.index(band.grade), found)
    with np.errstate(invalid="ignore"):
        worst = (size > scheme.worst_sdi) | (sigma < scheme.worst_sigma)
    found = np.where(worst, np.maximum(found, names.index(scheme.worst)), found)
    return np.where(np.isfinite(sdi) & np.isfinite(cvr), found, -1).astype(np.intp)


def grade_texts(numbers: IntArray, graded: BoolArray, scheme: ComparisonScheme) -> list[str]:
    """Names of grades; rows that may not be graded have the scheme's mark for it.

    Parameters
    ----------
    numbers : shape (c,), as of `grade_numbers`. graded : shape (c,): enough points and laboratories.
    """
    names = scheme.grades
    return [
        names[k] if k >= 0 and fit else scheme.not_graded
        for k, fit in zip(numbers.tolist(), graded, strict=True)
    ]
