"""
Where it listens, and with which certificates.
"""

import ssl
from typing import Any

from tests.conformance.effects.scene import REFUSED, Effect, Scene
from tests.integration.harness.client import RawClient, request

FILES = 'tls_cert_file = "{chain}"\ntls_key_file = "{key}"'
LISTEN = f'{FILES}\nlisten = ["tcp:0:interface=127.0.0.1"]'
HTTPS = f'{FILES}\nhttps_address = "127.0.0.1:0"'
METRICS_FILES = 'metrics_tls_cert_file = "{chain}"\nmetrics_tls_key_file = "{key}"'
METRICS = f'{METRICS_FILES}\nmetrics_secure_address = "127.0.0.1:0"'
PING = request("GET", "/ping", close=True)


def trusting(scene: Scene) -> ssl.SSLContext:
    """
    A client that believes our authority.
    """
    return ssl.create_default_context(cafile=str(scene.props.authority.root))


def doors(scheme: str) -> Any:
    """
    Look at how many doors of a kind there are.
    """
    return lambda scene: sum(d.startswith(scheme + ":") for d in scene.running.doors())


def at_socket(scene: Scene) -> int:
    """
    Look at the answer at a socket file.
    """
    path = scene.running.folder / "s"
    if not path.exists():
        return 0
    with RawClient(path) as client:
        return client.ask(PING).status


def over_tls(scene: Scene) -> int:
    """
    Look at the answer over TLS.
    """
    address = ("127.0.0.1", scene.running.port("HTTPS"))
    with RawClient(address, tls=trusting(scene)) as client:
        return client.ask(PING).status


def agreed(**limits: Any) -> Any:
    """
    Look whether a client with limits finds a common language.
    """

    def look(scene: Scene) -> bool:
        context = trusting(scene)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(limits.get("ciphers", "DEFAULT"))
        address = ("127.0.0.1", scene.running.port("HTTPS"))
        try:
            with RawClient(address, tls=context) as client:
                return client.ask(PING).status == 200
        except ssl.SSLError:
            return False

    return look


def certificate(scene: Scene) -> bool:
    """
    Look whether the first of two certificates is shown.
    """
    address = ("127.0.0.1", scene.running.port("HTTPS"))
    with RawClient(address, tls=trusting(scene)) as client:
        shown = client.socket.getpeercert()  # type: ignore[attr-defined]
    return ("DNS", "again.test") not in shown["subjectAltName"]


def scrape(scheme: str) -> Any:
    """
    Look whether metrics are told at the last door of a kind.
    """

    def look(scene: Scene) -> bool:
        try:
            address = ("127.0.0.1", scene.running.port(scheme, number=-1))
        except IndexError:
            return False
        tls = trusting(scene) if scheme == "HTTPS" else None
        with RawClient(address, tls=tls) as client:
            return b"oauthproxy_build_info" in client.ask(PING).body

    return look


AGAIN, STRANGE = '"{folder}/again.pem"', '"{folder}/strange.key"'
EFFECTS = (
    Effect("http_address", '"unix://{here}/s,mode=0600"', at_socket, 0, 200),
    Effect("https_address", '"127.0.0.1:0"', doors("HTTPS"), 0, 1, LISTEN, '"-"'),
    Effect(
        "tls_cert_file",
        AGAIN,
        certificate,
        True,
        False,
        HTTPS.replace('tls_cert_file = "{chain}"\n', ""),
        '"{chain}"',
    ),
    Effect(
        "tls_key_file",
        STRANGE,
        over_tls,
        200,
        REFUSED,
        HTTPS.replace('\ntls_key_file = "{key}"', ""),
        '"{key}"',
    ),
    Effect("tls_min_version", '"TLS1.3"', agreed(), True, False, HTTPS),
    Effect(
        "tls_cipher_suites",
        '["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]',
        agreed(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"),
        True,
        False,
        HTTPS,
    ),
    Effect("metrics_address", '"127.0.0.1:0"', scrape("HTTP"), False, True),
    Effect(
        "metrics_secure_address",
        '"127.0.0.1:0"',
        scrape("HTTPS"),
        False,
        True,
        METRICS_FILES,
    ),
    Effect(
        "metrics_tls_cert_file",
        AGAIN,
        certificate,
        True,
        False,
        METRICS.replace('metrics_tls_cert_file = "{chain}"\n', ""),
        '"{chain}"',
    ),
    Effect(
        "metrics_tls_key_file",
        STRANGE,
        scrape("HTTPS"),
        True,
        REFUSED,
        METRICS.replace('\nmetrics_tls_key_file = "{key}"', ""),
        '"{key}"',
    ),
    Effect("listen", '["tcp:0:interface=127.0.0.1"]', doors("HTTP"), 1, 2),
)
