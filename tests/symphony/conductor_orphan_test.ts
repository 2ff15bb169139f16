import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { lifeline } from "../fixtures/lifeline.ts";
import { inFolder, PYTHON, ROOT } from "../fixtures/program.ts";

const MOD = JSON.stringify(join(ROOT, "src/symphony/mod.ts"));
const SETUP = JSON.stringify(join(ROOT, "tests/fixtures/conductor_setup.ts"));

/** What the child does when its parent is killed, and what the parent does then. */
const CASES: Record<string, { readonly busy: string; readonly end: string }> = {
  "idle, its parent is killed": { busy: "None", end: "process.kill(process.pid, 'SIGKILL')" },
  "computing in Python, its parent is killed": {
    busy: "while True: pass",
    end: "process.kill(process.pid, 'SIGKILL')",
  },
  "in C with the GIL, its parent is killed": {
    busy: "import ctypes; ctypes.PyDLL(None).sleep(600)",
    end: "process.kill(process.pid, 'SIGKILL')",
  },
  "idle, its parent exits without stopping it": { busy: "None", end: "process.exit(0)" },
};

describe("A Conductor's child and grandchild", () => {
  for (const [name, { busy, end }] of Object.entries(CASES)) {
    it(`go with their parent: ${name}`, { timeout: 120_000 }, () =>
      inFolder(async (folder) => {
        const { fifo, gone } = await lifeline(folder);
        // Python says that it is about to be busy: it cannot when it is.
        const code = [
          ...["import os, subprocess", "pipe = os.open(fifo, os.O_WRONLY)"],
          ...[
            "subprocess.Popen(['sleep', '600'], pass_fds=[pipe])",
            "os.write(1, b'busy\\n')",
            busy,
          ],
        ].join("\n");
        const program = `
import process from "node:process";
import { ConductorProcess } from ${MOD};
const conductor = new ConductorProcess({ setup: ${SETUP}, conductor: { policy: "mock" } });
conductor.on("log", ({ line }) => {
  if (line === "busy") ${end};
});
await conductor.start();
const names = { fifo: ${JSON.stringify(fifo)} };
await conductor.call("run", { code: ${JSON.stringify(code)}, names }, { timeout: Infinity });
await new Promise(() => {});
`;
        const file = join(folder, "parent.ts");
        writeFileSync(file, program);
        const parent = spawn(process.execPath, [file], {
          cwd: ROOT,
          env: { ...process.env, PYDUET_PYTHON: PYTHON },
          stdio: ["ignore", "inherit", "inherit"],
        });
        const ended = new Promise<unknown[]>((resolve) =>
          parent.on("exit", (...how) => resolve(how))
        );
        const how = await ended;
        assert.deepStrictEqual(how, end.includes("exit") ? [0, null] : [null, "SIGKILL"]);
        await gone; // the pipe has no writer any more: neither the child nor the grandchild
      }));
  }
});
