"""
Rules for places that secrets come from.
"""

from oauthproxy.settings.check.problem import Draft
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


def _parts(source: SecretSource) -> dict[str, object]:
    return {
        "value": source.value,
        "fromEnv": source.from_env,
        "fromFile": source.from_file,
    }
