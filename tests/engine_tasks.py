"""Tasks for the tests of the engine; processes and Dask workers import them from here."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Sizes:
    people: np.ndarray


def draw(state, seed, n):
    rng = np.random.default_rng(seed)
    return rng.poisson(state.people, size=(n, state.people.size)).sum(axis=1)


def slow_draw(state, seed, n):
    time.sleep(0.15)
    return draw(state, seed, n)


def process_id(state, seed, task):
    time.sleep(0.1)
    return os.getpid()


def killed_once(state, seed, task):
    """Kill the own process at task 3, the first time that it runs."""
    mark = Path(state) / "killed"
    if task == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task, int(np.random.default_rng(seed).integers(1000))


def always_killed(state, seed, task):
    os.kill(os.getpid(), signal.SIGKILL)


def fails(state, seed, task):
    if task == 2:
        raise ZeroDivisionError("task 2")
    return task
