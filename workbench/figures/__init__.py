"""One function a figure: plain numbers in, a vector drawing with caption, words and data out."""

from __future__ import annotations

from workbench.figures.agreement import ShareRow, shares
from workbench.figures.answers import Answer, Answers, answer_bars
from workbench.figures.bias import BiasRow, biases
from workbench.figures.confusion import Confusion, confusion
from workbench.figures.control_chart import control_chart
from workbench.figures.control_months import control_months
from workbench.figures.cv_by_level import CvSeries, cv_by_level
from workbench.figures.deviation_by_level import Levels, deviation_by_level
from workbench.figures.deviation_strip import DeviationRow, deviation_strip, deviation_strips
from workbench.figures.distribution import Distribution, distribution, distribution_row
from workbench.figures.funnel import Funnel, funnel
from workbench.figures.groups import GroupRow, Groups, groups
from workbench.figures.history import History, history
from workbench.figures.modes import Density, modes
from workbench.figures.opspecs_chart import opspecs_chart
from workbench.figures.participation import Participation, participation
from workbench.figures.pass_rates import PassRate, pass_rates
from workbench.figures.percentile_strip import StripRow, percentile_strip
from workbench.figures.sdi_plane import sdi_plane
from workbench.figures.sigma_chart import sigma_chart, sigma_dots
from workbench.figures.type_matrix import TypeMatrix, type_matrix

__all__ = [
    "Answer",
    "Answers",
    "BiasRow",
    "Confusion",
    "CvSeries",
    "Density",
    "DeviationRow",
    "Distribution",
    "Funnel",
    "GroupRow",
    "Groups",
    "History",
    "Levels",
    "Participation",
    "PassRate",
    "ShareRow",
    "StripRow",
    "TypeMatrix",
    "answer_bars",
    "biases",
    "confusion",
    "control_chart",
    "control_months",
    "cv_by_level",
    "deviation_by_level",
    "deviation_strip",
    "deviation_strips",
    "distribution",
    "distribution_row",
    "funnel",
    "groups",
    "history",
    "modes",
    "opspecs_chart",
    "participation",
    "pass_rates",
    "percentile_strip",
    "sdi_plane",
    "shares",
    "sigma_chart",
    "sigma_dots",
    "type_matrix",
]
