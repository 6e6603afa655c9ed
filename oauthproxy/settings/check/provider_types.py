"""
Rules for the options of single types of provider.
"""

import re
from collections.abc import Callable, Iterator

from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.model import ProviderSettings

FEDERATED_TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105
_LEVELS = ("10", "20", "30", "40")


def provider_type(
    draft: Draft, provider: ProviderSettings, path: str
) -> Iterator[Problem]:
    """
    Yield what is wrong with the options of the provider's own type.
    """
    rule = _RULES.get(provider.type)
    if rule is not None:
        yield from rule(draft, provider, path)


def _google(draft: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    own = provider.types
    path = f"{path}.googleConfig"
    file = own.google_service_account_json
    default = own.google_use_application_default_credentials
    if not (file or default or own.google_admin_email or own.google_groups):
        return
    if not own.google_admin_email:
        yield Problem("google_admin_email", "not set", f"{path}.adminEmail")
    if not file and not default:
        message = (
            "needs google_service_account_json or "
            "google_use_application_default_credentials"
        )
        named = "google_groups" if own.google_groups else "google_admin_email"
        member = "group" if own.google_groups else "adminEmail"
        yield Problem(named, message, f"{path}.{member}")
    if file and default:
        message = "excludes google_use_application_default_credentials"
        yield Problem(
            "google_service_account_json", message, f"{path}.serviceAccountJson"
        )
    reason = draft.unreadable(file) if file else ""
    if reason:
        yield Problem(
            "google_service_account_json", reason, f"{path}.serviceAccountJson"
        )


def _entra_id(draft: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    if not provider.types.entra_id_federated_token_auth:
        return
    file = draft.environment.get(FEDERATED_TOKEN_FILE, "")
    reason = f"needs the environment variable {FEDERATED_TOKEN_FILE}"
    if file:
        reason = draft.unreadable(file)
    if reason:
        place = f"{path}.microsoftEntraIDConfig.federatedTokenAuth"
        yield Problem("entra_id_federated_token_auth", reason, place)


def _gitlab(_: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    for project in provider.types.gitlab_projects:
        name, equals, level = project.partition("=")
        if equals and level.removeprefix("+") not in _LEVELS:
            message = f'the level of "{project}" is not one of {", ".join(_LEVELS)}'
            yield Problem("gitlab_projects", message, f"{path}.gitlabConfig.projects")
        elif not name:
            message = f'"{project}" names no project'
            yield Problem("gitlab_projects", message, f"{path}.gitlabConfig.projects")


def _login_gov(
    draft: Draft, provider: ProviderSettings, path: str
) -> Iterator[Problem]:
    own = provider.types
    path = f"{path}.loginGovConfig"
    if bool(own.login_gov_jwt_key) == bool(own.login_gov_jwt_key_file):
        message = "exactly one of jwt_key and jwt_key_file is needed"
        yield Problem("jwt_key", message, f"{path}.jwtKey")
    elif own.login_gov_jwt_key_file:
        reason = draft.unreadable(own.login_gov_jwt_key_file)
        if reason:
            yield Problem("jwt_key_file", reason, f"{path}.jwtKeyFile")


def _bitbucket(_: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    repository = provider.types.bitbucket_repository
    if repository and not re.fullmatch(r"[^/]+/[^/]+", repository):
        message = f'"{repository}" is not OWNER/REPOSITORY'
        place = f"{path}.bitbucketConfig.repository"
        yield Problem("bitbucket_repository", message, place)


_Rule = Callable[[Draft, ProviderSettings, str], Iterator[Problem]]
_RULES: dict[str, _Rule] = {
    "google": _google,
    "entra-id": _entra_id,
    "gitlab": _gitlab,
    "login.gov": _login_gov,
    "bitbucket": _bitbucket,
}
