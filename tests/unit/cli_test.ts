import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { main, VERSION } from "../../src/cli/main.ts";
import { inFolder, ON_DENO, type Ran, ROOT, spawned } from "../fixtures/program.ts";

const RUN = ON_DENO ? ["run", "-A", "--no-check"] : ["run"];

/** The command in a process of its own. */
function pyduet(args: string[], cwd: string): Promise<Ran> {
  const file = join(ROOT, "src", "cli", "main.ts");
  return spawned(process.execPath, [...RUN, file, ...args], { cwd });
}

/** What it says and answers, where it needs no Python. */
async function answer(...args: string[]): Promise<[number, string]> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  return [await main(args, { say, note: say }), said.join("\n")];
}

test("pyduet --version is that of package.json", async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  assert.equal(VERSION, version);
  assert.deepEqual(await answer("--version"), [0, version]);
});

test("pyduet --help names the commands, and each explains itself", async () => {
  const [code, text] = await answer("--help");
  assert.equal(code, 0);
  assert.match(text, /^ {2}types +declaration files for Python modules$/m);
  const [typesCode, typesText] = await answer("types", "--help");
  assert.equal(typesCode, 0);
  assert.match(typesText, /^pyduet types MODULE… --out FOLDER\n/);
});

test("pyduet answers wrong use with code 2 and a hint", async () => {
  const cases: [args: string[], said: string][] = [
    [[], "pyduet: name a command\nSee pyduet --help"],
    [["tipes"], 'pyduet: there is no command "tipes"; there are: types, stubs\nSee pyduet --help'],
    [["types"], "pyduet types: name at least one Python module\nSee pyduet types --help"],
    [
      ["types", "a-b"],
      'pyduet types: "a-b" is no name of a module, such as os.path\nSee pyduet types --help',
    ],
    [
      ["types", "math", "--ints", "big"],
      'pyduet types: --ints is exact or number, not "big"\nSee pyduet types --help',
    ],
  ];
  for (const [args, said] of cases) assert.deepEqual(await answer(...args), [2, said]);
  const [code, text] = await answer("types", "math", "--bogus");
  assert.equal(code, 2);
  assert.match(text, /^pyduet types: Unknown option '--bogus'.*\nSee pyduet types --help$/s);
});

test("pyduet types writes a file for each module and names it", () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "beside.py"), "def f(a: int) -> str: ...\n");
    const ran = await pyduet(["types", "math", "os.path", "beside", "--out", "deep/types"], folder);
    assert.equal(ran.code, 0, ran.stderr);
    const names = ["beside.d.ts", "math.d.ts", "os.path.d.ts"];
    assert.equal(ran.stdout, names.map((name) => `${join("deep/types", name)}\n`).join(""));
    assert.deepEqual(readdirSync(join(folder, "deep/types")).sort(), names);
    const text = readFileSync(join(folder, "deep/types/beside.d.ts"), "utf8");
    assert.match(text, /^export function f\(a: IntLike\): string;$/m);
    assert.match(text, /from "pyduet\/types";$/m);
  }));

test("pyduet types writes what it can, and answers a module that is not there with code 1", () =>
  inFolder(async (folder) => {
    const ran = await pyduet(["types", "no_such_module", "math"], folder);
    assert.equal(ran.code, 1);
    const said = "pyduet types: cannot import no_such_module: " +
      "ModuleNotFoundError: No module named 'no_such_module'\n";
    assert.ok(ran.stderr.startsWith(said), ran.stderr);
    assert.ok(existsSync(join(folder, "types/math.d.ts")));
  }));

test("pyduet types names a folder that it cannot write to", () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "file"), "");
    const ran = await pyduet(["types", "math", "--out", "file/types"], folder);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /^pyduet types: cannot write to file\/types: .*(ENOTDIR|EEXIST)/i);
  }));

test("pyduet types names a Python that is not there", () =>
  inFolder(async (folder) => {
    const ran = await pyduet(["types", "math", "--python", "no/such/python"], folder);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /^pyduet types: .*no\/such\/python/s);
    assert.ok(!ran.stderr.includes("    at "), ran.stderr);
  }));

test("bin/pyduet.mjs goes on by itself under this runtime", () =>
  inFolder(async (folder) => {
    const file = join(ROOT, "bin", "pyduet.mjs");
    const ran = await spawned(process.execPath, [...RUN, file, "--version"], { cwd: folder });
    assert.equal(ran.stderr, "");
    assert.equal(ran.stdout, `${VERSION}\n`);
  }));
