"""
The recorded cases on details of single types of providers.
"""

from oauthproxy.errors import SettingsError
from oauthproxy.providers.entra_id import tenant
from oauthproxy.providers.gitlab import read_project
from tests.conformance.casebook import Case, cases


@cases("gitlab_project")
def test_gitlab_project(case: Case) -> None:
    """
    An entry of gitlab_projects is a path, and a level behind an equals sign.
    """
    try:
        project = read_project(case["input"]["entry"])
        outcome: Case = {"ok": True, "name": project.path, "level": project.level}
    except SettingsError:
        outcome = {"ok": False}

    assert outcome == case["expect"]


@cases("entra_issuer")
def test_entra_issuer(case: Case) -> None:
    """
    An issuer of the public cloud names its tenant.
    """
    assert tenant(case["input"]["iss"]) == case["expect"]["tenant"]
