// Walk through a sign-in as a person would, in Debian's chromium, and tell what was seen.
//
// Rule 1: the only argument is a JSON object; see `settings` below for its keys.
// Rule 2: one JSON line on standard output tells everything; the tests judge it.
// Rule 3: the browser asks nobody but the addresses it is given.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const settings = JSON.parse(process.argv[2]);
const PATIENCE = 20000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

const complaints = [];
const shown = [];

async function look(page) {
  const said = await page.evaluate(() => {
    const style = getComputedStyle(document.body);
    const main = document.querySelector("h1");
    return {
      url: location.href,
      title: document.title,
      heading: main ? main.textContent.trim() : "",
      text: document.body.innerText,
      background: style.backgroundColor,
      colour: style.color,
      wide: document.documentElement.scrollWidth > window.innerWidth,
      buttons: [...document.querySelectorAll("button")].map((one) => one.textContent.trim()),
      links: [...document.querySelectorAll("a[href]")].map((one) => one.textContent.trim()),
      unnamed: [...document.querySelectorAll("input:not([type=hidden])")].filter(
        (one) => !one.labels.length && !one.getAttribute("aria-label"),
      ).length,
      language: document.documentElement.lang,
    };
  });
  return said;
}

// One page in both colour schemes, and on a phone; a picture of each.
async function portray(page, name) {
  const pictures = {};
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    pictures[scheme] = await look(page);
    await page.screenshot({ path: join(settings.pictures, `${name}-${scheme}.png`) });
  }
  await page.setViewportSize({ width: 360, height: 640 });
  pictures.phone = await look(page);
  await page.screenshot({ path: join(settings.pictures, `${name}-phone.png`) });
  await page.setViewportSize({ width: 1024, height: 768 });
  await page.emulateMedia({ colorScheme: "light" });
  return pictures;
}

async function enter(page) {
  await page.fill("input[name=username]", settings.username);
  await page.fill("input[name=password]", settings.password);
  await Promise.all([
    page.waitForURL((url) => url.origin === new URL(settings.start).origin),
    page.click("button[type=submit]"),
  ]);
}

async function walk(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(`${message.text()} ${message.location().url}`);
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => shown.push(request.url()));

  const report = {};
  const first = await page.goto(settings.start);
  report.firstStatus = first.status();
  report.first = await look(page);
  if (settings.button) {
    report.signIn = await portray(page, "sign-in");
    await page.getByRole("button", { name: settings.button }).click();
  }
  await page.waitForSelector("input[name=password]");
  report.login = await look(page);
  await enter(page);
  report.application = await look(page);
  report.cookies = await context.cookies();

  const again = await page.reload();
  report.againStatus = again.status();
  if (settings.error) {
    const failed = await page.goto(settings.error);
    report.errorStatus = failed.status();
    report.error = await portray(page, "error");
  }
  await page.goto(settings.signOut);
  report.cookiesAfter = await context.cookies(settings.start);
  report.afterwards = await look(page);
  return report;
}

const profile = mkdtempSync(join(tmpdir(), "walk-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: settings.browser,
  headless: true,
  args: FLAGS,
  ignoreHTTPSErrors: true,
  viewport: { width: 1024, height: 768 },
});
try {
  const report = await walk(context);
  console.log(JSON.stringify({ ...report, complaints, shown }));
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
