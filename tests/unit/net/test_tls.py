"""
TLS towards clients: what is offered, and how certificates change under way.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection

import pytest
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory

from oauthproxy.net.livetls import LiveTLS, tls_source
from oauthproxy.net.tls import (
    CertificateUnusable,
    ServerTLS,
    read_identity,
    server_context,
)
from oauthproxy.settings.model import SecretSource, TLSSettings
from tests.unit.driver import RecordingLog
from tests.unit.net.authority import Authority, Certificate, with_password
from tests.unit.reactor import on_reactor, reactor

AUTHORITY = Authority()
CERTIFICATE = AUTHORITY.sign("localhost", "127.0.0.1")


class Echo(Protocol):
    """
    Send back what comes.
    """

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)


@contextmanager
def serving(tls: ServerTLS) -> Iterator[int]:
    """Serve an echo over TLS for the length of a `with`; gives the port."""

    async def listen() -> object:
        factory = TLSMemoryBIOFactory(tls, False, Factory.forProtocol(Echo), reactor)
        return reactor.listenTCP(0, factory, interface="127.0.0.1")

    port = on_reactor(listen)

    async def close() -> None:
        await port.stopListening()  # type: ignore[attr-defined]

    try:
        yield port.getHost().port  # type: ignore[attr-defined]
    finally:
        on_reactor(close)


def client_context(**settings: object) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def connected(port: int, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    plain = create_connection(("127.0.0.1", port), timeout=10)
    context = context or client_context()
    try:
        return context.wrap_socket(plain, server_hostname="localhost")
    except OSError:
        plain.close()
        raise


def context_for(
    certificate: Certificate = CERTIFICATE, **parameters: object
) -> ServerTLS:
    identity = read_identity(certificate.cert, certificate.key)
    return ServerTLS(server_context(identity, **parameters))  # type: ignore[arg-type]


def test_client_is_served_with_tls_13():
    """A modern client gets TLS 1.3 and a certificate that it can verify."""
    with serving(context_for()) as port, connected(port) as client:
        client.sendall(b"hello")

        assert client.recv(10) == b"hello"
        assert client.version() == "TLSv1.3"
        assert client.compression() is None


def test_chain_is_sent_whole():
    """Certificates after the first one are sent along."""
    chain = Certificate(CERTIFICATE.cert + AUTHORITY.pem, CERTIFICATE.key)
    with serving(context_for(chain)) as port, connected(port) as client:
        sent = client._sslobj.get_unverified_chain()  # type: ignore[attr-defined]

    assert len(sent) == 2


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
@pytest.mark.parametrize(
    ("minimum", "version", "works"),
    [
        ("", ssl.TLSVersion.TLSv1_1, False),
        ("", ssl.TLSVersion.TLSv1_2, True),
        ("TLS1.2", ssl.TLSVersion.TLSv1_2, True),
        ("TLS1.3", ssl.TLSVersion.TLSv1_2, False),
        ("TLS1.3", ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_lowest_version(minimum: str, version: ssl.TLSVersion, works: bool):
    """TLS 1.2 is the least, or what is configured."""
    context = client_context(minimum_version=version, maximum_version=version)
    context.set_ciphers("ALL:@SECLEVEL=0")

    with serving(context_for(min_version=minimum)) as port:
        if works:
            connected(port, context).close()
        else:
            with pytest.raises(ssl.SSLError):
                connected(port, context)


@pytest.mark.parametrize(
    ("offered", "works"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", True),
        ("ECDHE-ECDSA-AES128-SHA", False),
        ("AES128-SHA", False),
    ],
)
def test_ciphers_when_none_are_named(offered: str, works: bool):
    """Without names, only suites with forward secrecy and authentication are used."""
    context = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(offered)

    with serving(context_for()) as port:
        if works:
            with connected(port, context) as client:
                assert client.cipher()[0] == offered  # type: ignore[index]
        else:
            with pytest.raises(ssl.SSLError):
                connected(port, context)


def test_named_ciphers():
    """A suite named as Go spells it is used, and no other."""
    tls = context_for(cipher_suites=("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",))
    context = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA")
    other = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    other.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")

    with serving(tls) as port:
        with connected(port, context) as client:
            assert client.cipher()[0] == "ECDHE-ECDSA-AES256-SHA"  # type: ignore[index]
        with pytest.raises(ssl.SSLError):
            connected(port, other)


def test_ciphers_of_tls_13_alone():
    """Naming only suites of TLS 1.3 leaves TLS 1.2 without any."""
    tls = context_for(cipher_suites=("TLS_AES_128_GCM_SHA256",))
    old = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)

    with serving(tls) as port:
        connected(port).close()
        with pytest.raises(ssl.SSLError):
            connected(port, old)


def test_ciphers_that_this_machine_does_not_have():
    """When OpenSSL knows none of the named suites, that is said."""
    with pytest.raises(CertificateUnusable, match="no cipher match"):
        context_for(cipher_suites=("TLS_RSA_WITH_RC4_128_SHA",))


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["h2", "http/1.1"], "http/1.1"),
        (["http/1.1"], "http/1.1"),
        (["h2"], None),
        ([], None),
    ],
)
def test_only_http_1_1_is_agreed_on(offered: list[str], chosen: str | None):
    """HTTP/1.1 is all that clients are offered."""
    context = client_context()
    if offered:
        context.set_alpn_protocols(offered)

    with serving(context_for()) as port, connected(port, context) as client:
        assert client.selected_alpn_protocol() == chosen


def test_renegotiation_is_refused():
    """A client of TLS 1.2 cannot start the handshake again."""
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    with serving(context_for()) as port:
        client = SSL.Connection(context, create_connection(("127.0.0.1", port)))
        client.set_connect_state()
        client.do_handshake()
        client.renegotiate()

        with pytest.raises(SSL.Error):
            client.do_handshake()
        client.close()


@pytest.mark.parametrize(
    ("cert", "key", "words"),
    [
        (CERTIFICATE.cert, AUTHORITY.sign("x").key, "not that of the certificate"),
        (b"nonsense", CERTIFICATE.key, "there is no PEM certificate"),
        (b"", CERTIFICATE.key, "there is no PEM certificate"),
        (CERTIFICATE.cert, b"nonsense", "there is no PEM private key"),
        (CERTIFICATE.cert, with_password(CERTIFICATE.key), "needs a password"),
    ],
)
def test_files_that_do_not_work(cert: bytes, key: bytes, words: str):
    """What is wrong with certificate or key is said."""
    with pytest.raises(CertificateUnusable, match=words):
        read_identity(cert, key)


# Certificates that change.


class Now:
    """
    The time of this machine.
    """

    def now(self) -> int:
        return time.time_ns()

    async def sleep(self, duration: int) -> None:
        raise NotImplementedError


class Live:
    """
    A server whose certificate is in files.
    """

    def __init__(self, folder: Path, certificate: Certificate) -> None:
        self.folder = folder
        self.clock = Clock()
        self.log = RecordingLog()
        cert, key = certificate.save(folder, "live")
        settings = TLSSettings(
            cert=SecretSource(from_file=str(cert)), key=SecretSource(from_file=str(key))
        )
        source = tls_source(settings, {}, lambda path: Path(path).read_bytes())
        self.tls = LiveTLS(self.clock, source, clock=Now(), log=self.log)
        self.tls.start()

    def put(self, certificate: Certificate) -> list[tuple[str, str]]:
        """Put other files there, and return what is said about that."""
        before = len(self.log.lines)
        certificate.save(self.folder, "live")
        for _ in range(3):
            self.clock.advance(1)
        return self.log.lines[before:]


def serial(client: ssl.SSLSocket) -> str:
    found = client.getpeercert()
    assert found is not None
    return str(found["serialNumber"])


def test_new_certificate_is_served_and_connections_stay(tmp_path: Path):
    """New clients see a new certificate; those who are there stay."""
    live = Live(tmp_path, CERTIFICATE)
    with serving(live.tls.server) as port, connected(port) as old:
        said = live.put(AUTHORITY.sign("localhost"))
        with connected(port) as new:
            old.sendall(b"still here")

            assert serial(old) != serial(new)
            assert old.recv(100) == b"still here"
    assert [(kind, "localhost" in text) for kind, text in said] == [("info", True)]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            Certificate(b"broken", CERTIFICATE.key),
            "live.crt",
        ),
        (Certificate(CERTIFICATE.cert, AUTHORITY.sign("x").key), "not that of"),
        (AUTHORITY.sign("localhost", last_day=-1), "has expired"),
    ],
)
def test_broken_certificate_is_not_taken(
    tmp_path: Path, broken: Certificate, words: str
):
    """A new certificate that does not work is named, and the old one stays."""
    live = Live(tmp_path, CERTIFICATE)
    with serving(live.tls.server) as port:
        with connected(port) as client:
            before = serial(client)
        said = live.put(broken)
        with connected(port) as client:
            after = serial(client)
        repaired = live.put(AUTHORITY.sign("localhost"))

    assert before == after
    ((kind, text),) = said
    assert kind == "error"
    assert text.startswith("the new certificate is not used: ")
    assert words in text
    assert repaired[0][0] == "info"


def test_removed_certificate_is_not_the_end(tmp_path: Path):
    """While the files are away, the certificate that was read is served."""
    live = Live(tmp_path, CERTIFICATE)
    (tmp_path / "live.crt").unlink()
    for _ in range(3):
        live.clock.advance(1)

    ((kind, text),) = live.log.lines
    assert kind == "error"
    assert "live.crt" in text


def test_expired_certificate_is_served_and_named(tmp_path: Path):
    """A start with an expired certificate serves it, and says so."""
    live = Live(tmp_path, AUTHORITY.sign("localhost", last_day=-1))

    ((kind, text),) = live.log.lines
    assert kind == "error"
    assert "has expired" in text


def test_certificate_from_the_environment():
    """Key and certificate can come from values and variables; then nothing is
    watched."""
    settings = TLSSettings(
        cert=SecretSource(from_env="CERT"), key=SecretSource(from_env="KEY")
    )
    variables = {"CERT": CERTIFICATE.cert.decode(), "KEY": CERTIFICATE.key.decode()}
    source = tls_source(settings, variables, lambda path: b"")

    assert source.paths == ()
    assert source.identity().names() == ("localhost", "127.0.0.1")


def test_unreadable_file_is_named(tmp_path: Path):
    """A file that cannot be read is named with the reason."""
    settings = TLSSettings(
        cert=SecretSource(from_file=str(tmp_path / "no.crt")),
        key=SecretSource(from_file=str(tmp_path / "no.key")),
    )
    source = tls_source(settings, {}, lambda path: Path(path).read_bytes())

    with pytest.raises(CertificateUnusable, match=r"no\.crt: No such file"):
        source.identity()
