"""
What is remarked although it works, and what a check finds.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from oauthproxy.errors import SettingsError
from oauthproxy.settings.findings import (
    Finding,
    Level,
    as_json,
    as_table,
    exit_status,
    problem_findings,
    settings_findings,
)
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.unsafe import guessable
from oauthproxy.settings.warnings import warnings
from tests.unit.settings.loading import CERTIFICATE, loaded

OIDC = ("--provider=oidc", "--oidc-issuer-url=https://i")
SAFE = (
    *OIDC,
    "--cookie-secret=2kmQH9zOyTPTxVPWL8yoVvfzYpXbnHyPHkOxIQ5ZyUI=",
    "--insecure-oidc-skip-nonce=false",
    "--code-challenge-method=S256",
)
REDIS = ["--session-store-type=redis", "--redis-connection-url=redis://r"]
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_safe_setup_has_no_warnings() -> None:
    """Nobody learns to overlook lines that are always there."""
    assert warnings(loaded(*SAFE)) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reverse-proxy"], "without trusted_proxy_ips"),
        (
            ["--auth-request-response-mode=form_post", "--cookie-samesite=lax"],
            "browsers do not send a lax cookie",
        ),
        (
            [
                "--auth-request-response-mode=form_post",
                "--cookie-samesite=none",
                "--cookie-csrf-samesite=strict",
            ],
            "browsers do not send a strict cookie",
        ),
        (
            ["--provider=github", "--sign-out-at-provider"],
            "sign_out_at_provider has no effect without discovery",
        ),
        (
            ["--reverse-proxy", "--trusted-proxy-ip=::1", "--trusted-ip=10.0.0.1"],
            "whoever can set X-Real-IP",
        ),
        (["--insecure-oidc-skip-nonce"], "insecure_oidc_skip_nonce is on"),
        (
            ["--code-challenge-method=", "--insecure-skip-default-pkce"],
            "PKCE is off",
        ),
        (["--ssl-insecure-skip-verify"], "ssl_insecure_skip_verify"),
        (
            ["--ssl-upstream-insecure-skip-verify", "--upstream=https://h/"],
            "the upstream / is not verified",
        ),
        (["--redis-insecure-skip-tls-verify"], "can pose as Redis"),
        (["--insecure-oidc-allow-unverified-email"], "are not theirs"),
        (["--insecure-oidc-skip-issuer-verification"], "any issuer"),
        (["--cookie-secret=0123456789abcdef"], "looks like a default"),
        (["--cookie-secure=false", "--http-address=:80"], "cookie_secure is off"),
        (
            [
                "--cookie-secure=false",
                "--redirect-url=https://a.example/oauth2/callback",
            ],
            "cookie_secure is off",
        ),
        *(
            (
                [
                    "--cookie-secure=false",
                    "--redirect-url=",
                    "--http-address=127.0.0.1:1",
                    f"--listen={endpoint}",
                ],
                "cookie_secure is off, but",
            )
            for endpoint in (
                "tcp:80",
                "haproxy:tcp:80",
                "tcp:80:interface=192.0.2.1",
                "tcp6:80:interface=\\\\:\\\\:",
            )
        ),
        (["--cookie-httponly=false"], "scripts on the page"),
        (["--cookie-samesite=none", "--cookie-secure=false"], "SameSite=None"),
        (["--skip-auth-route=GET=/public"], '"/public" lets every path pass'),
        (["--signature-key=sha1:x"], "signature_key (--signature-key): deprecated"),
        (["--skip-auth-regex=^/x"], "deprecated, use skip-auth-route"),
        (["--github-org=x"], "is for the provider github only"),
        (["--cookie-csrf-expire=900ns"], 'write "900s"'),
        (
            ["--upstream=http://h", "--upstream-timeout=30ns"],
            "upstream_timeout (--upstream-timeout): means 30ns; a number without",
        ),
        (["--oidc-jwks-url=https://j"], "no effect while discovery is on"),
        (["--redis-username=x"], "no effect without session_store_type"),
        (["--https-address=:444"], "no effect without tls_cert_file"),
        (["--trusted-proxy-ip=::1"], "no effect without reverse_proxy"),
        (["--display-htpasswd-form"], "no effect without htpasswd_file"),
        (["--logging-max-age=5"], "no effect without logging_filename"),
        (
            ["--request-logging=false", "--exclude-logging-path=/x"],
            "no effect without request_logging",
        ),
        (
            [*REDIS, "--redis-sentinel-master-name=m"],
            "no effect without redis_use_sentinel",
        ),
        (
            [
                *REDIS,
                "--redis-use-cluster",
                "--redis-cluster-connection-urls=redis://c",
            ],
            "redis_connection_url (--redis-connection-url): has no effect beside",
        ),
        (["--email-domain=example.com"], "makes the others pointless"),
        (
            ["--authenticated-emails-file=list"],
            "makes authenticated_emails_file pointless",
        ),
        (["--cookie-path=/app"], 'does not cover "/oauth2/callback"'),
        (["--cookie-path=/oauth"], "no login can be finished"),
        (
            ["--cookie-domain=.b.example", "--redirect-url=https://a.example"],
            'no cookie_domain is "a.example"',
        ),
        (["--redirect-url=http://a.example/"], "browsers drop the cookies"),
        (
            ["--logging-format=json", "--auth-logging-format={{.Status}}"],
            "auth_logging_format has no effect",
        ),
        (
            ["--workers=2", "--metrics-address=:9"],
            "a scrape is answered by one of them",
        ),
        ([*REDIS, "--session-cookie-minimal"], "here sessions are in redis"),
        (
            ["--max-upstream-connections=5", "--max-idle-upstream-connections=6"],
            "is more than max_upstream_connections (5)",
        ),
        (["--pass-user-headers=false"], "no effect while pass_basic_auth is on"),
        (["--upstream=static://x"], "names no status; 200 is used"),
        (["--redirect-url=http://localhost/cb"], 'has the path "/cb"'),
        (["--cookie-secure=false"], "redirect_url is not set"),
        (["stray"], '"stray" on the command line is no option'),
        (
            [
                "--standard-logging=false",
                "--auth-logging=false",
                "--request-logging=false",
            ],
            "all logs are off",
        ),
    ],
)
def test_a_warning_names_its_reason(arguments: list[str], said: str) -> None:
    """One line for each thing that its owner should know."""
    files: dict[str, bytes | None] = {"list": b""}

    found = warnings(loaded(*SAFE, *arguments, files=files))

    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cookie-secure=false", "--redirect-url=http://127.0.0.1/oauth2/callback"],
        ["--skip-auth-route=GET=^/public", "--skip-auth-route=^/a"],
        ["--upstream=static://204"],
        ["--cookie-path=/oauth2/"],
        ["--cookie-domain=.example", "--redirect-url=https://a.example"],
        ["--redirect-url=http://app.localhost"],
        ["--max-upstream-connections=5"],
        REDIS,
    ],
)
def test_a_usual_choice_is_not_remarked(arguments: list[str]) -> None:
    """A local set-up and anchored routes are fine."""
    assert warnings(loaded(*SAFE, *arguments)) == []


def test_http_address_beside_tls_is_remarked() -> None:
    """The tutorial's TLS step does not listen where it says."""
    files: dict[str, bytes | None] = {"c": CERTIFICATE.cert, "k": CERTIFICATE.key}
    tls = ("--tls-cert-file=c", "--tls-key-file=k", "--http-address=0.0.0.0:443")

    found = warnings(loaded(*SAFE, *tls, files=files))

    assert any('HTTPS is at ":443"' in line for line in found)


def test_weak_ciphers_are_remarked() -> None:
    """As is a list that leaves nothing for TLS 1.2."""
    files: dict[str, bytes | None] = {"c": CERTIFICATE.cert, "k": CERTIFICATE.key}
    tls = (*SAFE, "--tls-cert-file=c", "--tls-key-file=k")

    weak = loaded(*tls, "--tls-cipher-suite=TLS_RSA_WITH_RC4_128_SHA", files=files)
    none = loaded(*tls, "--tls-cipher-suite=TLS_AES_128_GCM_SHA256", files=files)

    assert any("has weak ones" in line for line in warnings(weak))
    assert any("names none for TLS 1.2" in line for line in warnings(none))


@pytest.mark.parametrize(
    "secret",
    [
        "aaaaaaaaaaaaaaaa",
        "changeme-changeme",
        "\0" * 16,
        "0123456789abcdef0123456789abcdef",
        "OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w=",
    ],
)
def test_a_pattern_is_guessable(secret: str) -> None:
    """Repeated bytes and words of examples."""
    assert guessable(secret)


def test_a_fresh_secret_is_not_guessable() -> None:
    """Nor is one of a password generator."""
    assert not guessable("v3R9-hq2LxTt7cPzWm0aKdYs8uNbEfGjQ1oIi4kZrXU")
    assert not guessable("n7%fQ2&kzR9!vB4x")


@pytest.mark.parametrize(
    "endpoint",
    [
        "tcp:80:interface=127.0.0.1",
        "tcp6:80:interface=\\:\\:1",
        "unix:/run/p.sock",
        "systemd:domain=INET:index=0",
    ],
)
def test_what_only_this_machine_reaches_needs_no_secure_cookies(endpoint: str) -> None:
    """Loopback addresses, sockets, and what somebody else has bound."""
    local = ("--cookie-secure=false", "--redirect-url=", "--http-address=127.0.0.1:1")

    found = warnings(loaded(*SAFE, *local, f"--listen={endpoint}"))

    assert not any("cookie_secure is off" in line for line in found)


def test_a_cookie_that_browsers_refuse_is_remarked() -> None:
    """Where its name is let promise what it does not keep."""
    broken = ("--allow-broken-cookie-prefixes", "--cookie-name=__Host-a")

    found = warnings(loaded(*SAFE, *broken, "--cookie-path=/x"))

    assert (
        'cookie_name: __Host- needs cookie_path "/"; browsers refuse the cookie'
    ) in found


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("exit_without_redis", "redis"),
        ("insecure_skip_auth_ambiguous_paths", "skip_auth_routes"),
        ("insecure_believe_repeated_forwarding", "reverse_proxy"),
    ],
)
def test_a_switch_for_what_is_not_used_is_remarked(name: str, needed: str) -> None:
    """It has no effect."""
    found = warnings(loaded(*SAFE, f"--{name.replace('_', '-')}"))

    assert any(name in line and needed in line for line in found)


def test_the_reference_behaviour_is_not_remarked_where_it_means_nothing() -> None:
    """What nobody set, and what concerns nobody, is no news."""
    found = warnings(loaded(*SAFE, "--reference-behaviour"))

    assert not any("has no effect" in line for line in found)
    assert not any("google" in line for line in found)
    assert any("insecure_skip_session_expiry is on" in line for line in found)


def certificate(days: int, key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    names = x509.SubjectAlternativeName([x509.DNSName("a.example")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(names, critical=False)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (90, Level.OK, "certificate for a.example, valid for 90 more days"),
        (3, Level.WARNING, "expires in 3 days"),
        (-1, Level.ERROR, "has expired"),
    ],
)
def test_the_certificate_is_looked_at(days: int, level: Level, said: str) -> None:
    """It is in date for a while."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files: dict[str, bytes | None] = {"c": certificate(days, key), "k": pem}
    settings = loaded(*SAFE, "--tls-cert-file=c", "--tls-key-file=k", files=files)

    now = int(NOW.timestamp()) * SECOND
    found = settings_findings(settings, {}, files.__getitem__, now)  # type: ignore[arg-type]

    (tls,) = [finding for finding in found if finding.subject == "tls"]
    assert tls.level is level
    assert said in tls.message


def test_findings_are_a_table_or_json() -> None:
    """Aligned lines, in colours if wanted, or a document with the status."""
    found = [
        Finding(Level.OK, "settings", "valid"),
        *problem_findings(SettingsError(["bad"])),
    ]

    assert as_table(found) == "ok       settings  valid\nerror    settings  bad\n"
    assert "\x1b[31merror" in as_table(found, colours=True)
    assert json.loads(as_json(found)) == {
        "status": 1,
        "findings": [
            {"level": "ok", "subject": "settings", "message": "valid"},
            {"level": "error", "subject": "settings", "message": "bad"},
        ],
    }
    assert exit_status(found[:1]) == 0


def test_a_proxy_that_believes_everybody_is_remarked_at_every_start() -> None:
    """As the reference does; `check` tells it once."""
    believing = loaded(*SAFE, "--reverse-proxy")

    (note,) = believing.notes
    assert note.startswith("reverse_proxy is on without trusted_proxy_ips")
    assert warnings(believing).count(note) == 1
    assert loaded(*SAFE, "--reverse-proxy", "--trusted-proxy-ip=::1").notes == ()
