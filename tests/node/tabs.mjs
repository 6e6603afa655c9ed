// Do what people do to logins: several tabs, the back button, a page that outlives its
// session.
//
// Rule 1: the only argument is a JSON object: `browser`, the proxy's `origin`, and the
//         addresses of a page of a `listed` and of an `unlisted` site. The provider's page
//         has one link, which leads back.
// Rule 2: one JSON line on standard output tells what was seen; the tests judge it.

import { withBrowser } from "./chromium.mjs";

const settings = JSON.parse(process.argv[2]);
const path = (page) => page.url().replace(settings.origin, "");

async function press(page, selector) {
  await Promise.all([page.waitForEvent("load"), page.click(selector)]);
}

async function begin(context, target) {
  const page = await context.newPage();
  await page.goto(settings.origin + target);
  await press(page, "button.primary");
  await page.waitForSelector("#back");
  return page;
}

async function twoTabs(context) {
  const first = await begin(context, "/one?a=1");
  const second = await begin(context, "/two");
  await press(first, "#back");
  const failed = { path: path(first), actions: await first.locator("button, a.button").count() };
  await press(first, "a.button");
  await press(first, "#back");
  const ended = path(first);
  await press(second, "#back");
  return { failed, ended, other: path(second) };
}

async function backButton(context) {
  const page = await begin(context, "/page");
  await press(page, "#back");
  const before = path(page);
  await page.goBack();
  await page.waitForSelector("#back");
  await press(page, "#back");
  return { before, after: path(page) };
}

async function failedAndAgain(page) {
  const actions = await page.locator("button, a.button").count();
  await press(page, "a.button");
  await press(page, "#back");
  return { actions, ended: path(page) };
}

async function bookmarkedCallback(context) {
  const page = await context.newPage();
  await page.goto(`${settings.origin}/oauth2/callback?code=old&state=b2xk%3A%2F`);
  return failedAndAgain(page);
}

async function lostCookie(context) {
  const page = await begin(context, "/page?b=2");
  await context.clearCookies();
  await press(page, "#back");
  return failedAndAgain(page);
}

async function fetchFromOtherSites(context) {
  const page = await context.newPage();
  const seen = {};
  for (const site of ["listed", "unlisted"]) {
    await page.goto(settings[site]);
    seen[site] = await page.evaluate(async (url) => {
      try {
        const response = await fetch(url, { credentials: "include" });
        return { status: response.status, body: await response.text() };
      } catch (error) {
        return { error: error.name };
      }
    }, `${settings.origin}/data`);
  }
  const cookies = await context.cookies(settings.origin);
  return { ...seen, cookies: cookies.map((one) => one.name) };
}

async function fetchAfterSignOut(context) {
  const page = await begin(context, "/app");
  await press(page, "#back");
  const ask = () =>
    page.evaluate(async () => {
      const response = await fetch("/data");
      return { status: response.status, redirected: response.redirected };
    });
  const signedIn = await ask();
  const other = await context.newPage();
  await other.goto(`${settings.origin}/oauth2/sign_out`);
  const signedOut = await ask();
  const cookies = await context.cookies(settings.origin);
  return { signedIn, signedOut, cookies: cookies.map((one) => one.name) };
}

const report = {};
for (const walk of [
  twoTabs,
  backButton,
  bookmarkedCallback,
  lostCookie,
  fetchAfterSignOut,
  fetchFromOtherSites,
]) {
  report[walk.name] = await withBrowser(settings.browser, walk);
}
console.log(JSON.stringify(report));
