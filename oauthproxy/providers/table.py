"""
The types of identity providers: one line each.
"""

from collections.abc import Mapping

from oauthproxy.errors import SettingsError
from oauthproxy.ports import Clock, Entropy, Fetcher, Log, NewGate
from oauthproxy.providers.adfs import ADFSProvider
from oauthproxy.providers.azure import AzureProvider
from oauthproxy.providers.bitbucket import BitbucketProvider
from oauthproxy.providers.cidaas import CidaasProvider
from oauthproxy.providers.digitalocean import DigitalOceanProvider
from oauthproxy.providers.entra_id import EntraIDProvider
from oauthproxy.providers.facebook import FacebookProvider
from oauthproxy.providers.github import GitHubProvider
from oauthproxy.providers.gitlab import GitLabProvider
from oauthproxy.providers.google import GoogleProvider
from oauthproxy.providers.keycloak import KeycloakProvider
from oauthproxy.providers.keycloak_oidc import KeycloakOIDCProvider
from oauthproxy.providers.linkedin import LinkedInProvider
from oauthproxy.providers.login_gov import LoginGovProvider
from oauthproxy.providers.nextcloud import NextcloudProvider
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.sourcehut import SourceHutProvider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import ProviderSettings

PROVIDERS: Mapping[str, type[Provider]] = {
    "adfs": ADFSProvider,
    "azure": AzureProvider,
    "bitbucket": BitbucketProvider,
    "cidaas": CidaasProvider,
    "digitalocean": DigitalOceanProvider,
    "entra-id": EntraIDProvider,
    "facebook": FacebookProvider,
    "github": GitHubProvider,
    "gitlab": GitLabProvider,
    "google": GoogleProvider,
    "keycloak": KeycloakProvider,
    "keycloak-oidc": KeycloakOIDCProvider,
    "linkedin": LinkedInProvider,
    "login.gov": LoginGovProvider,
    "nextcloud": NextcloudProvider,
    "oidc": OIDCProvider,
    "sourcehut": SourceHutProvider,
}


def make_provider(
    settings: ProviderSettings,
    fetcher: Fetcher,
    clock: Clock,
    entropy: Entropy,
    log: Log,
    read_file: ReadFile,
    new_gate: NewGate,
    surroundings: Surroundings | None = None,
) -> Provider:
    """
    Return the provider that settings describe; raises SettingsError.
    """
    made = PROVIDERS.get(settings.type)
    if made is None:
        known = ", ".join(sorted(PROVIDERS))
        raise SettingsError([f"provider: {settings.type!r} is not one of {known}"])
    return made(
        settings, fetcher, clock, entropy, log, read_file, new_gate, surroundings
    )
