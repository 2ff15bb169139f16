import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { before, describe, it } from "node:test";
import { generateStubs, pyClass, pyFunction, pyModule, t } from "../../mod.ts";
import { stubFiles } from "../../src/cli/stub_layout.ts";
import { run } from "../fixtures/program.ts";
import { evaluate, py } from "../fixtures/python.ts";
import { music } from "../fixtures/stubs/music.ts";
import { ROOT, RUNTIME_ARGS } from "../house/tools.mjs";

const runtime = process.versions["bun"] ? "bun" : "deno";
const FIXTURES = path.join(ROOT, "tests", "fixtures", "stubs");
const FOLDER = path.join(ROOT, ".cache", "stubs", runtime);
const STUBS = path.join(FOLDER, "python");

const hasMypy = evaluate("import importlib.util as u\nu.find_spec('mypy') is not None") as boolean;

/** In a process of its own: what mypy leaves would slow every later search for garbage here. */
function mypy(file: string): Promise<string> {
  const options = ["--strict", "--no-error-summary", "--cache-dir", path.join(FOLDER, "mypy")];
  const args = ["-m", "mypy", ...options, path.join(FIXTURES, file)];
  return output(args, { command: py.info.executable, env: { MYPYPATH: STUBS } });
}

/** What pyright says of a program, and of the stubs themselves: `file:line: message`. */
async function pyright(file: string): Promise<string[]> {
  const config = path.join(FOLDER, `${file}.json`);
  fs.writeFileSync(
    config,
    JSON.stringify({
      typeCheckingMode: "strict",
      stubPath: "python",
      include: [path.relative(FOLDER, path.join(FIXTURES, file)), "python"],
      exclude: [], // else what is in a hidden folder
      reportMissingModuleSource: "none", // TypeScript is the source
      // A program may throw away what an expression gives, as the wrong lines do.
      ...{ reportUnusedExpression: "none", reportUnusedVariable: "none" },
      ...{ reportUnusedCoroutine: "none", reportUnusedClass: "none" },
      ...{ reportUnknownMemberType: "none", reportUnknownVariableType: "none" },
    }),
  );
  const program = path.join(ROOT, "node_modules", "pyright", "index.js");
  const args = [...RUNTIME_ARGS[runtime].run(), program, "--outputjson", "-p", config];
  const { generalDiagnostics, summary } = JSON.parse(await output(args));
  assert.equal(summary.filesAnalyzed, 4);
  return generalDiagnostics.map((
    { file, range, message, rule }: {
      file: string;
      range: { start: { line: number } };
      message: string;
      rule?: string;
    },
  ) => `${path.basename(file)}:${range.start.line + 1}: ${message} [${rule}]`);
}

function output(
  args: string[],
  { command = process.execPath, env = {} }: { command?: string; env?: Record<string, string> } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const stdio: ["ignore", "pipe", "inherit"] = ["ignore", "pipe", "inherit"];
    const child = spawn(command, args, { stdio, env: { ...process.env, ...env } });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => said += text);
    child.on("error", reject);
    child.on("close", () => resolve(said));
  });
}

const WRONG = fs.readFileSync(path.join(FIXTURES, "wrong.py"), "utf8").split("\n");

/** The lines that were refused must be those that are marked. */
function refusedAsMarked(messages: string[]): void {
  const refused = new Set(messages.map((each) => Number(/:(\d+): /.exec(each)![1])));
  const problems = WRONG.flatMap((line, i) => {
    const marked = line.endsWith("# wrong");
    if (marked === refused.has(i + 1)) return [];
    return [`${i + 1}: ${marked ? "accepted" : "refused"}: ${line}`];
  });
  assert.deepEqual(problems, [], messages.join("\n"));
}

describe("a module with everything", () => {
  before(() => {
    fs.rmSync(FOLDER, { recursive: true, force: true });
    for (const [name, text] of stubFiles([music])) {
      const file = path.join(STUBS, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    py.register(music);
  });

  it(
    "has stubs that mypy --strict accepts, with a program that uses them",
    { skip: !hasMypy },
    async () => {
      assert.equal(await mypy("right.py"), "");
    },
  );

  it("has stubs by which mypy --strict refuses each wrong line", { skip: !hasMypy }, async () => {
    const said = await mypy("wrong.py");
    refusedAsMarked(said.split("\n").filter((line) => line.includes(": error: ")));
  });

  it("has stubs that pyright accepts, with a program that uses them", async () => {
    assert.deepEqual(await pyright("right.py"), []);
  });

  it("has stubs by which pyright refuses each wrong line", async () => {
    refusedAsMarked(await pyright("wrong.py"));
  });

  it("is what its stubs say, by stubtest", { skip: !hasMypy }, async () => {
    const ran = await run(
      `
import { music } from ${JSON.stringify(path.join(FIXTURES, "music.ts"))};
const py = startPython();
py.register(music);
py.run("from mypy import stubtest\\nstubtest.test_stubs(stubtest.parse_options(['music']))");`,
      { env: { MYPYPATH: STUBS }, seconds: 120 },
    );
    assert.equal(ran.stderr, "");
    assert.equal(ran.stdout, "Success: no issues found in 2 modules\n");
  });

  it("runs the program that uses it", () => {
    py.runFile(path.join(FIXTURES, "right.py"));
  });
});

describe("generateStubs() and classes of Python", () => {
  it("imports them by module and name, and says Any where it cannot", () => {
    class Half {}
    const { Fraction } = py.import("fractions");
    const { Mapping } = py.import("collections.abc");
    const local = evaluate("class Local: pass\nLocal", { __name__: "__main__" });
    const nested = evaluate("import email.policy as e\ntype(e.default)");
    const module = pyModule("halves", {
      members: [
        pyClass(Half, { init: {}, bases: [Fraction, local, Mapping] }),
        pyFunction("f", {
          params: {
            a: t.instance(Fraction),
            b: t.instance(local),
            c: t.instance(py.builtins.list),
          },
          returns: t.instance(nested),
        }, () => null),
      ],
      constants: { third: new Fraction(1, 3), numbers: py.builtins.list([1]) },
    });
    assert.equal(
      generateStubs(module),
      [
        "from collections.abc import Mapping",
        "from typing import Any",
        "",
        "import email.policy",
        "import fractions",
        "",
        '__all__ = ["Half", "f", "numbers", "third"]',
        "",
        "third: fractions.Fraction",
        "numbers: list[Any]",
        "",
        "class Half(fractions.Fraction, Mapping[Any, Any]):",
        "    def __init__(self) -> None: ...",
        "",
        "def f(a: fractions.Fraction, b: Any, c: list[Any]) -> email.policy.EmailPolicy: ...",
        "",
      ].join("\n"),
    );
  });
});
