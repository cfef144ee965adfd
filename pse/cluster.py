"""An engine by its name or address: `serial`, `processes`, or a Dask cluster that is already running.

Nothing is reached unless an address is given. Certificates come from the settings of Dask (docs/cluster.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import numpy as np

import pse

NAMES = ("serial", "processes")
SCHEMES = ("tcp", "tls")
SECONDS = 10.0
"""How long a scheduler may take to answer."""


@contextmanager
def open_engine(engine: str, *, seconds: float = SECONDS) -> Iterator[Any]:
    """Give what `estimate_study` and `pse.engine.run_tasks` take as `engine`; close it at the end.

    Parameters
    ----------
    engine : str
        ``"serial"``, ``"processes"``, or the address of a running Dask scheduler: ``tls://10.0.0.1:8786``, or
        ``tcp://127.0.0.1:8786`` on this machine. What is sent over plain tcp can be read and changed on the
        way, so it is refused to other machines.
    seconds : float
        How long the scheduler may take to answer.

    Yields
    ------
    str or dask.distributed.Client
        The name, or a client of the scheduler.

    Raises
    ------
    ValueError
        If the engine is none of these, Dask is not installed, there are no certificates, nothing answers, the
        scheduler has no workers, or these have another version of pse or NumPy. No message repeats the
        address.

    Examples
    --------
    >>> with open_engine("serial") as engine:
    ...     engine
    'serial'
    """
    check_engine(engine)
    if engine in NAMES:
        yield engine
        return
    distributed, security = _dask(engine)
    _ask_scheduler(engine, security, seconds)
    with distributed.Client(engine, security=security, timeout=seconds, set_as_default=False) as client:
        _check_versions(client)
        yield client


def check_engine(engine: str) -> None:
    """Refuse what is no engine, before anything is read or reached.

    Examples
    --------
    >>> check_engine("tls://10.0.0.1:8786")
    >>> check_engine("tcp://10.0.0.1:8786")
    Traceback (most recent call last):
        ...
    ValueError: engine must be a tls:// address on another machine; got tcp://. See docs/cluster.md.
    """
    if engine in NAMES:
        return
    host = _host(engine)
    if engine.startswith("tcp:") and not _is_here(host):
        raise ValueError(
            "engine must be a tls:// address on another machine; got tcp://. See docs/cluster.md."
        )


def _host(engine: str) -> str:
    """Return the host of `scheme://host:port`; anything else beside these three is refused."""
    try:
        parts = urlsplit(engine)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    more = parts.username or parts.password or parts.path or parts.query or parts.fragment
    if parts.scheme not in SCHEMES or not host or not port or more:
        raise ValueError(
            "engine must be serial, processes, or the address of a scheduler, tls://HOST:PORT or "
            "tcp://127.0.0.1:PORT; got something else. See docs/cluster.md."
        )
    return host


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _dask(engine: str) -> tuple[Any, Any]:
    """Return the package and, for tls, the certificates that its settings name."""
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise ValueError(
            "engine must be serial or processes without Dask; got an address. For a cluster: "
            'pip install "pse-toolkit[cluster]".'
        ) from None
    security = distributed.Security()
    if not engine.startswith("tls:"):
        return distributed, security
    try:
        found = security.get_connection_args("client")["ssl_context"]
    except (OSError, ValueError):
        raise ValueError(
            "engine must have certificates for tls:// that can be read; got files that are missing, closed "
            "to you or no certificates. See docs/cluster.md."
        ) from None
    if found is None or not security.tls_client_cert:
        raise ValueError(
            "engine must have certificates for tls://; got none from the settings of Dask "
            "(DASK_DISTRIBUTED__COMM__TLS__CA_FILE and others). See docs/cluster.md."
        )
    return distributed, security


def _ask_scheduler(engine: str, security: Any, seconds: float) -> None:
    """Ask who answers before a client is made: a client that finds nobody is slow to give up."""
    with ThreadPoolExecutor(1) as thread:  # a loop of its own, also where one is running, as in a notebook
        who = thread.submit(asyncio.run, _identity(engine, security, seconds)).result()
    if who is None:
        raise ValueError(
            f"engine must be the address of a running scheduler; nothing that could be used answered within "
            f"{seconds:g} s. Look whether it runs, at HOST and PORT, and that both sides use tls or both tcp."
        )
    if who.get("type") != "Scheduler":
        raise ValueError("engine must be the address of the scheduler; got that of another part of Dask.")
    if not who.get("workers"):
        raise ValueError("engine must have workers; got a scheduler with none. Start them: docs/cluster.md.")


async def _identity(engine: str, security: Any, seconds: float) -> dict[str, Any] | None:
    """Return what the one at this address says of itself; None if nobody answers in the way of Dask."""
    core = import_module("distributed.core")
    arguments = security.get_connection_args("client")
    scheduler = core.rpc(engine, connection_args=arguments, timeout=seconds)
    try:
        said = await asyncio.wait_for(scheduler.identity(), seconds)
        return said if isinstance(said, dict) else None
    except Exception:  # of sockets, of ssl, of a stranger's bytes: all mean that this is no scheduler
        return None
    finally:
        await scheduler.close_rpc()


def versions() -> tuple[str, str]:
    """Return the versions of pse and NumPy here: with the same ones, draws are the same bits."""
    return pse.__version__, np.__version__


def _check_versions(client: Any) -> None:
    try:
        found = set(client.run(versions).values())
    except Exception as error:
        raise ValueError(
            f"engine must have workers that can load pse; got {type(error).__name__} from one. Install "
            "pse-toolkit on every machine, in the version that is here."
        ) from None
    if found != {versions()}:
        (mine, numpy), theirs = versions(), sorted(found - {versions()})[0]
        raise ValueError(
            f"engine must have workers with pse {mine} and NumPy {numpy}, as here, or draws could differ; "
            f"got pse {theirs[0]} and NumPy {theirs[1]}. Install the same ones."
        )
