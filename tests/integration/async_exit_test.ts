import { describe, it } from "node:test";
import { prints } from "../fixtures/program.ts";

const PROGRAM = `
const py = startPython();
py.run(\`
import asyncio, atexit
ended = []
atexit.register(lambda: print("atexit", *sorted(ended)))
async def waits(name):
    try:
        await asyncio.sleep(1000)
    finally:
        ended.append(name)
async def waits_on():
    try:
        await asyncio.sleep(1000)
    finally:
        await asyncio.sleep(1000)
async def numbers():
    try:
        yield 1
        yield 2
    finally:
        await asyncio.sleep(0)
        print("generator closed")
async def main():
    global tasks, generator
    tasks = [asyncio.ensure_future(each) for each in (waits("task"), waits_on())]
    generator = numbers()
    await generator.__anext__()
    await asyncio.get_running_loop().run_in_executor(None, print, "executor")
\`);
await py.globals.main();
const awaited = async () => {
  try { await py.globals.waits("awaited"); } catch (error) { console.log(error.type); }
};
void awaited();
await new Promise((resolve) => setTimeout(resolve, 0)); // it has begun
`;

const ENDED = "executor\ngenerator closed\natexit awaited task\n";

describe("the end of a program with tasks that wait", () => {
  it("cancels them, closes generators and lets executors end, before exit functions", async () => {
    await prints(PROGRAM + "process.exit(3);", ENDED, { code: 3 });
    await prints(PROGRAM + "throw new Error('uncaught');", ENDED, { code: 1, stderr: /uncaught/ });
  });

  it("by py.close() rejects what TypeScript still awaits", async () => {
    await prints(
      PROGRAM + "py.close();\nsetTimeout(() => console.log('after'), 0);",
      ENDED + "asyncio.exceptions.CancelledError\nafter\n",
    );
  });

  it("says nothing of an async generator that would have to be waited for", async () => {
    const program = `
const py = startPython();
py.run(\`
import asyncio
async def numbers():
    try:
        while True:
            yield 1
            await asyncio.sleep(1000)
    finally:
        print("cleans up")
        await asyncio.sleep(1000)
\`);
const between = py.globals.numbers();
await between.next();
const asked = py.globals.numbers();
await asked.next();
asked.next().catch(() => {});
const left = py.globals.numbers();
await left.next();
left.return().catch(() => {});
`;
    const printed = "cleans up\n".repeat(3);
    await prints(program + "py.close();", printed);
    await prints(program + "process.exit(3);", printed, { code: 3 });
  });

  it("tells of a task that fails at its end", async () => {
    await prints(
      `
const py = startPython();
py.run(\`
import asyncio
async def fails():
    try:
        await asyncio.sleep(1000)
    finally:
        1 / 0
async def main():
    global task
    task = asyncio.ensure_future(fails())
    await asyncio.sleep(0)
\`);
await py.globals.main();
process.exit(0);`,
      "",
      { stderr: /unhandled exception at the end of the program[^]*ZeroDivisionError/ },
    );
  });

  it("inside a callback of Python's is no crash, and no noise", async () => {
    await prints(
      PROGRAM + "py.run('f()', { globals: { f: () => process.exit(5) } });",
      "executor\natexit\n",
      { code: 5 },
    );
  });
});
