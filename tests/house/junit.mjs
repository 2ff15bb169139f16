/**
 * Reads what `deno test`, `bun test` and pytest leave. Tests are counted by the JUnit reports; the printed summaries
 * would not do: Deno's counts a `describe` like a test, and a runner that dies prints none.
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

// What the two runtimes print of a test that passed.
const OF_PASSED = /^(?:\(pass\) .*| *.* \.\.\. ok \(.*\))\n/gm;
// Bun's, before what a file says, and where something of it failed.
const HEADING = /^(?=\S+_test\.ts:$)/m;
const FAILURE = /^(?:\(fail\)|# Unhandled error|error: )/m;

/**
 * What a runner printed of files in which something failed. Its last words are always there: those of one that died
 * are the reason, those of another its own count.
 */
export function ofFailed(said) {
  const files = said.replaceAll(OF_PASSED, "").split(HEADING);
  return files.filter((file, i) => i === files.length - 1 || FAILURE.test(file)).join("");
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
