"""Simulation: a province of laboratories with planted mistakes and the truth about them."""

from __future__ import annotations

from workbench.simulation.province import Province, SimulatedRound, closing_time, simulate_province

__all__ = ["Province", "SimulatedRound", "closing_time", "simulate_province"]
