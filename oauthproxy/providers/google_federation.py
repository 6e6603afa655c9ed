"""
Google credentials that borrow an identity: a token of another platform, exchanged for
one of Google's (workload identity federation), and a service account, impersonated.

Rule 1: a token is only sent to addresses that begin with https.
"""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

from oauthproxy.errors import ProviderRefused, SettingsError
from oauthproxy.ports import Clock, Fetcher, FetchRequest
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.calls import ask, ask_json, bearer, unwanted
from oauthproxy.providers.token_endpoint import Grant, read_grant
from oauthproxy.settings.files import ReadFile

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105


class Lender(Protocol):
    """
    Credentials that a service account lets impersonate it.
    """

    async def grant(self) -> Grant:
        """
        Return a token for the cloud platform.
        """


@frozen(kw_only=True)
class FederatedCredentials:
    """
    A token of another platform, from a file or a URL, and where to exchange it.
    """

    settings: Mapping[str, Any] = field(repr=False)
    fetcher: Fetcher
    clock: Clock
    read_file: ReadFile

    @classmethod
    def read(
        cls,
        value: Mapping[str, Any],
        name: str,
        fetcher: Fetcher,
        clock: Clock,
        read_file: ReadFile,
    ) -> "FederatedCredentials":
        """
        Check the JSON of a credentials file; raises SettingsError.
        """
        source = ("credential_source",)
        if not any(members.text(value, *source, each) for each in ("file", "url")):
            message = f"{name}: only tokens from a file or a URL can be exchanged"
            raise SettingsError([message])
        if not members.text(value, "token_url").startswith("https://"):
            raise SettingsError([f"{name}: token_url must begin with https"])
        return cls(settings=value, fetcher=fetcher, clock=clock, read_file=read_file)

    async def grant(self) -> Grant:
        """
        Exchange the platform's token of now.
        """
        url = members.text(self.settings, "token_url")
        form = (
            ("grant_type", EXCHANGE),
            ("audience", members.text(self.settings, "audience")),
            ("scope", CLOUD),
            ("requested_token_type", ACCESS_TOKEN),
            ("subject_token", await self._token()),
            ("subject_token_type", members.text(self.settings, "subject_token_type")),
        )
        request = FetchRequest(url=url, method="POST", form=form)
        response = await ask(self.fetcher, request)
        return read_grant(response, url, self.clock.now())

    async def email(self) -> str:
        """
        Return nothing: another platform's identity is no service account.
        """
        return ""

    async def _token(self) -> str:
        source = self.settings["credential_source"]
        text = await self._content(source)
        if members.text(source, "format", "type") != "json":
            return text.strip()
        name = members.text(source, "format", "subject_token_field_name")
        try:
            token = members.text(jsontext.parse(text), name)
        except ValueError:
            token = ""
        if not token:
            raise ProviderRefused("the platform's token is not where it should be")
        return token

    async def _content(self, source: Mapping[str, Any]) -> str:
        path = members.text(source, "file")
        if path:
            try:
                return self.read_file(path).decode("utf-8", "replace")
            except OSError as error:
                raise ProviderRefused(f"the platform's token: {error}") from error
        headers = jsontext.member(source, "headers")
        named = headers if isinstance(headers, Mapping) else {}
        fields = tuple((name, members.text(named, name)) for name in named)
        request = FetchRequest(url=members.text(source, "url"), fields=fields)
        response = await ask(self.fetcher, request)
        if response.status != 200:
            raise unwanted(response, "the source of the platform's token")
        return response.body.decode("utf-8", "replace")


@frozen(kw_only=True)
class ImpersonatedCredentials:
    """
    A service account that other credentials may impersonate, by the URL for that.
    """

    lender: Lender
    url: str
    fetcher: Fetcher

    @classmethod
    def read(
        cls, value: Mapping[str, Any], name: str, lender: Lender, fetcher: Fetcher
    ) -> "ImpersonatedCredentials":
        """
        Read the JSON of a credentials file; raises SettingsError.
        """
        url = members.text(value, "service_account_impersonation_url")
        if not url.startswith("https://"):
            message = f"{name}: service_account_impersonation_url must begin with https"
            raise SettingsError([message])
        return cls(lender=lender, url=url, fetcher=fetcher)

    async def grant(self) -> Grant:
        """
        Ask for a token of the account.
        """
        lent = await self.lender.grant()
        request = FetchRequest(
            url=self.url,
            method="POST",
            fields=(*bearer(lent.access_token), ("Content-Type", "application/json")),
            body=json.dumps({"scope": [CLOUD]}).encode(),
        )
        token = members.text(await ask_json(self.fetcher, request), "accessToken")
        if not token:
            raise ProviderRefused(f"{self.url} gave no access token")
        return Grant(access_token=token)

    async def email(self) -> str:
        """
        Return the address of the account, which stands in the URL.
        """
        return self.url.rpartition("/")[2].partition(":")[0]
