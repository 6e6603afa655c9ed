"""
Google: verified ID tokens, and groups from the directory.
"""

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve

from oauthproxy.crypto.nonce import hash_nonce
from oauthproxy.errors import (
    ProviderRefused,
    ProviderUnavailable,
    RefreshRefused,
    SettingsError,
)
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.providers.google import ISSUER, KEYS, GoogleProvider, user_scope
from oauthproxy.providers.oidc import NonceRefused
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.session.session import Session
from tests.unit.driver import FakeClock, run
from tests.unit.providers.idp import IdP, json_answer, public, rsa_key, sign, tokens
from tests.unit.providers.making import claims, log_of, logged_in, made

REDEEM = "https://www.googleapis.com/oauth2/v3/token"
TOKEN = "https://oauth2.googleapis.com/token"
API = "https://admin.googleapis.com/admin/directory/v1"
METADATA = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default"
SCOPE = "https://www.googleapis.com/auth/admin.directory."

KEY_FILE = json.dumps(
    {
        "type": "service_account",
        "client_email": "robot@p.iam.test",
        "private_key_id": "kid-1",
        "private_key": rsa_key("robot").export_to_pem(True, None).decode(),
        "token_uri": TOKEN,
    }
).encode()
DIRECTORY = {
    "google_service_account_json": "/key.json",
    "google_admin_email": "admin@x.test",
}


def id_token(**more: Any) -> str:
    usual = {"iss": ISSUER, "email_verified": True, "sub": "1"}
    return sign(claims(**usual | more))


def google(answer: FetchResponse | None = None) -> IdP:
    idp = IdP()
    idp.at(REDEEM, answer or tokens(id_token(), refresh_token="RT"), method="POST")
    idp.at(KEYS, {"keys": [public(rsa_key())]})
    idp.at(TOKEN, tokens(access_token="ADMIN"), method="POST")
    return idp


def with_directory(idp: IdP, **flat: Any) -> GoogleProvider:
    return made(GoogleProvider, idp, files={"/key.json": KEY_FILE}, **options(flat))


def options(flat: dict[str, Any]) -> dict[str, Any]:
    return {"oidc_issuer_url": ""} | DIRECTORY | flat


def plain(idp: IdP, **flat: Any) -> GoogleProvider:
    return made(GoogleProvider, idp, **{"oidc_issuer_url": "", **flat})


def member(idp: IdP, group: str, answer: Any, user: str = "kim@x.test") -> str:
    url = f"{API}/groups/{group}/hasMember/{user}"
    idp.at(url, answer)
    return url


def assertion(request: FetchRequest) -> dict[str, Any]:
    """
    Return the claims of the assertion in a request.
    """
    part = dict(request.form or ())["assertion"].split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=="))
    return found


# ---- the user


def test_the_id_token_tells_the_user() -> None:
    """
    Subject, address, tokens and expiry make the session.
    """
    session = logged_in(plain(google()))

    assert (session.user, session.email) == ("1", "kim@x.test")
    assert (session.access_token, session.refresh_token) == ("AT", "RT")
    assert session.expires_on == FakeClock().now() + 300 * 10**9


NONCE = b"n" * 32


@pytest.mark.parametrize(
    ("flat", "told", "admitted"),
    [
        ({}, hash_nonce(NONCE), True),
        ({}, "other", False),
        ({}, None, False),
        ({"insecure_oidc_skip_nonce": True}, None, True),
        ({"login_url": "https://emulator.test/auth"}, None, True),
    ],
)
def test_the_id_token_is_of_this_login(
    flat: dict[str, Any], told: str | None, admitted: bool
) -> None:
    """
    Google gives the nonce back; who stands in for Google may not know it.
    """
    provider = plain(
        google(tokens(id_token(nonce=told))),
        **{"insecure_oidc_skip_nonce": False, **flat},
    )

    if admitted:
        assert logged_in(provider, nonce=NONCE).user == "1"
    else:
        with pytest.raises(NonceRefused):
            logged_in(provider, nonce=NONCE)


@pytest.mark.parametrize(
    ("flat", "method"),
    [
        ({}, "S256"),
        ({"code_challenge_method": "plain"}, "plain"),
        ({"login_url": "https://emulator.test/auth"}, ""),
    ],
)
def test_pkce_is_used_as_google_announces_it(flat: dict[str, str], method: str) -> None:
    """
    A configured method wins.
    """
    provider = plain(google(), **flat)
    provider.settings = evolve(provider.settings, pkce_if_announced=True)

    assert run(provider.code_challenge_method()) == method


@pytest.mark.parametrize("issuer", [ISSUER, "accounts.google.com"])
def test_both_names_of_google_are_google(issuer: str) -> None:
    """
    Google signs with and without the scheme.
    """
    assert logged_in(plain(google(tokens(id_token(iss=issuer))))).user == "1"


@pytest.mark.parametrize(
    "token",
    [
        id_token(iss="https://evil.test"),
        id_token(aud="other"),
        id_token(exp=1),
        id_token(email_verified=False),
        id_token(email_verified=None),
        id_token(email_verified="true"),
        id_token(email=""),
        sign(claims(iss=ISSUER, email_verified=True), rsa_key("foreign")),
        "no-dots",
        "",
    ],
)
def test_an_id_token_that_proves_nothing_is_refused(token: str) -> None:
    """
    Issuer, audience, time, signature and a verified address must hold.
    """
    with pytest.raises(ProviderRefused):
        logged_in(plain(google(tokens(token))))


def test_the_signature_can_be_skipped_on_purpose() -> None:
    """
    The switch believes what comes from the token endpoint.
    """
    provider = made(
        GoogleProvider,
        google(tokens(sign(claims(email_verified=True), rsa_key("foreign")))),
        surroundings=Surroundings(skip_google_signature=True),
    )

    assert logged_in(provider).email == "kim@x.test"


def test_a_refresh_keeps_the_refresh_token_and_the_user() -> None:
    """
    Google gives neither a second time.
    """
    before = Session(refresh_token="RT", user="1", email="kim@x.test", id_token="old")

    after = run(plain(google(tokens())).refresh(before))

    assert after is not None
    assert (after.refresh_token, after.user, after.id_token) == ("RT", "1", "old")
    assert run(plain(google()).refresh(Session())) is None


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": "invalid_grant"}, 400),
        tokens(id_token(sub="2")),
        tokens(id_token(aud="other")),
    ],
    ids=["revoked", "another user", "another client"],
)
def test_a_refresh_that_google_refuses_ends_the_session(answer: FetchResponse) -> None:
    """
    So does one that brings somebody else's tokens.
    """
    with pytest.raises(RefreshRefused):
        run(plain(google(answer)).refresh(Session(refresh_token="RT", user="1")))


# ---- groups


def test_without_a_directory_there_are_no_groups() -> None:
    """
    Groups that are asked for without credentials let nobody in.
    """
    provider = plain(google(), google_groups=["a@x.test"])

    assert not provider.authorize(logged_in(provider))


def test_a_session_keeps_the_configured_groups_that_the_user_is_in() -> None:
    """
    Each is asked about, in the name of the administrator.
    """
    idp = google()
    url = member(idp, "a@x.test", {"isMember": True})
    member(idp, "b@x.test", {"isMember": False})
    member(idp, "c@x.test", json_answer({}, 404))
    provider = with_directory(idp, google_groups=["a@x.test", "b@x.test", "c@x.test"])

    session = logged_in(provider)

    assert session.groups == ("a@x.test",)
    assert provider.authorize(session)
    assert dict(idp.asked(url)[0].fields)["Authorization"] == "Bearer ADMIN"


@pytest.mark.parametrize(
    ("status", "held"), [("ACTIVE", True), ("SUSPENDED", False), (None, False)]
)
def test_members_of_other_domains_are_looked_up(status: Any, held: bool) -> None:
    """
    The question whether they are members is refused with status 400.
    """
    idp = google()
    member(idp, "a@x.test", json_answer({}, 400))
    idp.at(f"{API}/groups/a@x.test/members/kim@x.test", {"status": status})
    provider = with_directory(idp, google_groups=["a@x.test"])

    assert bool(logged_in(provider).groups) is held


def test_allowed_groups_are_asked_about_too() -> None:
    """
    A user needs a group of each list.
    """
    idp = google()
    member(idp, "a@x.test", {"isMember": True})
    member(idp, "b@x.test", {"isMember": True})
    flat = {"google_groups": ["a@x.test"], "allowed_groups": ["b@x.test"]}
    provider = with_directory(idp, **flat)

    session = logged_in(provider)

    assert session.groups == ("a@x.test", "b@x.test")
    assert provider.authorize(session)
    assert not provider.authorize(Session(groups=("a@x.test",)))


def test_without_configured_groups_all_pages_are_read() -> None:
    """
    A page names the token of the next one.
    """
    idp = google()
    url = f"{API}/groups?maxResults=200"
    user = quote("kim@x.test", safe="")
    idp.at(
        f"{url}&userKey={user}",
        {"groups": [{"email": "a@x.test"}], "nextPageToken": "p/2"},
    )
    idp.at(
        f"{url}&pageToken=p%2F2&userKey={user}",
        {"groups": [{"email": "b@x.test"}, {}]},
    )

    assert logged_in(with_directory(idp)).groups == ("a@x.test", "b@x.test")


def test_a_closed_directory_matters_only_when_groups_do() -> None:
    """
    Nobody asked for groups: the login goes on without.
    """
    idp = google()
    url = f"{API}/groups?maxResults=200&userKey=kim%40x.test"
    idp.at(url, json_answer({}, 403))
    provider = with_directory(idp)

    assert logged_in(provider).groups == ()
    assert "cannot be read" in log_of(provider)
    with pytest.raises(ProviderRefused):
        logged_in(with_directory(idp, allowed_groups=["a@x.test"]))


SESSION = Session(
    refresh_token="RT", user="1", email="kim@x.test", groups=("a@x.test",)
)


def test_who_left_the_groups_is_signed_out_at_the_refresh() -> None:
    """
    No configured group is left.
    """
    idp = google(tokens())
    member(idp, "a@x.test", {"isMember": False})

    with pytest.raises(RefreshRefused):
        run(with_directory(idp, google_groups=["a@x.test"]).refresh(SESSION))


def test_a_directory_that_is_down_takes_no_group_away() -> None:
    """
    The tokens are renewed all the same.
    """
    idp = google(tokens())
    member(idp, "a@x.test", json_answer({}, 503))
    provider = with_directory(idp, google_groups=["a@x.test"])

    after = run(provider.refresh(SESSION))

    assert after is not None
    assert (after.groups, after.access_token) == (("a@x.test",), "AT")


def test_a_directory_that_is_down_lets_nobody_in() -> None:
    """
    At the login there is nothing to fall back to.
    """
    idp = google()
    member(idp, "a@x.test", json_answer({}, 503))

    with pytest.raises(ProviderUnavailable):
        logged_in(with_directory(idp, google_groups=["a@x.test"]))


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        ([{"type": "organization", "value": "e-17"}], "e-17"),
        ([{"type": "custom", "value": "x"}, {"type": "organization"}], ""),
        (None, ""),
    ],
)
def test_the_organisation_may_name_the_user(ids: Any, name: str) -> None:
    """
    Its id becomes the preferred name.
    """
    idp = google()
    idp.at(f"{API}/groups?maxResults=200&userKey=kim%40x.test", {})
    idp.at(f"{API}/users/kim@x.test", {"externalIds": ids})
    provider = with_directory(idp, google_use_organization_id=True)

    assert logged_in(provider).preferred_username == name


# ---- tokens for the directory


def test_the_service_account_speaks_for_the_administrator() -> None:
    """
    Its assertion names issuer, subject, scope and audience, for an hour.
    """
    idp = google()
    member(idp, "a@x.test", {"isMember": True})

    logged_in(with_directory(idp, google_groups=["a@x.test"]))

    now = FakeClock().now() // 10**9
    assert assertion(idp.asked(TOKEN)[0]) == {
        "iss": "robot@p.iam.test",
        "sub": "admin@x.test",
        "scope": f"{SCOPE}group.member.readonly",
        "aud": TOKEN,
        "iat": now,
        "exp": now + 3600,
    }


def test_wider_scopes_are_tried_until_one_is_granted() -> None:
    """
    The one that was granted is kept, with its token.
    """
    idp = google()
    refused = json_answer({"error": "unauthorized_client"}, 401)
    long = tokens(access_token="ADMIN", expires_in=3600)
    idp.at(TOKEN, refused, refused, long, method="POST")
    member(idp, "a@x.test", {"isMember": True})
    provider = with_directory(idp, google_groups=["a@x.test"])

    logged_in(provider)
    logged_in(provider)

    scopes = [assertion(request)["scope"] for request in idp.asked(TOKEN)]
    expected = ["group.member.readonly", "group.readonly", "group.member"]
    assert scopes == [SCOPE + each for each in expected]


def test_no_granted_scope_is_refused() -> None:
    """
    The log names the administrator, and no token.
    """
    idp = google()
    idp.at(TOKEN, json_answer({"error": "unauthorized_client"}, 401), method="POST")

    with pytest.raises(ProviderRefused, match=r"admin@x\.test"):
        logged_in(with_directory(idp, google_groups=["a@x.test"]))


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("cloud", "https://www.googleapis.com/auth/cloud-platform"),
        ("user", f"{SCOPE}user"),
        ("", f"{SCOPE}user.readonly"),
    ],
)
def test_scopes_of_users(name: str, scope: str) -> None:
    """
    The option names them.
    """
    assert user_scope(name) == scope


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", KEY_FILE.replace(b"BEGIN", b"X")], ids=range(4)
)
def test_a_bad_key_file_is_a_mistake_that_is_not_quoted(raw: bytes) -> None:
    """
    The program does not start, and the key is not in the message.
    """
    with pytest.raises(SettingsError) as caught:
        made(GoogleProvider, google(), files={"/key.json": raw}, **options({}))

    assert "google_service_account_json" in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


# ---- default credentials


def impersonating(
    idp: IdP, files: dict[str, bytes], environment: dict[str, str], **flat: Any
) -> GoogleProvider:
    given = {
        "oidc_issuer_url": "",
        "google_use_application_default_credentials": True,
        "google_admin_email": "admin@x.test",
        "google_groups": ["a@x.test"],
    }
    return made(
        GoogleProvider,
        idp,
        files=files,
        surroundings=Surroundings(environment=environment),
        **given | flat,
    )


def signing(idp: IdP, account: str) -> str:
    """
    Script the interface that signs for an account.
    """
    member(idp, "a@x.test", {"isMember": True})
    url = (
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
        f"{account}:signJwt"
    )
    idp.at(url, {"keyId": "1", "signedJwt": "SIGNED"}, method="POST")
    return url


def test_the_machines_account_is_impersonated() -> None:
    """
    Its token asks for a signature, and the signature for a token.
    """
    idp = google()
    url = signing(idp, "vm@p.iam.test")
    idp.at(f"{METADATA}/token", tokens(access_token="VM"))
    idp.at(f"{METADATA}/email", FetchResponse(status=200, body=b"vm@p.iam.test\n"))

    session = logged_in(impersonating(idp, {}, {}))

    assert session.groups == ("a@x.test",)
    (asked,) = idp.asked(url)
    assert dict(asked.fields)["Authorization"] == "Bearer VM"
    payload = json.loads(json.loads(asked.body or b"")["payload"])
    assert (payload["iss"], payload["sub"]) == ("vm@p.iam.test", "admin@x.test")
    assert dict(idp.asked(f"{METADATA}/token")[0].fields) == {
        "Metadata-Flavor": "Google"
    }
    assert dict(idp.asked(TOKEN)[0].form or ())["assertion"] == "SIGNED"


def test_a_named_target_is_impersonated() -> None:
    """
    The credentials themselves may be a person's.
    """
    idp = google()
    url = signing(idp, "target@p.iam.test")
    person = {"type": "authorized_user", "client_id": "c", "client_secret": "s"}
    path = "/home/kim/.config/gcloud/application_default_credentials.json"
    files = {path: json.dumps(person | {"refresh_token": "PRT"}).encode()}
    flat = {"google_target_principal": "target@p.iam.test"}

    session = logged_in(impersonating(idp, files, {"HOME": "/home/kim"}, **flat))

    assert session.groups == ("a@x.test",)
    assert len(idp.asked(url)) == 1
    assert dict(idp.asked(TOKEN)[0].form or ())["refresh_token"] == "PRT"


def test_a_person_without_a_target_cannot_be_impersonated() -> None:
    """
    The message names the option.
    """
    person = json.dumps({"type": "authorized_user"}).encode()
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": "/adc.json"}

    with pytest.raises(ProviderRefused, match="google_target_principal"):
        logged_in(impersonating(google(), {"/adc.json": person}, environment))


def test_a_key_of_a_service_account_as_default_credentials() -> None:
    """
    It asks for a token for itself, then for a signature.
    """
    idp = google()
    url = signing(idp, "robot@p.iam.test")
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": "/adc.json"}

    session = logged_in(impersonating(idp, {"/adc.json": KEY_FILE}, environment))

    assert session.groups == ("a@x.test",)
    own = assertion(idp.asked(TOKEN)[0])
    assert "sub" not in own
    assert own["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert dict(idp.asked(url)[0].fields)["Authorization"] == "Bearer ADMIN"


@pytest.mark.parametrize(
    "files", [{}, {"/adc.json": b"x"}, {"/adc.json": b'{"type": "aws"}'}]
)
def test_default_credentials_that_cannot_be_used_are_a_mistake(
    files: dict[str, bytes],
) -> None:
    """
    A file that was named must be there and be understood.
    """
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": "/adc.json"}

    with pytest.raises(SettingsError):
        impersonating(google(), files, environment)
