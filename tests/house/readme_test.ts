import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { checkedProgram } from "./checked_program.ts";
import { type Block, blocksOf, type Program, programsOf } from "./markdown_blocks.ts";
import { read, ROOT } from "./source_files.ts";
import { RUNTIME_ARGS } from "./tools.mjs";

const MINUTES = 2;
const EXPECTATION = pathToFileURL(path.join(ROOT, "tests", "house", "expectation.ts")).href;

// Inside the project, so that "pyduet" is the package itself on both runtimes, as its exports say.
const FOLDER = path.join(ROOT, ".cache", "readme");

const runtime = process.versions["bun"] ? "bun" : "deno";
const blocks = blocksOf(read("README.md"));

/** Runs this runtime and returns what it printed; fails with it when the exit code is not 0. */
function runtimeAnswers(args: string[], cwd: string): Promise<string> {
  const venv = path.join(ROOT, ".venv");
  const env = { ...process.env };
  if (!env.PYDUET_PYTHON && fs.existsSync(venv)) env.PYDUET_PYTHON = venv;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: MINUTES * 60_000,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => said += text);
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(said);
      else {reject(
          new assert.AssertionError({ message: `${signal ?? `exit code ${code}`}\n${said}` }),
        );}
    });
  });
}

/** A folder of its own for each program, which may write into it. */
function freshFolder(name: string): string {
  const folder = path.join(FOLDER, runtime, name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/** The blocks of a program as one file in which every line has its number in the document. */
function joined(program: Program): string {
  let text = "";
  let line = 1;
  for (const block of program) {
    text += "\n".repeat(block.line - line) + block.text;
    line = block.line + block.text.split("\n").length - 1;
  }
  return text;
}

function writeProgram(program: Program): { folder: string; file: string } {
  const folder = freshFolder(`line_${program[0].line}`);
  const file = path.join(folder, "block.ts");
  fs.writeFileSync(file, checkedProgram(joined(program), EXPECTATION).text);
  return { folder, file };
}

describe("README.md", () => {
  const programs = programsOf(blocks, "ts");

  it("has programs", () => assert.ok(programs.length > 0));

  for (const program of programs) {
    it(`does what it says from line ${program[0].line}`, async () => {
      const { folder, file } = writeProgram(program);
      await runtimeAnswers([...RUNTIME_ARGS[runtime].run(), file], folder);
    });
  }

  it("has programs with the right types", { skip: runtime !== "deno" }, async () => {
    const files = programs.map((program) => writeProgram(program).file);
    await runtimeAnswers(["check", ...files], ROOT);
  });

  for (const [first] of programsOf(blocks, "python")) {
    it(`has Python that runs from line ${first.line}`, async () => {
      const folder = freshFolder(`line_${first.line}`);
      fs.writeFileSync(path.join(folder, "block.py"), first.text);
      const host =
        'import { startPython } from "pyduet"; using py = startPython(); py.runFile("block.py");';
      fs.writeFileSync(path.join(folder, "host.ts"), host);
      await runtimeAnswers([...RUNTIME_ARGS[runtime].run(), "host.ts"], folder);
    });
  }

  for (const block of blocks.filter((block) => block.language === "sh")) {
    it(`names scripts that exist in line ${block.line}`, () => namedScriptsExist(block));
  }
});

function namedScriptsExist(block: Block): void {
  const { scripts, bin = {} } = JSON.parse(read("package.json"));
  const { tasks } = JSON.parse(read("deno.json"));
  for (
    const [, word, run, name = ""] of block.text.matchAll(
      /\b(npm|deno|npx) (?:(run|task) )?([\w:-]+)/g,
    )
  ) {
    const at = `line ${block.line}: ${word} ${run ?? ""} ${name}`;
    if (run === "run" || (word === "npm" && name === "test")) assert.ok(name in scripts, at);
    if (run === "task") assert.ok(name in tasks, at);
    if (word === "npx" && name === "pyduet") assert.ok("pyduet" in bin, at);
  }
}
