"""
A person signs in with a real browser, through both tutorials, at a certified provider.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.node import CertifiedProvider, walk
from tests.integration.harness import tutorial
from tests.integration.harness.authority import Authority
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET
from tests.integration.harness.tutorial import Parties
from tests.integration.harness.upstream import Upstream

Report = dict[str, Any]


def _settings(shape: str, redirect_uri: str, authority: Authority) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "shape": shape,
        "clientId": CLIENT,
        "clientSecret": CLIENT_SECRET,
        "redirectUris": [redirect_uri],
    }
    if shape == "wso2":
        certificate = authority.issue("localhost")
        settings["certificate"] = str(certificate.chain)
        settings["key"] = str(certificate.key)
    return settings


def _walked(
    shape: str, authority: Authority, folder: Path, button: str | None
) -> Iterator[Report]:
    address = free_address()
    host = {"wso2": "localhost", "zitadel": "127.0.0.1"}[shape]
    origin = f"http://{host}:{address[1]}"
    settings = _settings(shape, f"{origin}/oauth2/callback", authority)
    with CertifiedProvider(settings) as provider:
        upstream = Upstream()
        parties = Parties(
            address[1], provider.origin, upstream.url, CLIENT, CLIENT_SECRET
        )
        text = tutorial.written(f"{shape}.cfg", parties)
        trust = {"SSL_CERT_FILE": str(authority.root)}
        with Program(text, folder=folder, address=address, environment=trust):
            report = walk(
                {
                    "start": f"{origin}/home?tab=1#part",
                    "button": button,
                    "error": f"{origin}/oauth2/callback?error=access_denied",
                    "signOut": f"{origin}/oauth2/sign_out",
                    "username": "alice",
                    "password": "password",
                    "pictures": str(folder),
                }
            )
            yield {**report, "origin": origin, "provider": provider.origin}
        upstream.close()
        assert not upstream.violations


@pytest.fixture(scope="module")
def wso2(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Report]:
    """
    What a person saw who followed the WSO2 tutorial.
    """
    folder = tmp_path_factory.mktemp("wso2-browser")
    yield from _walked("wso2", authority, folder, "Sign in with")


@pytest.fixture(scope="module")
def zitadel(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Report]:
    """
    What a person saw who followed the ZITADEL tutorial.
    """
    folder = tmp_path_factory.mktemp("zitadel-browser")
    yield from _walked("zitadel", authority, folder, None)


@pytest.fixture(params=["wso2", "zitadel"])
def either(request: pytest.FixtureRequest) -> Report:
    """
    What a person saw in either tutorial.
    """
    report: Report = request.getfixturevalue(request.param)
    return report


def _sent(report: Report) -> dict[str, str]:
    told = json.loads(report["application"]["text"])
    return dict(told["headers"])


def test_sign_in_page_comes_first(wso2: Report) -> None:
    """
    The WSO2 tutorial's visitor sees the sign-in page with one button.
    """
    assert wso2["firstStatus"] == 403
    assert wso2["first"]["url"].startswith(f"{wso2['origin']}/home")
    assert wso2["first"]["buttons"] == ["Sign in with OpenID Connect"]


def test_no_sign_in_page_with_skip_provider_button(zitadel: Report) -> None:
    """
    The ZITADEL tutorial's visitor sees the provider's login at once.
    """
    assert zitadel["firstStatus"] == 200
    assert zitadel["first"]["url"].startswith(f"{zitadel['provider']}/login/")


def test_person_arrives_where_it_wanted_to_go(either: Report) -> None:
    """
    After the login the browser is at the page that was asked for.
    """
    parts = urlsplit(either["application"]["url"])

    assert (parts.path, parts.query) == ("/home", "tab=1")
    assert either["againStatus"] == 200


def test_fragment_survives_the_sign_in_page(wso2: Report) -> None:
    """
    The sign-in page hands the fragment of the address on.
    """
    assert urlsplit(wso2["application"]["url"]).fragment == "part"


def test_wso2_application_sees_the_identity(wso2: Report) -> None:
    """
    `user_id_claim = "username"` names the user; the subject is the user id.
    """
    sent = _sent(wso2)

    assert sent["X-Forwarded-Email"] == "alice"
    assert sent["X-Forwarded-User"] == "77776025198584418"
    assert sent["X-Forwarded-Preferred-Username"] == "alice@acme.zitadel.test"
    assert sent["X-Forwarded-Access-Token"]


def test_zitadel_application_sees_the_identity(zitadel: Report) -> None:
    """
    `user_id_claim = "sub"` names the user; what the ID token leaves out, userinfo says.
    """
    sent = _sent(zitadel)

    assert sent["X-Forwarded-Email"] == "77776025198584418"
    assert sent["X-Forwarded-User"] == "77776025198584418"
    assert sent["X-Forwarded-Access-Token"]


def test_session_cookie_is_out_of_reach_of_scripts(either: Report) -> None:
    """
    The session is an HttpOnly cookie for the whole site, and nothing else is left.
    """
    port = urlsplit(either["origin"]).port
    assert port is not None
    ours = [one for one in either["cookies"] if one["name"].startswith("_oauth2_proxy")]

    assert [one["name"] for one in ours] == ["_oauth2_proxy"]
    assert ours[0]["httpOnly"]
    assert ours[0]["path"] == "/"


def test_wso2_session_cookie_is_lax(wso2: Report) -> None:
    """
    `cookie_samesite = "lax"` is understood by the browser.
    """
    ours = [one for one in wso2["cookies"] if one["name"] == "_oauth2_proxy"]

    assert ours[0]["sameSite"] == "Lax"


def _session(cookies: list[dict[str, Any]]) -> list[str]:
    return [one["value"] for one in cookies if one["name"] == "_oauth2_proxy"]


def test_sign_out_forgets_the_session(wso2: Report) -> None:
    """
    After the sign-out the cookie is gone.
    """
    assert _session(wso2["cookies"])
    assert _session(wso2["cookiesAfter"]) == []


def test_sign_out_without_a_sign_in_page_is_a_new_sign_in(zitadel: Report) -> None:
    """
    Where the provider is asked at once and still knows the person, the sign-out ends in
    another session.
    """
    before, after = _session(zitadel["cookies"]), _session(zitadel["cookiesAfter"])

    assert len(before) == len(after) == 1
    assert before != after


def test_sign_out_leads_to_the_sign_in_page(wso2: Report) -> None:
    """
    After the sign-out the visitor is where it began.
    """
    assert wso2["afterwards"]["buttons"] == ["Sign in with OpenID Connect"]


def test_error_page_offers_a_way_on(either: Report) -> None:
    """
    The provider's refusal is a page with a way to try again.
    """
    page = either["error"]["light"]

    assert either["errorStatus"] == 403
    assert page["buttons"] + page["links"] == ["Sign in again"]
    assert page["title"].startswith("403")


def test_browser_has_nothing_to_complain_about(either: Report) -> None:
    """
    No script error, no refused style, no missing file on any page of ours.
    """
    complaints = [
        one
        for one in either["complaints"]
        if "status of 403" not in one and "favicon" not in one
    ]

    assert complaints == []


def test_pages_ask_nobody_else(either: Report) -> None:
    """
    Every request of the browser went to the proxy or to the provider.
    """
    known = (either["origin"], either["provider"], "data:")

    assert [one for one in either["shown"] if not one.startswith(known)] == []


def _lightness(colour: str) -> float:
    numbers = colour.partition("(")[2].rstrip(")").split(",")[:3]
    return sum(float(number) for number in numbers) / 3


@pytest.mark.parametrize("name", ["signIn", "error"])
def test_pages_follow_the_colour_scheme(wso2: Report, name: str) -> None:
    """
    In the dark scheme the page is dark with light letters, and the reverse.
    """
    light, dark = wso2[name]["light"], wso2[name]["dark"]

    assert _lightness(light["background"]) > 200 > 100 > _lightness(light["colour"])
    assert _lightness(dark["background"]) < 80 < 150 < _lightness(dark["colour"])


@pytest.mark.parametrize("name", ["signIn", "error"])
def test_pages_fit_a_phone(wso2: Report, name: str) -> None:
    """
    Nothing is wider than a small screen, every field has a name, the language is told.
    """
    phone = wso2[name]["phone"]

    assert not phone["wide"]
    assert phone["unnamed"] == 0
    assert phone["language"] == "en"
