/**
 * The options of `startPython()`: what they are, and whether those of a further call agree with what runs.
 * @module
 */

import { type Candidate, locate } from "./capi/locate.ts";
import { PythonStartError } from "./errors.ts";
import type { Interpreter } from "./interpreter/interpreter.ts";

/** How Python starts. */
export interface StartOptions {
  /**
   * What to run: a venv folder, a python executable, a libpython path, or a version
   * such as `"3.12"`. Default: `PYDUET_PYTHON`, `VIRTUAL_ENV`, `.venv` in the working
   * folder, `python3` on the PATH, then the usual places of the operating system.
   */
  python?: string;
  /** Interpreter options, as after `python` on a command line: `["-I", "-X", "utf8"]`. */
  args?: readonly string[];
  /** `sys.argv` */
  argv?: readonly string[];
  /** Entries to put before `sys.path`. */
  path?: readonly string[];
  /**
   * `true`, the default: Ctrl-C interrupts Python code, and what TypeScript awaits of Python. `false`: signals are
   * left alone.
   */
  interrupts?: boolean;
  /** `false`: Python has no module `js`, which else gives it `globalThis`. */
  js?: boolean;
  /**
   * By default AsyncLocalStorage and contextvars follow into what the other language calls later. A function that a
   * Python task calls sees the AsyncLocalStorage of where TypeScript started that task; Python code that an async
   * function calls sees the contextvars of the task that called the function. `true`: also a store that was entered
   * before `startPython()`, and none since. `false`: each language keeps its own.
   */
  contexts?: boolean;
  /** Keep the stack of each handle's making and report at exit what was not released. */
  debug?: boolean;
}

interface Expected {
  readonly what: string;
  is(value: unknown): boolean;
}

const STRING: Expected = { what: "a string", is: (value) => typeof value === "string" };
const STRINGS: Expected = {
  what: "an array of strings",
  is: (value) => Array.isArray(value) && value.every(STRING.is),
};
const BOOLEAN: Expected = { what: "a boolean", is: (value) => typeof value === "boolean" };

const KNOWN: Record<keyof StartOptions, Expected> = {
  python: STRING,
  args: STRINGS,
  argv: STRINGS,
  path: STRINGS,
  interrupts: BOOLEAN,
  js: BOOLEAN,
  contexts: BOOLEAN,
  debug: BOOLEAN,
};

/** Throws for an option that is unknown or of a wrong type. */
export function checkOptions(options: StartOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const expected = KNOWN[name as keyof StartOptions];
    if (!expected) {
      throw new PythonStartError(
        `startPython() has no option "${name}"; it has ${Object.keys(KNOWN).join(", ")}`,
      );
    }
    if (value === undefined) continue;
    if (!expected.is(value)) {
      throw new PythonStartError(`option ${name} must be ${expected.what}, not ${String(value)}`);
    }
  }
}

const DEFAULTS: StartOptions = { interrupts: true, js: true, contexts: true };

/** A further call may ask for nothing, or for what runs. */
export function agree(first: StartOptions, next: StartOptions, interpreter: Interpreter): void {
  for (const name of ["args", "argv", "path", "interrupts", "js", "contexts", "debug"] as const) {
    const runs = first[name] ?? DEFAULTS[name];
    if (next[name] !== undefined && String(next[name]) !== String(runs ?? "")) {
      throw new PythonStartError(
        `Python runs already with ${name} ${JSON.stringify(runs ?? null)}; ` +
          `this call asks for ${JSON.stringify(next[name])}. A process has one Python: ` +
          `start it with these options first`,
      );
    }
  }
  if (next.python === undefined || next.python === first.python) return;
  const asked = locate(next.python);
  const { candidate } = interpreter;
  if (asked.library !== candidate.library || asked.executable !== candidate.executable) {
    throw new PythonStartError(
      `Python runs already from ${candidate.executable ?? candidate.library}; this call asks for ` +
        `${JSON.stringify(next.python)}, which is ${asked.executable ?? asked.library}. ` +
        `A process has one Python: start that one first, or use a second process`,
    );
  }
}

/** This thread joins a Python that another one started. */
export function joining(library: string, options: StartOptions): Candidate {
  if (options.python !== undefined) {
    const asked = locate(options.python);
    if (asked.library !== library) {
      throw new PythonStartError(
        `another thread of this process runs Python from ${library}; this call asks for ` +
          `${JSON.stringify(options.python)}, which is ${asked.library}`,
      );
    }
    return asked;
  }
  return {
    library,
    executable: null,
    home: null,
    venv: null,
    version: null,
    flags: "",
    origin: "this process",
  };
}
