"""
Every option of the program, read once from the declarations in `settings.groups`.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from attrs import fields, frozen

from oauthproxy.settings.groups.access import AccessOptions
from oauthproxy.settings.groups.command import CommandOptions
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.settings.groups.headers import HeaderOptions
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.groups.logging import LoggingOptions
from oauthproxy.settings.groups.oidc import OIDCOptions
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.groups.probes import ProbeOptions
from oauthproxy.settings.groups.provider import ProviderOptions
from oauthproxy.settings.groups.provider_types import ProviderTypeOptions
from oauthproxy.settings.groups.proxy import ProxyOptions
from oauthproxy.settings.groups.server import ServerOptions
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.groups.templates import TemplateOptions
from oauthproxy.settings.groups.upstream import UpstreamOptions
from oauthproxy.settings.kinds import Kind
from oauthproxy.settings.option import OPTION, Declaration

ENVIRONMENT_PREFIX = "OAUTH2_PROXY_"

GROUPS: Mapping[str, type] = MappingProxyType(
    {
        "command": CommandOptions,
        "server": ServerOptions,
        "upstream": UpstreamOptions,
        "provider": ProviderOptions,
        "oidc": OIDCOptions,
        "provider_types": ProviderTypeOptions,
        "access": AccessOptions,
        "cookie": CookieOptions,
        "session": SessionOptions,
        "headers": HeaderOptions,
        "proxy": ProxyOptions,
        "probes": ProbeOptions,
        "logging": LoggingOptions,
        "templates": TemplateOptions,
        "limits": LimitOptions,
        "ours": OurOptions,
    }
)


@frozen
class Option:
    """
    One option: its field in a group, its declaration and its default.
    """

    group: str
    name: str
    default: object
    declared: Declaration

    @property
    def flag(self) -> str:
        """
        The name on the command line, without dashes in front.
        """
        return self.declared.flag or self.name.replace("_", "-")

    @property
    def key(self) -> str:
        """
        The key in the configuration file; empty if there is none.
        """
        return self.name if self.declared.key is None else self.declared.key

    @property
    def variable(self) -> str:
        """
        The environment variable; empty if there is none.
        """
        return ENVIRONMENT_PREFIX + self.key.upper() if self.key else ""

    @property
    def kind(self) -> Kind:
        """
        How its text is read.
        """
        return self.declared.kind

    @property
    def secret(self) -> bool:
        """
        Whether its value must never be shown.
        """
        return self.kind is Kind.SECRET or self.declared.holds == "secret"

    @property
    def legacy(self) -> bool:
        """
        Whether an alpha configuration takes its place.
        """
        return self.declared.scope == "legacy"

    @property
    def label(self) -> str:
        """
        The name used in messages: the key, or the flag of an option without one.
        """
        return self.key or f"--{self.flag}"


@frozen
class Table:
    """
    All options in the order of the documentation, found by each of their names.
    """

    options: tuple[Option, ...]
    by_name: Mapping[str, Option]
    by_flag: Mapping[str, Option]
    by_key: Mapping[str, Option]


@cache
def table() -> Table:
    """
    Return the table of all options.
    """
    found = tuple(
        Option(group, field.name, field.default, field.metadata[OPTION])
        for group, options in GROUPS.items()
        for field in fields(options)
    )
    return Table(
        options=found,
        by_name={option.name: option for option in found},
        by_flag={option.flag: option for option in found},
        by_key={option.key: option for option in found if option.key},
    )
