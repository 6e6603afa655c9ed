"""
Addresses become sockets that clients reach, in every form in which they are written.
"""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import Factory, Protocol

from oauthproxy.net.bind import CannotListen, bind_tcp, bind_unix
from oauthproxy.net.doors import Door, Listener, bind
from oauthproxy.net.listen import endpoint_listener, listeners
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.model import ServerSettings, Settings
from tests.unit.reactor import on_reactor, reactor


class Host(Protocol):
    """
    Tell a client who it is, as this side saw it when the connection was made.
    """

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.peer = self.transport.getPeer()

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(f"{self.peer} {data!r}\n".encode())


HOSTS = Factory.forProtocol(Host)


class Opened:
    """
    Doors that are open for the length of a `with`.
    """

    def __init__(self, *opening: Listener) -> None:
        self.doors = bind(opening)
        self._ports: list[Any] = []

    def __enter__(self) -> list[Door]:
        async def enter() -> None:
            self._ports += [door.open(reactor, HOSTS, None) for door in self.doors]

        on_reactor(enter)
        return self.doors

    def __exit__(self, *_: object) -> None:
        async def leave() -> None:
            for port in self._ports:
                await maybeDeferred(port.stopListening)

        on_reactor(leave)
        for door in self.doors:
            door.close()


def asked(address: Any, family: int = socket.AF_INET, data: bytes = b"hello") -> str:
    """Connect, say something, and return the answer."""
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect(address)
        client.sendall(data)
        return client.recv(1000).decode()


def port_of(door: Door) -> int:
    port: int = door.listening.getsockname()[1]
    return port


def address_listener(text: str) -> Listener:
    (found,) = listeners(Settings(server=ServerSettings(bind_address=text)))
    return found


def test_host_and_port():
    """A host and a port are listened on, and said so by name."""
    with Opened(address_listener("127.0.0.1:0")) as (door,):
        port = port_of(door)

        assert door.name == f"HTTP: listening on 127.0.0.1:{port}"
        assert "hello" in asked(("127.0.0.1", port))


@pytest.mark.parametrize("text", [":0", "0.0.0.0:0", "[::]:0", "http://:0"])
def test_no_host_means_both_families(text: str):
    """All interfaces means those of IPv4 and of IPv6."""
    with Opened(address_listener(text)) as (door,):
        assert "hello" in asked(("127.0.0.1", port_of(door)))
        assert "hello" in asked(("::1", port_of(door)), socket.AF_INET6)


def test_one_family_alone():
    """tcp4:// and tcp6:// keep to one family."""
    with Opened(address_listener("tcp6://:0"), address_listener("tcp4://:0")) as doors:
        six, four = doors

        assert "hello" in asked(("::1", port_of(six)), socket.AF_INET6)
        with pytest.raises(ConnectionRefusedError):
            asked(("127.0.0.1", port_of(six)))
        with pytest.raises(ConnectionRefusedError):
            asked(("::1", port_of(four)), socket.AF_INET6)


def test_accepted_connections_do_not_wait_to_send():
    """Connections have no delay for small writes, and are probed when idle."""
    with Opened(address_listener("127.0.0.1:0")) as (door,):
        listening = door.listening

        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_unix_socket_has_its_mode_from_the_start(tmp_path: Path):
    """The socket file never had another mode than the one asked for."""
    path = str(tmp_path / "s")
    seen: list[int] = []
    chmod = os.chmod
    os.chmod = lambda *_a, **_k: seen.append(1)
    try:
        with Opened(address_listener(f"unix://{path},mode=0640")) as (door,):
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
            assert "hello" in asked(path, socket.AF_UNIX)
            assert door.name == f"HTTP: listening on unix://{path}"
    finally:
        os.chmod = chmod

    assert seen == []
    assert not Path(path).exists()


def test_stale_socket_file_is_replaced(tmp_path: Path):
    """A socket file left over by a program that is gone does not stop a start."""
    path = str(tmp_path / "s")
    bind_unix(path).close()

    with Opened(address_listener(f"unix://{path}")):
        assert "hello" in asked(path, socket.AF_UNIX)


def test_socket_file_in_use_is_left_alone(tmp_path: Path):
    """A socket that somebody listens on is not taken away."""
    path = str(tmp_path / "s")
    with (
        Opened(address_listener(f"unix://{path}")),
        pytest.raises(CannotListen, match="address already in use"),
    ):
        bind_unix(path)


def test_other_file_is_left_alone(tmp_path: Path):
    """What is not a socket is never removed."""
    path = tmp_path / "s"
    path.write_text("precious")

    with pytest.raises(CannotListen, match="not a socket"):
        bind_unix(str(path))

    assert path.read_text() == "precious"


def test_socket_file_of_a_successor_is_left_alone(tmp_path: Path):
    """At the end, a socket file that somebody else has put there stays."""
    path = tmp_path / "s"
    with Opened(address_listener(f"unix://{path}")):
        path.unlink()
        successor = bind_unix(str(path))

    assert path.exists()
    successor.close()


def test_folder_that_is_not_there(tmp_path: Path):
    """A path that cannot be bound is said with the reason."""
    with pytest.raises(CannotListen, match="no such file or directory"):
        bind_unix(str(tmp_path / "nowhere" / "s"))


@pytest.fixture
def handed_over() -> Iterator[socket.socket]:
    """A listening socket, as systemd hands one over."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_inherited_socket(handed_over: socket.socket):
    """fd:N serves a socket that was handed to the process."""
    with Opened(address_listener(f"fd:{handed_over.fileno()}")) as (door,):
        assert "hello" in asked(("127.0.0.1", port_of(door)))


def test_inherited_file_that_is_no_socket(tmp_path: Path):
    """fd:N refuses a number that is no listening socket."""
    with (
        open(tmp_path / "f", "w") as file,
        pytest.raises(
            CannotListen, match=r"fd:\d+ \(--http-address\): file \d+ is not"
        ),
    ):
        bind([address_listener(f"fd:{file.fileno()}")])


def test_inherited_unix_socket_keeps_its_mode_and_its_file(tmp_path: Path):
    """A unix socket that was handed over stays as it is, during and after."""
    path = str(tmp_path / "s")
    with bind_unix(path, 0o600) as theirs:
        with Opened(address_listener(f"fd:{theirs.fileno()}")):
            mode = stat.S_IMODE(os.stat(path).st_mode)
            answer = asked(path, socket.AF_UNIX)

        assert mode == 0o600
        assert "hello" in answer
        assert Path(path).exists()


def test_taken_port_is_one_line_with_address_and_option(handed_over: socket.socket):
    """A taken port is named with its option, and nothing stays bound."""
    port = handed_over.getsockname()[1]
    free = bind_tcp("127.0.0.1", 0)
    other = free.getsockname()[1]
    free.close()

    with pytest.raises(CannotListen) as caught:
        bind(
            [
                address_listener(f"127.0.0.1:{other}"),
                address_listener(f"127.0.0.1:{port}"),
            ]
        )

    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{port} (--http-address): address already in use"
    )
    bind_tcp("127.0.0.1", other).close()


def test_host_that_is_not_known():
    """A host name without an address is said to be one."""
    with pytest.raises(CannotListen, match=r"'nowhere\.invalid' is not known"):
        bind([address_listener("nowhere.invalid:80")])


def test_every_address_of_the_settings_has_a_listener():
    """Each configured address is listened on, for its server, over TLS where it says
    so; "-" and nothing are not."""
    settings = Settings(
        server=ServerSettings(bind_address=":1", secure_bind_address="https://:2"),
        metrics_server=ServerSettings(bind_address="-", secure_bind_address=":4"),
        ours=evolve(OurOptions(), listen=("tcp:5", "https:tcp:6")),
    )

    found = [(e.option, e.text, e.server, e.secure) for e in listeners(settings)]

    assert found == [
        ("http-address", ":1", "site", False),
        ("https-address", "https://:2", "site", True),
        ("listen", "tcp:5", "site", False),
        ("listen", "https:tcp:6", "site", True),
        ("metrics-secure-address", ":4", "metrics", True),
    ]


# Endpoint strings.


@pytest.mark.parametrize(
    ("text", "host", "family"),
    [
        ("tcp:0:interface=127.0.0.1", "127.0.0.1", socket.AF_INET),
        ("tcp:0", "127.0.0.1", socket.AF_INET),
        ("tcp6:0", "::1", socket.AF_INET6),
        (r"tcp:0:interface=\:\:1", "::1", socket.AF_INET6),
    ],
)
def test_endpoint_of_tcp(text: str, host: str, family: int):
    """TCP endpoints listen as they say."""
    with Opened(endpoint_listener(text)) as (door,):
        assert "hello" in asked((host, port_of(door)), family)


def test_endpoint_of_a_unix_socket(tmp_path: Path):
    """A unix endpoint has its mode; without one it is open to all, as in Twisted."""
    path = str(tmp_path / "s")
    with Opened(endpoint_listener(f"unix:{path}:mode=600")):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert "hello" in asked(path, socket.AF_UNIX)


def test_endpoint_with_the_proxy_protocol():
    """haproxy: reads the client's address from a PROXY header."""
    with Opened(endpoint_listener("haproxy:tcp:0:interface=127.0.0.1")) as (door,):
        header = b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n"
        answer = asked(("127.0.0.1", port_of(door)), data=header + b"hello")

    assert "host='192.0.2.1', port=1234" in answer
    assert "hello" in answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense:1", "Unknown endpoint type"),
        ("tcp:x", "arguments are wrong"),
        ("tcp:1:2:3:4:5:6", "arguments are wrong"),
        ("systemd:domain=INET:index=0", "systemd has not handed over such a socket"),
        ("systemd:domain=INET:name=web", "systemd has not handed over such a socket"),
        ("stdio:", "cannot be used here"),
        ("unix:/nowhere/at/all", "no such file"),
    ],
)
def test_endpoint_that_cannot_be_used(text: str, words: str):
    """An endpoint string that does not work is one line with the reason."""
    with pytest.raises(CannotListen) as caught:
        bind([endpoint_listener(text)])

    assert str(caught.value).startswith(f"cannot listen on {text} (--listen): ")
    assert words in str(caught.value)


def test_many_clients_of_a_unix_socket_are_let_in(tmp_path: Path):
    """Clients who come at once all get in."""
    path = str(tmp_path / "s")
    answers: list[str] = []

    with Opened(address_listener(f"unix://{path}")):
        clients = [
            threading.Thread(target=lambda: answers.append(asked(path, socket.AF_UNIX)))
            for _ in range(100)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join(10)

    assert len(answers) == 100
    assert all("hello" in answer for answer in answers)
