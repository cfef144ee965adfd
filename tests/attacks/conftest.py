"""SAFETY 10: while these tests run, no socket opens but to this machine."""

import socket

import pytest

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Refuse every connection and every name that is not this machine; fixtures of modules come later."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def local(self, address):
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError("the network was asked for")
        return connect(self, address)

    def local_name(host, *args, **named):
        if host not in (None, "", *LOOPBACK):
            raise AssertionError("a name was looked up")
        return look_up(host, *args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local)
        patch.setattr(socket.socket, "connect_ex", local)
        patch.setattr(socket, "getaddrinfo", local_name)
        yield
