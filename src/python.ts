/**
 * `startPython()`: the composition root.
 * @module
 */

import { backend, system } from "./ffi/select.ts";
import { type Candidate, locate } from "./capi/locate.ts";
import type { New } from "./capi/reference.ts";
import { PythonClosedError, PythonStartError } from "./errors.ts";
import type { Handle } from "./interpreter/handle.ts";
import { Interpreter } from "./interpreter/interpreter.ts";
import { PythonError } from "./interpreter/python_error.ts";
import { runningLibrary } from "./interpreter/start.ts";
import type { Scope } from "./interpreter/scope.ts";
import { type Bridge, type Facade, facadeOf } from "./objects/facade.ts";
import type { PyObject, PyValue } from "./objects/py_object.ts";
import { createBridge } from "./objects/register.ts";

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
  /** Keep the stack of each handle's making and report at exit what was not released. */
  debug?: boolean;
}

/** What runs. */
export interface PythonInfo {
  /** The file that was loaded. */
  readonly library: string;
  /** `sys.executable` */
  readonly executable: string;
  /** `sys.version` */
  readonly version: string;
  /** `sys.prefix`: of the venv where one is in force. */
  readonly prefix: string;
  /** `sys.base_prefix`: the installation that a venv was made from. */
  readonly basePrefix: string;
  /** A build with assertions (`--with-pydebug`). */
  readonly debug: boolean;
  /** A build without the GIL. */
  readonly freeThreaded: boolean;
}

/** Options of `py.run()`. */
export interface RunOptions {
  /** A dict or module; default the names of `__main__`. */
  globals?: unknown;
  /** Names seen before the global ones; what the code assigns goes here. */
  locals?: unknown;
  /** What tracebacks call the code. */
  filename?: string;
}

/** A live handle, as `py.debug.handles()` lists it. */
export interface HandleInfo {
  /** The type's name. */
  readonly type: string;
  /** `repr()`, cut at 100 characters. */
  readonly repr: string;
  /** In debug mode, the stack that made it. */
  readonly made?: string;
}

/** Looking for leaks. */
export interface PythonDebug {
  /** Every Python object that this thread's TypeScript holds, oldest first. */
  handles(): HandleInfo[];
  /** How many there are, how many JS values Python holds, and how many buffers were not released. */
  counts(): { handles: number; hostValues: number; buffers: number };
  /** Runs `fn` and throws if it leaves more handles, held JS values or buffers than it found. */
  assertNoLeaks<T>(fn: () => T): T;
}

/** The process's one Python, as this JS thread uses it. */
export interface Python extends Disposable {
  /** `[major, minor, micro]`, as in `sys.version_info`. */
  readonly version: readonly [number, number, number];
  /** What runs: library, executable, build. */
  readonly info: PythonInfo;
  /** The module `__main__`: its attributes are the global names of `py.run()`. */
  readonly globals: PyObject;
  /** The module `builtins`. */
  readonly builtins: PyObject;
  /** Looking for leaks. */
  readonly debug: PythonDebug;
  /** Imports a module; `"os.path"` gives the submodule. */
  import<T = PyObject>(name: string): T;
  /** Runs statements; the value of the last expression, else `null`. */
  run(code: string, options?: RunOptions): PyValue;
  /** Runs a file as `python path argv…` would. */
  runFile(path: string, options?: { argv?: readonly string[] }): null;
  /** Releases every PyObject made inside, except what `fn` returns; `fn` may be asynchronous. */
  scope<T>(fn: () => T): T;
  /** A PyObject holding the converted value, also where it would convert back by itself. */
  toPython(value: unknown): PyObject;
  /** Runs `atexit`, flushes, releases everything. Later use throws `PythonClosedError`. */
  close(): void;
}

let running: { python: Python; bridge: Bridge; options: StartOptions } | null = null;
let closed = false;

/**
 * Starts Python in this process, or gives the one that runs. In a further JS
 * thread (a Worker, a test file) it attaches that thread to the same Python.
 *
 * Throws a `PythonNotFoundError` that lists every place tried, or a
 * `PythonStartError` where the options contradict the Python that runs.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * const py = startPython();
 * py.import("math").sqrt(2); // 1.4142135623730951
 * ```
 */
export function startPython(options: StartOptions = {}): Python {
  if (closed) {
    throw new PythonClosedError(
      "Python was closed; a process can start it only once. Close it later, or not at all: " +
        "the process's end does the same",
    );
  }
  checkOptions(options);
  if (running) {
    const { interpreter } = running.bridge;
    agree(running.options, options, interpreter);
    return running.python;
  }
  const loaded = runningLibrary();
  const candidate = loaded === null ? locate(options.python) : joining(loaded, options);
  const interpreter = new Interpreter({
    candidate,
    args: options.args ?? [],
    debug: options.debug ?? system.variable("PYDUET_DEBUG") === "1",
  });
  const bridge = createBridge(interpreter);
  const python = createPython(bridge, candidate);
  if (interpreter.initialised) begin(bridge, options);
  running = { python, bridge, options };
  backend.onExit(() => end(bridge, true));
  backend.onUncaught(() => {
    if (closed) return;
    interpreter.attach();
    bridge.interpreter.library.object.Py_DecRef(bridge.python.call("_end", "abandon"));
  });
  return python;
}

// --- options ----------------------------------------------------------------

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
  debug: BOOLEAN,
};

function checkOptions(options: StartOptions): void {
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

/** A further call may ask for nothing, or for what runs. */
function agree(first: StartOptions, next: StartOptions, interpreter: Interpreter): void {
  for (const name of ["args", "argv", "path", "debug"] as const) {
    if (next[name] !== undefined && String(next[name]) !== String(first[name] ?? "")) {
      throw new PythonStartError(
        `Python runs already with ${name} ${JSON.stringify(first[name] ?? null)}; ` +
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
function joining(library: string, options: StartOptions): Candidate {
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

// --- the object -------------------------------------------------------------

function createPython(bridge: Bridge, candidate: Candidate): Python {
  const { interpreter, checks, rules, strings, python: side, toPython } = bridge;
  const { library } = interpreter;

  function attached<T>(use: () => T): T {
    interpreter.attach();
    return use();
  }

  function importNew(name: string): New {
    const importlib = checks.takeNewOrThrow(
      library.code.PyImport_ImportModule(new TextEncoder().encode("importlib\0")),
    );
    const importModule = checks.takeNewOrThrow(
      library.object.PyObject_GetAttr(importlib, strings.name("import_module")),
    );
    library.object.Py_DecRef(importlib);
    try {
      return bridge.calls.callNew(importModule, null, [name]);
    } finally {
      library.object.Py_DecRef(importModule);
    }
  }

  const modules = new Map<string, PyObject>();
  /** A module that every program has; released by nobody but the end. */
  function permanent(name: string): PyObject {
    return attached(() => {
      let module = modules.get(name);
      if (!module || module.$.released) {
        modules.set(name, module = bridge.wrapToTheEnd(importNew(name)) as PyObject);
      }
      return module;
    });
  }

  function callSide(name: string, ...values: unknown[]): unknown {
    return attached(() => {
      const converted = bridge.allToPython(values);
      try {
        return rules.toJs(side.call("_run", name, ...converted));
      } finally {
        converted.forEach((each) => library.object.Py_DecRef(each));
      }
    });
  }

  let version: readonly [number, number, number] | undefined;

  const python: Python = {
    get version() {
      return version ??= /^(\d+)\.(\d+)\.(\d+)/.exec(library.versionText)!.slice(1)
        .map(Number) as [number, number, number];
    },
    get info() {
      const sys = python.import("sys");
      try {
        return {
          library: candidate.library,
          executable: sys.executable ?? "",
          version: sys.version,
          prefix: sys.prefix,
          basePrefix: sys.base_prefix,
          debug: sys.$.hasAttr("gettotalrefcount"),
          freeThreaded: library.freeThreaded,
        };
      } finally {
        sys.$.release();
      }
    },
    get globals() {
      return permanent("__main__");
    },
    get builtins() {
      return permanent("builtins");
    },
    debug: {
      handles: () =>
        attached(() => [...interpreter.ledger.live()].map((each) => infoOf(bridge, each))),
      counts: () => ({
        handles: interpreter.ledger.count,
        hostValues: attached(() => {
          interpreter.settle();
          return interpreter.ledger.hostValues;
        }),
        buffers: interpreter.ledger.buffers,
      }),
      assertNoLeaks: (fn) => assertNoLeaks(bridge, fn),
    },
    import: <T>(name: string) =>
      attached(() => {
        checkText(name, "py.import(name)");
        return rules.toJs(importNew(name)) as T;
      }),
    run(code, { globals = null, locals = null, filename = null as string | null } = {}) {
      checkText(code, "py.run(code)");
      return callSide("run", code, globals, locals, filename);
    },
    runFile(path, { argv = [] } = {}) {
      checkText(path, "py.runFile(path)");
      callSide("run_file", path, [...argv]);
      return null;
    },
    scope: <T>(fn: () => T) => {
      if (interpreter.lease.closed) throw new PythonClosedError("Python was closed");
      return interpreter.scopes.run(fn, (scope, kept) => endScope(bridge, scope, kept));
    },
    toPython: (value) => attached(() => bridge.wrap(toPython(value)) as PyObject),
    close: () => end(bridge, false),
    [Symbol.dispose]: () => python.close(),
  };
  return python;
}

function checkText(value: unknown, what: string): void {
  if (typeof value !== "string") throw new TypeError(`${what} takes a string, not ${typeof value}`);
}

function begin(bridge: Bridge, { argv, path = [] }: StartOptions): void {
  const { python, interpreter } = bridge;
  const converted = bridge.allToPython([argv === undefined ? null : [...argv], [...path]]);
  interpreter.library.object.Py_DecRef(python.call("", "begin", ...converted));
  converted.forEach((each) => interpreter.library.object.Py_DecRef(each));
}

// --- scopes -----------------------------------------------------------------

/** Releases what a scope holds, newest first, but for what is kept. */
function endScope(bridge: Bridge, scope: Scope, kept: unknown): void {
  const { interpreter } = bridge;
  if (interpreter.lease.closed) return;
  const keeping = new Map<Handle, Facade>();
  collectKept(kept, keeping, new Set(), 0);
  for (let handle = scope.handles.pop(); handle; handle = scope.handles.pop()) {
    const owner = keeping.size > 0 ? keeping.get(handle) : undefined;
    if (owner) interpreter.keep(handle, owner);
    else interpreter.release(handle);
  }
}

/** Objects, also inside arrays and plain objects, and the exception of an error. */
function collectKept(
  value: unknown,
  keeping: Map<Handle, Facade>,
  seen: Set<object>,
  depth: number,
): void {
  const facade = facadeOf(value);
  if (facade) {
    facade.pointer(); // a method becomes an object of its own
    keeping.set(facade.handle!, facade);
    return;
  }
  if (typeof value !== "object" || value === null || seen.has(value) || depth > 100) return;
  seen.add(value);
  if (value instanceof PythonError) collectKept(value.value, keeping, seen, depth + 1);
  else if (Array.isArray(value)) {
    for (const each of value) collectKept(each, keeping, seen, depth + 1);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const each of Object.values(value)) collectKept(each, keeping, seen, depth + 1);
  }
}

// --- leaks ------------------------------------------------------------------

function infoOf(bridge: Bridge, handle: Handle): HandleInfo {
  const { python, rules, interpreter } = bridge;
  const pointer = handle.pointer!;
  const type = rules.toJs(python.call("_objects", "type_name", pointer)) as string;
  const text = rules.toJs(python.call("_objects", "safe_repr", pointer)) as string;
  interpreter.flushed();
  return handle.made === undefined ? { type, repr: text } : { type, repr: text, made: handle.made };
}

function assertNoLeaks<T>(bridge: Bridge, fn: () => T): T {
  const { interpreter } = bridge;
  interpreter.attach();
  interpreter.settle();
  const before = new Set(interpreter.ledger.live());
  const values = interpreter.ledger.hostValues;
  const buffers = interpreter.ledger.buffers;
  const check = (): void => {
    interpreter.attach();
    interpreter.settle();
    const left = [...interpreter.ledger.live()].filter((handle) => !before.has(handle));
    const held = interpreter.ledger.hostValues - values;
    const views = interpreter.ledger.buffers - buffers;
    if (left.length === 0 && held <= 0 && views <= 0) return;
    const lines = left.map((handle) => {
      const { type, repr, made } = infoOf(bridge, handle);
      return `  ${type}: ${repr}${made ? "\n" + made : ""}`;
    });
    throw new Error(
      `${left.length} handles, ${Math.max(held, 0)} JS values held by Python and ` +
        `${Math.max(views, 0)} buffers were left:\n` +
        lines.join("\n") +
        (interpreter.ledger.debug ? "" : "\nPYDUET_DEBUG=1 shows where each was made"),
    );
  };
  const result = fn();
  if (result instanceof Promise) return result.then((value) => (check(), value)) as T;
  check();
  return result;
}

// --- the end ----------------------------------------------------------------

function end(bridge: Bridge, exiting: boolean): void {
  if (closed) return;
  const { interpreter } = bridge;
  if (interpreter.lease.depth > 0 && !exiting) {
    throw new PythonStartError(
      "py.close() was called inside a function that Python called; close Python after it returned",
    );
  }
  if (interpreter.ledger.debug && exiting) report(bridge);
  interpreter.close(exiting);
  closed = true;
  running = null;
}

function report(bridge: Bridge): void {
  bridge.interpreter.attach();
  const { ledger } = bridge.interpreter;
  if (ledger.buffers > 0) console.error(`pyduet: ${ledger.buffers} buffers were not released`);
  const left = [...ledger.live()];
  if (left.length === 0) return;
  console.error(`pyduet: ${left.length} Python objects were not released:`);
  for (const handle of left) {
    const { type, repr, made } = infoOf(bridge, handle);
    console.error(`  ${type}: ${repr}\n${made}`);
  }
}
