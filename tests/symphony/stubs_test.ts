import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { stubFiles } from "../../src/cli/stub_layout.ts";
import { installQuest, installSymphony, MessageBus, Pit } from "../../src/symphony/mod.ts";
import { bridge, ipc, pit, quest } from "../fixtures/symphony_modules.ts";
import { PYTHON, ROOT, run, spawned } from "../fixtures/program.ts";
import { evaluate, forGood, py, test, testWith } from "../fixtures/python.ts";
import { RUNTIME_ARGS } from "../house/tools.mjs";

const COMMAND = "npx pyduet stubs tests/fixtures/symphony_modules.ts --out python";
const FIXTURES = path.join(ROOT, "tests", "fixtures", "stubs");
const RIGHT = path.join(FIXTURES, "symphony_right.py");
const WRONG = path.join(FIXTURES, "symphony_wrong.py");
const PYTHON_FOLDER = path.join(ROOT, "python");
const runtime = process.versions["bun"] ? "bun" : "deno";
/** Kept from one run to the next: of numpy alone, mypy has to learn for long. */
const FOLDER = path.join(ROOT, ".cache", "symphony_stubs", runtime);
/** What type checkers are to look at beside the programs. */
const STUBS = ["symphony_ipc", "symphony_pit", "symphony_bridge", "_symphony_quest"]
  .map((name) => path.join(PYTHON_FOLDER, name, "__init__.pyi"));
const SOURCES = ["symphony_conductor", "symphony_quest"]
  .map((name) => path.join(PYTHON_FOLDER, name));

/** What mypy says of all packages and both programs, in a process of its own. */
async function mypy(): Promise<string[]> {
  const args = ["-m", "mypy", "--strict", "--no-error-summary"];
  args.push("--cache-dir", path.join(FOLDER, "mypy"), RIGHT, WRONG, ...STUBS, ...SOURCES);
  const env = { MYPYPATH: PYTHON_FOLDER };
  const { stdout, stderr } = await spawned(PYTHON, args, { env, seconds: 110, cwd: ROOT });
  assert.equal(stderr, "");
  return stdout.trimEnd().split("\n");
}

/** What pyright says of the stubs and both programs, as `file:line: error: message`. */
async function pyright(): Promise<string[]> {
  fs.mkdirSync(FOLDER, { recursive: true });
  const files = [...STUBS, RIGHT, WRONG];
  const config = path.join(FOLDER, "pyright.json");
  fs.writeFileSync(
    config,
    JSON.stringify({
      typeCheckingMode: "strict",
      extraPaths: [path.relative(FOLDER, PYTHON_FOLDER)],
      include: files.map((file) => path.relative(FOLDER, file)),
      exclude: [], // else what is in a hidden folder
      reportMissingModuleSource: "none", // TypeScript is the source
      // A program may throw away what an expression gives, as the wrong lines do.
      ...{ reportUnusedExpression: "none", reportUnusedVariable: "none" },
      ...{ reportUnusedCoroutine: "none", reportUnusedFunction: "none" },
      ...{ reportUnknownMemberType: "none", reportUnknownVariableType: "none" },
    }),
  );
  const program = path.join(ROOT, "node_modules", "pyright", "index.js");
  const args = [...RUNTIME_ARGS[runtime].run(), program, "--outputjson", "-p", config];
  args.push("--pythonpath", PYTHON);
  const { stdout } = await spawned(process.execPath, args, { seconds: 110 });
  const { generalDiagnostics, summary } = JSON.parse(stdout);
  assert.equal(summary.filesAnalyzed, files.length);
  return generalDiagnostics.map((
    { file, range, message }: {
      file: string;
      range: { start: { line: number } };
      message: string;
    },
  ) => `${path.basename(file)}:${range.start.line + 1}: error: ${message}`);
}

/** What is said of the program of wrong lines must be of the marked ones, and there must be nothing else. */
function refusedAsMarked(said: readonly string[]): void {
  const name = path.basename(WRONG);
  const errors = said.filter((line) => line.includes(": error: "));
  assert.deepEqual(errors.filter((line) => !line.includes(name)), []);
  const refused = new Set(errors.map((line) => Number(/:(\d+): error: /.exec(line)![1])));
  const problems = fs.readFileSync(WRONG, "utf8").split("\n").flatMap((line, i) => {
    const marked = line.endsWith("# wrong");
    if (marked === refused.has(i + 1)) return [];
    return [`${i + 1}: ${marked ? "accepted" : "refused"}: ${line}`];
  });
  assert.deepEqual(problems, [], said.join("\n"));
}

describe("the stubs of Symphony's modules", () => {
  const written = stubFiles([pit, ipc, bridge, quest]);
  for (const [name, text] of written) {
    it(`python/${name} says what is declared`, () => {
      const file = path.join(PYTHON_FOLDER, name);
      const committed = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
      assert.ok(committed === text, `python/${name} is not what is declared; run: ${COMMAND}`);
    });
  }

  it("import a class that two modules have from the first", () => {
    const stub = written.get("symphony_bridge/__init__.pyi")!;
    for (const name of ["ArtifactStore", "ModelHandle"]) {
      assert.match(stub, new RegExp(`^from symphony_pit import ${name} as ${name}$`, "m"));
      assert.doesNotMatch(stub, new RegExp(`^class ${name}\\b`, "m"));
    }
  });

  it("are in the package", () => {
    const { publish: { include } } = JSON.parse(
      fs.readFileSync(path.join(ROOT, "deno.json"), "utf8"),
    );
    for (const pattern of ["python/**/*.py", "python/**/*.pyi", "python/**/py.typed"]) {
      assert.ok(include.includes(pattern), pattern);
    }
  });

  const needed = ["mypy", "numpy", "gymnasium"];
  testWith(needed, "pass mypy --strict with their users, but for each wrong line", async () => {
    refusedAsMarked(await mypy());
  });

  testWith(needed, "pass pyright with their users, but for each wrong line", async () => {
    refusedAsMarked(await pyright());
  });

  testWith(["mypy"], "are what the modules are, by stubtest", async () => {
    const ran = await run(
      `
import { installQuest, installSymphony } from ${
        JSON.stringify(path.join(ROOT, "src", "symphony", "mod.ts"))
      };
const py = startPython();
installSymphony(py);
installQuest(py);
py.run(\`
from mypy import stubtest
stubtest.test_stubs(stubtest.parse_options(["symphony_ipc", "symphony_pit", "symphony_bridge", "_symphony_quest"]))
\`);`,
      { env: { MYPYPATH: PYTHON_FOLDER }, seconds: 110 },
    );
    assert.equal(ran.stderr, "");
    assert.equal(ran.stdout, "Success: no issues found in 4 modules\n");
  });
});

describe("the program that type checkers accept", () => {
  forGood(() => {
    installSymphony(py, { bus: new MessageBus(), pit: new Pit() });
    installQuest(py);
    evaluate("import symphony_bridge, symphony_ipc, symphony_pit, symphony_quest");
  });

  test("runs", async () => {
    const names = py.import("types").SimpleNamespace();
    evaluate("exec(compile(text, 'symphony_right.py', 'exec'), names.__dict__)", {
      text: fs.readFileSync(RIGHT, "utf8"),
      names,
    });
    assert.deepEqual((await names.main()).$.toJs(), {
      model: ["QUIET", "Ready", "1"],
      workflow: { first: { a: 42 }, status: "Completed", third: { a: 2 }, fourth: { a: 2 } },
      content: new TextEncoder().encode("text"),
      shared: ["r", "only"],
      refused: "PitOperationFailed allocate_model",
      conducted: ["RUNNING", "only", "1", "submit_decision"],
      conducts: "only",
      quest: 1,
      bus: 84,
      info: true,
    });
  });
});
