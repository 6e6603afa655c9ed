"""
Section A, continued: getting past the login by rules that skip it.
"""

import pytest

from tests.attacks.outcome import ask, asks_for_login, kept_out
from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.stage import Stage

RULES = """
skip_auth_routes = ["^/api/.*/status", "^/public/", "^/open/.*/endpoint$"]
"""


@pytest.fixture
def ruled(open_stage: OpenStage) -> Stage:
    """
    A proxy with skip rules and no trust in anybody.
    """
    return open_stage(RULES)


@pytest.mark.parametrize(
    "target",
    [
        "/api/private/x?path=/status",
        "/api?/api/x/status",
        "/api/private/x?/status",
        "/api/x;/status?",
    ],
)
def test_a08_query_matches_no_rule(ruled: Stage, target: str) -> None:
    """
    Rules look at the path alone.
    """
    if target == "/api/x;/status?":
        assert ask(ruled, target).status == 200
    else:
        assert asks_for_login(ruled, ask(ruled, target))


@pytest.mark.parametrize(
    "target",
    ["/open/secret#/endpoint", "/secret#/public/", "/#", "/secret?x#/public/", "#"],
)
def test_a09_fragment_in_a_target_is_400(ruled: Stage, target: str) -> None:
    """
    A request target has no fragment.
    """
    answer = ask(ruled, target)

    assert answer.status == 400
    assert ruled.upstream.seen == []


@pytest.mark.parametrize("escape", ["%23", "%2523"])
def test_a10_encoded_fragment_is_not_skipped(ruled: Stage, escape: str) -> None:
    """
    What an application may cut at a decoded `#` is judged without the part behind it.
    """
    answer = ask(ruled, f"/open/secret{escape}/endpoint")

    if escape == "%23":
        assert asks_for_login(ruled, answer)
    else:
        assert [seen.target for seen in ruled.upstream.seen] in (
            [],
            ["/open/secret%2523/endpoint"],
        )


@pytest.mark.parametrize(
    "target",
    [
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public/%2E%2E/admin",
        "/public/..%2fadmin",
        "/public/..%2Fadmin",
        "/public/.%2e/admin",
        "/public/%2e./admin",
        "/public/..;/admin",
        "/public/..;x=1/admin",
        "/public/%2e%2e;/admin",
        "/public/..\\admin",
        "/public/..%5cadmin",
        "/public\\..\\admin",
        "/public/%2e%2e%2fadmin",
        "/public/%2e%2e%5cadmin",
        "/public/x/../../admin",
        "/public/x/%2e%2e/%2e%2e/admin",
        "/public//../../admin",
        "/public/./../admin",
        "/public/..",
        "/public/%2e%2e",
        "/public/..%00/admin",
        "/public/%2e%2e%00/admin",
    ],
)
def test_a11_dot_segments_do_not_climb_out(ruled: Stage, target: str) -> None:
    """
    A path that an application resolves to a place outside the rule is not skipped.
    """
    assert kept_out(ruled, ask(ruled, target))


def test_a11_twice_encoded_dots_are_no_dots(ruled: Stage) -> None:
    """
    What is dots only after decoding twice is passed as it was decided on, or not.
    """
    ask(ruled, "/public/%252e%252e/admin")

    assert [seen.target for seen in ruled.upstream.seen] in (
        [],
        ["/public/%252e%252e/admin"],
    )


@pytest.mark.parametrize(
    "target",
    ["//public/", "/public", "/Public/x", "/PUBLIC/x", "/x/public/", "/publicx/"],
)
def test_a12_near_misses_of_a_rule_are_not_skipped(ruled: Stage, target: str) -> None:
    """
    An anchored rule matches where it says, with case.
    """
    assert kept_out(ruled, ask(ruled, target))


DIALECT = r"""
skip_auth_routes = [
    '^/end\z', '(?s)^/dot.all$', '^/\pN+$', '^/[[:upper:]]+$', '^/(?P<name>named)$',
    '(?U)^/ungreedy.*$', '^/(?i:case)$', '^/\Qa.b\E$',
]
"""


@pytest.mark.parametrize(
    "target",
    [
        "/end",
        "/dotxall",
        "/%D9%A1",
        "/UPPER",
        "/named",
        "/ungreedy/x",
        "/CaSe",
        "/a.b",
    ],
)
def test_a13_rules_are_re2(open_stage: OpenStage, target: str) -> None:
    """
    Rules are read in the reference's language.
    """
    stage = open_stage(DIALECT)

    assert ask(stage, target).status == 200


@pytest.mark.parametrize(
    "target", ["/end%0A", "/dotxxall", "/upper", "/%D9", "/axb", "/unnamed"]
)
def test_a13_rules_are_not_python(open_stage: OpenStage, target: str) -> None:
    """
    What another dialect would match, this one does not.
    """
    stage = open_stage(DIALECT)

    assert asks_for_login(stage, ask(stage, target))


def test_a14_rules_take_linear_time(open_stage: OpenStage) -> None:
    """
    A rule that is exponential for a backtracking engine is harmless here.
    """
    stage = open_stage('skip_auth_routes = ["^/(a+)+$", "^/(x|x)*y$", "^/(.*)*$z"]')

    assert asks_for_login(stage, ask(stage, f"/{'a' * 5000}b"))
    assert asks_for_login(stage, ask(stage, f"/{'x' * 5000}"))


@pytest.mark.parametrize(
    ("target", "skipped"),
    [
        ("http://app.test/public/x", True),
        ("http://127.0.0.1/public/x", True),
        ("http://evil.test/x", False),
        ("http://app.test?/public/", False),
        ("http://app.test/secret?/public/", False),
        ("http://public/secret", False),
        ("http://x@public/secret", False),
        ("/public/http://app.test/secret", None),
    ],
)
def test_a15_absolute_target_is_judged_by_its_path(
    ruled: Stage, target: str, skipped: bool | None
) -> None:
    """
    Of an absolute-form target rules see the path; its authority is the host.
    """
    answer = ruled.ask(request("GET", target, host="other.test"))

    if skipped and answer.status != 400:
        assert answer.status == 200
        assert ruled.upstream.last().all("Host") != ["other.test"]
    elif skipped is not None:
        assert kept_out(ruled, answer)


@pytest.mark.parametrize(
    "target", ["/secret%00/public/", "/%00/public/", "/secret\t/public/", "/secret%20"]
)
def test_a16_control_bytes_do_not_help(ruled: Stage, target: str) -> None:
    """
    NUL and blanks in a target are refused or judged like any other byte.
    """
    assert kept_out(ruled, ask(ruled, target))


@pytest.mark.parametrize("method", ["get", "GET", "post", "Post", "FOO", "POSTX"])
def test_a17_method_is_compared_as_sent(open_stage: OpenStage, method: str) -> None:
    """
    A rule for POST is for POST alone, whatever another field claims.
    """
    stage = open_stage('skip_auth_routes = ["POST=^/x"]')

    fields = [
        "X-HTTP-Method-Override: POST",
        "X-HTTP-Method: POST",
        "X-Method-Override: POST",
    ]
    answer = ask(stage, "/x?_method=POST", *fields, method=method)

    assert kept_out(stage, answer)


PREFLIGHT = "skip_auth_preflight = true\npass_access_token = true\n"


@pytest.mark.parametrize(
    "fields",
    [
        [],
        ["Origin: https://a.test"],
        ["Access-Control-Request-Method: PUT"],
        ["Origin: ", "Access-Control-Request-Method: PUT"],
    ],
)
def test_a18_only_a_real_preflight_is_let_through(
    open_stage: OpenStage, fields: list[str]
) -> None:
    """
    OPTIONS without an origin and a method to ask for is no preflight.
    """
    stage = open_stage(PREFLIGHT)

    answer = ask(stage, "/admin", *fields, method="OPTIONS")

    assert asks_for_login(stage, answer)


REAL_PREFLIGHT = ["Origin: https://a.test", "Access-Control-Request-Method: PUT"]


def test_a18_preflight_claims_no_identity(open_stage: OpenStage) -> None:
    """
    A preflight reaches the application without the identity it claims.
    """
    stage = open_stage(PREFLIGHT)

    claims = ["X-Forwarded-User: root", "X_Forwarded_Email: root@x"]
    answer = ask(stage, "/admin", *REAL_PREFLIGHT, *claims, method="OPTIONS")

    seen = stage.upstream.last()
    assert answer.status == 200
    assert seen.named_like("X-Forwarded-User") == {}
    assert seen.named_like("X-Forwarded-Email") == {}


def test_a18_preflight_brings_no_body(open_stage: OpenStage) -> None:
    """
    A preflight with a body is refused, or its body stays here.
    """
    stage = open_stage(PREFLIGHT)

    fields = [*REAL_PREFLIGHT, "Content-Length: 5"]
    answer = stage.ask(request("OPTIONS", "/admin", fields) + b"hello")

    assert answer.status in (200, 400, 401, 403, 413)
    assert all(not seen.body for seen in stage.upstream.seen)


@pytest.mark.parametrize(
    ("options", "agent"),
    [
        ('ping_user_agent = "Balancer/1.0"', "Balancer/1.0"),
        ("gcp_healthchecks = true", "GoogleHC/1.0"),
    ],
)
@pytest.mark.parametrize(
    "target", ["/secret", "/oauth2/auth", "/", "/ping/x", "/ping/../secret", "/pingx"]
)
def test_a19_agent_of_a_health_check_opens_nothing(
    open_stage: OpenStage, options: str, agent: str, target: str
) -> None:
    """
    The User-Agent of a health check matters on the health check's path only.
    """
    stage = open_stage(options)

    assert kept_out(stage, ask(stage, target, f"User-Agent: {agent}"))


@pytest.mark.parametrize(
    "target",
    ["/ready/", "/readyx", "/robots.txt/x", "/robots.txt;/", "/PING", "/%70ing"],
)
def test_a20_neighbours_of_open_paths_are_closed(stage: Stage, target: str) -> None:
    """
    What answers without a login does so under its exact path.
    """
    assert kept_out(stage, ask(stage, target))
