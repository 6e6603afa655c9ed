"""
The configuration file, the environment, and which of the sources wins.
"""

import pytest

from oauthproxy.settings.kinds import HOUR, SECOND
from tests.unit.settings.loading import CERTIFICATE, loaded, problems

SEEDS = {
    "wso2": """
      provider = "oidc"
      oidc_issuer_url = "https://localhost:9443/oauth2/token"
      oidc_jwks_url = "https://localhost:9443/oauth2/jwks"
      redirect_url = "http://localhost:4180/oauth2/callback"

      client_id = "<your_client_id>"
      client_secret = "<your_client_secret>"

      email_domains = ["*"]
      scope = "openid email profile"

      set_xauthrequest = true
      skip_auth_preflight = false
      http_address = "127.0.0.1:4180"
      upstreams = ["http://localhost:8080"]

      pass_access_token = true
      pass_user_headers = true
      set_authorization_header = true
      code_challenge_method = "S256"
      user_id_claim = "username"

      cookie_secure = false
      cookie_samesite = "lax"
      cookie_csrf_per_request = false
      cookie_secret = "2kmQH9zOyTPTxVPWL8yoVvfzYpXbnHyPHkOxIQ5ZyUI="
""",
    "zitadel": """
provider = "oidc"
user_id_claim = "sub" #uses the subject as ID instead of the email
provider_display_name = "ZITADEL"
redirect_url = "http://127.0.0.1:4180/oauth2/callback"
oidc_issuer_url = "https://issuer.zitadel.ch"
upstreams = [
    "https://example.corp.com"
]
email_domains = [
    "*"
]
client_id = "{ZITADEL_GENERATED_CLIENT_ID}"
client_secret = "{ZITADEL_GENERATED_CLIENT_SECRET}"
pass_access_token = true
cookie_secret = "2kmQH9zOyTPTxVPWL8yoVvfzYpXbnHyPHkOxIQ5ZyUI="
skip_provider_button = true
cookie_secure = false #localdev only false
http_address = "127.0.0.1:4180" #localdev only
""",
}


@pytest.mark.parametrize("name", SEEDS)
def test_the_tutorials_load_verbatim(name: str) -> None:
    """Both tutorials' configurations are valid and understood."""
    settings = loaded(toml=SEEDS[name], base=())

    (provider,) = settings.providers
    assert provider.type == "oidc"
    assert settings.server.bind_address == "127.0.0.1:4180"
    assert [u.path for u in settings.upstreams] == ["/"]
    assert settings.access.email_domains == ("*",)
    assert not settings.cookie.cookie_secure
    assert provider.id == {"zitadel": "ZITADEL"}.get(name, "oidc=<your_client_id>")


def test_the_tutorial_with_redis_and_tls_loads() -> None:
    """The two optional steps of the tutorial may be added."""
    more = """
session_store_type = "redis"
redis_connection_url = "redis://127.0.0.1:6379/1"
tls_cert_file = "cert.pem"
tls_key_file = "cert.key"
tls_min_version = "TLS1.3"
"""
    text = SEEDS["wso2"].replace('127.0.0.1:4180"\n', '0.0.0.0:443"\n') + more
    files: dict[str, bytes | None] = {
        "cert.pem": CERTIFICATE.cert,
        "cert.key": CERTIFICATE.key,
    }

    settings = loaded(toml=text, base=(), files=files)

    assert settings.server.bind_address == ""
    assert settings.server.secure_bind_address == ":443"
    assert settings.server.tls is not None
    assert settings.server.tls.min_version == "TLS1.3"


@pytest.mark.parametrize(
    ("toml", "group", "name", "expected"),
    [
        ('cookie_name = "a"', "cookie", "cookie_name", "a"),
        ('Cookie_NAME = "a"', "cookie", "cookie_name", "a"),
        ("cookie_name = 1.50", "cookie", "cookie_name", "1.5"),
        ("cookie_name = 1.0", "cookie", "cookie_name", "1"),
        ("cookie_name = 12", "cookie", "cookie_name", "12"),
        ("cookie_name = true", "cookie", "cookie_name", "1"),
        ('cookie_secure = "F"', "cookie", "cookie_secure", False),
        ('cookie_secure = ""', "cookie", "cookie_secure", False),
        ("cookie_secure = 0", "cookie", "cookie_secure", False),
        ('logging_max_age = "0x10"', "logging", "logging_max_age", 16),
        ('logging_max_age = ""', "logging", "logging_max_age", 0),
        ("logging_max_age = 2.9", "logging", "logging_max_age", 2),
        ("logging_max_age = true", "logging", "logging_max_age", 1),
        ('cookie_expire = "1h"', "cookie", "cookie_expire", HOUR),
        ("cookie_expire = 3600", "cookie", "cookie_expire", 3600),
        ('email_domains = "a, b"', "access", "email_domains", ("a", " b")),
        (
            'email_domains = ["a,b", 1, true]',
            "access",
            "email_domains",
            ("a,b", "1", "1"),
        ),
        ("email_domains = 5", "access", "email_domains", ("5",)),
        (
            'cookie_domains = ["b.c", "a.b.c"]',
            "cookie",
            "cookie_domains",
            ("a.b.c", "b.c"),
        ),
    ],
)
def test_the_file_converts_freely(
    toml: str, group: str, name: str, expected: object
) -> None:
    """TOML values become what the option holds, keys in any letter case."""
    settings = loaded(toml=toml)

    if name == "email_domains":
        settings = loaded(
            toml=toml, base=tuple(b for b in _base() if "domain" not in b)
        )
    assert getattr(getattr(settings, group), name) == expected


def _base() -> tuple[str, ...]:
    from tests.unit.settings.loading import BASE

    return BASE


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            '\ncookie_nmae = "a"',
            "cookie_nmae (proxy.cfg:2): unknown option; did you mean cookie_name?",
        ),
        ('cookie-name = "a"', "did you mean cookie_name?"),
        ('email_domain = "a"', "did you mean email_domains?"),
        ("[providers]\nx = 1", "providers (proxy.cfg:1): unknown table"),
        ("Server.x = 1", "Server (proxy.cfg:1): unknown table"),
        ("cookie_name = [1]", "cookie_name (proxy.cfg:1): a list cannot be a text"),
        ("cookie_name = 1979-05-27", "a date or time cannot be a text"),
        ("email_domains = [[1]]", "a list cannot be an item"),
        ('cookie_secure = "yes"', '"yes" is neither true nor false'),
        ('cookie_expire = ""', "not a duration"),
        ('cookie_expire = "100"', 'write "100s" for seconds'),
        ('cookie_name = "a"\nCOOKIE_NAME = "b"', "given twice, also at proxy.cfg:1"),
        ("logging_max_age = inf", "logging_max_age (proxy.cfg:1): inf is not a whole"),
        ('a = "1"\na = "2"', "proxy.cfg:2: "),
        ("a = ", "proxy.cfg:1: "),
    ],
)
def test_a_mistake_in_the_file_names_its_line(toml: str, said: str) -> None:
    """One line a mistake, with file and line, and the nearest right name."""
    (problem,) = problems(toml=toml)

    assert said in problem


def test_all_mistakes_are_reported_at_once() -> None:
    """Nobody fixes a configuration one start at a time."""
    found = problems(
        "--nonsense",
        "--cookie-expire=1",
        toml='zzz = 1\nlogging_max_age = "x"\ncookie_samesite = "Lax"',
        environment={"OAUTH2_PROXY_COOKIE_SECURE": "yes"},
    )

    assert len(found) == 6


def test_a_mistyped_flag_is_one_line() -> None:
    """What it should have set, perhaps a whole file, is not listed as missing."""
    found = problems("--confg=f", base=())

    assert len(found) == 1
    assert "did you mean --config?" in found[0]


def test_a_missing_file_is_one_line() -> None:
    """What else would be missing is not listed when the file could not be read."""
    found = problems("--config=nowhere", base=())

    assert found == ['--config: cannot read "nowhere": no such file or directory']


@pytest.mark.parametrize(
    ("variable", "text", "group", "name", "expected"),
    [
        ("EMAIL_DOMAINS", "a, b,", "access", "email_domains", ("a", " b", "")),
        ("EMAIL_DOMAINS", '"a,b"', "access", "email_domains", ('"a', 'b"')),
        ("COOKIE_SECURE", "0", "cookie", "cookie_secure", False),
        ("COOKIE_CSRF_EXPIRE", "5s", "cookie", "cookie_csrf_expire", 5 * SECOND),
    ],
)
def test_a_variable_has_its_value(
    variable: str, text: str, group: str, name: str, expected: object
) -> None:
    """Lists are split at every comma, without quoting or trimming."""
    environment = {f"OAUTH2_PROXY_{variable}": text}
    base = tuple(argument for argument in _base() if "domain" not in argument)
    more = () if "DOMAIN" in variable else ("--email-domain=*",)

    settings = loaded(*more, environment=environment, base=base)

    assert getattr(getattr(settings, group), name) == expected


def test_an_empty_variable_counts_as_unset() -> None:
    """It cannot blank what the file says."""
    settings = loaded(
        toml='cookie_name = "a"', environment={"OAUTH2_PROXY_COOKIE_NAME": ""}
    )

    assert settings.cookie.cookie_name == "a"


def test_an_unknown_variable_is_remarked() -> None:
    """It stops nothing, but the nearest name is told."""
    settings = loaded(environment={"OAUTH2_PROXY_EMAIL_DOMAIN": "x"})

    (note,) = settings.notes
    assert note.startswith("OAUTH2_PROXY_EMAIL_DOMAIN: no option has this variable")
    assert note.endswith("did you mean OAUTH2_PROXY_EMAIL_DOMAINS?")


def test_flag_over_variable_over_file_over_default() -> None:
    """Each option for itself; lists are replaced as a whole."""
    toml = 'cookie_name = "file"\ncookie_path = "/file"\nbanner = "file"'
    environment = {
        "OAUTH2_PROXY_COOKIE_NAME": "variable",
        "OAUTH2_PROXY_COOKIE_PATH": "/variable",
    }

    settings = loaded("--cookie-name=flag", toml=toml, environment=environment)

    assert settings.cookie.cookie_name == "flag"
    assert settings.cookie.cookie_path == "/variable"
    assert settings.templates.banner == "file"
    assert settings.cookie.cookie_csrf_expire == 900 * SECOND
    assert settings.origins["cookie_name"] == "--cookie-name"
    assert settings.origins["cookie_path"] == "OAUTH2_PROXY_COOKIE_PATH"
    assert settings.origins["banner"] == "proxy.cfg:3"


def test_the_older_key_of_google_groups_wins() -> None:
    """As in the reference, with a remark; a flag wins over both."""
    more = (
        "--provider=google",
        "--google-admin-email=a@b.c",
        "--google-use-application-default-credentials=true",
    )
    toml = 'google_group = "old"\ngoogle_groups = "new"'

    old = loaded(*more, toml=toml)
    flag = loaded(*more, "--google-group=flag", toml=toml)

    assert old.providers[0].types.google_groups == ("old",)
    assert any("deprecated" in note for note in old.notes)
    assert flag.providers[0].types.google_groups == ("flag",)


def test_the_cookie_secret_comes_from_its_file() -> None:
    """The whole content counts, but only when the option itself is empty."""
    base = tuple(argument for argument in _base() if "cookie" not in argument)
    files: dict[str, bytes | None] = {"s": b"fifteen letters\n"}

    settings = loaded("--cookie-secret-file=s", files=files, base=base)
    missing = problems("--cookie-secret-file=none", base=base)
    unneeded = loaded("--cookie-secret-file=none")

    assert settings.cookie.cookie_secret.reveal() == "fifteen letters\n"
    (line,) = missing
    assert line.startswith("cookie_secret_file (--cookie-secret-file): cannot read")
    assert unneeded.cookie.cookie_secret


def test_the_reference_behaviour_sets_what_was_not_set() -> None:
    """One option turns all switches, but none that was set itself."""
    turned = loaded("--reference-behaviour")
    kept = loaded("--reference-behaviour", "--exit-without-provider=false")

    assert turned.ours.exit_without_provider
    assert not kept.ours.exit_without_provider


def test_nothing_secret_is_in_a_repr() -> None:
    """Settings can be printed."""
    settings = loaded(
        "--redis-connection-url=redis://:hush@h/",
        "--cookie-secret-previous=hush123456789012",
        "--client-secret=hush",
        "--basic-auth-password=hush",
    )

    assert "hush" not in repr(settings)
