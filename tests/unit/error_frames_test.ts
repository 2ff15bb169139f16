import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { caughtFrom } from "../fixtures/errors.ts";
import { evaluate, forGood, test } from "../fixtures/python.ts";

const FILE = fileURLToPath(import.meta.url);
const lines = readFileSync(FILE, "utf8").split("\n");

/** The number of the line of this file that ends with that comment. */
function lineOf(mark: string): number {
  return lines.findIndex((line) => line.endsWith(`// ${mark}`)) + 1;
}

/** `traceback.format_exc()` of what a call raises, without the marks below a line. */
const formatted = forGood(() =>
  evaluate(
    "import re, traceback\ndef formatted(f):\n  try:\n    f()\n  except BaseException:\n" +
      "    return re.sub(r'\\n *[~^]+(?=\\n)', '', traceback.format_exc())\nformatted",
  )
);

/** `[name, file, line]` of each frame of a Python traceback, outermost first. */
function framesOf(traceback: string): [string, string, number][] {
  return [...traceback.matchAll(/^ {2}File "(.*)", line (\d+), in (.*)$/gm)]
    .map(([, file, line, name]) => [name!, file!, Number(line)]);
}

/** The same of a JS stack, innermost first. */
function stackFrames(stack: string): [string, string, number][] {
  return [...stack.matchAll(/^ {4}at (?:async )?(.*?) \((.*?):(\d+)(?::\d+)?\)$/gm)]
    .map(([, name, file, line]) => [name!, file!.replace(/^file:\/\//, ""), Number(line)]);
}

interface Padding {
  // Types vanish before the program runs: positions are right only if they are mapped back.
  readonly a: string;
  readonly b: number;
}

function thrower(_padding?: Padding): never {
  throw new RangeError("here"); // thrown
}

describe("frames of TypeScript in a Python traceback", () => {
  test("have the file, the line and its text, and none is the library's own", () => {
    function outer(): unknown {
      return thrower() ?? null; // called
    }
    const text = formatted(outer);
    const frames = framesOf(text);
    assert.deepEqual(frames.slice(-2), [
      ["outer", FILE, lineOf("called")],
      ["thrower", FILE, lineOf("thrown")],
    ], text);
    assert.strictEqual(frames.length, 3, text);
    assert.match(text, /in thrower\n {4}throw new RangeError\("here"\); \/\/ thrown\n/);
    assert.match(text, /in outer\n {4}return thrower\(\) \?\? null; \/\/ called\n/);
    assert.doesNotMatch(text, /\/src\/(objects|interpreter|convert|ffi)\//);
  });

  test("and in the stack of TypeScript, in the order of the calls", () => {
    const b = evaluate("def b(f):\n  return f()\nb");
    function a(): unknown {
      return b(thrower) ?? null; // python called
    }
    const caught = caughtFrom(a);
    const frames = stackFrames(caught.stack).filter(([name]) => /^(thrower|a|b)$/.test(name));
    assert.deepEqual(frames.map(([name]) => name), ["thrower", "b", "a"], caught.stack);
    assert.deepEqual(frames[0], ["thrower", FILE, lineOf("thrown")]);
    assert.deepEqual(frames[1]![2], 2);
    assert.deepEqual(frames[2], ["a", FILE, lineOf("python called")]);
    assert.doesNotMatch(caught.stack, /\/src\/(objects|interpreter|convert|ffi)\//);
  });

  test("nest: Python e, JS d, Python c, JS b, and an error of either language", () => {
    for (const python of [true, false]) {
      const raise = evaluate("def raising():\n  raise KeyError('deep')\nraising");
      const b = (): unknown => {
        return (python ? raise() : thrower()) ?? null; // b calls
      };
      const c = evaluate("def c(f):\n  return f()\nc");
      const d = (): unknown => {
        return c(b) ?? null; // d calls
      };
      const e = evaluate("def e(f):\n  return f()\ne");
      const names = python ? ["e", "d", "c", "b", "raising"] : ["e", "d", "c", "b", "thrower"];
      const caught = caughtFrom(() => e(d));
      const inStack = stackFrames(caught.stack).filter(([name]) => names.includes(name));
      assert.deepEqual(inStack.map(([name]) => name), names.toReversed(), caught.stack);
      assert.strictEqual(inStack.find(([name]) => name === "b")![2], lineOf("b calls"));
      assert.strictEqual(inStack.find(([name]) => name === "d")![2], lineOf("d calls"));
      const text = formatted(() => e(d));
      const inText = framesOf(text).filter(([name]) => names.includes(name));
      assert.deepEqual(inText.map(([name]) => name), names, text);
      assert.deepEqual(inText[1], ["d", FILE, lineOf("d calls")]);
      assert.deepEqual(inText[3], ["b", FILE, lineOf("b calls")]);
    }
  });

  test("of files with odd names have paths that an editor can open", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "pyduet (a) é %41 #")));
    try {
      const file = join(folder, "odd (name) 100% ü.ts");
      writeFileSync(
        file,
        "type A = { a: string };\n\nexport function odd(): never {\n  throw new Error('odd' as A['a']);\n}\n",
      );
      const { odd } = await import(pathToFileURL(file).href);
      const text = formatted(odd);
      assert.deepEqual(framesOf(text).at(-1), ["odd", file, 4], text);
      assert.match(text, /\n {4}throw new Error\('odd' as A\['a'\]\);\n/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("of functions with odd names and no names", () => {
    const names = ["odd (name)", "a at b", "", "%s%n", "é🐍", "x".repeat(1000), "a\0b"];
    for (const name of names) {
      const fn = Object.defineProperty(() => thrower() ?? null, "name", { value: name });
      const frames = framesOf(formatted(fn));
      assert.deepEqual(frames.at(-1), ["thrower", FILE, lineOf("thrown")]);
      assert.strictEqual(frames.length, 3, name);
    }
    const anonymous = formatted((() => () => {
      throw new Error("x");
    })());
    assert.match(framesOf(anonymous).at(-1)![0], /anonymous/);
    class Thrower {
      constructor() {
        thrower();
      }
    }
    assert.match(formatted(() => new Thrower()), /, in (new )?Thrower\n/);
  });

  test("are as many as fit, and none where there is no stack", () => {
    const error = new Error("none");
    for (const stack of ["", "Error: none", 5, undefined, "    at", "\n    at x (y:1:1)\n\0"]) {
      Object.defineProperty(error, "stack", { value: stack, configurable: true });
      const text = formatted(() => {
        throw error;
      });
      assert.strictEqual(framesOf(text).length, 1, text);
    }
  });
});
