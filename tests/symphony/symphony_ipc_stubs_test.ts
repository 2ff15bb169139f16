import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { before, describe, it } from "node:test";
import { generateStubs } from "../../mod.ts";
import { stubFiles } from "../../src/cli/stub_layout.ts";
import { symphonyIpc } from "../../src/symphony/mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";
import { ROOT } from "../house/tools.mjs";

const runtime = process.versions["bun"] ? "bun" : "deno";
const FIXTURES = path.join(ROOT, "tests", "fixtures", "stubs");
const FOLDER = path.join(ROOT, ".cache", "symphony_ipc_stubs", runtime);
const STUBS = path.join(FOLDER, "python");
const module = symphonyIpc();
forGood(() => py.register(module));

const hasMypy = evaluate("import importlib.util as u\nu.find_spec('mypy') is not None") as boolean;
const skip = hasMypy ? false : "this Python has no mypy";
if (skip) console.log(`skipped: symphony_ipc and mypy: ${skip}`);

/** What mypy says, run in a process of its own. */
function mypy(...files: string[]): Promise<string> {
  const args = ["-m", "mypy", "--strict", "--no-error-summary"];
  args.push("--cache-dir", path.join(FOLDER, "mypy"), ...files);
  return new Promise((resolve, reject) => {
    const child = spawn(py.info.executable, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, MYPYPATH: STUBS },
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => said += text);
    child.on("error", reject);
    child.on("close", () => resolve(said));
  });
}

describe("generateStubs() of symphony_ipc", () => {
  before(() => {
    fs.rmSync(FOLDER, { recursive: true, force: true });
    for (const [name, text] of stubFiles([module])) {
      const file = path.join(STUBS, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
  });

  it("says what Python awaits and iterates", () => {
    const stub = generateStubs(module);
    for (
      const line of [
        "    async def send(self, message: Message) -> int:",
        "    async def request(",
        "    def subscribe(",
        "    def __aiter__(self) -> Subscription: ...",
        "    def __anext__(self) -> Awaitable[Message]: ...",
        "    async def __aenter__(self) -> Subscription: ...",
        "    def builder(cls) -> MessageBuilder:",
        "class BusError(JsError):",
        "    CRITICAL: ClassVar[Priority]",
      ]
    ) {
      assert.ok(stub.split("\n").includes(line), line);
    }
  });

  it("passes mypy --strict, with a program that uses it", { skip }, async () => {
    const stub = path.join(STUBS, "symphony_ipc", "__init__.pyi");
    assert.equal(await mypy(stub, path.join(FIXTURES, "ipc_right.py")), "");
  });

  it("refuses each wrong line of another program", { skip }, async () => {
    const file = path.join(FIXTURES, "ipc_wrong.py");
    const said = await mypy(file);
    const refused = new Set(
      [...said.matchAll(/:(\d+): error: /g)].map((match) => Number(match[1])),
    );
    const lines = fs.readFileSync(file, "utf8").split("\n");
    const marked = lines.flatMap((line, i) => line.endsWith("# wrong") ? [i + 1] : []);
    assert.deepEqual([...refused].sort((a, b) => a - b), marked, said);
  });

  test("is of a module that runs the same program", async () => {
    const names = py.import("types").SimpleNamespace();
    const file = path.join(FIXTURES, "ipc_right.py");
    evaluate("exec(compile(text, 'ipc_right.py', 'exec'), names.__dict__)", {
      text: fs.readFileSync(file, "utf8"),
      names,
    });
    assert.deepEqual((await names.main()).$.toJs(), {
      ask: 43,
      listen: [[0, "python", 1]],
      kind: "DeliveryFailed",
      status: "Unhealthy",
      again: true,
      ordered: true,
    });
    assert.equal(names.failed(), "Serialization serialization True");
  });
});
