"""
The endpoints of the login: `sign_in`, `start`, `callback`, `sign_out`, `signed_out`.
"""

from attrs import evolve

from oauthproxy.access.unauthenticated import LoginWays
from oauthproxy.answer import NO_CACHE, Answer, Json, Pairs
from oauthproxy.login.flow import Login
from oauthproxy.web.admission import Admission
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import (
    Answerer,
    AnswerResource,
    cookies_of,
    read_form,
)
from oauthproxy.wire.form import FormError

NOT_SHOWN = Json(status=401, body="{}", fields=NO_CACHE)
"""To a script that was led to a login."""

NO_REFERRER: Pairs = (("Referrer-Policy", "no-referrer"),)
"""The callback's URL holds a code (RFC 9700, 4.2.4)."""


class LoginResource(AnswerResource):
    """
    An endpoint of the login; a form that cannot be read is answered with `bad_form`.
    """

    bad_form = 500

    def __init__(self, answerer: Answerer, login: Login, admission: Admission) -> None:
        super().__init__(answerer)
        self.login = login
        self.admission = admission

    async def answer(self, request: FrontRequest) -> Answer:
        """
        Return the endpoint's answer.
        """
        await self.answerer.turn()
        try:
            answer = await self.respond(request)
        except FormError as error:
            answer = self.login.form_refused(request.scope, self.bad_form, error)
        # A provider or a session store may have answered many at once meanwhile.
        await self.answerer.turn()
        return answer

    async def respond(self, request: FrontRequest) -> Answer:
        """
        Return the answer; raises FormError.
        """
        raise NotImplementedError


class ShowingResource(LoginResource):
    """
    An endpoint that shows a login, if whoever asks can show it.
    """

    def __init__(
        self,
        answerer: Answerer,
        login: Login,
        admission: Admission,
        ways: LoginWays,
    ) -> None:
        super().__init__(answerer, login, admission)
        self.ways = ways


class SignInResource(ShowingResource):
    """
    Show the sign-in page, or check the name and password sent from it.
    """

    async def respond(self, request: FrontRequest) -> Answer:
        """
        Return the page, a redirect behind a login, or the start of one.
        """
        if request.scope.method != "POST" and not self.ways.can_show_login(
            request.scope
        ):
            return NOT_SHOWN
        form = await read_form(request)
        scope = request.scope
        return await self.login.sign_in(scope, cookies_of(request), form)


class StartResource(ShowingResource):
    """
    Send the browser to the identity provider.
    """

    bad_form = 400

    async def respond(self, request: FrontRequest) -> Answer:
        """
        Return the redirect.
        """
        if not self.ways.can_show_login(request.scope):
            return NOT_SHOWN
        form = await read_form(request)
        return await self.login.start(
            request.scope, cookies_of(request), form, overrides=True
        )


class CallbackResource(LoginResource):
    """
    Take the browser back from the identity provider.
    """

    async def respond(self, request: FrontRequest) -> Answer:
        """
        Return the redirect to where the login began, with the session's cookie.
        """
        form = await read_form(request)
        session = (await self.admission.admit(request)).session
        answer = await self.login.callback(
            request.scope, cookies_of(request), form, session
        )
        return evolve(answer, fields=answer.fields + NO_REFERRER)


class SignedOutResource(LoginResource):
    """
    Take the browser back from the identity provider's sign-out.
    """

    bad_form = 400

    async def respond(self, request: FrontRequest) -> Answer:
        """
        Return the redirect to where the sign-out was to lead.
        """
        return self.login.signed_out(await read_form(request))


class SignOutResource(LoginResource):
    """
    End the session.
    """

    async def respond(self, request: FrontRequest) -> Answer:
        """
        Return the redirect to where the user goes afterwards.
        """
        admitted = await self.admission.admit(request)
        if admitted.refused is not None:
            return admitted.refused
        form = await read_form(request)
        answer = await self.login.sign_out(
            request.scope, cookies_of(request), form, admitted.session
        )
        return evolve(answer, cookies=admitted.cookies + answer.cookies)
