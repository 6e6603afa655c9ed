"""
What a provider must know beyond its own settings.
"""

from collections.abc import Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class Surroundings:
    """
    The environment's variables, and in which places we answer as the reference does:
    `drop_allowed_groups` lets a type's own list of groups take the place of the
    general one, `skip_google_signature` believes Google's ID tokens unverified,
    `skip_id_token_checks` takes incomplete ones, and `believe_unverified` takes
    addresses that a provider calls so.
    """

    environment: Mapping[str, str] = field(factory=dict, repr=False)
    drop_allowed_groups: bool = False
    skip_google_signature: bool = False
    skip_id_token_checks: bool = False
    believe_unverified: bool = False
