"""
Pages, log lines and metric labels that requests lead to, over real sockets.
"""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from oauthproxy.errors import SettingsError
from oauthproxy.settings.kinds import SECOND
from tests.conformance.houses import Houses
from tests.conformance.peers import ask, browser
from tests.conformance.recorded import of
from tests.conformance.visits import Visit
from tests.integration.harness.ports import free_port
from tests.integration.harness.upstream import Upstream
from tests.live import Answered, LiveHouse

Case = dict[str, Any]

KIM = {"email": "kim@example.test"}


@of("sign_in_message")
def test_sign_in_message(case: Case, houses: Houses) -> None:
    """The sign-in page says who may come in."""
    config = dict(case["config"])
    file = config.get("authenticated_emails_file", "")
    if not config["email_domains"] and not file:
        with pytest.raises(SettingsError):
            houses.usual(config)
        return
    if file:
        config["authenticated_emails_file"] = "/mails"
    house = houses.usual(config, {"mails": b"kim@example.test\n"})

    answered = ask(house, {"input": {"target": "/oauth2/sign_in"}})

    message = case["expect"]["message"]
    shown = re.findall(r'<div class="message">(.*)</div>', answered.body.decode())
    assert shown == [message] * bool(message)


def wrong_query(house: LiveHouse) -> Answered:
    return ask(house, {"input": {"target": "/oauth2/start?rd=%zz"}})


def refused_user(house: LiveHouse) -> Answered:
    asked = {"input": {"session": {"email": "lee@other.test"}}}
    return ask(house, asked, browser(house, asked))


def no_application(house: LiveHouse) -> Answered:
    asked = {"input": {"session": KIM}}
    return ask(house, asked, browser(house, asked))


def no_login(house: LiveHouse) -> Answered:
    return ask(house, {"input": {"target": "/oauth2/callback?code=x&state=n%3A%2F"}})


def refusing_provider(house: LiveHouse) -> Answered:
    visit = Visit(house)
    state = visit.begin()["state"]
    return visit.come_back({"state": state, "error": "5%"})


CAUSES = {
    "error_message-001": refused_user,
    "error_message-004": wrong_query,
    "error_message-005": no_application,
    "error_message-006": no_login,
    "error_message-008": refusing_provider,
}
"""What a client does to see the page of a case."""


@of(
    "error_message",
    but=["error_message-002", "error_message-003", "error_message-007"],
)
def test_error_message(case: Case, houses: Houses) -> None:
    """The error page says what the reference's says."""
    house = houses.usual(
        case["config"],
        email_domains=["example.test"],
        upstreams=[f"http://127.0.0.1:{free_port()}"],
    )

    answered = CAUSES[case["id"]](house)

    text = unescape(answered.body.decode())
    assert answered.status == case["input"]["status"]
    assert f'<p class="message">{case["expect"]["message"]}</p>' in text


@of("html_value")
def test_values_on_pages(case: Case, houses: Houses) -> None:
    """Targets on our pages cannot become anything but targets."""
    house = houses.usual({}, email_domains=["x.test"], whitelist_domains=["x.test"])
    wanted = quote(case["input"]["text"], safe="")
    asked = {
        "input": {"target": f"/?rd={wanted}", "session": {"email": "lee@other.test"}}
    }

    sign_in = ask(house, {"input": {"target": f"/oauth2/sign_in?rd={wanted}"}})
    error = ask(house, asked, browser(house, asked))

    assert case["expect"]["hidden"] in sign_in.body.decode()
    assert case["expect"]["action"] in error.body.decode()


STAMP = r"\[\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\]"
LASTED = r"\d+\.\d{3}$"


@of("log_line", but=["log_line-005", "log_line-007"])
def test_request_in_the_log(case: Case, houses: Houses, application: Upstream) -> None:
    """The log says about a request what the reference says, but for the time; who is
    not signed in asks for a page of our own, of two bytes."""
    config, given, line = case["config"], case["input"], case["expect"]["line"]
    own_page: dict[str, Any] = {} if given["username"] else {"ping_path": "/a"}
    house = houses.usual(
        {},
        request_logging_format=config["format"],
        logging_local_time=config["logging_local_time"],
        upstreams=[application.url],
        **own_page,
    )
    fields = {
        "User-Agent": given["user_agent"],
        "X-Request-Id": given["request_id"],
    }
    known = {"session": {"email": given["username"]}} if given["username"] else {}
    asked = {
        "input": {
            "method": given["method"],
            "target": given["uri"],
            "host": given["host"],
            "remote_addr": given["client"],
            "headers": [[n, v] for n, v in fields.items() if v],
            **known,
        }
    }

    ask(house, asked, browser(house, asked))

    logged = house.logged("")
    assert masked(logged) == masked(line.replace(" 200 12 ", " 200 2 "))


def masked(line: str) -> str:
    """
    Return a line without its moment and its duration.
    """
    return re.sub(LASTED, "LASTED", re.sub(STAMP, "STAMP", line))


@of("metrics_label", but=["metrics_label-004"])
def test_request_is_counted(case: Case, houses: Houses, application: Upstream) -> None:
    """Requests are counted by lower-case method and decimal status."""
    houses.close()  # what runs has counted others
    house = houses.usual({}, upstreams=[application.url], skip_auth_routes=["^/"])
    method, status = case["input"]["method"], case["input"]["status"]

    answered = ask(house, {"input": {"method": method, "target": f"/status/{status}"}})
    assert answered.status == status
    text = house.ask("GET", "/metrics", port=house.metrics_port).body.decode()

    name, code = case["expect"]["method"], case["expect"]["code"]
    assert f'oauth2_proxy_requests_total{{code="{code}"}} 1.0' in text
    counted = f'oauth2_proxy_response_duration_seconds_count{{method="{name}"}} 1.0'
    assert counted in text


@of("redact_token", but=["redact_token-004"])
def test_token_in_the_log(case: Case, houses: Houses) -> None:
    """Most of a token is cut from a URL that is logged, where tokens are not hidden
    altogether."""
    base, query = case["input"]["url"].split("?")
    pairs = dict(parse_qsl(query))
    token = pairs.pop("access_token")
    house = houses.plain(
        provider="bitbucket",
        validate_url=f"{base}?{urlencode(pairs)}" if pairs else base,
        cookie_refresh="1m",
        reference_behaviour=True,
    )
    created_at = house.clock.now() - 3600 * SECOND
    session = {**KIM, "access_token": token, "created_at": created_at}
    asked = {"input": {"session": session}}

    ask(house, asked, browser(house, asked))

    assert f" {case['expect']['url']} answered 404" in house.logged("access_token")
