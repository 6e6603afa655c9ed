"""
Load the configuration: command line, environment and files in, `Settings` out.

Nothing here touches the world but the function that reads files, which it is given.
All problems are found before any is reported.
"""

from collections.abc import Callable, Mapping, Sequence

from attrs import define, evolve, field

from oauthproxy.crypto.secret import Secret
from oauthproxy.errors import SettingsError
from oauthproxy.settings.check.every import problems as rule_problems
from oauthproxy.settings.check.problem import Draft, Problem, reason
from oauthproxy.settings.commandline import CommandLine, read_command_line
from oauthproxy.settings.configfile import read_config_file
from oauthproxy.settings.environment import read_environment, unknown_variables
from oauthproxy.settings.given import Reading, without_userinfo, wrong
from oauthproxy.settings.groups.command import CommandOptions
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.settings.legacy import AlphaSettings, LegacyOptions, convert
from oauthproxy.settings.merge import Merged, merge
from oauthproxy.settings.model import Settings
from oauthproxy.settings.table import table
from oauthproxy.settings.urls import parse_url

ReadFile = Callable[[str], bytes]

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
    arguments: Sequence[str], environment: Mapping[str, str], read_file: ReadFile
) -> Settings:
    """
    Return the complete, checked settings.

    `read_file` returns a file's content or raises OSError. Raises SettingsError with
    every problem found.
    """
    return _Loading(environment, read_file).run(read_command_line(arguments))


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

    def run(self, line: CommandLine) -> Settings:
        command = _command(line)
        file = self._config_file(command.config)
        environment = read_environment(self.environment)
        for reading in (file, environment, line.reading):
            self.problems.extend(reading.problems)
            self.failed.update(reading.failed)
        if file.broken:
            raise SettingsError(self.problems)
        merged = merge(file, environment, line.reading)
        self._remark(line, merged)
        settings = self._settings(merged)
        self._check(settings, command)
        if self.problems:
            raise SettingsError(self.problems)
        return settings

    def _config_file(self, path: str) -> Reading:
        if not path:
            return Reading()
        try:
            return read_config_file(path, self.read_file(path))
        except OSError as error:
            problem = wrong("--config", path, f"cannot be read: {reason(error)}")
            return Reading(problems=(problem,), broken=True)

    def _remark(self, line: CommandLine, merged: Merged) -> None:
        self.notes.extend(
            f'"{word}" on the command line is no option and ignored'
            for word in line.words
        )
        self.notes.extend(unknown_variables(self.environment))
        self.notes.extend(merged.notes)

    def _settings(self, merged: Merged) -> Settings:
        core = {name: merged.group(name) for name in CORE_GROUPS}
        core["cookie"] = self._cookie(core["cookie"], merged)
        legacy = LegacyOptions(**{name: merged.group(name) for name in LEGACY_GROUPS})
        alpha = self._convert(legacy, merged)
        return Settings(
            **core,
            server=alpha.server,
            metrics_server=alpha.metrics_server,
            proxy_raw_path=alpha.proxy_raw_path,
            upstreams=alpha.upstreams,
            inject_request_headers=alpha.inject_request_headers,
            inject_response_headers=alpha.inject_response_headers,
            providers=alpha.providers,
            prefer_email_to_user=legacy.headers.prefer_email_to_user,
            origins=merged.origins,
            notes=tuple(self.notes),
        )

    def _convert(self, legacy: LegacyOptions, merged: Merged) -> AlphaSettings:
        usable = []
        for text in legacy.upstream.upstreams:
            try:
                parse_url(text)
            except ValueError as error:
                message = f'"{without_userinfo(text)}" is not a URL: {error}'
                source = merged.origins.get("upstreams", "")
                self.problems.append(wrong("upstreams", source, message))
                self.failed.add("upstreams")
            else:
                usable.append(text)
        upstream = evolve(legacy.upstream, upstreams=tuple(usable))
        return convert(evolve(legacy, upstream=upstream))

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

    def _check(self, settings: Settings, command: CommandOptions) -> None:
        alpha = bool(command.alpha_config)
        draft = Draft(settings, self.environment, self.read_file, alpha)
        for problem in rule_problems(draft):
            if problem.option not in self.failed:
                self.problems.append(_report(problem, settings.origins, alpha=alpha))


def _report(problem: Problem, origins: Mapping[str, str], *, alpha: bool) -> str:
    if alpha and problem.alpha:
        source = origins.get(problem.alpha, "")
        return wrong(problem.alpha, source, problem.message)
    option = table().by_name.get(problem.option)
    label = option.label if option else problem.option
    return wrong(label, origins.get(problem.option, ""), problem.message)
