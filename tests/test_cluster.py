"""The whole bootstrap, the draws of the model and `pse estimate --engine` on a real cluster; what is sent."""

import inspect
import pickle
import re
import signal
import socket
import sys
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import pse
from mapping import jobs
from mapping.cli import app
from pse import cluster
from pse.cluster import check_engine, open_engine
from pse.engine import finish_tasks
from pse.simulate import simulate_study
from pse.spots import bootstrap, model
from pse.spots.model_priors import draw_prior
from pse.spots.model_sampler import Sampled
from tests.attacks.canary import make_canary
from tests.attacks.scan import Token, holds
from tests.mapping.towns import town_folder
from tests.records.tiny import tiny_study

TABLES = ("national", "municipalities", "components", "typologies", "days", "municipality_days", "unions")


def run(*arguments):
    """Run the command in this process."""
    old = "mix_stderr" in inspect.signature(CliRunner).parameters
    runner = CliRunner(mix_stderr=False) if old else CliRunner()
    return runner.invoke(app, [str(argument) for argument in arguments])


def small_study():
    return simulate_study("plain", rng=np.random.default_rng(12), municipalities=4, spots=6.0, people=50.0)[0]


def estimated(study, engine, replicates=450, interval="bootstrap", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pse.EstimateWarning)
        return pse.estimate_study(
            study,
            interval=interval,
            replicates=replicates,
            rng=np.random.default_rng(1),
            engine=engine,
            **options,
        )


# Errors, without a cluster. ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["threads", "", "tcp://", "tls://10.0.0.1", "tcp://127.0.0.1:port", "tcp://127.0.0.1:99999",
     "http://127.0.0.1:8786", "tls://me:secret@10.0.0.1:8786", "tls://10.0.0.1:8786/secret",
     "tls://10.0.0.1:8786?key=secret"],
)  # fmt: skip
def test_what_is_no_engine_is_refused_without_repeating_it(address):
    with pytest.raises(ValueError, match="engine must be serial, processes, or the address of a") as told:
        check_engine(address)
    assert "secret" not in str(told.value) and "10.0" not in str(told.value)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://[::1]:1"])
def test_plain_tcp_is_for_this_machine(address):
    check_engine(address)
    with pytest.raises(ValueError, match="engine must be a tls:// address on another machine; got tcp://"):
        check_engine("tcp://cluster.example:8786")


def test_without_dask_one_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ValueError, match=r'pip install "pse-toolkit\[cluster\]"'),
        open_engine("tcp://127.0.0.1:1"),
    ):
        pass


def test_serial_and_processes_need_no_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    for name in ("serial", "processes"):
        with open_engine(name) as engine:
            assert engine == name


def test_tls_without_certificates_is_refused_before_anything_is_reached(tmp_path, monkeypatch):
    dask = pytest.importorskip("dask", reason="Dask comes with the extra `cluster`")
    monkeypatch.setattr(cluster, "_ask_scheduler", lambda *given: pytest.fail("the scheduler was asked"))
    with (
        pytest.raises(ValueError, match="must have certificates for tls://; got none from the settings"),
        open_engine("tls://127.0.0.1:1"),
    ):
        pass
    missing = {
        f"distributed.comm.tls.{name}": str(tmp_path / "x.pem")
        for name in ("ca-file", "client.cert", "client.key")
    }
    with (
        dask.config.set(missing),
        pytest.raises(ValueError, match="got files that are missing") as told,
        open_engine("tls://127.0.0.1:1"),
    ):
        pass
    assert "x.pem" not in str(told.value)


def test_where_nobody_or_a_stranger_answers_a_sentence_says_so():
    pytest.importorskip("distributed", reason="Dask comes with the extra `cluster`")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        port = stranger.getsockname()[1]
        with (
            pytest.raises(ValueError, match="address of a running scheduler; nothing that could be used"),
            open_engine(f"tcp://127.0.0.1:{port}", seconds=0.3),
        ):
            pass
        stranger.listen()
        thread = threading.Thread(target=_answer_like_a_web_server, args=(stranger,), daemon=True)
        thread.start()
        with (
            pytest.raises(ValueError, match="address of a running scheduler") as told,
            open_engine(f"tcp://127.0.0.1:{port}", seconds=1),
        ):
            pass
    assert str(port) not in str(told.value)


def _answer_like_a_web_server(listening):
    talk, _ = listening.accept()
    with talk:
        talk.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_the_command_refuses_an_engine_for_a_range_and_what_is_no_engine(tmp_path, monkeypatch):
    towns = town_folder(tmp_path / "towns")
    monkeypatch.setattr(jobs, "read_study", lambda path: pytest.fail("the study was read"))
    for engine, interval, sentence in (
        ("processes", "range", "--engine must come with --interval bootstrap or model; got a range"),
        ("threads", "bootstrap", "--engine must be serial, processes, or the address of a scheduler"),
        ("tcp://cluster.example:8786", "bootstrap", "--engine must be a tls:// address on another machine"),
    ):
        done = run("estimate", towns, "--out", tmp_path / "out", "--engine", engine, "--interval", interval)
        assert done.exit_code == 2
        assert sentence in done.stderr and "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


# A cluster on this machine. ---------------------------------------------------------------------------------


def test_the_bootstrap_gives_the_same_bits_in_serial_in_processes_and_on_a_cluster(cluster):
    study = small_study()
    serial = estimated(study, "serial")
    assert set(serial.national["interval"]) == {"confidence"}
    for engine in ("processes", cluster[0]):
        other = estimated(study, engine)
        assert other.draws.people.tobytes() == serial.draws.people.tobytes()
        for name in TABLES:
            pd.testing.assert_frame_equal(getattr(other, name), getattr(serial, name), check_exact=True)
        assert other.notices == serial.notices


def test_the_command_writes_the_same_files_on_a_cluster_and_none_says_where(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "sensitivity_table", lambda study, **chosen: None)
    towns, address = town_folder(tmp_path / "towns"), cluster[0].scheduler.address
    how = ("--interval", "bootstrap", "--replicates", 250, "--seed", 3, "--interview-sd", 0.3)
    how = (*how, "--release", "restricted")  # nothing to hide, so it is quick
    written = []
    for name, engine in (("here", "serial"), ("there", address)):
        done = run("estimate", towns, "--out", tmp_path / name, *how, "--engine", engine)
        assert done.exit_code == 0, done.stderr
        assert address not in done.output
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert written[0] == written[1]
    assert "confidence" in written[0]["national.csv"].decode()
    port = address.rpartition(":")[2].encode()
    assert not any(b"127.0.0.1" in content or b":" + port in content for content in written[1].values())


def _with_long_names(folder):
    """Give municipalities codes and names that are too long to occur by chance."""
    for path in [*folder.glob("*.csv"), folder / "boundaries.geojson"]:
        text = re.sub(r"\bT([1-4])\b", r"CodeOfTown\1", path.read_text(encoding="utf-8"))
        text = re.sub(r"\b(Alpha|Beta|Gamma|Delta)\b", r"NameOfTown\1", text)
        path.write_text(text, encoding="utf-8")
    return folder


def test_nothing_private_is_sent(cluster, tmp_path, monkeypatch):
    canary, client = make_canary(tmp_path / "canary"), cluster[0]
    study = pse.read_study(_with_long_names(canary.folder))
    places = [*study.municipalities["municipality"], *study.municipalities["name"]]
    tokens = [*canary.tokens, *canary.codes(), *(Token(f"place {name}", text=name) for name in places)]
    tokens = [token for token in tokens if not token.name.startswith("surveyor")]  # in boundaries.geojson
    assert any(token.degrees for token in tokens) and any("zone" in token.name for token in tokens)
    # the search finds every name, code, coordinate, phone and remark where nothing protects them
    assert holds(pickle.dumps(study), tokens, decimals=4) == {token.name for token in tokens}

    sent, submit = [], client.submit

    def listen(*args, **named):
        sent.append(pickle.dumps((args, named)))
        return submit(*args, **named)

    monkeypatch.setattr(client, "submit", listen)
    here, there = (estimated(study, engine, 250, interview_sd=0.3) for engine in (None, client))
    assert here.draws.people.tobytes() == there.draws.people.tobytes()
    assert len(sent) == 1 + 3 and max(map(len, sent)) > 10_000  # the state, three blocks
    assert [holds(message, tokens, decimals=4) for message in sent] == [set()] * 4


def priors_for_posteriors(data, scales, run, rng, kps):
    """Draw the numbers of the model from their priors, which is quick; sizes are drawn from them as usual."""
    numbers = draw_prior(data, scales, rng, draws=50)
    chains = {name: values[None] for name, values in numbers.items()}
    return Sampled(chains, np.zeros((1, 50), dtype=bool), np.ones((1, 50))), pd.DataFrame()


def test_draws_of_the_model_are_the_same_bits_everywhere(cluster, monkeypatch):
    monkeypatch.setattr(model, "_converged", priors_for_posteriors)
    same_with_the_model(small_study(), cluster[0], 250)


@pytest.mark.slow
def test_the_fitted_model_gives_the_same_bits_everywhere(cluster):
    pytest.importorskip("numpyro", reason="the model needs the extra bayes: pip install 'pse-toolkit[bayes]'")
    same_with_the_model(tiny_study(), cluster[0], 250)


def same_with_the_model(study, client, replicates):
    here, *others = (
        estimated(study, engine, replicates, interval="model") for engine in ("serial", "processes", client)
    )
    assert set(here.national["interval"]) == {"credible"}
    assert np.ptp(here.draws.people.sum(axis=1), axis=0).min() > 0
    for other in others:
        assert other.draws.people.tobytes() == here.draws.people.tobytes()
        pd.testing.assert_frame_equal(other.national, here.national, check_exact=True)


def test_workers_of_another_version_are_refused(cluster, monkeypatch):
    address = cluster[0].scheduler.address
    monkeypatch.setattr(pse, "__version__", "0.0.0")
    with (
        pytest.raises(ValueError, match=r"engine must have workers with pse 0\.0\.0 and NumPy") as told,
        open_engine(address),
    ):
        pass
    assert address not in str(told.value)


def test_a_worker_killed_in_the_middle_of_the_bootstrap_changes_no_bit(cluster, monkeypatch):
    client, workers = cluster
    study, left = small_study(), []

    def kill_one(*args, **named):
        for done, result in enumerate(finish_tasks(*args, **named)):
            if done == 2:
                left.append(sum(known.status == "pending" for known in client.futures.values()))
                workers[0].send_signal(signal.SIGKILL)
                assert workers[0].wait(timeout=10) == -signal.SIGKILL
            yield result

    monkeypatch.setattr(bootstrap, "DRAWS_PER_BLOCK", 20)
    serial = estimated(study, "serial", 2000)
    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "finish_tasks", kill_one)
        killed = estimated(study, client, 2000)
    assert left[0] > 20  # blocks that were not done when it was killed
    assert killed.draws.people.tobytes() == serial.draws.people.tobytes()
    pd.testing.assert_frame_equal(killed.municipalities, serial.municipalities, check_exact=True)


def test_a_scheduler_without_workers_is_refused(cluster):
    client, workers = cluster
    for worker in workers:
        worker.kill()
        worker.wait(timeout=10)
    for _ in range(100):
        if not client.scheduler_info()["workers"]:
            break
        time.sleep(0.1)
    with (
        pytest.raises(ValueError, match="engine must have workers; got a scheduler with none"),
        open_engine(client.scheduler.address),
    ):
        pass
