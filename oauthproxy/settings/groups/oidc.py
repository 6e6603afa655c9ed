"""
OpenID Connect.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class OIDCOptions:
    """
    OpenID Connect.
    """

    oidc_issuer_url: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="url",
        alpha="providers[0].oidcConfig.issuerURL",
        help=(
            "OIDC issuer; required by the types adfs, azure, cidaas, entra-id, "
            "gitlab, keycloak-oidc, oidc. Discovery document is ISSUER (one "
            'trailing "/" removed) + /.well-known/openid-configuration and its '
            "issuer must equal this value byte for byte."
        ),
    )
    skip_oidc_discovery: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="providers[0].oidcConfig.skipDiscovery",
        help=(
            "Do not ask the issuer for its endpoints; login-url, redeem-url and "
            "oidc-jwks-url (or oidc-public-key-file) must then be given."
        ),
    )
    oidc_jwks_url: str = option(
        TEXT,
        "",
        scope="legacy",
        holds="url",
        alpha="providers[0].oidcConfig.jwksURL",
        help=(
            "Where the keys of ID tokens are. Only used with skip-oidc-discovery; "
            "discovery finds them itself. Excludes oidc-public-key-file."
        ),
    )
    oidc_public_key_files: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="oidc-public-key-file",
        scope="legacy",
        holds="path",
        alpha="providers[0].oidcConfig.publicKeyFiles",
        help=(
            "PEM files of the public keys of ID tokens. Only used with "
            "skip-oidc-discovery; excludes oidc-jwks-url."
        ),
    )
    oidc_enabled_signing_algs: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="oidc-enabled-signing-alg",
        scope="legacy",
        accepted=(
            "EdDSA",
            "HS256",
            "HS384",
            "HS512",
            "RS256",
            "RS384",
            "RS512",
            "ES256",
            "ES384",
            "ES512",
            "PS256",
            "PS384",
            "PS512",
        ),
        alpha="providers[0].oidcConfig.enabledSigningAlgs",
        help=(
            "Signature algorithms allowed in ID tokens: EdDSA, HS256, HS384, HS512, "
            "RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512. With "
            "discovery, those of them that the provider names. Nothing set or found: "
            "RS256."
        ),
    )
    insecure_oidc_allow_unverified_email: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="providers[0].oidcConfig.insecureAllowUnverifiedEmail",
        help=(
            "Accept an ID token whose email_verified claim is false (the check only "
            'happens when the e-mail claim is "email").'
        ),
    )
    insecure_oidc_skip_issuer_verification: bool = option(
        FLAG,
        False,
        scope="legacy",
        alpha="providers[0].oidcConfig.insecureSkipIssuerVerification",
        help=("Do not compare issuers, neither in discovery nor in tokens."),
    )
    insecure_oidc_skip_nonce: bool = option(
        FLAG,
        True,
        scope="legacy",
        alpha="providers[0].oidcConfig.insecureSkipNonce",
        help=(
            "true (default): no nonce is sent and none checked; false: nonce sent "
            "in the login request and compared in the ID token."
        ),
    )
    oidc_email_claim: str = option(
        TEXT,
        "email",
        scope="legacy",
        holds="claim",
        alpha="providers[0].oidcConfig.emailClaim",
        help=("Claim that fills the session e-mail; dots address nested objects."),
    )
    user_id_claim: str = option(
        TEXT,
        "email",
        scope="legacy",
        deprecated=True,
        replaced_by="oidc-email-claim",
        holds="claim",
        alpha="providers[0].oidcConfig.userIDClaim",
        help=(
            'Old e-mail claim selector: when it differs from "email" and '
            'oidc-email-claim is "email", it replaces the e-mail claim (the '
            'session user id stays "sub").'
        ),
    )
    oidc_groups_claim: str = option(
        TEXT,
        "groups",
        scope="legacy",
        holds="claim",
        alpha="providers[0].oidcConfig.groupsClaim",
        help=("Claim that fills the session groups."),
    )
    oidc_audience_claims: tuple[str, ...] = option(
        TEXTS,
        ("aud",),
        flag="oidc-audience-claim",
        scope="legacy",
        holds="claim",
        alpha="providers[0].oidcConfig.audienceClaims",
        help=(
            "Claims looked at for the audience; the first one present decides and "
            "must contain client-id or one of oidc-extra-audience. Empty list means "
            '["aud"].'
        ),
    )
    oidc_extra_audiences: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="oidc-extra-audience",
        scope="legacy",
        alpha="providers[0].oidcConfig.extraAudiences",
        help=("Audiences accepted besides client-id."),
    )
