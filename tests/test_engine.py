"""The engine: the same numbers wherever the tasks run, also when a worker is killed."""

import functools
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from pse.cluster import open_engine
from pse.engine import finish_tasks, refuse_personal, run_tasks, split_work, task_seeds
from tests.engine_cluster import loopback_cluster, make_certificates, use_tls
from tests.engine_tasks import (
    Sizes,
    always_killed,
    draw,
    fails,
    killed_once,
    process_id,
    slow_draw,
)

STATE = Sizes(people=np.array([3.0, 40.0, 12.5]))
BLOCKS = [5, 5, 2]


def same(left, right):
    return len(left) == len(right) and all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def test_results_come_in_the_order_of_tasks_and_are_what_numpy_gives_by_hand():
    got = run_tasks(draw, BLOCKS, state=STATE, seed=7)
    seeds = np.random.SeedSequence(7).spawn(3)
    assert same(got, [draw(STATE, seed, n) for seed, n in zip(seeds, BLOCKS, strict=True)])


def test_no_engine_is_serial():
    serial = run_tasks(draw, BLOCKS, state=STATE, seed=7)
    assert same(serial, run_tasks(draw, BLOCKS, state=STATE, seed=7, engine=None))


def test_processes_give_the_same_bits_as_serial():
    serial = run_tasks(draw, BLOCKS, state=STATE, seed=7)
    assert same(serial, run_tasks(draw, BLOCKS, state=STATE, seed=7, engine="processes", workers=2))


def test_a_task_keeps_its_seed_when_more_tasks_are_added():
    few, more = run_tasks(draw, [5, 5], state=STATE, seed=7), run_tasks(draw, [5] * 4, state=STATE, seed=7)
    assert same(few, more[:2])


def test_tasks_have_different_seeds():
    first, second = run_tasks(draw, [50, 50], state=STATE, seed=7)
    assert not np.array_equal(first, second)


def test_a_seed_sequence_is_not_used_up_but_a_generator_moves_on():
    seed, rng = np.random.SeedSequence(3), np.random.default_rng(3)
    assert [s.spawn_key for s in task_seeds(seed, 2)] == [s.spawn_key for s in task_seeds(seed, 2)]
    assert task_seeds(rng, 1)[0].entropy != task_seeds(rng, 1)[0].entropy
    again = np.random.default_rng(3)
    assert task_seeds(again, 1)[0].entropy == task_seeds(np.random.default_rng(3), 1)[0].entropy


def test_no_tasks_no_results():
    assert run_tasks(draw, [], state=STATE, seed=1) == []


def test_finished_tasks_come_with_their_number():
    for engine in ("serial", "processes"):
        found = dict(finish_tasks(draw, BLOCKS, state=STATE, seed=7, engine=engine, workers=2))
        assert same([found[number] for number in range(3)], run_tasks(draw, BLOCKS, state=STATE, seed=7))
    assert list(finish_tasks(draw, [], state=STATE, seed=7)) == []


def test_progress_is_told_after_each_task():
    seen = []
    run_tasks(draw, BLOCKS, state=STATE, seed=7, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_an_error_of_the_function_is_raised_as_it_is():
    for engine in ("serial", "processes"):
        with pytest.raises(ZeroDivisionError, match="task 2"):
            run_tasks(fails, [1, 2, 3], state=None, seed=1, engine=engine, workers=1)


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process with a Unix signal")
def test_a_killed_process_costs_nothing_but_time(tmp_path):
    got = run_tasks(killed_once, list(range(6)), state=str(tmp_path), seed=5, engine="processes", workers=2)
    assert (tmp_path / "killed").exists()
    assert got == run_tasks(killed_once, list(range(6)), state=str(tmp_path), seed=5)


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process with a Unix signal")
def test_a_task_that_always_kills_its_process_ends_in_a_sentence():
    with pytest.raises(
        RuntimeError, match=r"processes must stay alive; got 3 pools killed with 1 tasks left"
    ):
        run_tasks(always_killed, [1], state=None, seed=1, engine="processes", workers=1)


def test_a_process_starts_without_pandas():
    code = "import sys, pse.spots.bootstrap_block; print('pandas' in sys.modules, 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(("engine", "got"), [("threads", "'threads'"), (4, "int")])
def test_an_unknown_engine_is_refused(engine, got):
    with pytest.raises(ValueError, match=f"engine must be 'serial', 'processes' or a dask.*got {got}"):
        run_tasks(draw, BLOCKS, state=STATE, seed=1, engine=engine)


def test_workers_and_seeds_are_checked():
    with pytest.raises(ValueError, match="workers must be a whole number, at least 1; got 0"):
        run_tasks(draw, BLOCKS, state=STATE, seed=1, workers=0)
    with pytest.raises(ValueError, match="seed must be a whole number, at least 0; got -1"):
        run_tasks(draw, BLOCKS, state=STATE, seed=-1)


def test_blocks_add_up():
    assert split_work(2000, block=300) == [300] * 6 + [200]
    assert split_work(1, block=300) == [1]
    with pytest.raises(ValueError, match="block must be a whole number, at least 1; got 0"):
        split_work(5, block=0)


def test_only_numbers_may_leave_the_machine():
    from collections import namedtuple

    place = namedtuple("place", "lat lon")(42.0, 21.0)
    for secret in ("Bar X", np.array(["Bar X"]), pd.DataFrame({"a": [1]}), {"Bar X": 1}, b"Bar X", object()):
        with pytest.raises(ValueError, match="state must hold only numbers on a cluster; got") as told:
            refuse_personal((1, [secret]), name="state")
        assert "Bar X" not in str(told.value)
    with pytest.raises(ValueError, match="state must hold no coordinates on a cluster"):
        refuse_personal([place], name="state")
    refuse_personal((STATE, {1: np.arange(3)}, None, True, np.float32(2)), name="state")


# A cluster on this machine. ---------------------------------------------------------------------------------


def test_a_cluster_gives_the_same_bits_as_serial(cluster):
    client, _ = cluster
    got = run_tasks(draw, BLOCKS, state=STATE, seed=7, engine=client)
    assert same(got, run_tasks(draw, BLOCKS, state=STATE, seed=7))


def test_two_workers_share_the_tasks(cluster):
    client, _ = cluster
    assert len(set(run_tasks(process_id, list(range(20)), state=1, seed=7, engine=client))) == 2


def test_text_does_not_leave_for_a_cluster(cluster):
    client, _ = cluster
    with pytest.raises(ValueError, match="state must hold only numbers on a cluster; got str"):
        run_tasks(draw, BLOCKS, state="Bar X", seed=7, engine=client)


def test_an_error_on_a_cluster_is_raised_as_it_is(cluster):
    client, _ = cluster
    with pytest.raises(ZeroDivisionError, match="task 2"):
        run_tasks(fails, [1, 2, 3], state=None, seed=1, engine=client)


def test_a_killed_worker_of_a_cluster_costs_nothing_but_time(cluster):
    client, workers = cluster
    blocks, killed = [4] * 20, []

    def kill_one(done, of):
        if done == 4:
            workers[0].send_signal(signal.SIGKILL)
            killed.append(workers[0].wait(timeout=10))

    got = run_tasks(slow_draw, blocks, state=STATE, seed=7, engine=client, progress=kill_one)
    assert killed == [-signal.SIGKILL]
    assert same(got, run_tasks(draw, blocks, state=STATE, seed=7))
    for _ in range(50):
        if len(client.scheduler_info()["workers"]) == 1:
            return
        time.sleep(0.1)
    raise AssertionError("the killed worker is still listed")


def test_a_cluster_with_tls_gives_the_same_bits_and_refuses_who_has_no_certificate(tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask comes with the extra `cluster`")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not on this machine")
    make_certificates(tmp_path)
    variables = use_tls(tmp_path)
    security = distributed.Security(
        tls_ca_file=str(tmp_path / "ca.pem"),
        tls_client_cert=str(tmp_path / "node.pem"),
        tls_client_key=str(tmp_path / "node.key"),
        require_encryption=True,
    )
    with loopback_cluster(tmp_path, protocol="tls", variables=variables, security=security) as (client, _):
        assert client.scheduler.address.startswith("tls://")
        got = run_tasks(draw, BLOCKS, state=STATE, seed=7, engine=client)
        assert same(got, run_tasks(draw, BLOCKS, state=STATE, seed=7))
        plain = client.scheduler.address.replace("tls://", "tcp://")
        with pytest.raises(OSError):
            distributed.Client(plain, timeout=2, set_as_default=False)
        _by_address_with_the_settings_of_the_page(client.scheduler.address, plain, variables, got)


def _by_address_with_the_settings_of_the_page(address, plain, variables, expected):
    """Open the scheduler as `pse estimate --engine` does: the certificates come from the settings of Dask."""
    import dask

    settings = {
        name.removeprefix("DASK_").replace("__", ".").lower(): value for name, value in variables.items()
    }
    with dask.config.set(settings), open_engine(address) as engine:
        assert same(run_tasks(draw, BLOCKS, state=STATE, seed=7, engine=engine), expected)
    with pytest.raises(ValueError, match="both sides use tls or both tcp"), open_engine(plain, seconds=0.5):
        pass
    settings.pop("distributed.comm.tls.ca_file")
    with (
        dask.config.set(settings),
        pytest.raises(ValueError, match="engine must have certificates for tls://"),
        open_engine(address),
    ):
        pass


class Reader:
    def draw(self, state, seed, task):
        return task


def draw_with_notes(state, seed, task, notes=("Bar X",)):
    return task


def carried():
    secret = "Bar X"

    def draw_it(state, seed, task):
        return secret

    return draw_it


@pytest.mark.parametrize(
    "function", [functools.partial(draw, 1), Reader().draw, draw_with_notes, carried(), lambda s, e, t: t]
)
def test_a_function_that_could_carry_something_is_not_sent(cluster, function):
    client, _ = cluster
    with pytest.raises(ValueError, match="function must be a plain function of a module"):
        run_tasks(function, [1], state=1.0, seed=1, engine=client)
