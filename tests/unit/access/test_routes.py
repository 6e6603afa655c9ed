"""
Who passes without a login.
"""

import pytest

from oauthproxy.access.routes import SkipRules
from oauthproxy.settings.groups.access import AccessOptions
from tests.unit.requests import BELIEVING, a_request, trusting


def routes(*entries: str) -> SkipRules:
    return SkipRules.compile(AccessOptions(skip_auth_routes=entries))


PREFLIGHT = SkipRules.compile(AccessOptions(skip_auth_preflight=True))
CORS = (("Origin", "https://x.test"), ("Access-Control-Request-Method", "PUT"))


@pytest.mark.parametrize(
    "target",
    [
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public/..%2fadmin",
        "/public/.%2e/admin",
        "/public/..;/admin",
        "/public/..;x=1/admin",
        "/public/..\\admin",
        "/public/..%5cadmin",
        "/public/%2e%2e%2fadmin",
        "/public/%252e%252e/admin",
        "/public/%25252e%25252e/admin",
        "/public/%c0%ae%c0%ae/admin",
        "/public/a%00/x",
        "/public/a%0a",
        "/public/..",
        "/public/.",
        "/public/%2fadmin",
        pytest.param("/public/" + "%25" * 30_000, id="long"),
    ],
)
def test_ambiguous_path_is_let_pass_by_no_rule(target: str) -> None:
    """A path that upstreams read differently needs a login (A11)."""
    assert not routes("^/public/", "!=^/private").allows(a_request(target))


@pytest.mark.parametrize(
    ("rule", "target"),
    [
        (r"^/public/.*/endpoint$", "/public/secret%23/endpoint"),
        (r"\.png$", "/admin;.png"),
        (r"\.png$", "/admin%23.png"),
        (r"\.png$", "/admin%3f.png"),
        (r"^/public$", "/public%23/secret"),
        (r"!=^/admin", "/%2561dmin"),
        (r"!=^/admin$", "/admin;x"),
    ],
)
def test_every_reading_must_be_allowed(rule: str, target: str) -> None:
    """A rule that allows one reading of a path only does not let it pass (A10)."""
    assert not routes(rule).allows(a_request(target))


@pytest.mark.parametrize(
    ("rule", "target"),
    [
        ("^/public/", "/public/C%23.pdf"),
        ("^/public/", "/public/a;v=1/b.css"),
        ("^/public/", "/public/100%25.txt"),
        ("^/public/", "/public/a%2520b"),
        ("^/public/", "/public/..a/b..c/.d"),
        (r"^/\.well-known/", "/.well-known/x"),
    ],
)
def test_plain_path_with_odd_characters_passes(rule: str, target: str) -> None:
    """Odd characters alone do not keep a path from passing."""
    assert routes(rule).allows(a_request(target))


@pytest.mark.parametrize(
    ("target", "passes"),
    [
        ("/public/%2e%2e/admin", True),
        ("/public/" + "x" * 70_000, True),
        ("/public/a%23b", True),
        ("/%2570ublic/", False),
    ],
    ids=["dots", "long", "fragment", "encoded twice"],
)
def test_one_reading_decides_where_asked(target: str, passes: bool) -> None:
    """The reference's way can be had: what is decoded once is matched."""
    options = AccessOptions(skip_auth_routes=("^/public/",))
    rules = SkipRules.compile(options, one_reading=True)

    assert rules.allows(a_request(target)) is passes


def test_only_the_path_is_matched() -> None:
    """A query cannot make a rule match (A08)."""
    scope = a_request("/api/private/x?path=/status")

    assert not routes("^/api/.*/status").allows(scope)


def test_forwarded_path_with_two_slashes_passes_by_no_rule() -> None:
    """A forwarded path that begins with two slashes is no path to decide on."""
    scope = a_request("/auth", ("X-Forwarded-Uri", "//open/secret"), trust=BELIEVING)

    assert not routes("^/secret").allows(scope)


def test_method_override_is_not_looked_at() -> None:
    """The method of a rule is the request's own (A17)."""
    scope = a_request("/x", ("X-HTTP-Method-Override", "POST"))

    assert not routes("POST=^/x").allows(scope)


def test_method_counts_with_its_case() -> None:
    """Methods are told apart by case (A17)."""
    assert not routes("get=^/x").allows(a_request("/x", method="get"))


def test_real_preflight_passes() -> None:
    """An OPTIONS request that says where it comes from and what it wants passes."""
    assert PREFLIGHT.allows(a_request("/admin", *CORS, method="OPTIONS"))


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("OPTIONS", ()),
        ("OPTIONS", CORS[:1]),
        ("OPTIONS", CORS[1:]),
        ("OPTIONS", (*CORS, ("Content-Length", "5"))),
        ("OPTIONS", (*CORS, ("Transfer-Encoding", "chunked"))),
        ("GET", CORS),
    ],
)
def test_other_requests_are_no_preflight(
    method: str, fields: tuple[tuple[str, str], ...]
) -> None:
    """OPTIONS without the words of CORS, or with a body, needs a login (A18)."""
    assert not PREFLIGHT.allows(a_request("/admin", *fields, method=method))


def test_stranger_cannot_choose_a_trusted_address() -> None:
    """A trusted address in a field of a peer who is no proxy is not believed (A05)."""
    rules = SkipRules.compile(AccessOptions(), trusted_ips=["10.0.0.0/8"])
    trust = trusting("10.0.0.1", client_field=b"x-forwarded-for")

    stranger = a_request("/", ("X-Forwarded-For", "10.0.0.1, 1.2.3.4"), trust=trust)
    colleague = a_request("/", ("X-Forwarded-For", "1.2.3.4"), trust=trust)
    colleague.peer = type(colleague.peer)("10.0.0.7", 1)

    assert not rules.allows(stranger)
    assert rules.allows(colleague)


@pytest.mark.parametrize("value", ["a", "10.0.0.1%eth0", "0x0a000001", "012.0.0.1"])
def test_odd_address_is_not_trusted(value: str) -> None:
    """An address that cannot be read passes nothing and breaks nothing (A06, A07)."""
    rules = SkipRules.compile(AccessOptions(), trusted_ips=["0.0.0.0/0", "::/0"])

    assert not rules.allows(a_request("/", ("X-Real-IP", value), trust=BELIEVING))


def test_bad_entry_is_named() -> None:
    """A rule that is no expression is refused by its text."""
    with pytest.raises(ValueError, match=r"\(bad\["):
        routes("GET=(bad[")
