// What makes one provider look like WSO2 Identity Server and another like ZITADEL:
// where they live, what their tokens hold, how they answer. Facts of their wire only.

const USERS = {
  alice: {
    sub: "77776025198584418",
    username: "alice",
    preferred_username: "alice@acme.zitadel.test",
    name: "Alice Ünïcode",
    given_name: "Alice",
    family_name: "Ünïcode",
    locale: "en",
    email: "alice@example.com",
    email_verified: true,
    roles: ["admin", "dev"],
  },
  bob: {
    sub: "77776025198584419",
    username: "bob",
    preferred_username: "bob@acme.zitadel.test",
    name: "Bob",
    given_name: "Bob",
    family_name: "Builder",
    locale: "de",
    email: "bob@example.org",
    email_verified: true,
    roles: ["dev"],
  },
};

export function userBySubject(sub) {
  return Object.values(USERS).find((user) => user.sub === sub);
}

export function userByLogin(login) {
  return USERS[login];
}

const PROJECT = "69234237810729019";
const PROJECT_ROLES = "urn:zitadel:iam:org:project:roles";

export const SHAPES = {
  // The issuer is the token endpoint's URL; discovery hangs below it and below a second
  // path whose document names the first as issuer. Profile claims are in the ID token,
  // and one single group is a string where several are a list.
  wso2: {
    issuerPath: "/oauth2/token",
    wellKnown: [
      "/oauth2/token/.well-known/openid-configuration",
      "/oauth2/oidcdiscovery/.well-known/openid-configuration",
    ],
    routes: {
      authorization: "/oauth2/authorize",
      token: "/oauth2/token",
      userinfo: "/oauth2/userinfo",
      jwks: "/oauth2/jwks",
      revocation: "/oauth2/revoke",
      introspection: "/oauth2/introspect",
      end_session: "/oidc/logout",
      pushed_authorization_request: "/oauth2/par",
    },
    leanIdToken: false,
    claims: {
      openid: ["sub", "username", "realm", "isk", "org_id"],
      profile: ["name", "given_name", "family_name", "preferred_username", "locale"],
      email: ["email", "email_verified"],
      groups: ["groups"],
    },
    account(user) {
      const groups = user.roles.map((role) => `Internal/${role}`);
      return {
        ...user,
        roles: undefined,
        realm: { tenant: "carbon.super", userstore: "PRIMARY", signing_tenant: "carbon.super" },
        isk: "b1946ac92492d2347c6235b4d2611184",
        groups: groups.length === 1 ? groups[0] : groups,
      };
    },
    reshape(payload, clientId) {
      return { ...payload, azp: clientId, amr: ["BasicAuthenticator"] };
    },
  },
  // The issuer is a bare origin. The ID token names nobody but the subject; its audience
  // lists the project beside the client; roles are an object whose keys are the names.
  zitadel: {
    issuerPath: "",
    wellKnown: ["/.well-known/openid-configuration"],
    routes: {
      authorization: "/oauth/v2/authorize",
      token: "/oauth/v2/token",
      userinfo: "/oidc/v1/userinfo",
      jwks: "/oauth/v2/keys",
      revocation: "/oauth/v2/revoke",
      introspection: "/oauth/v2/introspect",
      end_session: "/oidc/v1/end_session",
    },
    leanIdToken: true,
    claims: {
      openid: ["sub", PROJECT_ROLES, `urn:zitadel:iam:org:project:${PROJECT}:roles`],
      profile: ["name", "given_name", "family_name", "preferred_username", "locale"],
      email: ["email", "email_verified"],
    },
    account(user) {
      const domain = "acme.zitadel.test";
      const roles = Object.fromEntries(
        user.roles.map((role) => [role, { "69234230193872955": domain }]),
      );
      return {
        ...user,
        roles: undefined,
        [PROJECT_ROLES]: roles,
        [`urn:zitadel:iam:org:project:${PROJECT}:roles`]: roles,
      };
    },
    reshape(payload, clientId) {
      return { ...payload, aud: [clientId, PROJECT], azp: clientId };
    },
  },
};
