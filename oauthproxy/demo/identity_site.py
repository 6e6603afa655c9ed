"""
The demo's identity provider on the web.
"""

from collections.abc import Callable
from urllib.parse import parse_qsl

from attrs import define
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from oauthproxy.demo.authorization import AuthorizationRefused, read_login_request
from oauthproxy.demo.identity import IdentityProvider, TokenRefused
from oauthproxy.demo.pages import as_json, page, read_body, redirect
from oauthproxy.demo.people import PASSWORD, USERS, find_user

FORM_BYTES = 64 * 1024
PERSONAL = ("username", "password")

Render = Callable[[Request], bytes]


class Endpoint(Resource):
    """
    One address of the provider: a function for each method it knows.
    """

    isLeaf = True

    def __init__(
        self, *, get: Render | None = None, post: Render | None = None
    ) -> None:
        Resource.__init__(self)
        if get is not None:
            self.render_GET = get
        if post is not None:
            self.render_POST = post


@define
class IdentityPages:
    """
    Answer requests on behalf of an identity provider.
    """

    provider: IdentityProvider

    def site(self) -> Site:
        """
        Return the provider as something that can listen.
        """
        root, known = Resource(), Resource()
        root.putChild(b".well-known", known)
        known.putChild(b"openid-configuration", Endpoint(get=self.discovery))
        root.putChild(b"authorize", Endpoint(get=self.ask, post=self.sign_in))
        root.putChild(b"token", Endpoint(post=self.token))
        root.putChild(b"keys", Endpoint(get=self.keys))
        root.putChild(b"userinfo", Endpoint(get=self.userinfo, post=self.userinfo))
        root.putChild(b"end_session", Endpoint(get=self.goodbye, post=self.goodbye))
        site = Site(root, parsePOSTFormSubmission=False)
        site.displayTracebacks = False
        return site

    def discovery(self, request: Request) -> bytes:
        """
        Tell what is offered here.
        """
        return as_json(request, self.provider.discovery())

    def keys(self, request: Request) -> bytes:
        """
        Tell the key that signs ID tokens.
        """
        return as_json(request, self.provider.keys())

    def ask(self, request: Request) -> bytes:
        """
        Ask who it is.
        """
        return self._form(request, _query(request))

    def sign_in(self, request: Request) -> bytes:
        """
        Take the form's answer and send the browser back to the client.
        """
        form = _body(request)
        parameters = {k: v for k, v in form.items() if k not in PERSONAL}
        user = find_user(form.get("username", ""), form.get("password", ""))
        if user is None:
            tried = form.get("username", "")
            return self._form(request, parameters, tried, refused=True)
        try:
            wanted = read_login_request(parameters, self.provider.client)
        except AuthorizationRefused as refusal:
            return _refuse(request, str(refusal))
        return redirect(request, self.provider.admit(wanted, user))

    def token(self, request: Request) -> bytes:
        """
        Exchange a code or a refresh token for tokens.
        """
        form = _body(request)
        authorization = request.getHeader("authorization") or ""
        try:
            return as_json(request, self.provider.redeem(form, authorization))
        except TokenRefused as refusal:
            status = 401 if refusal.code == "invalid_client" else 400
            return as_json(request, {"error": refusal.code}, status=status)

    def userinfo(self, request: Request) -> bytes:
        """
        Tell about the user whose access token came along.
        """
        claims = self.provider.userinfo(request.getHeader("authorization") or "")
        if claims is None:
            request.setHeader(b"www-authenticate", b'Bearer error="invalid_token"')
            return as_json(request, {"error": "invalid_token"}, status=401)
        return as_json(request, claims)

    def goodbye(self, request: Request) -> bytes:
        """
        Say goodbye; there is no session here to end.
        """
        return page(
            request,
            "message.html",
            heading="Signed out",
            sentence="You are signed out. This provider remembers nobody.",
        )

    def _form(
        self,
        request: Request,
        parameters: dict[str, str],
        username: str = "",
        *,
        refused: bool = False,
    ) -> bytes:
        try:
            read_login_request(parameters, self.provider.client)
        except AuthorizationRefused as refusal:
            return _refuse(request, str(refusal))
        return page(
            request,
            "login.html",
            status=403 if refused else 200,
            parameters=parameters,
            username=username,
            refused=refused,
            users=USERS,
            password=PASSWORD,
        )


def _refuse(request: Request, sentence: str) -> bytes:
    heading = "This login cannot go on"
    return page(request, "message.html", status=400, heading=heading, sentence=sentence)


def _query(request: Request) -> dict[str, str]:
    query = request.uri.partition(b"?")[2].decode("ascii", "replace")
    return dict(parse_qsl(query, keep_blank_values=True))


def _body(request: Request) -> dict[str, str]:
    text = read_body(request, FORM_BYTES).decode("ascii", "replace")
    return dict(parse_qsl(text, keep_blank_values=True))
