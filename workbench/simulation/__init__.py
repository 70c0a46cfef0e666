"""Simulation: a province of laboratories with planted mistakes and the truth about them."""

from __future__ import annotations

from workbench.simulation.coded_round import CodedRound, simulate_coded_round, simulate_programme_year
from workbench.simulation.province import Province, SimulatedRound, simulate_province
from workbench.simulation.standing import closing_time
from workbench.simulation.year_registers import YearRegisters, year_registers

__all__ = [
    "CodedRound",
    "Province",
    "SimulatedRound",
    "YearRegisters",
    "closing_time",
    "simulate_coded_round",
    "simulate_programme_year",
    "simulate_province",
    "year_registers",
]
