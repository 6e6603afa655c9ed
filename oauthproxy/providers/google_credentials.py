"""
Google's application default credentials: a file that the environment names, the one
that `gcloud` writes, or the metadata server of the machine.

Rule 1: tokens are asked for when they are needed, and kept by whoever asks.
Rule 2: the metadata server is asked with the field that proves we mean it.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

from oauthproxy.errors import SettingsError
from oauthproxy.ports import Clock, Fetcher, FetchRequest
from oauthproxy.providers import jsontext, members
from oauthproxy.providers.assertion import Signer, read_rsa_key
from oauthproxy.providers.calls import ask, read_json, unwanted
from oauthproxy.providers.google_federation import (
    CLOUD,
    FederatedCredentials,
    ImpersonatedCredentials,
)
from oauthproxy.providers.token_endpoint import Grant, read_grant
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.kinds import HOUR, SECOND

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105
BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
METADATA_HOST = "169.254.169.254"

_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_METADATA = "computeMetadata/v1/instance/service-accounts/default"
_FLAVOR = (("Metadata-Flavor", "Google"),)


class Credentials(Protocol):
    """
    Something that Google gives tokens to. Both methods raise ProviderRefused and
    ProviderUnavailable.
    """

    async def grant(self) -> Grant:
        """
        Return a token for the cloud platform.
        """

    async def email(self) -> str:
        """
        Return the address of the service account, empty when it is none.
        """


@frozen(kw_only=True)
class ServiceAccount:
    """
    A service account whose key we have; `option` names where it was read.
    """

    address: str
    signer: Signer
    token_url: str = TOKEN_URL

    @classmethod
    def read(cls, value: Any, option: str) -> "ServiceAccount":
        """
        Read the JSON of a key file; raises SettingsError.
        """
        address = members.text(value, "client_email")
        if not address:
            raise SettingsError([f"{option}: not the key of a service account"])
        pem = members.text(value, "private_key").encode()
        return cls(
            address=address,
            signer=Signer(
                key=read_rsa_key(pem, option),
                key_id=members.text(value, "private_key_id"),
            ),
            token_url=members.text(value, "token_uri") or TOKEN_URL,
        )

    def assertion(self, claims: Mapping[str, Any]) -> str:
        """
        Return signed claims of this account.
        """
        return self.signer.sign(claims)


@frozen(kw_only=True)
class AccountCredentials:
    """
    The default credentials are a service account's key.
    """

    account: ServiceAccount
    fetcher: Fetcher
    clock: Clock

    async def grant(self) -> Grant:
        """
        Return a token of the account.
        """
        account, now = self.account, self.clock.now()
        claims = bearer_claims(account.address, CLOUD, account.token_url, now)
        assertion = account.assertion(claims)
        return await ask_for_token(
            self.fetcher, account.token_url, assertion, self.clock
        )

    async def email(self) -> str:
        """
        Return the address in the key file.
        """
        return self.account.address


@frozen(kw_only=True)
class UserCredentials:
    """
    The default credentials are a person's, as `gcloud auth` leaves them.
    """

    form: tuple[tuple[str, str], ...] = field(repr=False)
    fetcher: Fetcher
    clock: Clock

    async def grant(self) -> Grant:
        """
        Return a token of the person.
        """
        request = FetchRequest(url=TOKEN_URL, method="POST", form=self.form)
        response = await ask(self.fetcher, request)
        return read_grant(response, TOKEN_URL, self.clock.now())

    async def email(self) -> str:
        """
        Return nothing: a person is no service account.
        """
        return ""


@frozen(kw_only=True)
class MachineCredentials:
    """
    The default credentials are those of the machine we run on.
    """

    host: str
    fetcher: Fetcher
    clock: Clock

    async def grant(self) -> Grant:
        """
        Return a token of the machine's account.
        """
        request = self._request("token")
        response = await ask(self.fetcher, request)
        read_json(response, request.url)
        return read_grant(response, request.url, self.clock.now())

    async def email(self) -> str:
        """
        Return the address of the machine's account.
        """
        request = self._request("email")
        response = await ask(self.fetcher, request)
        if response.status != 200:
            raise unwanted(response, request.url)
        return response.body.decode("utf-8", "replace").strip()

    def _request(self, name: str) -> FetchRequest:
        return FetchRequest(
            url=f"http://{self.host}/{_METADATA}/{name}", fields=_FLAVOR
        )


def default_credentials(
    environment: Mapping[str, str], read_file: ReadFile, fetcher: Fetcher, clock: Clock
) -> Credentials:
    """
    Find the default credentials; raises SettingsError for a file that cannot be used.
    """
    reader = _Reader(read_file, fetcher, clock)
    named = environment.get(_FILE, "")
    if named:
        try:
            raw = read_file(named)
        except OSError as error:
            raise SettingsError([f"{_FILE}: {error}"]) from error
        return reader.read(raw, _FILE)
    path = _gcloud_file(environment)
    try:
        raw = read_file(path)
    except OSError:
        host = environment.get("GCE_METADATA_HOST") or METADATA_HOST
        return MachineCredentials(host=host, fetcher=fetcher, clock=clock)
    return reader.read(raw, path)


def _gcloud_file(environment: Mapping[str, str]) -> str:
    home = environment.get("HOME", "")
    folder = environment.get("CLOUDSDK_CONFIG") or f"{home}/.config/gcloud"
    return f"{folder}/application_default_credentials.json"


@frozen
class _Reader:
    """
    Make credentials of the JSON in a file.
    """

    read_file: ReadFile
    fetcher: Fetcher
    clock: Clock

    def read(self, raw: bytes, name: str) -> Credentials:
        try:
            value = jsontext.parse_object(raw)
        except ValueError:
            raise SettingsError([f"{name}: not a JSON object"]) from None
        return self.made(value, name)

    def made(self, value: Any, name: str) -> Credentials:
        match kind := members.text(value, "type"):
            case "service_account":
                account = ServiceAccount.read(value, name)
                return AccountCredentials(
                    account=account, fetcher=self.fetcher, clock=self.clock
                )
            case "authorized_user":
                return self._person(value)
            case "external_account":
                return self._federated(value, name)
            case "impersonated_service_account":
                lender = self.made(value.get("source_credentials"), name)
                return ImpersonatedCredentials.read(value, name, lender, self.fetcher)
        message = f"{name}: credentials of type {kind!r} are not supported"
        raise SettingsError([message])

    def _person(self, value: Any) -> Credentials:
        taken = ("client_id", "client_secret", "refresh_token")
        given = [(each, members.text(value, each)) for each in taken]
        form = (("grant_type", "refresh_token"), *given)
        return UserCredentials(form=form, fetcher=self.fetcher, clock=self.clock)

    def _federated(self, value: Any, name: str) -> Credentials:
        made = FederatedCredentials.read(
            value, name, self.fetcher, self.clock, self.read_file
        )
        if "service_account_impersonation_url" not in value:
            return made
        return ImpersonatedCredentials.read(value, name, made, self.fetcher)


def bearer_claims(
    issuer: str, scope: str, audience: str, now: int, subject: str = ""
) -> dict[str, Any]:
    """
    Return the claims that ask for a token, in another's name with a `subject`.
    """
    claims: dict[str, Any] = {
        "iss": issuer,
        "scope": scope,
        "aud": audience,
        "iat": now // SECOND,
        "exp": (now + HOUR) // SECOND,
    }
    return claims | {"sub": subject} if subject else claims


async def ask_for_token(
    fetcher: Fetcher, url: str, assertion: str, clock: Clock
) -> Grant:
    """
    Return the token for an assertion; raises ProviderRefused and
    ProviderUnavailable.
    """
    form = (("grant_type", BEARER_GRANT), ("assertion", assertion))
    request = FetchRequest(url=url, method="POST", form=form)
    return read_grant(await ask(fetcher, request), url, clock.now())
