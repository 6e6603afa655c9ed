"""
The fields of the alpha configuration that no flat option sets, or none alone.
"""

import base64
import ssl
from typing import Any

from tests.conformance.effects.alpha import Alpha, looks
from tests.conformance.effects.limits import scraped
from tests.conformance.effects.provider import claiming, login_at
from tests.conformance.effects.scene import (
    REFUSED,
    Look,
    Scene,
    login_parameter,
    parameters,
    status,
)
from tests.conformance.effects.server import PING, agreed
from tests.conformance.effects.templates import on_page
from tests.integration.harness.client import RawClient
from tests.integration.harness.provider import CLIENT
from tests.unit.net.authority import Authority

METRICS = {"metricsServer.bindAddress": "127.0.0.1:0"}


def labelled(label: str) -> Look:
    """
    Look whether the metrics tell of a label.
    """

    def look(scene: Scene) -> bool:
        scene.alice().ask("/page")
        return label in scraped(scene)

    return look


# Applications.


def target(scene: Scene) -> str:
    """
    Look at what the application is asked for.
    """
    assert scene.ask("/old/page?x=1").status == 200
    return scene.upstream.last().target


STATICS = [
    {"id": "a", "path": "/a/", "static": True, "staticCode": 201},
    {"id": "b", "path": "/", "static": True, "staticCode": 202},
]
UPSTREAM = "upstreamConfig.upstreams[]"
UPSTREAMS = (
    looks(
        "upstreamConfig.proxyRawPath",
        status("/a%2Fb"),
        201,
        202,
        value=True,
        also={"upstreamConfig.upstreams": STATICS},
    ),
    looks(
        f"{UPSTREAM}.rewriteTarget",
        target,
        "/old/page?x=1",
        "/new/page?x=1&y=2",
        value="/new/$1?y=2",
        instead="/old/$1",
        also={f"{UPSTREAM}.path": "^/old/(.*)$"},
    ),
    looks(
        f"{UPSTREAM}.id",
        labelled('upstream="mine"'),
        False,
        True,
        value="mine",
        also=METRICS,
    ),
    looks(f"{UPSTREAM}.path", status("/a"), 200, 404, value="/open"),
    looks(f"{UPSTREAM}.uri", status("/a"), 200, 502, value="http://127.0.0.1:9"),
    looks(f"{UPSTREAM}.static", status("/status/204"), 204, 200, value=True),
    looks(
        f"{UPSTREAM}.staticCode",
        status("/a"),
        200,
        201,
        value=201,
        also={f"{UPSTREAM}.static": True},
    ),
)


# Header fields.


def sent(*fields: str) -> Look:
    """
    Look at the field X-A, under any of its spellings, that the application gets.
    """

    def look(scene: Scene) -> dict[str, list[str]]:
        assert scene.ask("/open", *fields).status == 200
        return scene.upstream.last().named_like("X-A")

    return look


def to_application(scene: Scene) -> list[str]:
    """
    Look at the field X-A that the application gets for somebody signed in.
    """
    assert scene.alice().ask("/page").status == 200
    return scene.upstream.last().all("X-A")


def to_browser(scene: Scene) -> list[str]:
    """
    Look at the field X-A that somebody signed in gets.
    """
    return scene.alice().ask("/page").all("X-A")


def one(**value: Any) -> list[dict[str, Any]]:
    """
    A list of one header with one value.
    """
    return [{"name": "X-A", "values": [value]}]


def basic(password: str) -> list[str]:
    """
    Credentials of Alice.
    """
    return ["Basic " + base64.b64encode(f"user-1:{password}".encode()).decode()]


EMAIL, ALICE = {"claim": "email"}, ["alice@example.com"]
FORMS = (
    ({"value": "typed"}, "typed"),
    ({"fromEnv": "A_SECRET"}, "from-env"),
    ({"fromFile": "{folder}/secret"}, "from-file"),
)
SOURCES: dict[str, Any] = {
    "files": {"secret": b"from-file"},
    "environment": {"A_SECRET": "from-env"},
}


def headers(where: str, look: Look) -> tuple[Alpha, ...]:
    """
    Return the effects of one list of headers.
    """
    value = f"{where}[].values[]"
    claim = f"{value}.claimSource"
    plain = {"also": {where: one(claimSource=EMAIL)}}
    secret = {"also": {where: one(secretSource={"value": "other"})}}
    with_password = {
        where: one(
            claimSource={"claim": "user", "basicAuthPassword": {"value": "other"}}
        )
    }
    return (
        looks(f"{where}[].name", look, ALICE, [], value="X-B", **plain),
        looks(f"{claim}.claim", look, ALICE, ["user-1"], value="user", **plain),
        looks(f"{claim}.prefix", look, ALICE, [f"<{ALICE[0]}"], value="<", **plain),
        *(
            looks(
                f"{value}.secretSource",
                look,
                ["other"],
                [seen],
                value=form,
                **secret,
                **SOURCES,
            )
            for form, seen in FORMS
        ),
        *(
            looks(
                f"{claim}.basicAuthPassword",
                look,
                basic("other"),
                basic(seen),
                value=form,
                also=with_password,
                **SOURCES,
            )
            for form, seen in FORMS
        ),
    )


REQUEST, RESPONSE = "injectRequestHeaders", "injectResponseHeaders"
HEADERS = (
    *headers(REQUEST, to_application),
    *headers(RESPONSE, to_browser),
    looks(
        f"{REQUEST}[].preserveRequestValue",
        sent("X-A: mallory"),
        {},
        {"X-A": ["mallory"]},
        value=True,
        also={REQUEST: one(claimSource=EMAIL)},
    ),
    looks(
        f"{REQUEST}[].InsecureSkipHeaderNormalization",
        sent("X_A: mallory"),
        {},
        {"X_A": ["mallory"]},
        value=True,
        also={REQUEST: one(claimSource=EMAIL)},
    ),
)


# Servers.

AUTHORITY = Authority()
FIRST, SECOND = AUTHORITY.sign("localhost"), AUTHORITY.sign("localhost")
FILES = {"first.crt": FIRST.cert, "first.key": FIRST.key}
TLS = {
    "cert": {"fromFile": "{folder}/first.crt"},
    "key": {"fromFile": "{folder}/first.key"},
}
PEM = {
    "FIRST_CERT": FIRST.cert.decode(),
    "FIRST_KEY": FIRST.key.decode(),
    "SECOND_CERT": SECOND.cert.decode(),
    "SECOND_KEY": SECOND.key.decode(),
}
TRUSTED = {"cert": {"fromFile": "{chain}"}, "key": {"fromFile": "{key}"}}
ECDSA_128 = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]


def shown(scene: Scene) -> int:
    """
    Look at the answer over TLS, whatever the certificate is.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    address = ("127.0.0.1", scene.running.port("HTTPS"))
    with RawClient(address, tls=context) as client:
        return client.ask(PING).status


def servers(server: str) -> tuple[Alpha, ...]:
    """
    Return the effects of one server's certificate and key: those of another pair
    cannot be served.
    """
    secure = {f"{server}.secureBindAddress": "127.0.0.1:0"}
    if server == "server":
        secure["server.bindAddress"] = "127.0.0.1:0"
    return tuple(
        looks(
            f"{server}.tls.{part.lower()}",
            shown,
            REFUSED,
            200,
            value={
                form: f"FIRST_{part}" if form == "fromEnv" else PEM[f"FIRST_{part}"]
            },
            instead={
                form: f"SECOND_{part}" if form == "fromEnv" else PEM[f"SECOND_{part}"]
            },
            also={**secure, f"{server}.tls": TLS},
            files=FILES,
            environment=PEM,
        )
        for part in ("CERT", "KEY")
        for form in ("value", "fromEnv")
    )


OF_METRICS = {
    "metricsServer.secureBindAddress": "127.0.0.1:0",
    "metricsServer.tls": TRUSTED,
}
SERVERS = (
    *servers("server"),
    *servers("metricsServer"),
    looks(
        "metricsServer.tls.minVersion",
        agreed(),
        True,
        False,
        value="TLS1.3",
        also=OF_METRICS,
    ),
    looks(
        "metricsServer.tls.cipherSuites",
        agreed(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"),
        True,
        False,
        value=ECDSA_128,
        also=OF_METRICS,
    ),
)


# The provider.


def wished(prompt: str) -> Look:
    """
    Look at the prompt of a login that is begun with a wish for one.
    """
    return lambda scene: parameters(
        scene.begun(target=f"/oauth2/start?rd=/&prompt={prompt}")
    ).get("prompt")


PARAMETERS = "providers[].loginURLParameters"
PROMPT = {"also": {PARAMETERS: [{"name": "prompt", "default": ["none"]}]}}
PROVIDERS = (
    looks(
        "providers[].clientID",
        login_parameter("client_id"),
        CLIENT,
        "another",
        value="another",
    ),
    looks(
        "providers[].id",
        labelled('provider="mine"'),
        False,
        True,
        value="mine",
        also=METRICS,
    ),
    looks("providers[].name", on_page("Sign in with Corp"), False, True, value="Corp"),
    looks(
        "providers[].provider",
        login_at("https://github.com/"),
        False,
        True,
        value="github",
    ),
    looks(
        "providers[].ADFSConfig.skipScope",
        lambda scene: "scope" in parameters(scene.begun()),
        True,
        False,
        value=True,
        also={"providers[].provider": "adfs"},
    ),
    looks(
        "providers[].additionalClaims",
        claiming(to_application, department="sales"),
        [],
        ["sales"],
        value=["department"],
        also={REQUEST: one(claimSource={"claim": "department"})},
    ),
    looks(
        f"{PARAMETERS}[].name",
        login_parameter("x"),
        None,
        "none",
        value="x",
        **PROMPT,
    ),
    looks(
        f"{PARAMETERS}[].allow",
        wished("login"),
        "none",
        "login",
        value=[{"value": "login"}],
        **PROMPT,
    ),
    looks(
        f"{PARAMETERS}[].allow",
        wished("login"),
        "none",
        "login",
        value=[{"pattern": "^log"}],
        **PROMPT,
    ),
)
EFFECTS = (*UPSTREAMS, *HEADERS, *SERVERS, *PROVIDERS)
