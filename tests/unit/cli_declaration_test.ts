import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describeModules } from "../../src/cli/describe.ts";
import { inFolder, ON_DENO, ROOT, spawned } from "../fixtures/program.ts";
import { evaluate, py, test, testWith } from "../fixtures/python.ts";
import { SHAPES, STUB_MODULES, UNWRITTEN } from "../fixtures/stub_modules.ts";
import { RIGHT, WRONG } from "../fixtures/typed_programs.ts";

const MODULES =
  ("base64 collections csv datetime decimal fractions functools hashlib itertools json math numpy " +
    "numpy.linalg os os.path pathlib random re sqlite3 statistics string subprocess sys textwrap time types")
    .split(" ");

const RUN = ON_DENO ? ["run", "-A", "--no-check"] : ["run"];
const OPTIONS = { library: "pyduet", ints: "exact" } as const;

/** Inside the project, so that "pyduet" is the package itself. */
const FOLDER = join(ROOT, ".cache", "types", ON_DENO ? "one" : "other");

/** The strictest that a user may have set; the declarations themselves are checked as well. */
const CONFIG = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: {
    skipLibCheck: false,
    skipDefaultLibCheck: true,
    declaration: false,
    isolatedDeclarations: false,
  },
  files: ["right.ts", "wrong.ts", join(ROOT, "tests", "house", "python_text.d.ts")],
  include: ["types"],
};

testWith(
  ["mypy", "numpy"],
  "describeModules() types 26 modules for right and wrong programs",
  async () => {
    const { files, failed, notes } = describeModules(py, MODULES, OPTIONS);
    assert.deepEqual(failed, {});
    assert.deepEqual(notes, []);
    assert.equal(files.size, MODULES.length);
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(join(FOLDER, "types"), { recursive: true });
    for (const [name, text] of files) writeFileSync(join(FOLDER, "types", name), text);
    writeFileSync(join(FOLDER, "right.ts"), RIGHT);
    writeFileSync(join(FOLDER, "wrong.ts"), WRONG);
    writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(CONFIG));
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const settings = { cwd: FOLDER, seconds: 110 };
    const [checked, ran] = await Promise.all([
      spawned(process.execPath, [...RUN, tsc, "--project", "."], settings),
      spawned(process.execPath, [...RUN, "right.ts"], settings),
    ]);
    assert.equal(checked.stdout + checked.stderr, "");
    assert.equal(checked.code, 0);
    assert.equal(ran.stderr, "");
    assert.equal(ran.code, 0);
  },
);

testWith(
  ["mypy"],
  "describeModules() gives the same text again, without places of this machine",
  () => {
    const names = ["json", "os"];
    const { files } = describeModules(py, names, OPTIONS);
    const again = describeModules(py, names.toReversed(), OPTIONS);
    assert.deepEqual(again.files, files);
    for (const text of files.values()) {
      assert.ok(!text.includes(py.info.prefix), "names the folder of Python");
    }
  },
);

/** The declarations of the test's own modules. */
async function describeOwn(ints: "exact" | "number"): Promise<Map<string, string>> {
  return await inFolder((folder) => {
    for (const [name, text] of Object.entries(STUB_MODULES)) {
      writeFileSync(join(folder, name), text);
    }
    evaluate("import sys; sys.path.insert(0, folder)", { folder });
    try {
      return describeModules(py, ["shapes_of_pyduet", "unwritten_of_pyduet"], {
        ...{ library: "@some/name", ints },
      }).files;
    } finally {
      // The next folder has modules of the same names.
      evaluate(
        "import sys\nsys.path.remove(folder)\n" +
          "for name in [n for n in sys.modules if n.endswith('_of_pyduet')]: del sys.modules[name]",
        { folder },
      );
    }
  });
}

function hasInOrder(text: string, wanted: readonly string[]): void {
  const lines = text.split("\n");
  let from = 0;
  for (const line of wanted) {
    const at = lines.indexOf(line, from);
    assert.ok(at >= 0, `${line}\nis not, in its place, in\n${text}`);
    from = at + 1;
  }
}

test("describeModules() reads stub files beside a module", async () => {
  const text = (await describeOwn("exact")).get("shapes_of_pyduet.d.ts")!;
  const version = py.version.join(".");
  const head =
    `// Types of the Python module shapes_of_pyduet (Python ${version}), from its stub file.`;
  hasInOrder(text, [head, '} from "@some/name/types";', ...SHAPES]);
  assert.ok(!text.includes("hidden"), "what is not there at run time is left out");
  assert.ok(!/\bold\b/.test(text), "conditions are answered for the Python that runs");
});

test("describeModules() looks at a module without stub files", async () => {
  const text = (await describeOwn("exact")).get("unwritten_of_pyduet.d.ts")!;
  hasInOrder(text, UNWRITTEN);
  assert.ok(!text.includes("dataclasses"), "what it only imports is left out");
});

test("describeModules() takes integers as numbers if told so", async () => {
  const files = await describeOwn("number");
  hasInOrder(files.get("unwritten_of_pyduet.d.ts")!, [
    "export const COUNT: number;",
    "  x: number;",
  ]);
});

test("describeModules() says what it looked at, and what it cannot import", () => {
  const { failed, files, notes } = describeModules(py, ["no_module_of_pyduet"], OPTIONS);
  assert.equal(
    failed["no_module_of_pyduet"],
    "ModuleNotFoundError: No module named 'no_module_of_pyduet'",
  );
  assert.equal(files.size, 0);
  assert.deepEqual(notes, []);
});
