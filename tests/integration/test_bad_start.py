"""
What cannot work is refused at the start: one clear line, exit 1.
"""

import socket
import stat
from pathlib import Path

import pytest

from tests.integration.harness.authority import Authority
from tests.integration.harness.ports import free_port
from tests.integration.harness.program import run
from tests.integration.harness.provider import Provider
from tests.integration.harness.stage import COOKIE_SECRET, configuration


def _complaint(
    provider: Provider,
    folder: Path,
    options: str = "",
    *arguments: str,
    environment: dict[str, str] | None = None,
    port: int | None = None,
) -> str:
    file = folder / "proxy.cfg"
    options = f'upstreams = ["http://127.0.0.1:1"]\n{options}'
    file.write_text(
        configuration(
            options,
            provider=provider,
            upstream=None,
            port=port if port is not None else free_port(),
        ),
        encoding="utf-8",
    )
    return _ended(folder, f"--config={file}", *arguments, environment=environment)


def _ended(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> str:
    ended = run(*arguments, environment=environment, folder=folder)
    assert ended.returncode == 1, (ended.returncode, ended.stdout, ended.stderr)
    assert "Traceback" not in ended.stdout + ended.stderr
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_taken_port(the_provider: Provider, tmp_path: Path) -> None:
    """
    A taken port is named.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        line = _complaint(the_provider, tmp_path, port=port)

    assert f"127.0.0.1:{port}" in line or str(port) in line


def test_missing_configuration_file(tmp_path: Path) -> None:
    """
    A configuration file that is not there is named.
    """
    line = _ended(tmp_path, "--config=nowhere.cfg")

    assert "nowhere.cfg" in line


def test_configuration_file_that_is_no_toml(tmp_path: Path) -> None:
    """
    A syntax error is named with its file and place.
    """
    (tmp_path / "broken.cfg").write_text('provider = "oidc\n', encoding="ascii")

    line = _ended(tmp_path, "--config=broken.cfg")

    assert "broken.cfg" in line


@pytest.mark.parametrize(
    ("option", "nearest"),
    [("cookie_secert = 'x'", "cookie_secret"), ("upstream = ['x']", "upstreams")],
)
def test_unknown_option_in_the_file(
    the_provider: Provider, tmp_path: Path, option: str, nearest: str
) -> None:
    """
    An unknown option is named with its line and the nearest right name.
    """
    line = _complaint(the_provider, tmp_path, option)

    assert option.split(maxsplit=1)[0] in line
    assert nearest in line
    assert "proxy.cfg:2" in line


def test_unknown_flag(the_provider: Provider, tmp_path: Path) -> None:
    """
    An unknown flag is named with the nearest right one.
    """
    line = _complaint(the_provider, tmp_path, "", "--cokie-secure=false")

    assert "--cokie-secure" in line
    assert "--cookie-secure" in line


def test_wrong_value_of_a_flag(the_provider: Provider, tmp_path: Path) -> None:
    """
    A value that cannot be read is named with its option.
    """
    line = _complaint(the_provider, tmp_path, "", "--cookie-expire=soon")

    assert "--cookie-expire" in line
    assert "soon" in line


def test_wrong_value_in_the_environment(the_provider: Provider, tmp_path: Path) -> None:
    """
    A value that cannot be read is named with its variable.
    """
    environment = {"OAUTH2_PROXY_COOKIE_SECURE": "perhaps"}

    line = _complaint(the_provider, tmp_path, environment=environment)

    assert "OAUTH2_PROXY_COOKIE_SECURE" in line


@pytest.mark.parametrize("secret", ["tiny!", "x" * 17, "x" * 33])
def test_bad_cookie_secret(the_provider: Provider, tmp_path: Path, secret: str) -> None:
    """
    A cookie secret of the wrong size is refused, and not shown.
    """
    line = _complaint(the_provider, tmp_path, f'cookie_secret = "{secret}"')

    assert "cookie_secret" in line or "cookie-secret" in line
    assert secret not in line


def test_missing_cookie_secret(the_provider: Provider, tmp_path: Path) -> None:
    """
    Without a cookie secret nothing starts, and the line tells how to make one.
    """
    line = _complaint(the_provider, tmp_path, 'cookie_secret = ""')

    assert "cookie_secret" in line or "cookie-secret" in line


def test_unreadable_key(
    the_provider: Provider, authority: Authority, tmp_path: Path
) -> None:
    """
    A TLS key that is not there is named.
    """
    certificate = authority.issue("localhost")
    options = f'tls_cert_file = "{certificate.chain}"\ntls_key_file = "no.key"'

    line = _complaint(the_provider, tmp_path, options)

    assert "tls_key_file" in line
    assert "no.key" in line


@pytest.mark.parametrize("broken", ["chain", "key", "both"])
def test_broken_key(
    the_provider: Provider, authority: Authority, tmp_path: Path, broken: str
) -> None:
    """
    A TLS file that holds something else is named.
    """
    certificate = authority.issue("localhost")
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not PEM", encoding="ascii")
    chain = certificate.chain if broken == "key" else wrong
    key = certificate.key if broken == "chain" else wrong

    line = _complaint(
        the_provider, tmp_path, f'tls_cert_file = "{chain}"\ntls_key_file = "{key}"'
    )

    assert "wrong.pem" in line


def test_key_of_another_certificate(
    the_provider: Provider, authority: Authority, tmp_path: Path
) -> None:
    """
    A TLS key that does not fit its certificate is named.
    """
    chain = authority.issue("localhost").chain
    key = authority.issue("other.test").key

    line = _complaint(
        the_provider, tmp_path, f'tls_cert_file = "{chain}"\ntls_key_file = "{key}"'
    )

    assert "other.test.key" in line or "tls_key_file" in line


def test_wrong_tls_version(
    the_provider: Provider, authority: Authority, tmp_path: Path
) -> None:
    """
    A TLS version of another spelling is named with the right ones.
    """
    certificate = authority.issue("localhost")
    options = f'tls_cert_file = "{certificate.chain}"\n'
    options += f'tls_key_file = "{certificate.key}"\ntls_min_version = "1.3"'

    line = _complaint(the_provider, tmp_path, options)

    assert "tls_min_version" in line
    assert "TLS1.3" in line


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ('skip_auth_routes = ["^/(unclosed"]', "skip_auth_routes"),
        ('skip_auth_routes = ["^/(?=ahead)"]', "skip_auth_routes"),
        ('upstreams = ["ftp://x"]', "upstreams"),
        ('trusted_ips = ["10.0.0.1/8"]', "trusted_ips"),
        ('provider = "nobody"', "provider"),
        ('cookie_samesite = "Lax"', "cookie_samesite"),
        ('session_store_type = "disk"', "session_store_type"),
        ('client_id = ""', "client_id"),
        ("email_domains = []", "email_domains"),
        ('redirect_url = "http://[::1"', "redirect_url"),
        ('cookie_refresh = "200h"', "cookie_refresh"),
        ('logging_format = "xml"', "logging_format"),
        ('http_address = "127.0.0.1:none"', "http_address"),
        ('request_logging_format = "{{.Nothing}}"', "request_logging_format"),
        ('authenticated_emails_file = "/nowhere/list"', "/nowhere/list"),
        ('htpasswd_file = "/nowhere/htpasswd"', "/nowhere/htpasswd"),
        ('provider_ca_files = ["/nowhere/ca.pem"]', "/nowhere/ca.pem"),
        ('custom_templates_dir = "/nowhere"', "/nowhere"),
    ],
)
def test_wrong_settings(
    the_provider: Provider, tmp_path: Path, option: str, named: str
) -> None:
    """
    A value that makes no sense is named with its option.
    """
    line = _complaint(the_provider, tmp_path, option)

    assert named in line or named.replace("_", "-") in line


def test_every_problem_is_named(the_provider: Provider, tmp_path: Path) -> None:
    """
    Several wrong options are reported together, a line each.
    """
    file = tmp_path / "proxy.cfg"
    options = 'cookie_samesite = "Lax"\ntrusted_ips = ["x"]\nupstreams = ["ftp://x"]'
    file.write_text(
        configuration(options, provider=the_provider, upstream=None, port=free_port()),
        encoding="utf-8",
    )

    ended = run(f"--config={file}", folder=tmp_path)

    assert ended.returncode == 1
    for name in ("samesite", "trusted", "upstream"):
        assert name in ended.stderr


def test_secret_file_that_is_not_there(the_provider: Provider, tmp_path: Path) -> None:
    """
    A secret file that cannot be read is named.
    """
    options = 'client_secret = ""\nclient_secret_file = "nowhere"'

    line = _complaint(the_provider, tmp_path, options)

    assert "client_secret_file" in line
    assert "nowhere" in line


def test_switch_for_those_who_rely_on_exiting(tmp_path: Path) -> None:
    """
    With `exit_without_provider` a dead provider ends the program as the reference does.
    """
    dead = Provider(port=free_port())

    line = _complaint(dead, tmp_path, "exit_without_provider = true")

    assert dead.issuer in line or "provider" in line


def test_version_and_help(tmp_path: Path) -> None:
    """
    `--version` and `--help` print to standard output and exit 0.
    """
    version = run("--version", folder=tmp_path)
    told = run("--help", folder=tmp_path)

    assert (version.returncode, told.returncode) == (0, 0)
    assert version.stdout.startswith("oauthproxy")
    assert "--cookie-secret" in told.stdout


def test_fresh_secrets_differ_and_work(the_provider: Provider, tmp_path: Path) -> None:
    """
    `cookie-secret` prints a new secret each time, good as it is.
    """
    first = run("cookie-secret", folder=tmp_path).stdout.strip()
    second = run("cookie-secret", folder=tmp_path).stdout.strip()
    line = _complaint(
        the_provider, tmp_path, f'cookie_secret = "{first}"\nprovider = "nobody"'
    )

    assert first != second
    assert len(first) >= len(COOKIE_SECRET) - 1
    assert "nobody" in line


def test_socket_file_in_the_way(the_provider: Provider, tmp_path: Path) -> None:
    """
    A unix socket path that is taken by something else is named and left alone.
    """
    path = tmp_path / "taken"
    path.write_text("precious", encoding="ascii")

    line = _complaint(the_provider, tmp_path, f'http_address = "unix://{path}"')

    assert "taken" in line
    assert path.read_text(encoding="ascii") == "precious"
    assert stat.S_ISREG(path.stat().st_mode)
