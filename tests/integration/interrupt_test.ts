import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { signalled, type SignalSettings } from "../fixtures/signalled.ts";

/** Asserts what a program printed besides the lines that ask for a signal, and how it ended. */
async function says(
  program: string,
  stdout: string[],
  { code = 0, signal = null, stderr = "", ...settings }: SignalSettings & {
    code?: number | null;
    signal?: string | null;
    stderr?: string | RegExp;
  } = {},
): Promise<void> {
  const ran = await signalled(program, settings);
  const lines = ran.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("GO"));
  const said =
    `${program}\nstdout: ${ran.stdout}\nstderr: ${ran.stderr}\nended by: ${ran.code} ${ran.signal}`;
  assert.deepEqual(lines, stdout, said);
  assert.deepEqual([ran.code, ran.signal], [code, signal], said);
  if (typeof stderr === "string") assert.equal(ran.stderr, stderr, said);
  else assert.match(ran.stderr, stderr, said);
}

const ATEXIT = `py.run("import atexit; atexit.register(lambda: print('atexit'))");\n`;

/** Code of Python's that never ends, by what it does, and what it needs: an interrupt in an import may be lost there. */
const ENDLESS: Record<string, [needs: string, code: string]> = {
  "computes": ["", "while True: pass"],
  "prints": ["import io, sys; sys.stdout = io.StringIO()", "while True: print(1)"],
  "calls TypeScript": ["", "while True: f(1)"],
  "reads what TypeScript holds": ["", "while True: o.x"],
};

/** That waits without the GIL. */
const BLOCKING: typeof ENDLESS = {
  "sleeps": ["import time", "time.sleep(1000)"],
  "waits for a lock": [
    "import threading; lock = threading.Lock(); lock.acquire()",
    "lock.acquire()",
  ],
  "reads a socket": ["import socket; a, b = socket.socketpair()", "a.recv(1)"],
};

/** A line that asks for a signal, printed by Python at once. */
const GO = "import sys; sys.__stdout__.write('GO\\n'); sys.__stdout__.flush()";
const GO_ASLEEP = GO.replace("GO", "GO-ASLEEP");

describe("Ctrl-C while Python", () => {
  for (const group of [false, true]) {
    it(`runs is a KeyboardInterrupt there, sent to ${group ? "the group" : "the process"}`, async () => {
      await says(
        `
const py = startPython();
class O { x = 1; }
py.globals.f = () => 1;
py.globals.o = new O();
const interrupted = (name, go, [needs, code]) => {
  try {
    py.run(needs + "\\n" + go + "\\n" + code);
  } catch (error) {
    py.run("import sys; sys.stdout = sys.__stdout__");
    console.log(name, error instanceof PythonError, error.type);
  }
};
for (const [name, what] of Object.entries(${JSON.stringify(ENDLESS)})) {
  interrupted(name, ${JSON.stringify(GO)}, what);
}
for (const [name, what] of Object.entries(${JSON.stringify(BLOCKING)})) {
  interrupted(name, ${JSON.stringify(GO_ASLEEP)}, what);
}
const { sleep } = py.import("time");
try {
  console.log("GO-ASLEEP");
  sleep(1000);
} catch (error) { console.log("called directly", error.type); }
await turns();
console.log(py.run("1 + 1"));`,
        [
          ...[ENDLESS, BLOCKING].flatMap(Object.keys).map((name) =>
            `${name} true KeyboardInterrupt`
          ),
          "called directly KeyboardInterrupt",
          "2",
        ],
        { group },
      );
    });
  }

  it("runs ends a program that does not catch it, in good order", async () => {
    await says(
      `const py = startPython();\n${ATEXIT}py.run(${JSON.stringify(GO + "\nwhile True: pass")});`,
      ["atexit"],
      {
        code: 1,
        stderr: /KeyboardInterrupt/,
      },
    );
  });

  it("runs is heard by the program's own listeners as well, afterwards", async () => {
    for (const before of ["listen(heard);", ""]) {
      await says(
        `
let told;
const heard = () => { console.log("heard"); told(); };
${before}
const py = startPython();
if (${before === ""}) listen(heard);
for (let i = 0; i < 2; i++) {
  const heardOf = new Promise((resolve) => told = resolve);
  try { py.run(${
          JSON.stringify(GO + "\nwhile True: pass")
        }); } catch (error) { console.log(error.type); }
  await heardOf;
}
process.exit(0);`,
        ["KeyboardInterrupt", "heard", "KeyboardInterrupt", "heard"],
      );
    }
  });

  it("runs is a KeyboardInterrupt there, whichever thread the kernel gives it to", {
    skip: process.platform !== "linux" || process.arch !== "x64",
  }, async () => {
    const toAnother = `import ctypes, os
other = next(int(name) for name in os.listdir("/proc/self/task") if int(name) != os.getpid())
tgkill = 234
ctypes.CDLL(None).syscall(tgkill, os.getpid(), other, 2)
`;
    await says(
      `
const py = startPython();
for (const code of ["while True: pass", "import time; time.sleep(1000)"]) {
  try { py.run(${JSON.stringify(toAnother)} + code); } catch (error) { console.log(error.type); }
  await turns();
}`,
      ["KeyboardInterrupt", "KeyboardInterrupt"],
    );
  });

  it("runs a task is raised in that task, and its Promise is rejected", async () => {
    await says(
      `
const py = startPython();
py.run(\`
import asyncio
async def first():
    ${GO.replace("\\n", "\\\\n")}
    while True: pass
async def later():
    try:
        await asyncio.sleep(0)
        ${GO.replace("\\n", "\\\\n")}
        while True: pass
    finally:
        print("finally")
\`);
for (const task of [py.globals.first, py.globals.later]) {
  try { await task(); } catch (error) { console.log(error.type); }
}
console.log(await py.run("asyncio.sleep(0, 'goes on')"));`,
      ["KeyboardInterrupt", "finally", "KeyboardInterrupt", "goes on"],
    );
  });

  it("runs a file is Python's own affair, asyncio.run() included", async () => {
    await says(
      `
const py = startPython();
try { py.runFile("file.py"); } catch (error) { console.log(error.type); }
console.log(await py.run("import asyncio; asyncio.sleep(0, 'goes on')"));`,
      ["finally", "KeyboardInterrupt", "goes on"],
      {
        files: {
          "file.py": `
import asyncio
async def main():
    try:
        print("GO", flush=True)
        await asyncio.sleep(1000)
    finally:
        print("finally")
asyncio.run(main())
`,
        },
      },
    );
  });
});

describe("Ctrl-C while TypeScript waits", () => {
  const MAIN = `
py.run(\`
import asyncio
async def main(n):
    try:
        print("GO", flush=True)
        await asyncio.sleep(1000)
    finally:
        print("finally", n)
\`);
`;

  it("ends the program in good order, and by the signal", async () => {
    for (const group of [false, true]) {
      await says(
        `const py = startPython();\n${ATEXIT}await turns();\nconsole.log("GO");\nawait forever();`,
        ["atexit"],
        { code: null, signal: "SIGINT", group },
      );
    }
    await says(`const py = startPython();\n${ATEXIT}console.log("GO");\nawait forever();`, [
      "atexit",
    ], {
      code: null,
      signal: "SIGINT",
    });
  });

  it("does so however long the runtime has run, before Python and since", async () => {
    // One runtime takes signals for itself some time after its start; SigCgt of /proc tells when it has.
    const settled = `
const { readFileSync } = await import("node:fs");
const taken = () => !onDeno || process.platform !== "linux" ||
  (parseInt(readFileSync("/proc/self/status", "utf8").match(/SigCgt:\\t(\\S+)/)[1].slice(-4), 16) & 0x200) !== 0;
while (!taken()) await turns();`;
    const start = `const py = startPython();\n${ATEXIT}${MAIN}`;
    const rest = `
try { py.run(${
      JSON.stringify(GO + "\nwhile True: pass")
    }); } catch (error) { console.log(error.type); }
try { await py.globals.main(1); } catch (error) { console.log(error.type); }
console.log("GO");
await forever();`;
    for (const program of [settled + start + rest, start + settled + rest]) {
      await says(program, ["KeyboardInterrupt", "finally 1", "KeyboardInterrupt", "atexit"], {
        code: null,
        signal: "SIGINT",
      });
    }
  });

  it("cancels what it awaits of Python, which is a KeyboardInterrupt to TypeScript", async () => {
    await says(
      `
const py = startPython();
${ATEXIT}${MAIN}
try { await py.globals.main(1); } catch (error) { console.log(error instanceof PythonError, error.type); }
console.log(await py.run("asyncio.sleep(0, 'goes on')"));
await py.globals.main(2);
console.log("not reached");`,
      ["finally 1", "true KeyboardInterrupt", "goes on", "finally 2", "atexit"],
      { code: 1, stderr: /KeyboardInterrupt/ },
    );
  });

  it("cancels it though it comes in a function of the standard library that starts it", async () => {
    await says(
      `
const py = startPython();
py.run(\`
import asyncio, inspect, signal
class Later:
    def __await__(self):
        try:
            return (yield from asyncio.sleep(1000).__await__())
        except asyncio.CancelledError:
            print("cancelled")
            raise
asked = inspect.isawaitable
interrupted = "lambda thing: [setattr(inspect, 'isawaitable', asked), signal.raise_signal(2), asked(thing)][-1]"
made = eval(compile(interrupted, inspect.__file__, "eval")) # known by that file
inspect.isawaitable = made
\`);
try { await py.globals.Later(); } catch (error) { console.log(error instanceof PythonError, error.type); }`,
      ["cancelled", "true KeyboardInterrupt"],
    );
  });

  it("a second time ends the program though a task would not be cancelled", async () => {
    await says(
      `
const py = startPython();
${ATEXIT}
py.run(\`
import asyncio, functools
go = functools.partial(print, "GO", flush=True)
async def stubborn():
    for times in range(4):
        try:
            if times < 2:
                asyncio.get_running_loop().call_soon(go)
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            print("no")
\`);
await py.globals.stubborn();`,
      ["no", "no", "atexit"],
      { code: null, signal: "SIGINT" },
    );
  });

  it("is the program's own listener's alone, where there is one", async () => {
    await says(
      `
const py = startPython();
${ATEXIT}${MAIN}
const interrupts = [];
const heard = () => {
  interrupts.push(1);
  console.log("heard");
  if (interrupts.length === 2) finish();
  else setTimeout(() => console.log("GO"), 0);
};
let finish;
const finished = new Promise((resolve) => finish = resolve);
listen(heard);
const wait = async () => { try { await py.globals.main(1); } catch (error) { console.log(error.type); } };
const done = wait();
await finished;
console.log(py.run("len(asyncio.all_tasks(asyncio.get_running_loop()))"));
py.close();
await done;`,
      ["heard", "heard", "1", "finally 1", "atexit", "asyncio.exceptions.CancelledError"],
    );
  });

  it("is that of a listener that listens once as well", async () => {
    for (
      const waits of ["forever()", "py.import('asyncio').sleep(1000).$.promise().catch(() => {})"]
    ) {
      await says(
        `
const py = startPython();
${ATEXIT}
await turns();
process.once("SIGINT", async () => {
  console.log("once");
  await turns();
  await new Promise((resolve) => setTimeout(resolve, 20));
  console.log("still here");
  process.exit(5);
});
const waiting = ${waits};
console.log("GO");
await waiting;
await forever();`,
        ["once", "still here", "atexit"],
        { code: 5 },
      );
    }
  });

  it("does after py.close() what it does without Python", async () => {
    await says(
      `
const py = startPython();
const heard = () => { console.log("heard"); process.exit(4); };
listen(heard);
await turns();
py.close();
console.log("GO");
await forever();`,
      ["heard"],
      { code: 4 },
    );
    await says(
      `const py = startPython();\nawait turns();\npy.close();\nconsole.log("GO");\nawait forever();`,
      [],
      {
        code: null,
        signal: "SIGINT",
      },
    );
  });
});

describe("startPython({ interrupts: false })", () => {
  it("leaves Ctrl-C to the runtime, whatever is imported", async () => {
    await says(
      `
const py = startPython({ interrupts: false });
${ATEXIT}
py.run("import signal, asyncio, subprocess");
py.run(${JSON.stringify(GO + "\nwhile True: pass")});`,
      [],
      { code: null, signal: "SIGINT" },
    );
  });
});

describe("Python's own handlers", () => {
  it("are called while TypeScript waits", async () => {
    await says(
      `
const py = startPython();
${ATEXIT}
const order = ["SIGUSR2", "SIGALRM", "SIGTERM"]; // SIGUSR1 opens the debugger of one runtime
py.globals.next = () => void setTimeout(() => console.log("GO", order.shift()), 0);
py.run(\`
import signal
def told(number, frame):
    print(signal.Signals(number).name, flush=True)
    next()
for each in (signal.SIGINT, signal.SIGUSR2, signal.SIGALRM):
    signal.signal(each, told)
def end(number, frame):
    raise SystemExit(7)
signal.signal(signal.SIGTERM, end)
\`);
await turns();
console.log("GO");
await forever();`,
      ["SIGINT", "SIGUSR2", "SIGALRM", "atexit"],
      { code: 7 },
    );
  });

  it("that raise end the program by that error", async () => {
    await says(
      `
const py = startPython();
${ATEXIT}
py.run("import signal\\ndef late(*_): raise TimeoutError('late')\\nsignal.signal(signal.SIGALRM, late)");
console.log("GO SIGALRM");
void forever();`,
      ["atexit"],
      { code: 1, stderr: /TimeoutError: late/ },
    );
  });

  it("are not needed for SIGTERM to do what it does", async () => {
    await says(
      `const py = startPython();\npy.run("import signal, asyncio");\nconsole.log("GO SIGTERM");\nawait forever();`,
      [],
      {
        code: null,
        signal: "SIGTERM",
      },
    );
  });
});

describe("loop.add_signal_handler()", () => {
  for (const interrupts of [true, false]) {
    it(`calls it on the shared loop, with interrupts: ${interrupts}`, async () => {
      await says(
        `
// One runtime takes interrupts half a second after its start, whoever had them, or when somebody listens.
if (${!interrupts}) listen(() => {});
const py = startPython({ interrupts: ${interrupts} });
${ATEXIT}
py.run(\`
import asyncio, signal
async def main():
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGUSR2):
        came = loop.create_future()
        loop.add_signal_handler(number, came.set_result, number.name)
        print("GO", number.name, flush=True)
        print(await came)
        print(loop.remove_signal_handler(number), loop.remove_signal_handler(number))
\`);
await py.globals.main();
${
          interrupts
            ? "try { await py.run(\"asyncio.sleep(1000) if print('GO', flush=True) is None else 0\"); } catch (error) { console.log(error.type); }"
            : ""
        }`,
        [
          "SIGINT",
          "True False",
          "SIGUSR2",
          "True False",
          ...(interrupts ? ["KeyboardInterrupt"] : []),
          "atexit",
        ],
      );
    });
  }
});
