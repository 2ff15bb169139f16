/**
 * Counts tests in the JUnit reports of `deno test`, `bun test` and pytest. The printed summaries would
 * not do: Deno's counts a `describe` like a test, and a runner that dies prints none.
 * @module
 */
import fs from "node:fs";

const CASE = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/**
 * Counts the tests in a report. Those that hold other tests are not counted themselves.
 * @returns {{ passed: number, failed: number, skipped: number, failures: string[] }} `failures`: their names
 */
export function countTests(xml) {
  const cases = [...xml.matchAll(CASE)].map(([, attributes, body = ""]) => ({
    name: /\bname="([^"]*)"/.exec(attributes)?.[1] ?? "",
    failed: /<(failure|error)\b/.test(body),
    skipped: /<skipped\b/.test(body),
  }));
  // Deno names a step "outer > inner" (escaped) and lists "outer" as a case of its own.
  const groups = new Set();
  for (const { name } of xml.includes('name="deno test"') ? cases : []) {
    for (let at = name.lastIndexOf(" &gt; "); at > 0; at = name.lastIndexOf(" &gt; ", at - 1)) {
      groups.add(name.slice(0, at));
    }
  }
  const count = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { name, failed, skipped } of cases) {
    if (groups.has(name)) continue;
    count[failed ? "failed" : skipped ? "skipped" : "passed"]++;
    if (failed) count.failures.push(plain(name));
  }
  return count;
}

/** The text that stands in an attribute. */
function plain(text) {
  const entities = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name) => entities[name]);
}

/** The counts of a report file; `null` when the runner died before it wrote one. */
export function readReport(file) {
  return fs.existsSync(file) ? countTests(fs.readFileSync(file, "utf8")) : null;
}
