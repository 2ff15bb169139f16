import assert from "node:assert/strict";
import { describe } from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate, py, test, testWith, thrownBy } from "../fixtures/python.ts";
import { inFolder, prints } from "../fixtures/program.ts";

/** Code that ends with an awaitable: `code` as the function `job` of a Python thread, and what it returns. */
function inThread(code: string): unknown {
  return evaluate(`
import asyncio
${code}
asyncio.get_running_loop().run_in_executor(None, job)`);
}

const TASK =
  "async def main():\n    await asyncio.sleep(0.001)\n    return type(asyncio.get_running_loop()).__module__\n";

describe("a loop of one's own in a Python thread", () => {
  test("is run by asyncio.run()", async () => {
    assert.match(String(await inThread(`${TASK}job = lambda: asyncio.run(main())`)), /^asyncio\./);
  });

  testWith(["uvloop"], "may be uvloop's", async () => {
    const job = "def job():\n    import uvloop\n    loop = uvloop.new_event_loop()\n" +
      "    try:\n        return loop.run_until_complete(main())\n    finally:\n        loop.close()\n";
    assert.equal(await inThread(TASK + job), "uvloop");
  });

  testWith(["anyio"], "may be anyio's", async () => {
    const job = "def job():\n    import anyio\n    return anyio.run(main)\n";
    assert.match(String(await inThread(TASK + job)), /^asyncio\./);
  });

  testWith(["trio"], "may be trio's", async () => {
    const job =
      "async def main():\n    import trio\n    await trio.sleep(0.001)\n    return 'trio'\n" +
      "def job():\n    import trio\n    return trio.run(main)\n";
    assert.equal(await inThread(job), "trio");
  });
});

describe("on the JS thread", () => {
  const runs =
    /the event loop of this thread runs already: it is JavaScript's\. Await what you have/;

  test("asyncio.run() says what to do instead", () => {
    const error = thrownBy(() => evaluate(`import asyncio\n${TASK}asyncio.run(main())`));
    assert.match(
      error.message,
      /^RuntimeError: asyncio\.run\(\) cannot be called from a running event loop: /,
    );
    assert.match(error.message, runs);
  });

  test("run_until_complete() of the shared loop does too, and another loop is refused", () => {
    const of = (loop: string) =>
      thrownBy(() =>
        evaluate(`
import asyncio
${TASK}
loop = asyncio.${loop}()
coroutine = main()
try:
    loop.run_until_complete(coroutine)
finally:
    coroutine.close()
    if "${loop}" == "new_event_loop":
        loop.close()`)
      ).message;
    assert.match(of("get_event_loop"), runs);
    assert.match(of("new_event_loop"), /Cannot run the event loop while another loop is running/);
  });

  testWith(
    ["uvloop"],
    "uvloop's policy is refused with a reason, and serves other threads",
    async () => {
      await prints(
        `
const py = startPython();
py.run(\`
import sys, warnings
said = []
warnings.showwarning = lambda message, kind, *_: said.append("%s: %s" % (kind.__name__, message))
import asyncio, uvloop
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
async def name(): return type(asyncio.get_running_loop()).__module__
def elsewhere():
    loop = asyncio.new_event_loop()
    try: return loop.run_until_complete(name())
    finally: loop.close()
\`);
const { name, elsewhere, said } = py.globals;
console.log(await name(), await elsewhere.$.inThread());
console.log([...said].join());`,
        "pyduet._loop uvloop\n" +
          "RuntimeWarning: uvloop cannot drive the event loop of a JS thread, which is JavaScript's; " +
          "it serves the loops of other threads\n",
      );
    },
  );

  test("asyncio has its loop as soon as it is imported", async () => {
    await prints(
      `
const py = startPython();
const asyncio = py.import("asyncio");
py.run("async def f(x): return x");
const { f } = py.globals;
console.log((await asyncio.gather(f(2), f(3))).$.toJs());
console.log(await py.run("import asyncio; asyncio.get_running_loop().create_task(f(4))"));`,
      "[ 2, 3 ]\n4\n",
    );
  });
});

describe("py.runFile()", () => {
  async function ofFile(code: string, use: (path: string) => void): Promise<void> {
    await inFolder((folder) => {
      const path = join(folder, "file.py");
      writeFileSync(path, code);
      use(path);
    });
  }

  test("runs asyncio.run() as python does, and the shared loop goes on after it", async () => {
    await ofFile(
      `import asyncio, builtins\n${TASK}builtins.seen = asyncio.run(main())\n` +
        "loop = asyncio.new_event_loop()\nassert loop.run_until_complete(main()) == builtins.seen\nloop.close()\n",
      (path) => py.runFile(path),
    );
    assert.match(evaluate("import builtins\nbuiltins.__dict__.pop('seen')"), /^asyncio\./);
    assert.match(String(await evaluate(`import asyncio\n${TASK}main()`)), /pyduet\._loop/);
  });

  test("in which a Promise is awaited on such a loop is an error, not a wait for ever", async () => {
    await ofFile(
      "import asyncio\nfrom js import Promise\nasync def main():\n    await Promise.resolve(1)\nasyncio.run(main())\n",
      (path) => {
        const error = thrownBy(() => py.runFile(path));
        assert.match(
          error.message,
          /^RuntimeError: a Promise cannot be awaited on <_\w+ running=True/,
        );
      },
    );
  });
});
