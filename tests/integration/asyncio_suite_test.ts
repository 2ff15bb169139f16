import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe } from "node:test";
import type { SuiteReport, SuiteSettings } from "../fixtures/asyncio_suite.ts";
import { inFolder, ON_DENO, ROOT, spawned } from "../fixtures/program.ts";
import { testWith } from "../fixtures/python.ts";

/** The rest: `npm run test:asyncio`. */
const NAMES = [
  "test_base_events.BaseEventLoopWithSelectorTests",
  "test_events.PollEventLoopTests",
  "test_locks",
  "test_queues",
  "test_sock_lowlevel.EPollEventLoopTests",
  "test_streams",
  "test_subprocess.SubprocessThreadedWatcherTests",
  "test_tasks.CIntrospectionTests",
  "test_tasks.CoroutineGatherTests",
  "test_tasks.RunCoroutineThreadsafeTests",
  "test_tasks.SleepTests",
];

describe("CPython's own tests of asyncio", () => {
  testWith(["test.test_asyncio.utils"], "pass over the loop that JavaScript drives", async () => {
    const { ours, outcomes } = await suite(NAMES);
    const passed = Object.values(outcomes).filter(([outcome]) => outcome === "passed").length;
    assert.ok(passed >= 250, `no more than ${passed} passed`);
    assert.ok(ours >= 200, `no more than ${ours} ran the loop`);
    const failed = failures(outcomes);
    if (failed.length === 0) return;
    // As CPython's own runner does (regrtest --rerun): some of these tests race on a busy machine.
    console.log(`a second time: ${failed.map(([name]) => name).join(", ")}`);
    const again = await suite(failed.map(([name]) => name));
    assert.deepEqual(failures(again.outcomes), [], `the first time: ${JSON.stringify(failed)}`);
  });
});

function failures(outcomes: SuiteReport["outcomes"]): [string, unknown][] {
  return Object.entries(outcomes).filter(([, [outcome]]) => outcome === "failed");
}

async function suite(names: string[]): Promise<SuiteReport> {
  return await inFolder(async (folder) => {
    const settings: SuiteSettings = {
      names,
      report: join(folder, "report.json"),
      known: join(ROOT, "tests", "fixtures", "asyncio_skipped.txt"),
      echo: true,
    };
    const flags = ON_DENO ? ["run", "-A", "--no-check"] : ["run"];
    const file = join(ROOT, "tests", "fixtures", "asyncio_suite.ts");
    const ran = await spawned(process.execPath, [...flags, file, JSON.stringify(settings)], {
      seconds: 200,
    });
    const said = ran.stderr.slice(-3000);
    assert.equal(ran.signal, null, said);
    assert.equal(ran.code, 0, said);
    return JSON.parse(readFileSync(settings.report, "utf8")) as SuiteReport;
  });
}
