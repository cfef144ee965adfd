"""Data of other packages for the tests of network scale-up."""

import numpy as np
import pandas as pd

from tests.methods.reference import reference_input

REPORTING_TOTAL = 10e6


def reporting() -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the survey of networkreporting, known groups top-coded at 30, and its known sizes."""
    survey = reference_input("networkreporting", "example.survey")
    sizes = reference_input("networkreporting", "example.knownpop.dat").set_index("known.popn")["size"]
    survey[sizes.index] = survey[sizes.index].clip(upper=30)
    return survey, {str(name): float(size) for name, size in sizes.items()}


def laga() -> tuple[pd.DataFrame, dict[str, float], float]:
    """Return the reports of networkscaleup, sizes of columns 1, 2 and 4, and the population."""
    ard = reference_input("networkscaleup", "example_ard")
    sizes = reference_input("networkscaleup", "example_subpop_sizes").to_numpy().ravel()
    known = {f"V{k}": float(sizes[k - 1]) for k in (1, 2, 4)}
    return ard, known, float(reference_input("networkscaleup", "example_N").to_numpy()[0, 0])


def maltiel(data: str, model: str) -> tuple[pd.DataFrame, dict[str, float], str, float]:
    """Return simulated reports of NSUM, known sizes, the unknown column and the population."""
    reports = reference_input("NSUM", f"{data}_sim_{model}_seed1")
    sizes = reference_input("NSUM", f"{data}_known")["value"].to_numpy(dtype=float)
    known = dict(zip(reports.columns, sizes, strict=False))
    return reports, known, reports.columns[-1], float(reference_input("NSUM", f"{data}_N")["value"][0])


def random_degree_data(
    rng: np.random.Generator, *, respondents: int, size: float
) -> tuple[pd.DataFrame, dict[str, float], float]:
    """Return reports of a random degree world of 100,000 people, its 12 known sizes, and the population."""
    total = 100_000.0
    known = {f"group {k}": float(n) for k, n in enumerate(np.linspace(200, 3000, 12).round())}
    degrees = rng.lognormal(5.0, 0.7, size=respondents).astype(int)
    sizes = np.array([*known.values(), size])
    reports = rng.binomial(degrees[:, None], sizes / total)
    return pd.DataFrame(reports, columns=[*known, "kp"]), known, total
