"""
How requests are understood and answered.
"""

import base64
import re
from urllib.parse import urlsplit

from tests.conformance.effects.access import kind
from tests.conformance.effects.scene import (
    Effect,
    Scene,
    login_parameter,
    parameters,
    status,
)

BEHIND = "reverse_proxy = true"
TRUSTED = f'{BEHIND}\ntrusted_proxy_ips = ["127.0.0.1"]'
NOT_TRUSTED = f'{BEHIND}\ntrusted_proxy_ips = ["192.0.2.1"]'
CERTIFICATE = """
tls_cert_file = "{chain}"
tls_key_file = "{key}"
https_address = "127.0.0.1:0"
listen = ["tcp:0:interface=127.0.0.1"]
"""
ADDRESSES = ("X-Real-IP: 192.0.2.8", "X-Forwarded-For: 192.0.2.9")
SECURE = 'oidc_issuer_url = "{secure}"'
CA = 'provider_ca_files = ["{root}"]'
PAGE = (403, "text/html; charset=utf-8")
OURS = "https://app.test/oauth2/callback"


def forwarded_host(scene: Scene) -> str | None:
    """
    Look at the host to come back to, when a proxy in front tells another one.
    """
    location = scene.begun("X-Forwarded-Host: front.test")
    return urlsplit(parameters(location)["redirect_uri"]).hostname


def client(scene: Scene) -> str:
    """
    Look at whom the log names, when proxies tell addresses.
    """
    scene.ask("/logged", *ADDRESSES)
    return scene.logged('"/logged"').split()[0].split(":")[0]


def state(scene: Scene) -> bool:
    """
    Look whether the state of a login shows where it leads.
    """
    found = parameters(scene.begun())["state"]
    plain = found.endswith(":/home")
    if not plain:
        assert base64.urlsafe_b64decode(found + "==").endswith(b":/home")
    return plain


def request_id(scene: Scene) -> bool:
    """
    Look whether an id of the client's is in the log.
    """
    scene.ask("/logged", "X-Other-Id: from-the-client")
    return " from-the-client " in scene.logged('"/logged"')


def signature(scene: Scene) -> bool:
    """
    Look whether the application gets a signature.
    """
    assert scene.alice().ask("/page").status == 200
    values = scene.upstream.last().all("GAP-Signature")
    return bool(values) and re.match(r"sha1 \S{20,}$", values[0]) is not None


def login_begins(scene: Scene) -> int:
    """
    Look at whether a login can begin, which needs the provider's word.
    """
    return scene.ask("/oauth2/start").status


EFFECTS = (
    Effect("proxy_prefix", '"/auth"', status("/auth/sign_in"), 403, 200),
    Effect(
        "redirect_url",
        '"https://other.test/cb"',
        login_parameter("redirect_uri"),
        OURS,
        "https://other.test/cb",
    ),
    Effect(
        "relative_redirect_url",
        "true",
        login_parameter("redirect_uri"),
        OURS,
        "/oauth2/callback",
        'redirect_url = "/oauth2/callback"',
    ),
    Effect("reverse_proxy", "true", forwarded_host, "app.test", "front.test"),
    Effect(
        "real_client_ip_header",
        '"X-Forwarded-For"',
        client,
        "192.0.2.8",
        "192.0.2.9",
        TRUSTED,
    ),
    Effect(
        "insecure_client_address_from_anyone",
        "true",
        client,
        "127.0.0.1",
        "192.0.2.8",
        NOT_TRUSTED,
    ),
    Effect(
        "trusted_proxy_ips",
        '["192.0.2.1"]',
        forwarded_host,
        "front.test",
        "app.test",
        BEHIND,
    ),
    Effect("trusted_ips", '["127.0.0.0/8"]', status(), 403, 200),
    Effect("force_https", "true", status(), 403, 308, CERTIFICATE),
    Effect("ssl_insecure_skip_verify", "true", login_begins, 503, 302, SECURE),
    Effect("provider_ca_files", '["{root}"]', login_begins, 503, 302, SECURE),
    Effect(
        "use_system_trust_store",
        "true",
        login_begins,
        503,
        302,
        f'{SECURE}\nprovider_ca_files = ["{{folder}}/stranger.pem"]',
        environment={"SSL_CERT_FILE": "{root}"},
    ),
    Effect("skip_provider_button", "true", status(), 403, 302),
    Effect("force_json_errors", "true", kind("/"), PAGE, (401, "application/json")),
    Effect("encode_state", "true", state, True, False),
    Effect("allow_query_semicolons", "true", status("/oauth2/start?a=1;b=2"), 400, 302),
    Effect("request_id_header", '"X-Other-Id"', request_id, False, True),
    Effect("signature_key", '"sha1:key"', signature, False, True),
)
