"""
The alpha configuration: its variables, its names, its types, and writing it.
"""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.alpha.substitute import escaped, substitute
from oauthproxy.settings.alpha.write import convert_to_alpha
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.load import load
from oauthproxy.settings.model import ProviderSettings, SecretSource, Settings
from oauthproxy.settings.warnings import warnings
from tests.unit.settings.loading import CERTIFICATE, SECRET, loaded, problems

NO_FILES: dict[str, bytes] = {}

BASE = (f"--cookie-secret={SECRET}", "--email-domain=*")
PROVIDER = """
providers:
- {id: p, clientID: c, clientSecret: s, provider: oidc, oidcConfig: {issuerURL: https://i}}
server: {bindAddress: ":1"}
"""
VARIABLES = {"A": "value", "EMPTY": "", "OTHER": "other", "1": "one", "É": "accent"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A ${A}", "value value"),
        ("$NONE|${NONE}|", "||"),
        ("${NONE:-d} ${EMPTY:-d} ${A:-d}", "d d value"),
        ("${NONE:=d} ${EMPTY:=d}", "d d"),
        ("${NONE-d} ${EMPTY-d}|${NONE=d}", "d |d"),
        ("${A+alt} ${EMPTY+alt} ${EMPTY:+alt}|${NONE+alt}", "alt alt alt|"),
        ("${NONE:-$OTHER}", "other"),
        ("$$A $$", "$A $"),
        ("$ $", "$ $"),
        ("${} $_ $( $-", "${} $_ $( $-"),
        ("$1 $2 $12 /$2/x", "$1 $2 $12 /$2/x"),
        ("${1}", "one"),
        ("$É", "accent"),
        ("${A:?no} ${NONE^^}|", "value |"),
        (r"\$A", r"\value"),
        ("# $A", "# value"),
    ],
)
def test_variables_are_replaced(text: str, expected: str) -> None:
    """In every form of the reference; what it damages is kept."""
    assert substitute(text, VARIABLES) == expected


def test_an_open_brace_is_a_mistake() -> None:
    """It must be closed on its line."""
    with pytest.raises(ValueError, match=r'2: the "}" of "\$\{A" is missing'):
        substitute("x\n${A\n}", VARIABLES)


@pytest.mark.parametrize("text", ["$", "$$", "$1", "$$1", "a$A${A}", "$$$", "x"])
def test_escaped_text_survives(text: str) -> None:
    """What is written comes back."""
    assert substitute(escaped(text), VARIABLES) == text


def alpha(text: str, **rest: Any) -> Settings:
    return loaded(alpha=PROVIDER + text, base=BASE, **rest)


def wrongs(text: str, **rest: Any) -> list[str]:
    return problems(alpha=text, base=BASE, **rest)


def test_nothing_but_the_provider_is_prepared() -> None:
    """No server, no upstreams, no headers by default; one provider of type google."""
    found = load(["--alpha-config=a"], {}, {"a": b""}.__getitem__, checked=False)

    (provider,) = found.providers
    assert provider == evolve(
        ProviderSettings(id=""),
        types=evolve(provider.types, azure_tenant="common"),
        oidc=evolve(provider.oidc, insecure_skip_nonce=False),
        pkce_if_announced=True,
    )
    assert (found.upstreams, found.inject_request_headers) == ((), ())
    assert found.server.bind_address == ""


def test_the_first_provider_is_laid_over_the_prepared_one() -> None:
    """Further ones start empty, and inherit nothing."""
    text = """
providers:
- {id: a, oidcConfig: {audienceClaims: [x]}}
- {id: b, provider: null}
"""
    found = load(
        ["--alpha-config=a"], {}, {"a": text.encode()}.__getitem__, checked=False
    )

    first, second = found.providers
    assert (first.type, first.types.azure_tenant) == ("google", "common")
    assert first.oidc.audience_claims == ("x",)
    assert (second.type, second.types.azure_tenant) == ("", "")
    assert second.oidc.audience_claims == ("aud",)


def test_everything_has_its_place() -> None:
    """Structures, lists, anchors, merge keys and letter case are understood."""
    text = """
upstreamConfig:
  proxyRawPath: true
  upstreams:
  - &u {id: a, path: ^/a/(.*)$, rewriteTarget: /$1?x=$2, uri: http://h, timeout: 5s}
  - {<<: *u, id: b, path: /b, rewriteTarget: "", flushInterval: 2.5, staticCode: null}
  - {ID: c, path: /c, static: true, uri: http://x, passHostHeader: true}
injectRequestHeaders:
- name: X-A
  preserveRequestValue: true
  InsecureSkipHeaderNormalization: true
  values:
  - claimSource: {claim: user, basicAuthPassword: {fromEnv: PW}}
  - secretSource: {value: [104, 195, 169]}
  - secretSource: {value: !!binary aMOp}
server:
  bindAddress: ":1"
  secureBindAddress: ":2"
  tls: {key: {fromFile: k}, cert: {fromFile: c}, cipherSuites: []}
"""
    files: dict[str, bytes | None] = {"k": CERTIFICATE.key, "c": CERTIFICATE.cert}
    found = alpha(
        text.replace("server:\n", "metricsServer:\n"),
        files=files,
        environment={"PW": "pw"},
    )

    a, b, c = found.upstreams
    assert (a.rewrite_target, a.timeout) == ("/$1?x=$2", 5 * SECOND)
    assert (b.path, b.flush_interval, b.uri) == ("/b", 5 * SECOND // 2, "http://h")
    assert (c.uri, c.pass_host_header, c.static_code) == ("", False, 200)
    assert found.proxy_raw_path
    (header,) = found.inject_request_headers
    assert header.preserve_request_value
    assert header.insecure_skip_header_normalization
    assert header.values[1].secret_source == SecretSource(value=Secret("hé"))
    assert header.values[2].secret_source == SecretSource(value=Secret("hé"))
    assert found.metrics_server.secure_bind_address == ":2"
    assert found.origins["upstreamConfig.upstreams[1].path"].startswith("alpha.yaml:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("upstreams: []", "upstreams (alpha.yaml:1): unknown key"),
        ("servr: {}", "did you mean server?"),
        ("server: {bindAdress: x}", "server.bindAdress (alpha.yaml:1): unknown key"),
        ("providers: {}", "providers (alpha.yaml:1): must be a list"),
        ("server: []", "must be a mapping"),
        ("server: {tls: {cipherSuites: x}}", "must be a list of texts"),
        ("server: {tls: {cipherSuites: [1]}}", "put its items in quotes"),
        ("server: {bindAddress: 1}", "must be a text; put it in quotes"),
        ("providers: [{id: 2001-01-01}]", "must be a text"),
        ("upstreamConfig: {proxyRawPath: yes}", "must be true or false"),
        ("upstreamConfig: {upstreams: [{timeout: 5}]}", ""),
        ("upstreamConfig: {upstreams: [{timeout: '5'}]}", 'write "5s"'),
        ("upstreamConfig: {upstreams: [{staticCode: x}]}", "must be a whole number"),
        ("server: {}\nserver: {}", "server (alpha.yaml:2): given twice"),
        ("a: [", "alpha.yaml:"),
        ("a: *x", "alpha.yaml:1: found undefined alias"),
        ("${A", 'alpha.yaml:1: the "}"'),
        ("injectRequestHeaders: [{claim: user}]", "unknown key"),
    ],
)
def test_a_mistake_names_its_path_and_line(text: str, said: str) -> None:
    """Unknown keys at any depth, wrong types, bad YAML."""
    assert any(said in line for line in wrongs(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providers: []", "providers (alpha.yaml:1): at least one provider is needed"),
        ("", "providers[0].clientID: not set"),
        (
            "injectRequestHeaders: [{name: A, values: [{}]}]",
            "injectRequestHeaders[0].values[0] (alpha.yaml:1): needs either",
        ),
        (
            "metricsServer: {tls: {key: {value: a, fromEnv: b}}}",
            "only one of value and fromEnv",
        ),
        (
            "injectRequestHeaders: [{name: A, values: [{secretSource: {fromEnv: b}}]}]",
            "the environment variable b is not set",
        ),
        (
            "injectResponseHeaders: [{name: A}, {name: A}]",
            "the header A is given twice",
        ),
        (
            "upstreamConfig: {upstreams: [{id: a, path: /, staticCode: 5}]}",
            "staticCode (alpha.yaml:1): is only for static upstreams",
        ),
        (
            "upstreamConfig: {upstreams: [{id: a, path: '^(', rewriteTarget: x}]}",
            'path (alpha.yaml:1): "^(" is not a regular expression',
        ),
        (
            "providers: [{loginURLParameters: [{name: a, allow: [{}]}]}]",
            "loginURLParameters[0].allow[0] (alpha.yaml:1): needs either",
        ),
        ("server: {secureBindAddress: ':1'}", "needs a certificate and its key"),
    ],
)
def test_the_rules_name_paths(text: str, said: str) -> None:
    """What is wrong in the alpha configuration is reported by its own names."""
    assert any(said in line for line in wrongs(text))


def test_flat_options_that_belong_there_are_refused() -> None:
    """As flag and as key; as a variable they are only remarked."""
    flag = problems("--upstream=http://h", alpha=PROVIDER, base=BASE)
    key = problems(alpha=PROVIDER, toml='client_id = "x"', base=BASE)
    noted = alpha("", environment={"OAUTH2_PROXY_CLIENT_ID": "x"})

    assert flag[0].startswith("upstreams (--upstream): belongs in the alpha")
    assert key[0].startswith("client_id (proxy.cfg:1): belongs in the alpha")
    assert noted.notes[0].startswith("client_id (OAUTH2_PROXY_CLIENT_ID)")
    assert noted.providers[0].client_id == "c"


CONFIGURATIONS = {
    "empty": "",
    "usual": """
provider = "oidc"
client_id = "yes"
client_secret = "pa$$1${A}\\n\\u00e9: #"
upstreams = ["http://h/a$b", "static://204", "unix:/run/x", "file:///srv#/s/"]
basic_auth_password = "p\\"w"
pass_host_header = false
flush_interval = "0s"
upstream_timeout = "0s"
set_xauthrequest = true
pass_access_token = true
acr_values = "1"
prompt = "2001-01-01"
insecure_oidc_skip_nonce = false
oidc_email_claim = ""
azure_tenant = ""
tls_cert_file = "c"
tls_key_file = "k"
tls_min_version = "TLS1.3"
tls_cipher_suites = ["TLS_AES_128_GCM_SHA256"]
metrics_address = ":9"
allowed_groups = ["true", "0x1f", "1e3", "~", "a: b", "0o7"]
""",
    "google": """
google_groups = ["a"]
google_admin_email = "a@b"
google_use_application_default_credentials = true
""",
    "keycloak-oidc": """
provider = "keycloak-oidc"
allowed_roles = ["a:b"]
""",
    "github": """
provider = "github"
github_token = "t"
github_users = ["u"]
""",
    "login.gov": """
provider = "login.gov"
jwt_key = "-----BEGIN\\nx\\n-----END\\n"
""",
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_what_is_converted_reads_back_the_same(name: str) -> None:
    """The written alpha configuration gives the same settings."""
    files = {"f": CONFIGURATIONS[name].encode()}
    before = load(["--config=f"], {}, files.__getitem__, checked=False)

    files["a"] = convert_to_alpha(before).encode()
    after = load(["--alpha-config=a"], {"A": "x"}, files.__getitem__, checked=False)

    assert after == before


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(TEXTS, st.lists(TEXTS, max_size=3), TEXTS)
def test_any_text_survives_converting(
    name: str, groups: list[str], secret: str
) -> None:
    """Quotes, dollars, line ends, signs that YAML reads: all come back."""
    (provider,) = load([], {}, NO_FILES.__getitem__, checked=False).providers
    before = Settings(
        providers=(
            evolve(
                provider,
                name=name,
                allowed_groups=tuple(groups),
                client_secret=Secret(secret),
            ),
        )
    )

    text = convert_to_alpha(before).encode()
    after = load(
        ["--alpha-config=a"], VARIABLES, {"a": text}.__getitem__, checked=False
    )

    assert after.providers == before.providers


def test_converting_tells_what_is_lost() -> None:
    """One option has no place in the alpha configuration."""
    before = load(["--prefer-email-to-user"], {}, NO_FILES.__getitem__, checked=False)

    assert convert_to_alpha(before).startswith("# prefer_email_to_user")


def test_the_written_form_is_that_of_the_reference() -> None:
    """Alphabetical keys, four blanks, secrets as numbers, sections even if empty."""
    settings = load(
        ["--http-address=", "--pass-basic-auth=false", "--pass-user-headers=false"],
        {},
        NO_FILES.__getitem__,
        checked=False,
    )

    text = convert_to_alpha(settings)

    keys = [line for line in text.splitlines() if line[0] not in " -"]
    assert keys == [
        "metricsServer: {}",
        "providers:",
        "server: {}",
        "upstreamConfig: {}",
    ]
    assert "        backendLogoutURL: ''" in text.replace('""', "''")


def test_a_timeout_without_a_unit_is_remarked() -> None:
    """A whole number of YAML counts nanoseconds, which nobody means."""
    text = "upstreamConfig: {upstreams: [{id: a, path: /, uri: http://h, timeout: 30}]}"

    found = warnings(alpha(text))

    path = "upstreamConfig.upstreams[0].timeout"
    assert any(line.startswith(path) and 'write "30s"' in line for line in found)


def test_fields_without_meaning_are_remarked() -> None:
    """Nothing waits to be flushed, and what is about requests is not for answers."""
    text = """
upstreamConfig: {upstreams: [{id: a, path: /, uri: http://h, flushInterval: 1s}]}
injectResponseHeaders: [{name: A, preserveRequestValue: true}]
"""

    found = warnings(alpha(text))

    assert any(
        "upstreams[0].flushInterval (alpha.yaml:" in line and "no effect" in line
        for line in found
    )
    assert any("preserveRequestValue" in line for line in found)
