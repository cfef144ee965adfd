"""SAFETY 10: while these tests run, no socket opens but to this machine."""

import socket

import pytest

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse every connection and every name that is not this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def local(self, address):
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError("the network was asked for")
        return connect(self, address)

    def local_name(host, *args, **named):
        if host not in (None, "", *LOOPBACK):
            raise AssertionError("a name was looked up")
        return look_up(host, *args, **named)

    monkeypatch.setattr(socket.socket, "connect", local)
    monkeypatch.setattr(socket.socket, "connect_ex", local)
    monkeypatch.setattr(socket, "getaddrinfo", local_name)
