"""
What settings are refused for, and how that is said.
"""

import pytest

from tests.unit.net.authority import Authority, with_password
from tests.unit.settings.loading import BASE, CERTIFICATE, loaded, problems

CA = "# Türkiye\n".encode() + Authority().pem
BROKEN_CA = b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"
FILES: dict[str, bytes | None] = {
    "file": b"x",
    "cert": CERTIFICATE.cert,
    "key": CERTIFICATE.key,
    "other": Authority().sign("other").key,
    "locked": with_password(CERTIFICATE.key),
    "ca": CA,
    "broken-ca": BROKEN_CA,
    "dir": None,
    ".": None,
    "logo.svg": b"x",
}
REDIS = ("--session-store-type=redis", "--redis-connection-url=redis://h")
NOWHERE = "https_address (--https-address): there is no address to listen on"
OIDC = ("--provider=oidc", "--oidc-issuer-url=https://i")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cookie-secret=short"], "cookie_secret (--cookie-secret): has 5 bytes"),
        (["--cookie-secret="], "cookie_secret (--cookie-secret): not set"),
        (
            ["--cookie-secret=++++++++++++++++++++++++++++++++++++++++++8="],
            "has 44 bytes",
        ),
        (["--cookie-secret-previous=short"], "item 1 has 5 bytes"),
        (
            ["--cookie-refresh=168h"],
            "168h0m0s must be less than cookie_expire, which is 168h0m0s",
        ),
        (["--cookie-expire=-1s"], "must be less than cookie_expire"),
        (["--cookie-samesite=Lax"], '"Lax" is not one of'),
        (["--cookie-csrf-samesite=x"], "cookie_csrf_samesite"),
        (["--cookie-name=a b"], "not a valid cookie name"),
        (["--cookie-name="], "not a valid cookie name"),
        ([f"--cookie-name={'a' * 257}"], "has 257 bytes"),
        (["--cookie-name=__Host-x", "--cookie-secure=false"], "__Host- needs cookie_s"),
        (["--cookie-name=__host-x", "--cookie-path=/app"], "__host- needs cookie_path"),
        (["--cookie-name=__Host-x", "--cookie-domain=.a.test"], "no cookie_domains"),
        (["--cookie-name=__Secure-x", "--cookie-secure=false"], "__Secure- needs"),
        (
            ["--session-cookie-minimal", "--pass-access-token"],
            "drops the access_token that the header X-Forwarded-Access-Token needs",
        ),
        (["--session-cookie-minimal", "--cookie-refresh=1h"], "cookie_refresh needs"),
        (["--session-store-type=disk"], "not one of cookie, redis, memory"),
        (["--session-store-type=memory", "--workers=2"], "not shared by processes"),
        (["--session-store-type=redis"], "redis_connection_url: not set"),
        (
            ["--session-store-type=redis", "--redis-connection-url=http://u:hush@h"],
            '"http://…@h" cannot be used: it must start with redis://',
        ),
        (
            ["--session-store-type=redis", "--redis-connection-url=redis://h/a"],
            "number of a database",
        ),
        (
            [
                "--session-store-type=redis",
                "--redis-use-sentinel",
                "--redis-use-cluster",
            ],
            "excludes redis_use_cluster",
        ),
        (["--session-store-type=redis", "--redis-ca-path=none"], 'cannot read "none"'),
        (
            [
                "--session-store-type=redis",
                "--redis-connection-url=rediss://h",
                "--redis-ca-path=file",
            ],
            'redis_ca_path (--redis-ca-path): there is no PEM certificate in "file"',
        ),
        (["--set-basic-auth"], "basic_auth_password is empty"),
        (
            ["--pass-authorization-header", "--basic-auth-password=p"],
            "a second Authorization header",
        ),
        (["--provider=oicd"], "did you mean oidc?"),
        (["--client-id="], "client_id (--client-id): not set"),
        (["--client-secret="], "no client_secret_file either"),
        (["--client-secret=", "--client-secret-file=none"], 'cannot read "none"'),
        (
            [*OIDC, "--token-endpoint-auth-method=client_secret_jwt"],
            '"client_secret_jwt" is not one of client_secret_basic',
        ),
        (
            ["--token-endpoint-auth-method=none"],
            'not with "google", only with adfs, cidaas, entra-id',
        ),
        (
            [*OIDC, "--token-endpoint-auth-method=private_key_jwt"],
            '"private_key_jwt" needs client_assertion_key_file',
        ),
        ([*OIDC, "--client-assertion-key-file=none"], 'cannot read "none"'),
        (
            [
                *OIDC,
                "--client-secret=",
                "--client-assertion-key-file=file",
                "--token-endpoint-auth-method=client_secret_post",
            ],
            "no client_secret_file either",
        ),
        (["--provider=oidc"], "oidc_issuer_url: not set"),
        ([*OIDC, "--oidc-enabled-signing-alg=none"], '"none" is not one of'),
        ([*OIDC, "--skip-oidc-discovery"], "needs oidc_jwks_url"),
        (
            [*OIDC, "--oidc-jwks-url=https://j", "--oidc-public-key-file=file"],
            "excludes oidc_public_key_files",
        ),
        (["--provider=oidc", "--oidc-issuer-url=i"], "it must start with https://"),
        (["--code-challenge-method=s256"], '"s256" is not "S256"'),
        (["--login-url=http://[x"], "cannot be used"),
        (["--provider-ca-file=file"], 'no PEM certificate in "file"'),
        (["--provider-ca-file=broken-ca"], "or a broken one"),
        (["--google-group=g"], "google_groups (--google-group): needs"),
        (["--google-admin-email=a@b"], "needs google_service_account_json"),
        (
            [
                "--google-admin-email=a@b",
                "--google-service-account-json=file",
                "--google-use-application-default-credentials",
            ],
            "excludes google_use_application_default_credentials",
        ),
        (
            ["--provider=entra-id", "--entra-id-federated-token-auth"],
            "AZURE_FEDERATED_TOKEN_FILE",
        ),
        (["--provider=gitlab", "--gitlab-project=a=5"], "not one of 10, 20, 30, 40"),
        (["--provider=login.gov"], "exactly one of jwt_key and jwt_key_file"),
        (["--api-route=a(?=b)"], 'api_routes (--api-route): "a(?=b)" is not a regular'),
        (["--skip-auth-route=GET=a("], '"a(" is not a regular'),
        (["--skip-auth-regex=*"], "skip_auth_regex"),
        (["--trusted-ip=10.0.0.1/8"], "trusted_ips (--trusted-ip): item 1"),
        (["--trusted-proxy-ip=a,b"], "item 2"),
        (["--authenticated-emails-file=none"], 'cannot read "none"'),
        (["--htpasswd-file=dir"], 'cannot read "dir": is a directory'),
        (["--skip-jwt-bearer-tokens", "--extra-jwt-issuers=x"], "ISSUER=AUDIENCE"),
        (["--redirect-url=127.0.0.1:80"], "is not a URL"),
        (["--proxy-prefix=oauth2"], 'does not start with "/"'),
        (["--reverse-proxy", "--real-client-ip-header=X"], '"X" is not one of'),
        (["--signature-key=hush"], "must be ALGORITHM:KEY"),
        (["--signature-key=crc:hush"], "its algorithm is not one of"),
        (["--upstream=http://h:x/"], '"http://h:x/" is not a URL'),
        (["--upstream=127.0.0.1:80"], "is not a URL"),
        (["--upstream=localhost:80"], "write http://localhost:80"),
        (["--upstream=http://u:hush@h:x/"], '"http://…@h:x/" is not a URL'),
        (["--login-url=ftp://u:hush@h/"], '"ftp://…@h/" cannot be used'),
        (["--upstream=ftp://h/"], 'has the scheme "ftp"'),
        (["--upstream=http:///x"], "names no host"),
        (["--upstream=http://h:99999"], "99999 is not a port; 65535 is the last one"),
        (["--login-url=https://h:0/"], "0 is not a port"),
        (
            ["--session-store-type=redis", "--redis-connection-url=redis://h:65536"],
            "65536 is not a port",
        ),
        (["--upstream=127.0.0.1:80/a"], "a colon; write http://127.0.0.1:80/a"),
        (["--trusted-ip=10.0.0.1/8"], "; write 10.0.0.0/8 for the network, or"),
        (["--upstream=http://a/,http://b"], '"/" is the path of two upstreams'),
        (["--upstream=file:///s#static"], 'does not start with "/"'),
        (["--upstream=http://h/a{"], "braces"),
        (["--custom-templates-dir=file"], "is not a directory"),
        (["--custom-sign-in-logo=a.gif"], "is not https://"),
        (["--custom-sign-in-logo=a.svg"], 'cannot read "a.svg"'),
        (["--auth-logging-format={{.Nope}}"], "no field Nope"),
        (["--standard-logging-format={{"], "standard_logging_format"),
        (["--logging-filename=dir"], "is a directory"),
        (["--logging-filename=none/x"], 'no directory "none"'),
        (["--http-address=x"], '"x" cannot be listened on'),
        (["--http-address=-"], "no address to listen on"),
        (["--metrics-secure-address=:1"], "needs a certificate and its key"),
        (["--force-https"], "there is no TLS listener"),
        (["--tls-cert-file=file"], "tls_key_file: the private key is missing"),
        (
            ["--tls-cert-file=file", "--tls-key-file=key"],
            'tls_cert_file (--tls-cert-file): there is no PEM certificate in "file"',
        ),
        (
            ["--tls-cert-file=cert", "--tls-key-file=file"],
            'tls_key_file (--tls-key-file): there is no PEM private key in "file"',
        ),
        (["--tls-cert-file=cert", "--tls-key-file=locked"], "needs a password"),
        (
            ["--tls-cert-file=cert", "--tls-key-file=other"],
            '"other" is not that of the certificate in "cert"',
        ),
        (
            ["--tls-cert-file=cert", "--tls-key-file=key", "--tls-min-version=1.3"],
            '"1.3" is not one of TLS1.2, TLS1.3',
        ),
        (
            [
                "--tls-cert-file=cert",
                "--tls-key-file=key",
                "--tls-cipher-suite=TLS_RSA_WITH_AES_128_GCM_SHA",
            ],
            "did you mean TLS_RSA_WITH_AES_128_GCM_SHA256?",
        ),
        (
            [*REDIS, "--redis-client-cert-file=cert", "--redis-client-key-file=other"],
            'redis_client_key_file (--redis-client-key-file): the private key in "ot',
        ),
        ([*REDIS, "--redis-client-cert-file=file"], "no PEM certificate in "),
        ([*REDIS, "--redis-client-cert-file=cert"], "no PEM private key in "),
        (["--tls-cert-file=cert", "--tls-key-file=key", "--https-address=-"], NOWHERE),
        (["--http-address="], "http_address (--http-address): there is no address"),
        (["--workers=0"], "0 is less than 1"),
        (["--head-timeout=0"], "0s is too small"),
        (["--logging-format=xml"], '"xml" is not one of text, json'),
    ],
)
def test_it_is_refused_in_words(arguments: list[str], said: str) -> None:
    """One problem gives a line that names the option and what would be right."""
    found = problems(*arguments, files=FILES)

    assert any(said in line for line in found), found
    assert "hush" not in "".join(found)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cookie-expire=0", "--cookie-refresh=1h"],
        ["--cookie-name=__Host-x"],
        ["--cookie-name=__Secure-x", "--cookie-domain=.a.test", "--cookie-path=/a"],
        ["--cookie-name=__Host-x", "--cookie-path=/a", "--reference-behaviour"],
        ["--client-secret=", "--client-secret-file=file"],
        ["--provider=login.gov", "--client-secret=", "--jwt-key=k"],
        ["--provider-ca-file=ca"],
        ["--provider-ca-file=none", "--ssl-insecure-skip-verify"],
        ["--reverse-proxy", "--real-client-ip-header=x-forwarded-for"],
        ["--real-client-ip-header=whatever"],
        ["--extra-jwt-issuers=x"],
        ["--signature-key=sha256:k"],
        ["--upstream=http://h/a/,static://204"],
        ["--upstream=unix:///s,file:///srv#/f/"],
        ["--custom-templates-dir=dir", "--custom-sign-in-logo=logo.svg"],
        ["--logging-filename=x.log"],
        ["--listen=tcp:1", "--http-address="],
        ["--tls-cert-file=cert", "--tls-key-file=key", "--force-https"],
        ["--skip-auth-route=GET!=^/a,!=b"],
        ["--trusted-ip=::ffff:1.2.3.4,10.0.0.0/8,::1"],
        ["--session-store-type=redis", "--redis-connection-url=redis://u:p@h:1/2?db=3"],
    ],
)
def test_it_is_accepted(arguments: list[str]) -> None:
    """What the reference takes is not refused."""
    assert problems(*arguments, files=FILES) == []


def test_a_default_has_no_source() -> None:
    """Where nothing was set only the option is named."""
    found = problems(base=BASE[1:-1])

    assert [line.partition(":")[0] for line in found] == [
        "cookie_secret",
        "email_domains",
    ]


def test_unchecked_settings_are_complete() -> None:
    """The base of these tests is itself without problems."""
    assert loaded().providers[0].id == "google=id"
