/**
 * The package `pyduet` inside Python: its modules, loaded when first asked for.
 * @module
 */

import calls from "../../python/pyduet/_calls.py" with { type: "text" };
import asyncIterators from "../../python/pyduet/_async_iterators.py" with { type: "text" };
import bell from "../../python/pyduet/_bell.py" with { type: "text" };
import core from "../../python/pyduet/__init__.py" with { type: "text" };
import contexts from "../../python/pyduet/_contexts.py" with { type: "text" };
import cycles from "../../python/pyduet/_cycles.py" with { type: "text" };
import dates from "../../python/pyduet/_dates.py" with { type: "text" };
import deadlock from "../../python/pyduet/_deadlock.py" with { type: "text" };
import define from "../../python/pyduet/_define.py" with { type: "text" };
import errors from "../../python/pyduet/_errors.py" with { type: "text" };
import end from "../../python/pyduet/_end.py" with { type: "text" };
import imports from "../../python/pyduet/_imports.py" with { type: "text" };
import interrupts from "../../python/pyduet/_interrupts.py" with { type: "text" };
import js from "../../python/pyduet/_js.py" with { type: "text" };
import jsAsync from "../../python/pyduet/_js_async.py" with { type: "text" };
import jsCollections from "../../python/pyduet/_js_collections.py" with { type: "text" };
import jsModule from "../../python/pyduet/_js_module.py" with { type: "text" };
import kinds from "../../python/pyduet/_kinds.py" with { type: "text" };
import loop from "../../python/pyduet/_loop.py" with { type: "text" };
import memory from "../../python/pyduet/_memory.py" with { type: "text" };
import modules from "../../python/pyduet/_modules.py" with { type: "text" };
import objects from "../../python/pyduet/_objects.py" with { type: "text" };
import output from "../../python/pyduet/_output.py" with { type: "text" };
import pairs from "../../python/pyduet/_pairs.py" with { type: "text" };
import plain from "../../python/pyduet/_plain.py" with { type: "text" };
import pool from "../../python/pyduet/_pool.py" with { type: "text" };
import run from "../../python/pyduet/_run.py" with { type: "text" };
import selector from "../../python/pyduet/_selector.py" with { type: "text" };
import tasks from "../../python/pyduet/_tasks.py" with { type: "text" };
import ties from "../../python/pyduet/_ties.py" with { type: "text" };
import typed from "../../python/pyduet/_typed.py" with { type: "text" };
import withSide from "../../python/pyduet/_with.py" with { type: "text" };
import { backend } from "../ffi/select.ts";
import { borrow, type Borrowed, type New, type Ref, steal } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";

/** A module of the package; `""` is the package itself. */
export type PythonModule =
  | ""
  | "_async_iterators"
  | "_bell"
  | "_calls"
  | "_contexts"
  | "_cycles"
  | "_dates"
  | "_deadlock"
  | "_define"
  | "_end"
  | "_errors"
  | "_imports"
  | "_interrupts"
  | "_js"
  | "_js_async"
  | "_js_collections"
  | "_js_module"
  | "_kinds"
  | "_loop"
  | "_memory"
  | "_modules"
  | "_objects"
  | "_output"
  | "_pairs"
  | "_plain"
  | "_pool"
  | "_run"
  | "_selector"
  | "_tasks"
  | "_ties"
  | "_typed"
  | "_with";

const SOURCES: Record<PythonModule, string> = {
  "": core,
  _async_iterators: asyncIterators,
  _bell: bell,
  _calls: calls,
  _contexts: contexts,
  _cycles: cycles,
  _dates: dates,
  _deadlock: deadlock,
  _define: define,
  _end: end,
  _errors: errors,
  _imports: imports,
  _interrupts: interrupts,
  _js: js,
  _js_async: jsAsync,
  _js_collections: jsCollections,
  _js_module: jsModule,
  _kinds: kinds,
  _loop: loop,
  _memory: memory,
  _modules: modules,
  _objects: objects,
  _output: output,
  _pairs: pairs,
  _plain: plain,
  _pool: pool,
  _run: run,
  _selector: selector,
  _tasks: tasks,
  _ties: ties,
  _typed: typed,
  _with: withSide,
};

/** What each module needs to be there before it. */
const NEEDS: Partial<Record<PythonModule, PythonModule[]>> = {
  _async_iterators: ["_loop"],
  _end: ["_output"],
  _errors: ["_objects", "_run"],
  _interrupts: ["_bell"],
  _loop: ["_selector"],
  _ties: ["_objects"],
  _js_async: ["_js"],
  _js_collections: ["_js"],
  _js_module: ["_js"],
  _pool: ["_calls"],
  _tasks: ["_loop"],
};

/** The bottom of every stack: CPython's own compile() flags. */
const FILE_INPUT = 257;

/** Functions of the package, by module and name. */
export interface PythonSide {
  /** The function, borrowed for as long as the interpreter lives. Needs the GIL. */
  get(module: PythonModule, name: string): Borrowed;
  /** Gives Python the text of modules that another thread may need first. Needs the GIL. */
  offer(...modules: PythonModule[]): void;
  /** Calls it; leaves the arguments with their owner. Needs the GIL. Throws what Python raises. */
  call(module: PythonModule, name: string, ...args: Ref[]): New;
}

/** Binds the package to an interpreter. */
export function createPythonSide(interpreter: Interpreter, checks: Checks): PythonSide {
  const { library } = interpreter;
  const { Py_DecRef, PyObject_Call, PyTuple_New, PyTuple_SetItem } = library.object;
  const { takeNewOrThrow, pointerOrThrow, intOrThrow } = checks;
  const functions = new Map<string, New>();
  const loaded = new Map<PythonModule, New>();

  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text + "\0");

  /** The module; made if no JS thread of this process has. */
  function load(module: PythonModule): Borrowed {
    const known = loaded.get(module);
    if (known) return borrow(known);
    NEEDS[module]?.forEach(load);
    const modules = pointerOrThrow(library.code.PyImport_GetModuleDict());
    const name = text(module === "" ? "pyduet" : `pyduet.${module}`);
    const made = library.code.PyDict_GetItemWithError(modules, name)
      ? null
      : interpreter.shielded(() => make(module));
    // Another thread may make one meanwhile: the first to be entered is the one for all.
    const entered = made
      ? library.code.PyDict_SetDefault(modules, name, made)
      : library.code.PyDict_GetItemWithError(modules, name);
    const object = interpreter.share(pointerOrThrow(entered));
    if (made) Py_DecRef(made);
    Py_DecRef(name);
    loaded.set(module, object);
    return borrow(object);
  }

  /** A module that nobody sees before its code has run. */
  function make(module: PythonModule): New {
    const object = takeNewOrThrow(
      library.code.PyModule_New(bytes(module === "" ? "pyduet" : `pyduet.${module}`)),
    );
    const names = pointerOrThrow(library.code.PyModule_GetDict(object));
    const file = `<pyduet>/${module || "__init__"}.py`;
    const marks: [string, Ref][] = [
      ["__file__", text(file)],
      ["__builtins__", interpreter.share(pointerOrThrow(library.code.PyEval_GetBuiltins()))],
    ];
    for (const [key, value] of marks) {
      intOrThrow(library.code.PyDict_SetItemString(names, bytes(key), value));
      Py_DecRef(value as New);
    }
    const code = takeNewOrThrow(
      library.code.Py_CompileStringExFlags(
        bytes(SOURCES[module]),
        bytes(file),
        FILE_INPUT,
        backend.null,
        -1,
      ),
    );
    Py_DecRef(takeNewOrThrow(library.code.PyEval_EvalCode(code, names, names)));
    Py_DecRef(code);
    return object;
  }

  function text(value: string): New {
    const utf8 = new TextEncoder().encode(value);
    return takeNewOrThrow(
      library.scalars.PyUnicode_DecodeUTF8Buffer(utf8, backend.size(utf8.length), backend.null),
    );
  }

  function get(module: PythonModule, name: string): Borrowed {
    const key = `${module}.${name}`;
    let fn = functions.get(key);
    if (!fn) {
      const attribute = text(name);
      fn = takeNewOrThrow(library.object.PyObject_GetAttr(load(module), attribute));
      Py_DecRef(attribute);
      functions.set(key, fn);
    }
    return borrow(fn);
  }

  function call(module: PythonModule, name: string, ...args: Ref[]): New {
    const fn = get(module, name);
    const tuple = takeNewOrThrow(PyTuple_New(backend.size(args.length)));
    args.forEach((argument, i) => {
      // SAFETY: the tuple is new and nobody else knows it; it takes the reference made here.
      PyTuple_SetItem(tuple, backend.size(i), steal(interpreter.share(argument)));
    });
    const result = PyObject_Call(fn, tuple, backend.null);
    Py_DecRef(tuple);
    return takeNewOrThrow(result);
  }

  function offer(...modules: PythonModule[]): void {
    for (const module of modules) {
      const parts = [text(module), text(SOURCES[module])] as const;
      Py_DecRef(call("", "offer", ...parts));
      parts.forEach((part) => Py_DecRef(part));
    }
  }

  interpreter.atClose(() => {
    for (const reference of [...functions.values(), ...loaded.values()]) Py_DecRef(reference);
  });
  return { get, offer, call };
}
