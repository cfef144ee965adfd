"""One way to run many small tasks: here, in processes, or on a Dask cluster, with the same numbers.

The same function runs everywhere and each task has a seed of its own, spawned by its number. So the results
do not depend on where, in which order or how often a task ran, and a task whose worker was killed can simply
run again.
"""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import fields, is_dataclass
from multiprocessing import get_context
from types import FunctionType
from typing import Any

import numpy as np

from pse import checks

Task = Any
Function = Callable[[Any, np.random.SeedSequence, Task], Any]
Progress = Callable[[int, int], None]
LOST_POOLS = 3
PLACES = ("lat", "latitude", "lon", "lng", "longitude", "coordinates", "geometry", "x", "y")
_state: list[Any] = []  # in a worker process: the state, unpickled once


class EngineError(RuntimeError):
    """Tasks could not be run where they should: workers were killed again and again, or a scheduler left."""


def run_tasks(
    function: Function,
    tasks: Sequence[Task],
    *,
    state: Any,
    seed: int | np.random.SeedSequence | np.random.Generator,
    engine: Any = "serial",
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Any]:
    """Return `function(state, seed of the task, task)` for every task, in the order of the tasks.

    Parameters
    ----------
    function : callable
        Pure and importable (a function of a module): ``replicate_block(state, seed_sequence, n) -> array``.
        It draws only from its `numpy.random.SeedSequence`.
    tasks : sequence
        What differs between tasks, such as the number of replicates of each block. Keep it small.
    state : object
        What all tasks share; it travels to each process or worker once.
    seed : int, numpy.random.SeedSequence or numpy.random.Generator
        Seeds are spawned from it by task number. A generator gives 128 bits and moves on.
    engine : {"serial", "processes"}, None (serial) or dask.distributed.Client
        Where the tasks run. On a client only numbers may leave: see `refuse_personal`.
    workers : int, optional
        Processes of ``"processes"``; as many as the machine has cores by default.
    progress : callable, optional
        Called as ``progress(done, of)`` after each task, in this process.

    Returns
    -------
    list
        One result a task; bit for bit the same with every engine, given one build of NumPy and a function
        that does not depend on the number of BLAS threads.

    Raises
    ------
    ValueError
        If the engine is none of these, or something else than numbers would leave the machine.
    EngineError
        If workers are killed again and again, or a scheduler is lost. An error of `function` itself is
        raised as it is.

    Examples
    --------
    >>> def draw(state, seed, n):
    ...     return np.random.default_rng(seed).normal(state, size=n).round(3).tolist()
    >>> run_tasks(draw, [1, 2], state=100.0, seed=1) == run_tasks(draw, [1, 2], state=100.0, seed=1)
    True
    """
    results: list[Any] = [None] * len(tasks)
    finished = finish_tasks(function, tasks, state=state, seed=seed, engine=engine, workers=workers)
    for done, (number, result) in enumerate(finished, start=1):
        results[number] = result
        if progress is not None:
            progress(done, len(tasks))
    return results


def finish_tasks(
    function: Function,
    tasks: Sequence[Task],
    *,
    state: Any,
    seed: int | np.random.SeedSequence | np.random.Generator,
    engine: Any = "serial",
    workers: int | None = None,
) -> Iterator[tuple[int, Any]]:
    """Yield the number and the result of each task as it is finished, in no certain order; none is kept.

    For results that are put where they belong at once, so that they are in memory once. Everything else is as
    in `run_tasks`.

    Examples
    --------
    >>> def double(state, seed, n):
    ...     return 2 * n
    >>> sorted(finish_tasks(double, [5, 6], state=None, seed=1))
    [(0, 10), (1, 12)]
    """
    if workers is not None:
        checks.count(workers=workers, at_least=1)
    jobs = list(zip(task_seeds(seed, len(tasks)), tasks, strict=True))
    run = _runner(engine, workers)
    return run(function, state, jobs) if jobs else iter(())


def task_seeds(
    seed: int | np.random.SeedSequence | np.random.Generator, n: int
) -> list[np.random.SeedSequence]:
    """Return the seeds of tasks 0 to n - 1; task k has the same seed however many tasks there are.

    A `SeedSequence` is copied, so that asking twice gives the same seeds.

    Examples
    --------
    >>> task_seeds(1, 2)[1].spawn_key == task_seeds(1, 5)[1].spawn_key
    True
    """
    if isinstance(seed, np.random.Generator):
        seed = np.random.SeedSequence(seed.integers(0, 2**32, size=4, dtype=np.uint32).tolist())
    if not isinstance(seed, np.random.SeedSequence):
        checks.count(seed=seed)
        seed = np.random.SeedSequence(int(seed))
    root = np.random.SeedSequence(entropy=seed.entropy, spawn_key=seed.spawn_key, pool_size=seed.pool_size)
    return root.spawn(n)


def split_work(total: int, *, block: int) -> list[int]:
    """Return the sizes of the blocks in which `total` replicates are done.

    The block is fixed and not taken from the number of workers, or the seeds would depend on the machine.

    Examples
    --------
    >>> split_work(250, block=100)
    [100, 100, 50]
    """
    checks.count(total=total, block=block, at_least=1)
    return [min(block, total - start) for start in range(0, total, block)]


Jobs = list[tuple[np.random.SeedSequence, Task]]
Runner = Callable[[Function, Any, Jobs], Iterator[tuple[int, Any]]]


def _runner(engine: Any, workers: int | None) -> Runner:
    if engine is None or (isinstance(engine, str) and engine == "serial"):
        return _serial
    if isinstance(engine, str) and engine == "processes":
        return lambda function, state, jobs: _processes(function, state, jobs, workers)
    if all(hasattr(engine, name) for name in ("submit", "scheduler_info", "cancel")):
        return lambda function, state, jobs: _dask(function, state, jobs, engine)
    got = repr(engine) if isinstance(engine, str) else type(engine).__name__
    raise ValueError(f"engine must be 'serial', 'processes' or a dask.distributed.Client; got {got}.")


def _serial(function: Function, state: Any, jobs: Jobs) -> Iterator[tuple[int, Any]]:
    for number, (seed, task) in enumerate(jobs):
        yield number, function(state, seed, task)


def _processes(function: Function, state: Any, jobs: Jobs, workers: int | None) -> Iterator[tuple[int, Any]]:
    """Run in a pool of processes; when one is killed, a fresh pool takes the tasks that are left."""
    blob = pickle.dumps(state)
    left, lost = set(range(len(jobs))), 0
    while left:
        before = len(left)
        try:
            yield from _one_pool(function, blob, jobs, left, workers)
        except BrokenProcessPool as error:
            lost = lost + 1 if len(left) == before else 0
            if lost == LOST_POOLS:
                raise EngineError(
                    f"processes must stay alive; got {LOST_POOLS} pools killed with {len(left)} tasks left. "
                    "Look at the memory of the machine, or use fewer workers."
                ) from error


def _one_pool(
    function: Function, blob: bytes, jobs: Jobs, left: set[int], workers: int | None
) -> Iterator[tuple[int, Any]]:
    """Yield what one pool finishes and take it off `left`."""
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_receive, initargs=(blob,)
    )
    try:
        futures: dict[Future[Any], int] = {
            pool.submit(_with_state, function, *jobs[number]): number for number in sorted(left)
        }
        for future in as_completed(list(futures)):
            number, result = futures.pop(future), future.result()
            del future  # it holds the result, too
            left.discard(number)
            yield number, result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _receive(blob: bytes) -> None:
    _state[:] = [pickle.loads(blob)]


def _with_state(function: Function, seed: np.random.SeedSequence, task: Task) -> Any:
    return function(_state[0], seed, task)


def _dask(function: Function, state: Any, jobs: Jobs, client: Any) -> Iterator[tuple[int, Any]]:
    """Run on a cluster. The state is a task of its own: if its worker dies, Dask makes it again."""
    from distributed import CancelledError, KilledWorker
    from distributed import as_completed as completed

    _refuse_closures(function)
    refuse_personal(state, name="state")
    refuse_personal([task for _, task in jobs], name="tasks")
    run = f"pse-{uuid.uuid4().hex}"
    held = client.submit(pickle.loads, pickle.dumps(state), key=f"{run}-state")
    client.replicate([held])  # else the worker that has the state gets the tasks, and the others wait
    futures = {
        client.submit(function, held, seed, task, key=f"{run}-{number}"): number
        for number, (seed, task) in enumerate(jobs)
    }
    try:
        for future in completed(list(futures), loop=client.loop):
            yield futures[future], future.result()
            future.release()
    except KilledWorker as error:
        raise EngineError(
            "workers must stay alive; got one task whose workers were killed again and again. "
            "Look at the memory of the workers."
        ) from error
    except CancelledError as error:
        raise EngineError(
            "the scheduler must stay in reach; got tasks that it dropped. Start it again and repeat the run."
        ) from error
    finally:
        client.cancel([held, *futures])


def _refuse_closures(function: Function) -> None:
    """Refuse a function that could carry something with it: it is sent to the workers as it is."""
    plain = (
        isinstance(function, FunctionType)
        and function.__closure__ is None
        and "<" not in function.__qualname__
        and not function.__defaults__
        and not function.__kwdefaults__
    )
    if not plain:
        raise ValueError(
            "function must be a plain function of a module, without default values, on a cluster; got a "
            f"{type(function).__name__}. Pass what it needs as state: there it is checked."
        )


def refuse_personal(value: Any, *, name: str) -> None:
    """Refuse anything but numbers and arrays of numbers, before it leaves this machine.

    Names, codes of places, notes and tables hold text; coordinates hide in fields with their name. Both are
    refused. Numbers may stand in dataclasses, tuples and lists, and in mappings whose keys are numbers.

    Parameters
    ----------
    value : object
        What would be sent.
    name : str
        Its name in the message.

    Raises
    ------
    ValueError
        With the kind of what was found, never its value.

    Examples
    --------
    >>> refuse_personal((3, np.array([1.5, 2.5])), name="state")
    >>> refuse_personal(["a name"], name="tasks")
    Traceback (most recent call last):
        ...
    ValueError: tasks must hold only numbers on a cluster; got str. Send arrays with whole numbers as codes.
    """
    if value is None or isinstance(value, bool | int | float | np.number | np.bool_):
        return
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return
    if is_dataclass(value) and not isinstance(value, type):
        _refuse_places([field.name for field in fields(value)], name)
        parts: list[Any] = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, tuple | list | set | frozenset):
        _refuse_places(getattr(value, "_fields", ()), name)
        parts = list(value)
    else:
        raise ValueError(
            f"{name} must hold only numbers on a cluster; got {_kind(value)}. "
            "Send arrays with whole numbers as codes."
        )
    for part in parts:
        refuse_personal(part, name=name)


def _refuse_places(names: Sequence[str], name: str) -> None:
    if any(field.lower() in PLACES for field in names):
        raise ValueError(f"{name} must hold no coordinates on a cluster; got a field for them. Leave it out.")


def _kind(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return type(value).__name__ if dtype is None else f"{type(value).__name__} of {dtype}"
