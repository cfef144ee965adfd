"""The sampler of the hierarchical model: NUTS of numpyro over effects and scales, chains side by side.

jax and numpyro (extra `bayes`) are imported inside functions only. Arrays are padded to a few sizes, so that
what jax compiles for one study serves the next one of about its size.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from pse.spots.model_data import Level, ModelData
from pse.spots.model_formulas import Scales, log_density
from pse.spots.model_priors import (
    log_prior,
    number_shapes,
    numbers_of,
    parameters_of,
    reported_centre,
)

UNITS, KINDS = 128, 32
"""Units and kinds of reports are padded to multiples of these."""

BY_KIND = ("kp", "rows", "rounding", "units", "logs")
BY_CODE = {"stratum_kp": 16, "cell_kp": 32, "place_cell": 64, "zones": 64}
"""Codes, and the numbers to whose multiples they are padded."""

DEEPEST = 8
"""Depth of the tree of NUTS at most: 255 steps."""


@dataclass(frozen=True)
class Run:
    """How long the sampler runs: chains, steps of each to adapt and to keep, and its acceptance rate."""

    chains: int = 4
    warmup: int = 300
    draws: int = 300
    accept: float = 0.85

    def longer(self) -> Run:
        """Return a run of twice the length with smaller steps, for a second try."""
        return replace(self, warmup=2 * self.warmup, draws=2 * self.draws, accept=0.95)


@dataclass(frozen=True)
class Sampled:
    """Numbers drawn, shape (chains, draws, ...), which draws diverged, and the steps each took."""

    numbers: dict[str, np.ndarray]
    diverging: np.ndarray
    steps: np.ndarray


def sample_numbers(data: ModelData, scales: Scales, run: Run, rng: np.random.Generator) -> Sampled:
    """Return posterior draws of the numbers of `model_priors`.

    Parameters
    ----------
    data : ModelData
        From `model_data`; rounding is taken as it stands there.
    scales : Scales
        What is held fixed.
    run : Run
        Length of the run.
    rng : numpy.random.Generator
        Gives the seed and the places where chains start.

    Raises
    ------
    ValueError
        If numpyro is not installed, naming the extra.
    """
    jax = import_jax()
    padded, shapes = pad(data), number_shapes(data, scales)
    padded_shapes = number_shapes(padded, scales)
    starts = np.stack([_start(padded_shapes, rng) for _ in range(run.chains)])
    seed, centre = int(rng.integers(2**31)), reported_centre(data)

    def chain(number: int) -> Any:
        with double_precision(jax):  # of this thread only
            key = jax.random.fold_in(jax.random.PRNGKey(seed), number)
            found = _sampler(scales, run)(key, starts[number], padded, centre)
            return [np.asarray(values)[run.warmup :] for values in found]

    with ThreadPoolExecutor(min(run.chains, os.cpu_count() or 1)) as pool:
        found = list(pool.map(chain, range(run.chains)))
    line, diverging, steps = (np.stack(parts) for parts in zip(*found, strict=True))
    z = numbers_of(line, padded_shapes)
    numbers = {name: z[name][..., : shape[0]] if shape else z[name] for name, shape in shapes.items()}
    return Sampled(numbers, diverging, steps)


def _start(shapes: dict[str, tuple[int, ...]], rng: np.random.Generator) -> np.ndarray:
    """Return where a chain starts: effects near 0, scales at about a third of that of their prior."""
    return np.concatenate(
        [
            np.atleast_1d(rng.uniform(-1, 1, shape) - name.startswith(("sd_", "all_"))).ravel()
            for name, shape in shapes.items()
        ]
    )


def import_jax() -> Any:
    """Return jax, or say which extra is missing."""
    try:
        import_module("numpyro")
        return import_module("jax")
    except ImportError as error:
        raise ValueError(
            "interval must be 'range' or 'bootstrap' without the extra bayes; got 'model'. "
            'Run: pip install "pse-toolkit[bayes]"'
        ) from error


def double_precision(jax: Any) -> Any:
    """Return the context in which jax computes with 64 bits, whatever its version calls it."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return import_module("jax.experimental").enable_x64()


@lru_cache(maxsize=16)
def _sampler(scales: Scales, run: Run) -> Callable[..., Any]:
    """Return the compiled sampler; jax compiles it anew only for arrays of another shape."""
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    hmc = import_module("numpyro.infer.hmc").hmc

    def potential(data: ModelData, centre: Any) -> Callable[[Any], Any]:
        shapes = number_shapes(data, scales)

        def energy(line: Any) -> Any:
            z = numbers_of(line, shapes)
            p = parameters_of(z, data, centre, scales, jnp)
            return -log_prior(z, jnp) - log_density(p, data, jnp)

        return energy

    def chain(key: Any, start: Any, data: ModelData, centre: Any) -> Any:
        begin, step = hmc(potential_fn_gen=potential, algo="NUTS")
        state = begin(
            start,
            num_warmup=run.warmup,
            step_size=0.1,
            target_accept_prob=run.accept,
            max_tree_depth=DEEPEST,
            model_args=(data, centre),
            rng_key=key,
        )

        def move(state: Any, _: Any) -> Any:
            state = step(state, (data, centre), {})
            return state, (state.z, state.diverging, state.num_steps)

        return jax.lax.scan(move, state, None, length=run.warmup + run.draws)[1]

    return jax.jit(chain)


def pad(data: ModelData) -> ModelData:
    """Return the data with units that say nothing and codes that nobody has, up to round numbers."""
    units = _up(len(data.kp), UNITS)

    def longer(values: np.ndarray, n: int) -> np.ndarray:
        fill = np.zeros(n - len(values), dtype=values.dtype)
        return np.concatenate([values, fill])

    def level(given: Level) -> Level:
        kinds = _up(len(given.kp), KINDS)
        by_kind = {name: longer(getattr(given, name), kinds) for name in BY_KIND}
        size = np.append(given.size, np.ones(units - len(given.size)))
        return given._replace(size=size, kind=longer(given.kind, units), **by_kind)

    codes = {name: getattr(data, name) for name in BY_CODE}
    padded = {name: longer(values, _up(len(values), BY_CODE[name])) for name, values in codes.items()}
    rest = {
        name: longer(values, units)
        for name, values in data._asdict().items()
        if name not in ("level1", "level2", *codes)
    }
    return ModelData(level1=level(data.level1), level2=level(data.level2), **padded, **rest)


def _up(n: int, step: int) -> int:
    """Return n rounded up to a multiple of `step`; 0 stays 0."""
    return -(-n // step) * step
