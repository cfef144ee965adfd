"""Priors of the hierarchical model, and the way from standard normal numbers to its parameters.

The reasons stand in docs/model.md. The sampler moves in the numbers before the transformation, which have
standard normal priors, so that it sees nearly the same shape whatever the study.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pse.spots.model_data import ModelData
from pse.spots.model_formulas import SHARED_KPS, Parameters, Scales

EFFECTS = {
    "size": (0.0, 1.0),  # around ln of the mean reported size
    "dispersion": (np.log(2.0), 1.0),  # ln r
    "named": (0.0, 0.5),
    "bias": (0.0, 0.7),
    "open": (1.5, 1.0),
    "open_slope": (0.0, 0.5),
}
"""Mean and standard deviation of the normal prior of what each KP has of its own."""

SPREADS = {
    "typology": 0.5,
    "municipality": 0.5,
    "zone": 0.3,
    "bias_typology": 0.2,
    "open_typology": 0.5,
    "team": 0.15,
}
"""Scale of the half-normal prior of each standard deviation; the effects are normal around 0."""

ERRORS = {"report1": 0.5, "report2": 0.3, "shared": 0.3}
"""Scale of the half-normal prior of the coefficients of variation of reports, over all KPs."""

Numbers = Mapping[str, Any]


def number_shapes(data: ModelData, scales: Scales) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every number that is sampled; parts that are held fixed have none."""
    kps = len(data.level1.free)
    sizes = {
        "typology": len(data.stratum_kp),
        "municipality": len(data.cell_kp),
        "zone": len(data.zones),
        "bias_typology": len(data.stratum_kp),
        "open_typology": len(data.stratum_kp),
        "team": len(data.cell_kp) if scales.team != 0 else 0,
    }
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(EFFECTS, (kps,))
    for name, n in sizes.items():
        if n:
            shapes[name] = (n,)
            if name != "team" or scales.team is None:
                shapes[f"sd_{name}"] = ()
    for name in ERRORS:
        if getattr(scales, name) is None:
            shapes |= {name: (kps,), f"all_{name}": ()}
    return shapes


def numbers_of(line: Any, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Return the numbers by name out of one line of them, the last axis of `line`.

    Examples
    --------
    >>> numbers_of(np.array([1.0, 2.0, 3.0]), {"sd_zone": (), "zone": (2,)})["zone"].tolist()
    [2.0, 3.0]
    """
    found, start = {}, 0
    for name, shape in shapes.items():
        found[name] = line[..., start : start + shape[0]] if shape else line[..., start]
        start += shape[0] if shape else 1
    return found


def log_prior(z: Numbers, xp: Any) -> Any:
    """Return ln of the prior density of the numbers, constants left out.

    `sd_` and `all_` numbers are ln of a half-normal number over its scale: -exp(2u)/2 + u.
    """
    total = 0.0
    for name, value in z.items():
        if name.startswith(("sd_", "all_")):
            total = total - 0.5 * xp.exp(2 * value) + value
        else:
            total = total - 0.5 * xp.sum(value**2)
    return total


def draw_prior(
    data: ModelData, scales: Scales, rng: np.random.Generator, *, draws: int
) -> dict[str, np.ndarray]:
    """Return draws of the numbers from their priors, shape (draws, ...)."""
    z = {name: rng.standard_normal((draws, *shape)) for name, shape in number_shapes(data, scales).items()}
    return {
        name: np.log(np.abs(value)) if name.startswith(("sd_", "all_")) else value
        for name, value in z.items()
    }


def parameters_of(z: Numbers, data: ModelData, centre: Any, scales: Scales, xp: Any) -> Parameters:
    """Return the parameters that the numbers stand for; draws, if any, along the first axis.

    Parameters
    ----------
    z : mapping of str to array
        Numbers with the shapes of `number_shapes`.
    data : ModelData
        Gives the number of codes.
    centre : float
        ln of the mean reported size, from `reported_centre`.
    scales : Scales
        What is held fixed.
    xp
        numpy or jax.numpy.
    """
    one = {name: mean + sd * z[name] for name, (mean, sd) in EFFECTS.items()}
    spread = {name: _effects(z, name, scales, xp) for name in SPREADS}
    error = {name: _errors(z, name, scales, xp) for name in ERRORS}
    return Parameters(
        size=centre + one["size"],
        dispersion=xp.exp(one["dispersion"]),
        named=one["named"],
        typology=spread["typology"],
        municipality=spread["municipality"],
        zone=spread["zone"],
        bias=one["bias"],
        bias_typology=spread["bias_typology"],
        report1=error["report1"],
        report2=error["report2"],
        shared=error["shared"],
        team=spread["team"] if "team" in z else 0 * spread["municipality"],
        open=one["open"],
        open_typology=spread["open_typology"],
        open_slope=one["open_slope"],
    )


def _effects(z: Numbers, name: str, scales: Scales, xp: Any) -> Any:
    """Return the effects of one kind, normal around 0; a team's factor has mean 1."""
    if name not in z:
        return xp.zeros((*z["size"].shape[:-1], 0))
    estimated = f"sd_{name}" in z
    sd = SPREADS[name] * xp.exp(z[f"sd_{name}"])[..., None] if estimated else float(scales.team or 0)
    return sd * z[name] - (sd**2 / 2 if name == "team" else 0)


def _errors(z: Numbers, name: str, scales: Scales, xp: Any) -> Any:
    """Return a coefficient of variation by KP: that of all KPs, and how far each is from it."""
    fixed = getattr(scales, name)
    if fixed is not None:
        return xp.full(z["size"].shape, float(fixed))
    return ERRORS[name] * xp.exp(z[f"all_{name}"])[..., None] * xp.exp(SHARED_KPS * z[name])


def reported_centre(data: ModelData) -> float:
    """Return ln of the mean reported size over both levels: where the prior of sizes is placed."""
    sizes = np.concatenate([level.size[level.kind > 0] for level in (data.level1, data.level2)])
    return float(np.log(sizes.mean())) if len(sizes) else 0.0
