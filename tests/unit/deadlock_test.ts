import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prints } from "../fixtures/program.ts";
import { until } from "../fixtures/turns.ts";
import { evaluate, test } from "../fixtures/python.ts";

describe("a JS thread that computes while a thread waits for it", () => {
  test("that asks time and again whether the thread is alive is only late", async () => {
    const said = evaluate(
      `
import threading
said = []
def work():
    try: said.append(answer())
    except BaseException as error: said.append(str(error))
thread = threading.Thread(target=work, daemon=True)
thread.start()
for i in range(300000): thread.is_alive()
[thread, said]`,
      { answer: () => "answered" },
    );
    await until(() => !said[0].is_alive());
    assert.deepEqual(said[1].$.toJs(), ["answered"]);
  });
});

describe("a JS thread that waits for threads which all call it", () => {
  test("is a RuntimeError in each, though each looks whether the others may go on", async () => {
    const said = evaluate(
      `
import threading
said = []
event = threading.Event()
def work():
    try: answer()
    except RuntimeError as error: said.append(str(error).partition(",")[0])
    event.set()
threads = [threading.Thread(target=work, daemon=True, name="caller") for _ in range(3)]
for each in threads: each.start()
event.wait()
for each in threads: each.join()
said`,
      { answer: function answer() {} },
    );
    const ONE = "deadlock: thread 'caller' called the TypeScript function 'answer'";
    assert.deepEqual(said.$.toJs(), [ONE, ONE, ONE]);
    await evaluate("lambda: None").$.inThread(); // what is queued was served
  });

  test("is one as well while the loop's own thread wants to tell of a file", async () => {
    const scope = evaluate(
      `
import asyncio, os, threading
async def begin():
    global reading, writing
    reading, writing = os.pipe()
    asyncio.get_running_loop().add_reader(reading, heard)
    for _ in range(3):
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, os.write, writing, b"x")
        await some()
def heard():
    os.read(reading, 100)
    came.set()
async def some():
    await came.wait()
    came.clear()
came = asyncio.Event()
def main():
    said = []
    event = threading.Event()
    def work():
        os.write(writing, b"x")
        try: answer()
        except RuntimeError as error: said.append(str(error).partition(":")[0])
        event.set()
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    event.wait()
    thread.join()
    asyncio.get_running_loop().remove_reader(reading)
    os.close(reading)
    os.close(writing)
    return said[0]
[begin, main]`,
      { answer: function answer() {} },
    );
    await scope[0]();
    assert.equal(scope[1](), "deadlock");
  });
});

describe("a JS thread that waits for a lock of multiprocessing", () => {
  it("is only late, since another process may give it back", async () => {
    for (const wait of ["with lock: pass", "lock.acquire(); lock.release()"]) {
      await prints(
        `
const py = startPython();
py.globals.answer = () => "answered";
py.run(\`
import multiprocessing, threading, time
context = multiprocessing.get_context("fork")
def hold(lock, held):
    with lock:
        held.send(1)
        time.sleep(1)
def call():
    try: print(answer())
    except BaseException as error: print(error)
def main():
    lock = context.Lock()
    here, there = context.Pipe()
    process = context.Process(target=hold, args=(lock, there))
    process.start()
    here.recv()
    threading.Thread(target=call).start()
    ${wait}
    print("has it")
    process.join()
main()\`);
`,
        "has it\nanswered\n",
      );
    }
  });
});
