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
    Switch(
        "exit_without_redis",
        reference=True,
        text="starts while Redis does not answer, and tries again",
    ),
    Switch(
        "upstreams_through_proxy",
        reference=True,
        text="reaches upstreams directly, whatever HTTP_PROXY says",
    ),
    Switch(
        "insecure_log_tokens",
        reference=True,
        text="hides tokens and codes in log lines",
    ),
    Switch(
        "insecure_believe_repeated_forwarding",
        reference=True,
        text="believes no forwarding header that comes twice with different values",
    ),
    Switch(
        "insecure_keep_identity_headers",
        reference=True,
        text="takes all identity headers away that a client sends",
    ),
    Switch(
        "keep_upstream_identity_headers",
        reference=True,
        text="leaves an upstream's header out where it injects one of that name",
    ),
    Switch(
        "insecure_raw_group_commas",
        reference=True,
        text="sends a comma within one group as %2C",
    ),
    Switch(
        "insecure_basic_user_colons",
        reference=True,
        text="sends no Basic credentials for a user with a colon in the name",
    ),
    Switch(
        "group_objects_as_text",
        reference=True,
        text="makes groups of the keys where the groups claim is an object",
    ),
    Switch(
        "ignore_proxy_websockets",
        reference=True,
        text="passes no WebSocket upgrade on where proxy_websockets is off",
    ),
    Switch(
        "insecure_skip_auth_ambiguous_paths",
        reference=True,
        text="asks for a login where a path can be read in several ways",
    ),
    Switch(
        "insecure_allow_foreign_pages",
        reference=True,
        text="signs nobody in or out because a page of another site asks for it",
    ),
    Switch(
        "insecure_follow_links",
        reference=True,
        text="follows links in a folder of files within that folder only",
    ),
    Switch(
        "insecure_skip_id_token_checks",
        reference=True,
        text="accepts only complete ID tokens that are made for this login",
    ),
    Switch(
        "insecure_believe_unverified_addresses",
        reference=True,
        text="lets nobody in with an address that the provider calls unverified",
    ),
    Switch(
        "allow_broken_cookie_prefixes",
        reference=True,
        text="refuses cookie names that promise what the cookies do not keep",
    ),
)
