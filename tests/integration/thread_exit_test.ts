import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prints, ROOT, run } from "../fixtures/program.ts";

const ENDS: readonly [end: string, code: number][] = [
  ["", 0],
  ["process.exit(3);", 3],
  ["py.close();", 0],
  ["py.close();\nprocess.exit(4);", 4],
  ["process.exitCode = 5;", 5],
];

describe("a program's end", () => {
  it("is not held up by daemon threads that call TypeScript, or wait for it", async () => {
    for (const [end, code] of ENDS) {
      const ran = await run(`
const py = startPython();
py.globals.f = () => 1;
py.globals.never = () => new Promise(() => {});
py.run(\`
import threading, pyduet
count = [0]
def call():
    while True:
        f()
        count[0] += 1
def wait():
    pyduet.wait(never())
for target in (call, call, wait, wait): threading.Thread(target=target, daemon=True).start()
print("started")\`);
while (py.globals.count[0] < 100) await new Promise((resolve) => setTimeout(resolve, 1));
console.log("end");
${end}`);
      assert.deepEqual(
        [ran.stdout, ran.code, ran.signal],
        ["started\nend\n", code, null],
        `${end}: ${ran.stderr}`,
      );
    }
  });

  it("comes in the middle of a daemon thread's call", async () => {
    for (const end of ["process.exit(3);", ""]) {
      const ran = await run(`
const py = startPython();
py.globals.f = () => {
  console.log("inside");
  ${end || "setTimeout(() => { console.log('later'); went(); }, 1); return;"}
};
let went;
const over = new Promise((resolve) => went = resolve);
py.run("import threading\\nthreading.Thread(target=f, daemon=True).start()");
const timer = setTimeout(() => {}, 60_000);
await over;
clearTimeout(timer);
console.log("after");`);
      assert.deepEqual(
        [ran.stdout, ran.code, ran.signal],
        end ? ["inside\n", 3, null] : ["inside\nlater\nafter\n", 0, null],
        ran.stderr,
      );
    }
  });

  it("waits for threads that are no daemons; their calls are a RuntimeError then", async () => {
    for (const end of ["", "py.close();", "process.exit(0);"]) {
      await prints(
        `
const py = startPython();
py.globals.f = () => 1;
py.run(\`
import threading
def work():
    threading.main_thread().join()
    try: f()
    except RuntimeError as error: print(error)
    print("done")
threading.Thread(target=work).start()\`);
console.log("end");
${end}`,
        "end\na TypeScript function was called while its JS thread was ending\ndone\n",
      );
    }
  });

  it("answers threads that wait for it already", async () => {
    await prints(
      `
const py = startPython();
py.globals.never = () => new Promise(() => {});
py.run(\`
import threading, pyduet
ready = threading.Event()
def work():
    promise = never()
    ready.set()
    try: pyduet.wait(promise)
    except RuntimeError as error: print(error)
threading.Thread(target=work).start()\`);
while (!py.globals.ready.is_set()) await new Promise((resolve) => setTimeout(resolve, 1));
await new Promise((resolve) => setTimeout(resolve, 50));
console.log("end");`,
      "end\na TypeScript function was called while its JS thread was ending\n",
    );
  });

  it("comes after what was posted, in order", async () => {
    for (const end of ["", "py.close();"]) {
      await prints(
        `
const { pyFunction, t } = pyduet;
const py = startPython();
py.globals.note = pyFunction("note", { params: { x: t.int }, blocking: false }, (x) => console.log(x));
py.run("import threading\\nthread = threading.Thread(target=lambda: [note(i) for i in range(3)])\\nthread.start()\\nthread.join()");
${end}`,
        "0\n1\n2\n",
      );
    }
  });

  it("leaves Python to the daemon threads that it has, which would look for it in freed memory", async () => {
    await prints(
      `
import { createServer } from "node:net";
import { once } from "node:events";
const py = startPython();
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
py.run(\`
import socket, threading
def work(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while connection.recv(1): connection.send(b"x")
class Kept:
    def __del__(self): print("not reached")
kept = Kept()
def start(port): threading.Thread(target=work, args=(port,), daemon=True).start()\`);
py.globals.start(server.address().port);
const [connection] = await once(server, "connection");
py.close();
connection.write("?");
const [answer] = await once(connection, "data");
console.log(String(answer));
process.exit();`,
      "x\n",
    );
  });

  it("interrupts no job of a thread", async () => {
    for (const end of ["", "process.exit(3);", "py.close();"]) {
      const ran = await run(`
const py = startPython();
const controller = new AbortController();
py.run("def loop():\\n  while True: pass");
py.globals.loop.$.inThread([], {}, { signal: controller.signal }).catch(() => {});
py.globals.loop.$.inThread().catch((error) => console.log(error.name));
await new Promise((resolve) => setTimeout(resolve, 20));
controller.abort();
${end || "setTimeout(() => process.exit(0), 10);"}`);
      assert.deepEqual([ran.code, ran.signal], [end.includes("3") ? 3 : 0, null], end + ran.stderr);
    }
  });
});

describe("a worker's end", () => {
  it("answers threads that call its functions, however it ends", async () => {
    for (const end of ["terminate", "close"]) {
      const ran = await run(
        `import { Worker } from "node:worker_threads";
const py = startPython();
const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: "${end}" });
const gone = new Promise((resolve) => worker.once("exit", resolve));
await new Promise((resolve) => worker.once("message", resolve));
py.run(\`
import builtins, threading
said = []
def work():
    try:
        while True: builtins.theirs()
    except RuntimeError as error: said.append(str(error))
thread = threading.Thread(target=work, daemon=True)
thread.start()\`);
await new Promise((resolve) => setTimeout(resolve, 100));
${end === "terminate" ? "await worker.terminate();" : "worker.postMessage('end'); await gone;"}
while (py.run("thread.is_alive()")) await new Promise((resolve) => setTimeout(resolve, 5));
console.log(py.run("said[0][:70]"));
py.run("del builtins.theirs");`,
        {
          files: {
            "worker.ts": `import { startPython } from "MOD";
import { parentPort, workerData } from "node:worker_threads";
const py = startPython();
py.import("builtins").theirs = () => 1;
parentPort.on("message", () => { py.close(); parentPort.close(); });
parentPort.postMessage("ready");`,
          },
        },
      );
      assert.match(
        ran.stdout,
        /^a TypeScript function was called (after its JS thread had ended|while its JS thread was ending)\n$/,
        end + ran.stderr,
      );
      assert.deepEqual([ran.code, ran.signal], [0, null], end + ran.stderr);
    }
  });

  it("leaves nothing with OpenSSL, which frees it a second time where the process exits", async () => {
    const ran = await run(
      `
const py = startPython();
const worker = py.worker(new URL("./hashes.ts", import.meta.url));
console.log(await worker.call("errorsKept"));
await worker.close();`,
      {
        files: {
          "hashes.ts": `
import { startPython } from "MOD";
import { backend } from ${JSON.stringify(`${ROOT}/src/ffi/select.ts`)};
export function errorsKept() {
  const py = startPython();
  const { BIO_new_file, ERR_peek_error } = backend.open(py.import("_hashlib").__file__).bind({
    BIO_new_file: { signature: "bb:p" },
    ERR_peek_error: { signature: ":z" },
  });
  const text = (value) => new TextEncoder().encode(value + "\0");
  const kept = () => backend.sizeToNumber(ERR_peek_error()) !== 0;
  // The queue of errors is a thread's own.
  const answers = [kept()];
  BIO_new_file(text("/there/is/no/such/file"), text("r"));
  answers.push(kept());
  py.close();
  return [...answers, kept()];
}`,
        },
      },
    );
    assert.equal(ran.stdout.replaceAll(/\s/g, ""), "[false,true,false]", ran.stderr);
    assert.deepEqual([ran.code, ran.signal], [0, null], ran.stderr);
  });
});
