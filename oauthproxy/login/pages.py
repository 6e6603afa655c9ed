"""
The values of our two pages, sign-in and error, as far as a request decides them.

What a page shows is text: the templates escape it.
"""

from typing import Any

from oauthproxy.answer import NO_CACHE, Page, Pairs
from oauthproxy.pages.branding import sign_in_message
from oauthproxy.pages.wording import error_message, status_title
from oauthproxy.scope import Scope
from oauthproxy.settings.model import Settings
from oauthproxy.wire.gourl import escape_query


class LoginPages:
    """
    Make our pages.
    """

    def __init__(self, settings: Settings, provider_name: str) -> None:
        self._prefix = settings.proxy.proxy_prefix
        self._debug = settings.templates.show_debug_on_error
        self._message = sign_in_message(
            settings.templates.banner,
            settings.access.email_domains,
            settings.access.authenticated_emails_file,
        )
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
                "Title": status_title(status),
                "Message": error_message(
                    status, message=message, internal=detail, debug=self._debug
                ),
                "StatusCode": status,
                "Redirect": target,
                "RequestID": scope.request_id,
                "ProxyPrefix": self._prefix,
                **(self._retry(target) if restart else {}),
            },
        )

    def _retry(self, target: str) -> dict[str, Any]:
        url = f"{self._prefix}/start?rd={escape_query(target)}"
        return {"RetryURL": url, "RetryLabel": "Sign in again"}
