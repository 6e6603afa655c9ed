"""
The values of our two pages: sign-in and error (`reference/http-behaviour.md`, 15).

Rule 1: what a page shows is text; the templates escape it.
Rule 2: internal details are shown only where the operator asked for it.
"""

from http import HTTPStatus

from oauthproxy.answer import NO_CACHE, Page, Pairs
from oauthproxy.scope import Scope
from oauthproxy.settings.model import Settings

_DEFAULTS = {
    401: "You need to be logged in to access this resource.",
    403: "You do not have permission to access this resource.",
    404: "We could not find the resource you were looking for.",
    500: (
        "Oops! Something went wrong. "
        "For more information contact your server administrator."
    ),
}
_UNKNOWN = "Unknown error"


def sign_in_message(settings: Settings) -> str:
    """
    Return the text above the sign-in button: the banner, as HTML, or whose addresses
    may sign in.
    """
    banner = settings.templates.banner
    if banner:
        return "" if banner == "-" else banner
    domains = [domain.lower() for domain in settings.access.email_domains]
    if settings.access.authenticated_emails_file or not domains or domains == ["*"]:
        return ""
    if len(domains) == 1:
        return f"Authenticate using {domains[0]}"
    listed = ", ".join(domains)
    return f"Authenticate using one of the following domains: {listed}"


def error_message(status: int, message: str, detail: str, *, debug: bool) -> str:
    """
    Return what an error page says: with `debug` the internal detail, else the
    message, else the usual sentence for the status.
    """
    if debug:
        return detail
    return message or _DEFAULTS.get(status, _UNKNOWN)


class LoginPages:
    """
    Make our pages.
    """

    def __init__(self, settings: Settings, provider_name: str) -> None:
        self._prefix = settings.proxy.proxy_prefix
        self._debug = settings.templates.show_debug_on_error
        self._message = sign_in_message(settings)
        self._provider_name = provider_name
        self._has_form = bool(
            settings.access.htpasswd_file and settings.templates.display_htpasswd_form
        )

    def outside_sign_in(self, target: str) -> str:
        """
        Return the target, "/" when it is the sign-in page itself.
        """
        return "/" if target in ("", f"{self._prefix}/sign_in") else target

    def sign_in(self, target: str, status: int, cookies: tuple[str, ...]) -> Page:
        """
        Return the sign-in page; `target` is where the user goes afterwards.
        """
        values = {
            "ProviderName": self._provider_name,
            "SignInMessage": self._message,
            "StatusCode": status,
            "CustomLogin": self._has_form,
            "Redirect": self.outside_sign_in(target),
            "ProxyPrefix": self._prefix,
        }
        return Page(
            name="sign_in",
            status=status,
            fields=NO_CACHE,
            cookies=cookies,
            values=values,
        )

    def error(
        self,
        scope: Scope,
        status: int,
        message: str = "",
        *,
        detail: str = "",
        target: str = "",
        restart: bool = False,
        fields: Pairs = (),
        cookies: tuple[str, ...] = (),
    ) -> Page:
        """
        Return the error page.

        `target` is where its buttons lead, none are shown without one; `restart`
        makes it a single button that starts the login again. `detail` is for the
        operator.
        """
        return Page(
            name="error",
            status=status,
            fields=fields,
            cookies=cookies,
            values={
                "Title": HTTPStatus(status).phrase,
                "Message": error_message(status, message, detail, debug=self._debug),
                "StatusCode": status,
                "Redirect": target,
                "Restart": restart,
                "RequestID": scope.request_id,
                "ProxyPrefix": self._prefix,
            },
        )
