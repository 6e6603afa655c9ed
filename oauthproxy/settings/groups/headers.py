"""
Which identity header fields are sent to whom.
"""

from attrs import frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.kinds import FLAG, SECRET
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class HeaderOptions:
    """
    Which identity header fields are sent to whom.
    """

    pass_basic_auth: bool = option(
        FLAG,
        True,
        scope="legacy",
        alpha="injectRequestHeaders",
        help=(
            "Send the four X-Forwarded-* identity headers to the upstream, and with "
            "basic-auth-password also an Authorization: Basic header."
        ),
    )
    pass_user_headers: bool = option(
        FLAG,
        True,
        scope="legacy",
        alpha="injectRequestHeaders",
        help=(
            "Send X-Forwarded-Groups, -User, -Email and -Preferred-Username to the "
            "upstream. Switching it off has no effect while pass-basic-auth is on."
        ),
    )
    pass_access_token: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="injectRequestHeaders, injectResponseHeaders",
        help=(
            "Send the access token upstream as X-Forwarded-Access-Token; together "
            "with set-xauthrequest also adds response header "
            "X-Auth-Request-Access-Token."
        ),
    )
    pass_authorization_header: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="injectRequestHeaders",
        help=(
            'Send "Authorization: Bearer ID_TOKEN" to the upstream. Excludes '
            "pass-basic-auth with a basic-auth-password."
        ),
    )
    set_basic_auth: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="injectResponseHeaders",
        help=(
            'Put "Authorization: Basic user:password" on responses; needs '
            "basic-auth-password."
        ),
    )
    set_xauthrequest: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="injectResponseHeaders",
        help=(
            "Put X-Auth-Request-User, -Email, -Preferred-Username, -Groups on "
            "responses (auth endpoint and proxied responses)."
        ),
    )
    set_authorization_header: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="injectResponseHeaders",
        help=(
            'Put "Authorization: Bearer ID_TOKEN" on responses. Excludes '
            "set-basic-auth."
        ),
    )
    prefer_email_to_user: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha=(
            'claim "email" instead of "user"; internal flag '
            "LegacyPreferEmailToUser has no YAML field"
        ),
        help=(
            "Use the e-mail instead of the user id in X-Forwarded-User and Basic "
            "headers (X-Forwarded-Email is then not sent); htpasswd Basic-header "
            "sessions get e-mail = user name."
        ),
    )
    basic_auth_password: Secret = option(
        SECRET,
        Secret(""),
        scope="legacy",
        holds="secret",
        alpha="inject*Headers[*].values[*].claimSource.basicAuthPassword.value",
        help=("Password part of the generated Basic header."),
    )
    skip_auth_strip_headers: bool = option(
        FLAG,
        True,
        scope="legacy",
        alpha="injectRequestHeaders[*].preserveRequestValue (negated)",
        help=(
            "true: incoming values of the request headers listed for injection are "
            "removed (also on requests that skip authentication); false: kept "
            "(preserveRequestValue true)."
        ),
    )
