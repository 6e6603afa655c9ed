// Run a certified OpenID provider that looks like one of SHAPES, on a free port.
//
// Rule 1: the only argument is a JSON object; see `settings` below for its keys.
// Rule 2: one JSON line on standard output says when and where it listens.
// Rule 3: it ends when its standard input does, so no run leaves it behind.

import { createSign, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

import Provider from "oidc-provider";

import { formPage, readForm } from "./login.mjs";
import { SHAPES, userByLogin, userBySubject } from "./shapes.mjs";

const settings = JSON.parse(process.argv[2]);
const shape = SHAPES[settings.shape];
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const keyId = settings.keyId ?? "k1";
const signingKey = { ...privateKey.export({ format: "jwk" }), kid: keyId, use: "sig", alg: "RS256" };

function listener() {
  if (!settings.certificate) {
    return http.createServer();
  }
  return https.createServer({
    cert: readFileSync(settings.certificate),
    key: readFileSync(settings.key),
  });
}

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(payload) {
  const text = `${encoded({ alg: "RS256", kid: keyId, typ: "JWT" })}.${encoded(payload)}`;
  const signature = createSign("RSA-SHA256").update(text).sign(privateKey, "base64url");
  return `${text}.${signature}`;
}

// The library writes a single audience; the providers we imitate do not always.
function reshapeIdTokens(provider) {
  const issue = provider.IdToken.prototype.issue;
  provider.IdToken.prototype.issue = async function reshaped(options) {
    const token = await issue.call(this, options);
    if (options.use !== "idtoken") {
      return token;
    }
    const payload = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    return signed(shape.reshape(payload, this.client.clientId));
  };
}

// `authMethod` is how the client proves who it is; by `clientKeys` if it signs.
function client() {
  const method = settings.authMethod ?? "client_secret_basic";
  return {
    client_id: settings.clientId,
    client_secret: method.startsWith("client_secret") ? settings.clientSecret : undefined,
    jwks: settings.clientKeys && { keys: settings.clientKeys },
    redirect_uris: settings.redirectUris,
    post_logout_redirect_uris: settings.postLogoutUris ?? settings.redirectUris,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: method,
  };
}

function configuration() {
  return {
    clients: [client()],
    ...(settings.refresh ? { issueRefreshToken: async () => true } : {}),
    jwks: { keys: [signingKey] },
    cookies: { keys: ["only for the tests"] },
    claims: shape.claims,
    scopes: ["openid", "offline_access", "groups"],
    conformIdTokenClaims: shape.leanIdToken,
    routes: shape.routes,
    pkce: { required: () => settings.authMethod === "none" },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    ttl: { Interaction: 600, Session: 3600, Grant: 3600, IdToken: 3600, AccessToken: 3600 },
    interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
    renderError(ctx, out) {
      ctx.type = "text/plain";
      ctx.body = JSON.stringify(out);
    },
    async findAccount(_, sub) {
      const user = userBySubject(sub);
      return user && { accountId: sub, claims: () => shape.account(user) };
    },
    async loadExistingGrant(ctx) {
      const { session, client, params, provider } = ctx.oidc;
      const grant = new provider.Grant({
        accountId: session.accountId,
        clientId: client.clientId,
      });
      grant.addOIDCScope(params.scope);
      await grant.save();
      return grant;
    },
  };
}

async function login(provider, request, response) {
  if (request.method !== "POST") {
    await provider.interactionDetails(request, response);
    formPage(response, "");
    return;
  }
  const form = await readForm(request);
  const user = userByLogin(form.get("username"));
  if (!user || form.get("password") !== "password") {
    formPage(response, "Wrong name or password");
    return;
  }
  const result = { login: { accountId: user.sub } };
  await provider.interactionFinished(request, response, result);
}

function serve(server) {
  const scheme = settings.certificate ? "https" : "http";
  const origin = `${scheme}://localhost:${server.address().port}`;
  const provider = new Provider(origin + shape.issuerPath, configuration());
  reshapeIdTokens(provider);
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (request.url.startsWith("/login/")) {
      login(provider, request, response).catch((error) => {
        response.writeHead(500).end(String(error));
      });
      return;
    }
    if (shape.wellKnown.includes(request.url)) {
      request.url = "/.well-known/openid-configuration";
    }
    answer(request, response);
  });
  console.log(JSON.stringify({ issuer: provider.issuer, origin }));
}

const server = listener();
server.listen(settings.port ?? 0, "127.0.0.1", () => serve(server));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
