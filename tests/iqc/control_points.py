"""Small provinces of control points for tests."""

from __future__ import annotations

import numpy as np
import pandas as pd

START = np.datetime64("2026-01-01T08:00:00")


def small_province(seed: int, laboratories: int = 12, days: int = 90) -> pd.DataFrame:
    """CONTROL_POINTS of two analytes x two levels; gaps, replicates, two systems, a change of lot, two lots at once."""
    rng = np.random.default_rng(seed)
    rows = []
    for lab in range(laboratories):
        instrument = f"I{lab % 2}"
        for a, analyte in enumerate(("K", "Glu")):
            for level in (1, 2):
                centre = (
                    (4.0 if a == 0 else 6.0) * level * (1.0 + 0.02 * (lab % 2)) * (1 + rng.normal(0, 0.01))
                )
                change = int(rng.integers(30, 60))
                for day in range(days):
                    lots = ["A"] if day < change else ["B"] if day > change + 5 else ["A", "B"]
                    for lot in lots:
                        for replicate in range(int(rng.choice([0, 1, 1, 1, 2]))):
                            value = centre * (1.1 if lot == "B" else 1.0) * (1 + rng.normal(0, 0.02))
                            rows.append(
                                {
                                    "lab_code": f"L{lab:03d}",
                                    "analyte": analyte,
                                    "level": str(level),
                                    "instrument": instrument,
                                    "reagent": f"R{lab % 3}",
                                    "sub_type": "",
                                    "calibrator": "C",
                                    "qc_lot": lot,
                                    "run_at": START + np.timedelta64(day, "D"),
                                    "run_no": 1,
                                    "replicate": replicate + 1,
                                    "raw": f"{value:.3f}",
                                    "value": round(value, 3),
                                    "answer": "",
                                    "track": "automatic",
                                    "operator_flag": "",
                                    "message_id": "",
                                }
                            )
    frame = pd.DataFrame(rows)
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def places(frame: pd.DataFrame) -> pd.DataFrame:
    """Region and hospital level of every laboratory of a frame."""
    codes = sorted(frame["lab_code"].unique())
    return pd.DataFrame(
        {
            "lab_code": codes,
            "region": [f"G{k % 2}" for k in range(len(codes))],
            "hospital_level": ["tertiary" if k % 3 else "secondary" for k in range(len(codes))],
        }
    )
