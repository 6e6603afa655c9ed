"""
The differences from the reference that can be switched off.

`reference_behaviour = true` sets each option below to the value with which the program
answers as the reference does, unless the option itself was set.
"""

from attrs import frozen

BY_REFERENCE = "reference_behaviour"


@frozen
class Switch:
    """
    An option, the value that means the reference's way, and what we do otherwise.
    """

    option: str
    reference: object
    text: str


SWITCHES = (
    Switch(
        "exit_without_provider",
        reference=True,
        text="starts while the provider cannot be reached, and tries again",
    ),
    Switch(
        "insecure_skip_any_options",
        reference=True,
        text="lets only CORS preflights pass for skip-auth-preflight",
    ),
    Switch(
        "insecure_client_address_from_anyone",
        reference=True,
        text="believes the client's address only from trusted proxies",
    ),
    Switch(
        "insecure_skip_session_expiry",
        reference=True,
        text="ends or refreshes a session when its own expiry has come",
    ),
    Switch(
        "upstreams_trust_as_provider",
        reference=True,
        text="verifies upstreams whatever is said about the provider",
    ),
    Switch(
        "insecure_skip_default_pkce",
        reference=True,
        text="uses PKCE where the provider announces it",
    ),
    Switch(
        "insecure_skip_default_nonce",
        reference=True,
        text="sends a nonce and checks it, unless that is switched off",
    ),
    Switch(
        "insecure_drop_allowed_groups",
        reference=True,
        text="lets nobody in whom one of the lists of groups keeps out",
    ),
    Switch(
        "insecure_skip_google_signature",
        reference=True,
        text="verifies the ID tokens of Google",
    ),
    Switch(
        "show_login_to_scripts",
        reference=True,
        text="answers scripts that need a login with 401",
    ),
    Switch(
        "unlimited_login_cookies",
        reference=True,
        text="keeps at most ten login cookies for each request's own",
    ),
)
