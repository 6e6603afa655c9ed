"""
Load the configuration: command line, environment and files in, `Settings` out.

Nothing here touches the world but the function that reads files, which it is given.
All problems are found before any is reported.
"""

import re
from collections.abc import Mapping, Sequence

from attrs import define, evolve, field

from oauthproxy.crypto.secret import Secret
from oauthproxy.errors import SettingsError
from oauthproxy.settings.check.every import problems as rule_problems
from oauthproxy.settings.check.problem import Draft, Problem, reason
from oauthproxy.settings.commandline import CommandLine, read_command_line
from oauthproxy.settings.configfile import read_config_file
from oauthproxy.settings.environment import read_environment, unknown_variables
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.given import Reading, wrong
from oauthproxy.settings.groups.command import CommandOptions
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.legacy import (
    AlphaReading,
    AlphaSettings,
    LegacyOptions,
    convert,
)
from oauthproxy.settings.merge import Merged, merge
from oauthproxy.settings.model import ProviderSettings, Settings
from oauthproxy.settings.table import ENVIRONMENT_PREFIX, table
from oauthproxy.settings.unsafe import peers
from oauthproxy.wire import gourl

_HOST_AND_PORT = re.compile(r"[\w.-]+:\d+(/|$)")
SKIP_NONCE = "insecure_oidc_skip_nonce"

CORE_GROUPS = (
    "proxy",
    "access",
    "probes",
    "cookie",
    "session",
    "logging",
    "templates",
    "limits",
    "ours",
)
LEGACY_GROUPS = (
    "server",
    "upstream",
    "provider",
    "oidc",
    "provider_types",
    "headers",
)


def load_command(arguments: Sequence[str]) -> CommandOptions:
    """
    Return what the command line asks for, other than settings.

    Mistakes in other options are left for `load`. Raises SettingsError for a
    combination that makes no sense.
    """
    command = _command(read_command_line(arguments))
    if command.version or command.help or not command.convert_config_to_alpha:
        return command
    for other, given in (
        ("--alpha-config", command.alpha_config),
        ("--config-test", command.config_test),
    ):
        if given:
            message = f"--convert-config-to-alpha and {other} exclude each other"
            raise SettingsError([message])
    return command


def load(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    read_file: ReadFile,
    *,
    checked: bool = True,
) -> Settings:
    """
    Return the complete settings, checked unless told otherwise.

    `read_file` returns a file's content or raises OSError. Raises SettingsError with
    every problem found.
    """
    loading = _Loading(environment, read_file)
    settings = loading.run(read_command_line(arguments), checked=checked)
    if loading.problems:
        raise SettingsError(list(dict.fromkeys(loading.problems)))
    return evolve(settings, notes=(*settings.notes, *peers(settings)))


def _command(line: CommandLine) -> CommandOptions:
    found: CommandOptions = merge(Reading(), Reading(), line.reading).group("command")
    return found


@define
class _Loading:
    """
    One attempt to load, which collects problems and remarks on its way.
    """

    environment: Mapping[str, str]
    read_file: ReadFile
    problems: list[str] = field(factory=list)
    failed: set[str] = field(factory=set)
    notes: list[str] = field(factory=list)
    broken: bool = False

    def run(self, line: CommandLine, *, checked: bool) -> Settings:
        command = _command(line)
        file = self._config_file(command.config)
        environment = read_environment(self.environment)
        for reading in (file, environment, line.reading):
            self.problems.extend(reading.problems)
            self.failed.update(reading.failed)
        # Without a file an unknown flag may be the one that should have named it.
        unknown = len(line.reading.problems) > len(line.reading.failed)
        self.broken |= unknown and not command.config
        merged = merge(file, environment, line.reading)
        self._remark(line, merged)
        structure = self._structure(command.alpha_config, merged)
        settings = self._settings(merged, structure)
        if checked and not self.broken:
            self._check(settings, alpha=bool(command.alpha_config))
        return settings

    def _config_file(self, path: str) -> Reading:
        content = self._file("--config", path)
        if content is None:
            return Reading()
        reading = read_config_file(path, content)
        self.broken |= reading.broken
        return reading

    def _file(self, flag: str, path: str) -> bytes | None:
        if not path:
            return None
        try:
            return self.read_file(path)
        except OSError as error:
            message = f'cannot read "{path}": {reason(error)}'
            self.problems.append(f"{flag}: {message}")
            self.broken = True
            return None

    def _remark(self, line: CommandLine, merged: Merged) -> None:
        self.notes.extend(
            f'"{word}" on the command line is no option and ignored'
            for word in line.words
        )
        self.notes.extend(unknown_variables(self.environment))
        self.notes.extend(merged.notes)

    def _structure(self, path: str, merged: Merged) -> AlphaReading:
        """
        Return the part that the alpha configuration, if there is one, can say.
        """
        if not path:
            return self._legacy(merged)
        self._refuse_legacy(merged)
        content = self._file("--alpha-config", path)
        if content is None:
            return AlphaReading(AlphaSettings())
        from oauthproxy.settings.alpha.read import read_alpha

        reading = read_alpha(path, content, self.environment)
        self.problems.extend(reading.problems)
        self.failed.update(reading.failed)
        self.broken |= reading.broken
        return reading

    def _refuse_legacy(self, merged: Merged) -> None:
        """
        Refuse what the alpha configuration has to say; a variable is only remarked.
        """
        for option in table().options:
            given = merged.values.get(option.name)
            if given is None or not option.legacy:
                continue
            message = "belongs in the alpha configuration when there is one"
            if option.declared.alpha:
                message += f" ({option.declared.alpha})"
            line = wrong(option.label, given.source, message)
            ignored = given.source.startswith(ENVIRONMENT_PREFIX)
            (self.notes if ignored else self.problems).append(line)

    def _settings(self, merged: Merged, structure: AlphaReading) -> Settings:
        core = {name: merged.group(name) for name in CORE_GROUPS}
        core["cookie"] = self._cookie(core["cookie"], merged)
        alpha = structure.settings
        return Settings(
            **core,
            server=alpha.server,
            metrics_server=alpha.metrics_server,
            proxy_raw_path=alpha.proxy_raw_path,
            upstreams=alpha.upstreams,
            inject_request_headers=alpha.inject_request_headers,
            inject_response_headers=alpha.inject_response_headers,
            providers=self._safe(alpha.providers, core["ours"], structure, merged),
            prefer_email_to_user=alpha.prefer_email_to_user,
            origins={**merged.origins, **structure.origins},
            notes=tuple(self.notes),
        )

    def _safe(
        self,
        providers: Sequence[ProviderSettings],
        ours: OurOptions,
        structure: AlphaReading,
        merged: Merged,
    ) -> tuple[ProviderSettings, ...]:
        """
        Return the providers with nonce and PKCE on where nothing was said about them,
        and how we authenticate there.
        """
        said = {**merged.origins, **structure.origins}
        safe = []
        for index, provider in enumerate(providers):
            names = (SKIP_NONCE, f"providers[{index}].oidcConfig.insecureSkipNonce")
            oidc = evolve(
                provider.oidc, group_objects_as_text=ours.group_objects_as_text
            )
            if not ours.insecure_skip_default_nonce and said.keys().isdisjoint(names):
                oidc = evolve(oidc, insecure_skip_nonce=False)
            pkce = not ours.insecure_skip_default_pkce
            safe.append(
                evolve(
                    provider,
                    oidc=oidc,
                    pkce_if_announced=pkce,
                    token_endpoint_auth_method=ours.token_endpoint_auth_method,
                    client_assertion_key_file=ours.client_assertion_key_file,
                    client_assertion_key_id=ours.client_assertion_key_id,
                )
            )
        return tuple(safe)

    def _legacy(self, merged: Merged) -> AlphaReading:
        groups = {name: merged.group(name) for name in LEGACY_GROUPS}
        legacy = LegacyOptions(**groups)
        if legacy.headers.pass_basic_auth and not legacy.headers.pass_user_headers:
            source = merged.origins.get("pass_user_headers", "")
            message = "has no effect while pass_basic_auth is on"
            self.notes.append(wrong("pass_user_headers", source, message))
        usable = self._usable(legacy.upstream.upstreams, merged)
        upstream = evolve(legacy.upstream, upstreams=usable)
        return AlphaReading(convert(evolve(legacy, upstream=upstream)))

    def _usable(self, upstreams: Sequence[str], merged: Merged) -> tuple[str, ...]:
        usable = []
        for text in upstreams:
            try:
                gourl.parse(text)
            except ValueError as error:
                hint = f"; write http://{text}" if _HOST_AND_PORT.match(text) else ""
                message = f'"{text}" is not a URL: {error}{hint}'
                source = merged.origins.get("upstreams", "")
                self.problems.append(wrong("upstreams", source, message))
            else:
                usable.append(text)
        return tuple(usable)

    def _cookie(self, options: CookieOptions, merged: Merged) -> CookieOptions:
        """
        Complete the cookie options: longest domain first, and the secret's file read.
        """
        domains = tuple(sorted(options.cookie_domains, key=len, reverse=True))
        options = evolve(options, cookie_domains=domains)
        if options.cookie_secret or not options.cookie_secret_file:
            return options
        path = options.cookie_secret_file
        try:
            content = self.read_file(path)
        except OSError as error:
            source = merged.origins.get("cookie_secret_file", "")
            message = f'cannot read "{path}": {reason(error)}'
            self.problems.append(wrong("cookie_secret_file", source, message))
            self.failed.add("cookie_secret")
            return options
        text = content.decode("utf-8", "surrogateescape")
        return evolve(options, cookie_secret=Secret(text))

    def _check(self, settings: Settings, *, alpha: bool) -> None:
        draft = Draft(settings, self.environment, self.read_file, alpha)
        for problem in rule_problems(draft):
            if not self.failed.intersection((problem.option, problem.alpha)):
                self.problems.append(_report(problem, settings.origins, alpha=alpha))


def _report(problem: Problem, origins: Mapping[str, str], *, alpha: bool) -> str:
    if alpha and problem.alpha:
        source = _nearest_origin(problem.alpha, origins)
        return wrong(problem.alpha, source, problem.message)
    option = table().by_name.get(problem.option)
    label = option.label if option else problem.option
    return wrong(label, origins.get(problem.option, ""), problem.message)


def _nearest_origin(path: str, origins: Mapping[str, str]) -> str:
    """
    Return where a path of the alpha configuration, or what it is part of, was set.
    """
    while path and path not in origins:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return origins.get(path, "")
