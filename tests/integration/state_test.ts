import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "../fixtures/program.ts";

const CALLS = JSON.stringify(
  fileURLToPath(new URL("../fixtures/public_calls.ts", import.meta.url)),
);

describe("every public call", () => {
  it("works in a Worker, while the main thread makes the same calls", async () => {
    const ran = await run(
      `
import { Worker } from "node:worker_threads";
import { makeThings, unusual } from ${CALLS};
const py = startPython();
const things = makeThings(py);
const worker = new Worker(new URL("./worker.ts", import.meta.url));
const answer = new Promise((resolve, reject) => { worker.once("message", resolve); worker.once("error", reject); });
const mine = [];
for (let i = 0; i < 20; i++) {
  mine.push(...unusual(things));
  await new Promise((r) => setTimeout(r, 1));
}
console.log(JSON.stringify([mine, await answer]));
await worker.terminate();`,
      {
        files: {
          "worker.ts": `import { startPython } from "MOD";
import { parentPort } from "node:worker_threads";
import { makeThings, unusual } from ${CALLS};
const py = startPython();
const things = makeThings(py);
const found = [];
for (let i = 0; i < 20; i++) found.push(...unusual(things));
py.run("f()", { globals: { f: () => found.push(...unusual(things)) } });
await new Promise((r) => setTimeout(r, 5));
parentPort.postMessage(found);
`,
        },
      },
    );
    assert.equal(ran.stdout, "[[],[]]\n", ran.stderr);
    assert.deepEqual([ran.code, ran.signal], [0, null], ran.stderr);
  });

  it("after py.close() is a PythonClosedError, or needs no Python", async () => {
    const ran = await run(`
import { CALLS, makeThings } from ${CALLS};
const py = startPython();
const things = makeThings(py);
py.close();
for (const [name, call] of CALLS) {
  try { console.log(name, String(call(things))); }
  catch (e) { if (!(e instanceof pyduet.PythonClosedError)) console.log(name, "threw", e.name, e.message); }
}`);
    assert.deepEqual(
      ran.stdout.split("\n").map((line) => line.replace(/(traceback|stack) .*/, "$1")),
      [
        ...["py.version 3", "isPyObject true"],
        ...[
          "PythonError Python was closed: this object is gone with it",
          "error.traceback",
          "error.stack",
        ],
        ...["error.cause undefined", "error.notes and errors 0", ""],
      ],
      ran.stderr,
    );
    assert.equal(ran.code, 0);
  });

  it("within an exit handler still works", async () => {
    // Deno runs its own "unload" before Node's "exit", and pyduet ends with the first of them.
    const onExit = process.versions["bun"]
      ? 'process.on("exit", exit);'
      : 'addEventListener("unload", exit);';
    const ran = await run(`
import { makeThings, unusual } from ${CALLS};
const exit = () => console.log("exit", JSON.stringify(unusual(things)));
${onExit}
const py = startPython();
const things = makeThings(py);
py.import("atexit").register(() => console.log("atexit", JSON.stringify(unusual(things))));`);
    assert.equal(ran.stdout, "exit []\natexit []\n", ran.stderr);
    assert.equal(ran.code, 0);
  });
});
