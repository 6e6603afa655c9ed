"""
Which upstream answers.
"""

import pytest

from oauthproxy.answer import Redirect
from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.upstream.router import NOT_FOUND, Route, Router
from tests.unit.requests import a_request


def router(*paths: str, raw_path: bool = False) -> Router:
    upstreams = [UpstreamSettings(id=path, path=path) for path in paths]
    return Router.compile(upstreams, raw_path=raw_path)


def chosen(found: object) -> str:
    assert isinstance(found, Route)
    return found.upstream.id


@pytest.mark.parametrize(
    "target", ["/a%20b?x=%zz;y", "/?", "/a|b", "/%C3%A9", "/é\udcff"]
)
def test_target_goes_on_byte_for_byte(target: str) -> None:
    """Without a rewrite the upstream is asked for what the client asked for."""
    found = router("/").route(a_request(target))

    assert isinstance(found, Route)
    assert found.target == target.encode("utf-8", "surrogateescape")


def test_only_upstream_takes_everything() -> None:
    """A single catch-all is found without looking at the path."""
    single = router("/")

    assert single.only is not None
    assert chosen(single.route(a_request("/any/thing"))) == "/"
    assert router("/", "/a").only is None


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/a/%2e%2e/b", "/b"),
        ("/a/%2e%2e/%2e%2e/b?x=1", "/b?x=1"),
        ("/%2Fx", "/x"),
        ("/a%2F%2Fb%20c/", "/a/b%20c/"),
    ],
)
def test_hidden_dots_are_resolved_by_the_browser(target: str, location: str) -> None:
    """A path that is unclean once decoded is redirected, always (A11)."""
    found = router("/").route(a_request(target))

    assert found == Redirect(status=301, location=location, bare=True)


def test_missing_slash_goes_in_front_of_the_query() -> None:
    """The slash of the redirect belongs to the path."""
    found = router("/api/").route(a_request("/api?x=1"))

    assert found == Redirect(status=301, location="/api/?x=1")


def test_nothing_is_found_without_upstreams() -> None:
    """Without upstreams there is only 404."""
    assert router().route(a_request("/x")) is NOT_FOUND


@pytest.mark.parametrize(
    ("path", "target", "taken"),
    [
        ("/u/{name}", "/u/kim", True),
        ("/u/{name}", "/u/kim/x", False),
        ("/u/{name}/", "/u/kim/x", True),
        ("/u/{id:[0-9]{2}}", "/u/42", True),
        ("/u/{id:[0-9]{2}}", "/u/4", False),
        ("/a.b/{x}", "/axb/1", False),
    ],
)
def test_path_with_variables(path: str, target: str, taken: bool) -> None:
    """A variable stands for one segment, or for what its pattern takes."""
    found = router(path).route(a_request(target))

    assert isinstance(found, Route) is taken


@pytest.mark.parametrize("path", ["/{a", "/a}", "/{}", "/{a:}", "/{a:(}"])
def test_bad_variables_are_refused(path: str) -> None:
    """Braces that do not pair up, or hold no variable, are refused at the start."""
    with pytest.raises(ValueError, match=r"brace|variable|regular"):
        router(path)
