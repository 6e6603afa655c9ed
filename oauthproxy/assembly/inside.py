"""
Make what decides: rules, login, who is known.
"""

import os
from collections.abc import Awaitable, Callable
from functools import cached_property

from oauthproxy.access.decision import Rules
from oauthproxy.access.files import EmailFile, PasswordFile
from oauthproxy.access.identify import Basic, Bearer, BearerVerifier, Identifier
from oauthproxy.access.routes import SkipRules
from oauthproxy.access.unauthenticated import LoginWays
from oauthproxy.assembly.foundation import Foundation
from oauthproxy.assembly.metering import (
    MeteredJar,
    MeteredLogin,
    metered_check,
)
from oauthproxy.assembly.sources import read_secret
from oauthproxy.errors import SettingsError
from oauthproxy.login.flow import Login
from oauthproxy.net.aside import Aside
from oauthproxy.net.gate import Gate
from oauthproxy.providers.bearer import BearerIssuer
from oauthproxy.upstream.headers import Indulgence, Injector
from oauthproxy.web.admission import Admission
from oauthproxy.web.session import KnownSessions
from oauthproxy.wire.cookies import CookieWriter


class Inside(Foundation):
    """
    The parts that decide, each made once, when somebody asks for it.
    """

    @cached_property
    def htpasswd(self) -> PasswordFile | None:
        """
        The users of the htpasswd file, if there is one.
        """
        path = self.settings.access.htpasswd_file
        if not path:
            return None
        return PasswordFile(path, self.read_file, os.urandom, self.logs)

    @cached_property
    def check_password(self) -> Callable[[str, str], Awaitable[bool]] | None:
        """
        What tells whether a password is a user's, if there is an htpasswd file.
        """
        htpasswd, aside = self.htpasswd, Aside(self.reactor)
        if htpasswd is None:
            return None
        return lambda user, password: aside.run(htpasswd.check, user, password)

    @cached_property
    def emails(self) -> EmailFile:
        """
        The addresses that may come in.
        """
        access = self.settings.access
        return EmailFile(
            access.authenticated_emails_file,
            access.email_domains,
            self.read_file,
            self.logs,
        )

    def files_changed(self) -> None:
        """
        Read again what can change while the program runs.
        """
        if self.htpasswd is not None:
            self.htpasswd.changed()
        if self.emails.path:
            self.emails.changed()
            self.rules.version += 1

    @property
    def watched(self) -> tuple[str, ...]:
        """
        The files whose changes are noticed.
        """
        access = self.settings.access
        paths = (access.htpasswd_file, access.authenticated_emails_file)
        return tuple(path for path in paths if path)

    @cached_property
    def rules(self) -> Rules:
        """
        Who may pass.
        """
        ours = self.settings.ours
        try:
            skip = SkipRules.compile(
                self.settings.access,
                trusted_ips=self.settings.proxy.trusted_ips,
                any_options=ours.insecure_skip_any_options,
                one_reading=ours.insecure_skip_auth_ambiguous_paths,
            )
        except ValueError as cause:
            raise SettingsError([str(cause)]) from cause
        return Rules(
            skip=skip,
            email_allowed=self.emails.admits,
            authorized=self.provider.authorize,
        )

    @cached_property
    def login(self) -> Login:
        """
        The login.
        """
        settings = self.settings
        jar = MeteredJar(
            settings.cookie,
            self.secrets,
            CookieWriter(settings.cookie, self.logs.error),
            self.clock,
            os.urandom,
            unlimited=settings.ours.unlimited_login_cookies,
            meter=self.meter,
        )
        check = self.check_password
        return MeteredLogin(
            self.provider,
            jar,
            self.store,
            settings,
            self.rules,
            self.clock,
            os.urandom,
            self.logs,
            None if check is None else metered_check(check, "form", self.meter),
            meter=self.meter,
        )

    @cached_property
    def injector(self) -> Injector:
        """
        What says who is signed in.
        """
        ours = self.settings.ours
        return Injector(
            self.settings.inject_request_headers,
            self.settings.inject_response_headers,
            read_secret,
            indulgence=Indulgence(
                identity_fields=ours.insecure_keep_identity_headers,
                upstream_fields=ours.keep_upstream_identity_headers,
                raw_commas=ours.insecure_raw_group_commas,
                colons_in_users=ours.insecure_basic_user_colons,
            ),
        )

    @property
    def only_stored(self) -> bool:
        """
        Whether nothing but the session cookie identifies anybody.
        """
        access = self.settings.access
        return not (access.skip_jwt_bearer_tokens or access.htpasswd_file)

    @cached_property
    def known(self) -> KnownSessions:
        """
        The browsers seen lately.
        """
        cookie = self.settings.cookie
        return KnownSessions(
            cookie.cookie_name,
            cookie.cookie_expire,
            self.cache,
            self.store,
            self.rules,
            self.injector,
            self.refresher.due_at,
            headers_decide=not self.only_stored,
            note=self.metrics.seen.note,
        )

    @cached_property
    def admission(self) -> Admission:
        """
        The full way of identifying and deciding.
        """
        identifier = Identifier(
            store=self.store,
            refresher=self.refresher,
            log=self.logs,
            bearer=self._bearer(),
            basic=self._basic(),
        )
        return Admission(
            identifier,
            self.rules,
            self.store,
            self.known,
            self.logs,
            only_stored=self.only_stored,
            count=self.metrics.login.decisions.add,
        )

    def _bearer(self) -> Bearer | None:
        access = self.settings.access
        if not access.skip_jwt_bearer_tokens:
            return None
        verifiers: list[BearerVerifier] = [self.provider]
        verifiers += (
            BearerIssuer(
                pair,
                self.settings.providers[0].oidc,
                self.calls,
                self.clock,
                self.read_file,
                Gate,
            )
            for pair in access.extra_jwt_issuers
        )
        return Bearer(verifiers, self.logs, fallback=access.bearer_token_login_fallback)

    def _basic(self) -> Basic | None:
        check = self.check_password
        if check is None:
            return None
        return Basic(
            metered_check(check, "basic", self.meter),
            self.logs,
            self.settings.access.htpasswd_user_groups,
            self.settings.prefer_email_to_user,
        )

    @cached_property
    def ways(self) -> LoginWays:
        """
        How requests without a login are answered.
        """
        settings, access = self.settings, self.settings.access
        try:
            return LoginWays.compile(
                api_routes=access.api_routes,
                force_json=settings.proxy.force_json_errors,
                skip_button=settings.proxy.skip_provider_button,
                show_anyone=settings.ours.show_login_to_scripts,
            )
        except ValueError as cause:
            raise SettingsError([str(cause)]) from cause
