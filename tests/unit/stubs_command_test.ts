import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { generateStubs, pyFunction, pyModule, t } from "../../mod.ts";
import { stubFiles } from "../../src/cli/stub_layout.ts";
import { stubsCommand } from "../../src/cli/stubs_command.ts";
import { music } from "../fixtures/stubs/music.ts";
import { ROOT } from "../house/tools.mjs";

const runtime = process.versions["bun"] ? "bun" : "deno";
const FOLDER = path.join(ROOT, ".cache", "stubs_command", runtime);
const MUSIC = path.join(ROOT, "tests", "fixtures", "stubs", "music.ts");

function fresh(): string {
  fs.rmSync(FOLDER, { recursive: true, force: true });
  fs.mkdirSync(FOLDER, { recursive: true });
  return FOLDER;
}

/** A TypeScript file with that text; `pyduet` is this library. */
function program(name: string, text: string): string {
  const file = path.join(FOLDER, name);
  fs.mkdirSync(FOLDER, { recursive: true });
  const library = path.relative(FOLDER, path.join(ROOT, "mod.ts")).replaceAll("\\", "/");
  fs.writeFileSync(file, text.replaceAll('"pyduet"', JSON.stringify(library)));
  return file;
}

async function run(...args: string[]): Promise<{ code: number; said: string[] }> {
  const said: string[] = [];
  const console = {
    say: (line: string) => said.push(line),
    note: (line: string) => said.push(line),
  };
  return { code: await stubsCommand.run(args, console), said };
}

describe("pyduet stubs", () => {
  it("writes what type checkers find, and says which files", async () => {
    const out = path.join(fresh(), "out");
    const { code, said } = await run(MUSIC, "--out", out);
    const names = ["music/__init__.pyi", "music/py.typed", "music/theory.pyi"]
      .concat("pyduet/__init__.pyi", "pyduet/py.typed");
    assert.equal(code, 0);
    assert.deepEqual(said, names.map((name) => path.join(out, ...name.split("/"))));
    const read = (name: string): string => fs.readFileSync(path.join(out, name), "utf8");
    assert.equal(read("music/__init__.pyi"), generateStubs(music));
    assert.equal(read("music/py.typed"), "");
    assert.equal(
      read("pyduet/__init__.pyi"),
      fs.readFileSync(path.join(ROOT, "python", "pyduet", "__init__.pyi"), "utf8"),
    );
  });

  it("takes every exported module, the default one too, each once", async () => {
    fresh();
    const file = program(
      "modules.ts",
      'import { pyModule } from "pyduet";\n' +
        'export const a = pyModule("a");\nexport const again = a;\nexport const n = 1;\n' +
        'export default pyModule("b.c");\n',
    );
    const { said } = await run(file, "--out", FOLDER);
    assert.deepEqual(
      said,
      ["a/__init__.pyi", "a/py.typed", "b/__init__.pyi", "b/c.pyi", "b/py.typed"]
        .map((name) => path.join(FOLDER, ...name.split("/"))),
    );
  });

  it("says what is wrong with a file", async () => {
    fresh();
    const none = path.join(FOLDER, "none.ts");
    await assert.rejects(run(none), { name: "CommandError", message: `there is no file ${none}` });
    const empty = program("empty.ts", "export const x = 1;\n");
    await assert.rejects(run(empty), {
      message: `${empty} exports no module; say: export const myModule = pyModule("my_module", …)`,
    });
    const other = program("other.ts", "class PyModule {}\nexport const m = new PyModule();\n");
    await assert.rejects(run(other), {
      message: `the module of ${other} was made by another copy of this library; ` +
        "run the command of that copy",
    });
    const throwing = program("throwing.ts", 'throw new RangeError("boom");\n');
    await assert.rejects(run(throwing), (error: Error) => {
      assert.ok(error.message.startsWith(`cannot import ${throwing}: `), error.message);
      assert.match(error.message, /RangeError: boom/);
      return true;
    });
    await assert.rejects(run(), {
      name: "UsageError",
      message: "name the TypeScript file of a module",
    });
  });

  it("says which folder cannot be written to", async () => {
    fresh();
    const file = path.join(FOLDER, "file");
    fs.writeFileSync(file, "");
    await assert.rejects(run(MUSIC, "--out", file), (error: Error) => {
      assert.equal(error.name, "CommandError");
      assert.ok(error.message.startsWith(`cannot write to ${file}: `), error.message);
      return true;
    });
  });

  it("needs no Python", async () => {
    fresh();
    const file = program(
      "no_python.ts",
      'import { pyModule } from "pyduet";\n' +
        'import process from "node:process";\n' +
        'process.env.PYDUET_PYTHON = "/nowhere";\nexport const a = pyModule("a");\n',
    );
    const before = process.env.PYDUET_PYTHON;
    try {
      assert.equal((await run(file, "--out", FOLDER)).code, 0);
    } finally {
      if (before === undefined) delete process.env.PYDUET_PYTHON;
      else process.env.PYDUET_PYTHON = before;
    }
  });
});

describe("stubFiles()", () => {
  it("makes packages of modules with submodules, at any depth", () => {
    const leaf = (name: string) =>
      pyModule(name, { members: [pyFunction("f", { params: {}, returns: t.int }, () => 1)] });
    const tree = pyModule("top", {
      members: [leaf("one"), pyModule("two", { members: [leaf("three")] })],
    });
    assert.deepEqual([...stubFiles([tree]).keys()], [
      "top/__init__.pyi",
      "top/one.pyi",
      "top/py.typed",
      "top/two/__init__.pyi",
      "top/two/three.pyi",
    ]);
  });
});
