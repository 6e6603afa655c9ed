"""
Rules for places that secrets come from.
"""

from collections.abc import Mapping

from oauthproxy.settings.certificates import holds_authorities
from oauthproxy.settings.check.problem import Draft
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.model import SecretSource

NOTHING_GIVEN = "needs a value, fromEnv or fromFile"


def secret_source(draft: Draft, source: object, *, empty: str = NOTHING_GIVEN) -> str:
    """
    Return what is wrong with a source, or the empty text.
    """
    if not isinstance(source, SecretSource):
        return empty
    given = [name for name, value in _parts(source).items() if value]
    if not given:
        return empty
    if len(given) > 1:
        return f"only one of {' and '.join(given)} may be given"
    if source.from_env and not draft.environment.get(source.from_env):
        return f"the environment variable {source.from_env} is not set"
    return draft.unreadable(source.from_file) if source.from_file else ""


def secret_bytes(
    source: SecretSource,
    environment: Mapping[str, str],
    read_file: ReadFile,
) -> bytes:
    """
    Return what a source holds; raises OSError, and ValueError when there is nothing.
    """
    if source.from_file:
        return read_file(source.from_file)
    if source.from_env:
        text = environment.get(source.from_env, "")
    else:
        text = source.value.reveal() if source.value else ""
    if not text:
        raise ValueError("the source is empty")
    return text.encode("utf-8", "surrogateescape")


def unbelievable(draft: Draft, path: str) -> str:
    """
    Return why a file holds no authorities to believe, or the empty text.
    """
    unreadable = draft.unreadable(path)
    if unreadable or holds_authorities(draft.read_file(path)):
        return unreadable
    return f'there is no PEM certificate in "{path}", or a broken one'


def place_of(source: SecretSource) -> str:
    """
    Return ' in "PATH"' or ' in the variable NAME', to end a sentence with.
    """
    if source.from_file:
        return f' in "{source.from_file}"'
    return f" in the variable {source.from_env}" if source.from_env else ""


def _parts(source: SecretSource) -> dict[str, object]:
    return {
        "value": source.value,
        "fromEnv": source.from_env,
        "fromFile": source.from_file,
    }
