/**
 * `npm run test:asyncio`: CPython's own tests of asyncio over the event loop that JavaScript drives, each of
 * its modules in a process of its own. What they print is kept in `.cache/asyncio`.
 *
 *     node tests/house/asyncio_suite.mjs [--runtime=deno|bun|plain] [--only=test_events,…] [--all]
 *
 * `plain` is CPython alone: what fails there as well is none of ours. `--all` takes the tests that are known
 * to fail (tests/fixtures/asyncio_skipped.txt) for any others.
 * @module
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { defaultPython, namedPython } from "./pythons.mjs";
import { Tally } from "./tally.mjs";
import {
  CACHE,
  childEnv,
  findRuntime,
  heading,
  HouseError,
  main,
  ROOT,
  RUNTIME_ARGS,
  RUNTIME_NAMES,
} from "./tools.mjs";
import { ensureDefaultVenv } from "./venv.mjs";

/** What runs a loop; test_proactor_events and test_windows_* are about Windows alone. */
const MODULES = [
  ...["test_base_events", "test_buffered_proto", "test_context", "test_eager_task_factory"],
  ...[
    "test_events",
    "test_futures",
    "test_futures2",
    "test_locks",
    "test_pep492",
    "test_protocols",
  ],
  ...["test_queues", "test_runners", "test_selector_events", "test_sendfile", "test_server"],
  ...["test_sock_lowlevel", "test_ssl", "test_sslproto", "test_staggered", "test_streams"],
  ...["test_subprocess", "test_taskgroups", "test_tasks", "test_threads", "test_timeouts"],
  ...["test_transports", "test_unix_events", "test_waitfor", "test_asyncio_waitfor"],
];
const FIXTURES = path.join(ROOT, "tests", "fixtures");
const MINUTES = 5;

await main(async () => {
  const { values } = parseArgs({
    options: {
      runtime: { type: "string" },
      only: { type: "string" },
      all: { type: "boolean", default: false },
    },
  });
  const python = namedPython() ?? await ensureDefaultVenv();
  const { executable, version } = defaultPython();
  const folder = path.join(CACHE, "asyncio");
  fs.mkdirSync(folder, { recursive: true });
  const tally = new Tally();
  const runtimes = values.runtime ? values.runtime.split(",") : RUNTIME_NAMES;
  for (const runtime of runtimes) {
    heading(`asyncio's own tests, Python ${version.slice(0, 2).join(".")}, ${runtime}`);
    for (const name of values.only?.split(",") ?? modulesOf(executable)) {
      const place = path.join(folder, `${runtime}-${version.slice(0, 2).join(".")}-${name}`);
      const settings = {
        names: [name],
        report: `${place}.json`,
        known: values.all ? "" : path.join(FIXTURES, "asyncio_skipped.txt"),
        echo: true,
      };
      const command = runtime === "plain"
        ? [executable, path.join(FIXTURES, "asyncio_suite.py")]
        : [
          findRuntime(runtime).file,
          ...RUNTIME_ARGS[runtime].run(),
          path.join(FIXTURES, "asyncio_suite.ts"),
        ];
      fs.rmSync(settings.report, { force: true });
      const ran = await runInto(`${place}.txt`, [...command, JSON.stringify(settings)], python);
      tally.add(`${name}, ${runtime}`, judge(settings.report, ran, runtime));
    }
  }
  return tally.finish();
});

/** The modules that this Python has. */
function modulesOf(executable) {
  const [major, minor] = defaultPython().version;
  // A virtual environment's program, or the installation's own.
  const bin = path.dirname(fs.realpathSync(executable));
  const tests = path.join(bin, "..", "lib", `python${major}.${minor}`, "test", "test_asyncio");
  if (!fs.existsSync(tests)) {
    throw new HouseError(
      `${executable} has no package test.test_asyncio (looked in ${tests}).\n` +
        "  Fix: on Debian install libpython3-testsuite; pyenv's Pythons bring it.",
    );
  }
  return MODULES.filter((name) => fs.existsSync(path.join(tests, `${name}.py`)));
}

/** Runs a command whose output goes into a file. */
function runInto(file, [program, ...args], python) {
  const output = fs.openSync(file, "w");
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: childEnv({ PYDUET_PYTHON: python }),
      stdio: ["ignore", output, output],
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, MINUTES * 60_000);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      fs.closeSync(output);
      const note = late
        ? `stopped after ${MINUTES} minutes`
        : signal ?? (code ? `code ${code}` : "");
      resolve({ note, file, seconds: (performance.now() - started) / 1000 });
    });
  });
}

/** Counts what the report says, and prints what failed. */
function judge(report, { note, file, seconds }, runtime) {
  const row = { passed: 0, failed: note ? 1 : 0, skipped: 0, seconds, note };
  if (!fs.existsSync(report)) {
    const last = fs.readFileSync(file, "utf8").trim().split("\n").at(-1);
    return { ...row, failed: 1, note: `${note || "no report"}, last: ${last}` };
  }
  const { outcomes, ours } = JSON.parse(fs.readFileSync(report, "utf8"));
  for (const [name, [outcome, text]] of Object.entries(outcomes)) {
    row[outcome]++;
    if (outcome === "failed") console.log(`FAILED ${name}\n${text}`);
  }
  const ran = row.passed + row.failed;
  if (runtime !== "plain") row.note ||= `${ours} of ${ran} ran the loop`;
  return row;
}
