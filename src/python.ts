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
import { pythonErrorOf } from "./interpreter/python_error.ts";
import { runningLibrary } from "./interpreter/start.ts";
import type { Scope } from "./interpreter/scope.ts";
import { type Bridge, type Facade, facadeOf, type PromiseOptions } from "./objects/facade.ts";
import type { PyObject, PyValue } from "./objects/py_object.ts";
import { debugOf, type PythonDebug, report } from "./debug.ts";
import { createBridge } from "./objects/register.ts";
import { type Awaiting, createAwaiting } from "./async/awaitable.ts";
import { watchSignals } from "./async/interrupts.ts";
import { type PythonWorker, startWorker } from "./worker.ts";
import { describe } from "./convert/path.ts";
import { agree, checkOptions, joining, type StartOptions } from "./start_options.ts";
import { createDefinitions } from "./define/build.ts";
import { PyModule } from "./define/module.ts";
import type { PySubclassable } from "./define/subclassable.ts";
import { Type } from "./define/types.ts";

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
  /**
   * The same where `await` may stand outside of functions. The code begins at once; aborting `signal` cancels it.
   *
   * @example
   * ```ts
   * import { startPython } from "pyduet";
   * const py = startPython();
   * await py.runAsync("import asyncio\nawait asyncio.sleep(0.01, 'done')"); // "done"
   * ```
   */
  runAsync(code: string, options?: RunOptions & PromiseOptions): Promise<PyValue>;
  /** Runs a file as `python path argv…` would. */
  runFile(path: string, options?: { argv?: readonly string[] }): null;
  /** Releases every PyObject made inside, except what `fn` returns; `fn` may be asynchronous. */
  scope<T>(fn: () => T): T;
  /**
   * A PyObject holding the converted value, also where it would convert back by itself; with a type of `t`
   * exactly that one: `py.toPython(1, t.float)`.
   */
  toPython(value: unknown, type?: Type): PyObject;
  /**
   * Makes a module importable: `import name`. Registering a name again changes the members of the same module
   * object. The result takes the module out again.
   */
  register(module: PyModule): () => void;
  /**
   * The class to extend for a class of TypeScript that extends a Python class: Python calls the methods it
   * overrides, `super.method()` is Python's, and what it does not define is looked up in Python. Fields of the
   * class stay in TypeScript. Python's keyword arguments come last, as `kw()` makes them.
   *
   * @example
   * ```ts
   * import { startPython } from "pyduet";
   * const py = startPython();
   * const { HTMLParser } = py.import("html.parser");
   * class Links extends py.subclassable(HTMLParser) {
   *   found: string[] = [];
   *   handle_starttag(tag: string) {
   *     this.found.push(tag);
   *   }
   * }
   * const links = new Links();
   * links.feed("<p><a href=x>");
   * links.found; // ["p", "a"]
   * ```
   */
  subclassable(base: PyObject): PySubclassable;
  /**
   * A second JS thread that imports the module, which may start Python itself and has the same one; functions that
   * it exports are called by name. It keeps the program alive only while it has a call to answer.
   */
  worker(specifier: string | URL): PythonWorker;
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
  const bridge = createBridge(interpreter, options.contexts);
  const awaiting = createAwaiting(bridge);
  const python = createPython(bridge, awaiting, candidate);
  // Where Python's main thread is not the process's first, signals are the runtime's alone.
  if (options.interrupts !== false && !interpreter.mortal) {
    watchSignals(bridge, {
      cancelAwaited: () => awaiting.interrupt(),
      end: () => end(bridge, true),
    });
  }
  if (interpreter.initialised) begin(bridge, options);
  running = { python, bridge, options };
  backend.onExit(() => end(bridge, true));
  backend.onUncaught(() => {
    if (closed) return;
    interpreter.attach();
    interpreter.upper.closeLoop(interpreter.lease.depth > 0);
    bridge.interpreter.library.object.Py_DecRef(bridge.python.call("_end", "abandon"));
  });
  return python;
}

// --- the object -------------------------------------------------------------

function createPython(bridge: Bridge, awaiting: Awaiting, candidate: Candidate): Python {
  const definitions = createDefinitions(bridge);
  bridge.setDefined(definitions);
  bridge.setAsynchronous(awaiting);
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
      const run = (): New => side.call("_run", name, ...converted);
      try {
        return rules.toJs(bridge.contexts ? bridge.contexts.within(run) : run());
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
    debug: debugOf(bridge),
    import: <T>(name: string) =>
      attached(() => {
        checkText(name, "py.import(name)");
        return rules.toJs(importNew(name)) as T;
      }),
    run(code, { globals = null, locals = null, filename = null as string | null } = {}) {
      checkText(code, "py.run(code)");
      return callSide("run", code, globals, locals, filename);
    },
    // deno-lint-ignore require-await -- what is wrong with the call rejects as well
    async runAsync(code, { globals = null, locals = null, filename = null, signal } = {}) {
      checkText(code, "py.runAsync(code)");
      const coroutine = callSide("run_async", code, globals, locals, filename ?? null);
      try {
        return bridge.promise(facadeOf(coroutine)!, { signal });
      } finally {
        (coroutine as PyObject).$.release(); // the task has it now
      }
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
    toPython(value, type) {
      checkType(type);
      return attached(() =>
        bridge.wrap(type ? definitions.write(value, type) : toPython(value)) as PyObject
      );
    },
    register(module) {
      if (!(module instanceof PyModule)) {
        throw new TypeError(`py.register() takes what pyModule() made, not ${describe(module)}`);
      }
      return attached(() => definitions.register(module));
    },
    worker: startWorker,
    subclassable: (base) => attached(() => definitions.subclassable(base)),
    close: () => end(bridge, false),
    [Symbol.dispose]: () => python.close(),
  };
  return python;
}

function checkText(value: unknown, what: string): void {
  if (typeof value !== "string") throw new TypeError(`${what} takes a string, not ${typeof value}`);
}

function checkType(type: unknown): asserts type is Type | undefined {
  if (type !== undefined && !(type instanceof Type)) {
    throw new TypeError(`py.toPython(value, type) takes a type of t, not ${describe(type)}`);
  }
}

function begin(bridge: Bridge, { argv, path = [], js = true }: StartOptions): void {
  const { python, interpreter } = bridge;
  python.offer("_bell", "_selector", "_loop"); // asyncio may be imported while TypeScript waits for Python
  interpreter.library.object.Py_DecRef(python.call("_imports", "watch"));
  const converted = bridge.allToPython([argv === undefined ? null : [...argv], [...path], js]);
  interpreter.library.object.Py_DecRef(python.call("", "begin", ...converted));
  interpreter.library.object.Py_DecRef(python.call("_output", "take"));
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
  const error = pythonErrorOf(value);
  if (error) collectKept(error.value, keeping, seen, depth + 1);
  else if (Array.isArray(value)) {
    for (const each of value) collectKept(each, keeping, seen, depth + 1);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const each of Object.values(value)) collectKept(each, keeping, seen, depth + 1);
  }
}

// --- the end ----------------------------------------------------------------

function end(bridge: Bridge, exiting: boolean): void {
  if (closed) {
    if (exiting) bridge.interpreter.exit();
    return;
  }
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
