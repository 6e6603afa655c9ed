"""
Load settings from texts, for the tests of this room.
"""

from collections.abc import Mapping

from oauthproxy.errors import SettingsError
from oauthproxy.settings.load import load
from oauthproxy.settings.model import Settings
from tests.unit.net.authority import Authority

CERTIFICATE = Authority().sign("a.example")
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

BASE = (
    f"--cookie-secret={SECRET}",
    "--client-id=id",
    "--client-secret=secret",
    "--email-domain=*",
)


class Files(dict[str, bytes]):
    """
    Files by path; the value None stands for a directory.
    """

    def read(self, path: str) -> bytes:
        bare = path.rstrip("/") or path[:1]
        if bare not in self:
            raise FileNotFoundError(2, "No such file or directory", path)
        content = self[bare]
        if content is None:
            raise IsADirectoryError(21, "Is a directory", path)
        if bare != path:
            raise NotADirectoryError(20, "Not a directory", path)
        return content


def loaded(
    *arguments: str,
    toml: str | None = None,
    alpha: str | None = None,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, bytes | None] | None = None,
    base: tuple[str, ...] = BASE,
) -> Settings:
    """
    Return the settings that the arguments, texts and variables make together.
    """
    known = Files(files or {})  # type: ignore[arg-type]
    given = [*base, *arguments]
    if toml is not None:
        known["proxy.cfg"] = toml.encode()
        given.append("--config=proxy.cfg")
    if alpha is not None:
        known["alpha.yaml"] = alpha.encode()
        given.append("--alpha-config=alpha.yaml")
    return load(given, environment or {}, known.read)


def problems(*arguments: str, **rest: object) -> list[str]:
    """
    Return the lines with which loading ends; none when it succeeds.
    """
    try:
        loaded(*arguments, **rest)  # type: ignore[arg-type]
    except SettingsError as error:
        return list(error.problems)
    return []
