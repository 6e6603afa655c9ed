// Look at pages with axe, in light and dark, on a desk and on a phone.
//
// Rule 1: the only argument is a JSON object: `browser`, `pictures` (a folder), and
//         `visits`, each a `name`, a `url`, and `steps` from there: what to `fill` and
//         `press`, or a path of the same host to `go` to.
// Rule 2: one JSON line on standard output tells what was found; the tests judge it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { withBrowser } from "./chromium.mjs";

const settings = JSON.parse(process.argv[2]);
const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCHEMES = ["light", "dark"];
const SIZES = { desk: { width: 1024, height: 768 }, phone: { width: 320, height: 640 } };

async function take(page, step) {
  if (step.go) {
    return page.goto(new URL(step.go, page.url()).href);
  }
  for (const [field, text] of Object.entries(step.fill ?? {})) {
    await page.fill(field, text);
  }
  const [response] = await Promise.all([page.waitForNavigation(), page.click(step.press)]);
  return response;
}

async function open(page, visit) {
  let response = await page.goto(visit.url);
  for (const step of visit.steps ?? []) {
    response = await take(page, step);
  }
  return response.status();
}

async function findings(page) {
  // A page's policy keeps scripts out; the debugger's own are not under it.
  await page.evaluate(SOURCE);
  const { violations, passes } = await page.evaluate(() => window.axe.run());
  return {
    passed: passes.length,
    found: violations.map((one) => ({
      rule: one.id,
      help: one.help,
      nodes: one.nodes.map((node) => node.html),
    })),
  };
}

async function look(page, visit) {
  const status = await open(page, visit);
  const looks = [];
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of SCHEMES) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: scheme });
      const picture = join(settings.pictures, `${visit.name}-${size}-${scheme}.png`);
      await page.screenshot({ path: picture, fullPage: true });
      looks.push({
        size,
        scheme,
        ...(await findings(page)),
        tooWide: await page.evaluate(
          () => document.documentElement.scrollWidth > window.innerWidth,
        ),
        background: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      });
    }
  }
  return { name: visit.name, status, title: await page.title(), looks };
}

const report = await withBrowser(settings.browser, async (context) => {
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const pages = [];
  for (const visit of settings.visits) {
    pages.push(await look(page, visit));
  }
  return { pages, asked };
});
console.log(JSON.stringify(report));
