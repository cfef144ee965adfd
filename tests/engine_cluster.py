"""A Dask scheduler and two workers as processes on loopback, plain or with TLS, for tests of the engine."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def loopback_cluster(folder, *, protocol="tcp", variables=None, security=None):
    """Give a client and the processes of the two workers; all are ended at the end."""
    import distributed

    port = free_port()
    address = f"{protocol}://127.0.0.1:{port}"
    scheduler = ["distributed.cli.dask_scheduler", "--protocol", protocol, "--host", "127.0.0.1"]
    worker = ["distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny"]
    commands = [[*scheduler, "--port", str(port), "--no-dashboard"]]
    commands += [
        [*worker, "--no-dashboard", "--local-directory", str(folder), "--name", name] for name in "ab"
    ]
    started, client = [], None
    with (folder / "log").open("w") as log:
        try:
            for command in commands:
                started.append(_start(command, log, variables or {}))
            client = distributed.Client(address, timeout=20, set_as_default=False, security=security)
            client.wait_for_workers(2, timeout=20)
            yield client, started[1:]
        finally:
            if client is not None:
                client.close()
            for process in started:
                process.kill()
                process.wait()


def _start(command, log, variables):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | variables
    return subprocess.Popen(
        [sys.executable, "-m", *command], env=environment, cwd=ROOT, stdout=log, stderr=log
    )


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def make_certificates(folder):
    """Write ca.pem, node.pem and their keys by the commands of docs/cluster.md."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    commands = [line for line in page.splitlines() if line.startswith("openssl ")]
    assert len(commands) == 3
    for command in commands:
        subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)


def use_tls(folder):
    """Return the environment variables of docs/cluster.md."""
    start = "DASK_DISTRIBUTED__COMM__"
    found = {f"{start}REQUIRE_ENCRYPTION": "True", f"{start}TLS__CA_FILE": str(folder / "ca.pem")}
    for who in ("SCHEDULER", "WORKER", "CLIENT"):
        found[f"{start}TLS__{who}__CERT"] = str(folder / "node.pem")
        found[f"{start}TLS__{who}__KEY"] = str(folder / "node.key")
    return found
