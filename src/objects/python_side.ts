/**
 * The package `pyduet` inside Python: its modules, loaded when first asked for.
 * @module
 */

import core from "../../python/pyduet/__init__.py" with { type: "text" };
import dates from "../../python/pyduet/_dates.py" with { type: "text" };
import errors from "../../python/pyduet/_errors.py" with { type: "text" };
import end from "../../python/pyduet/_end.py" with { type: "text" };
import kinds from "../../python/pyduet/_kinds.py" with { type: "text" };
import memory from "../../python/pyduet/_memory.py" with { type: "text" };
import objects from "../../python/pyduet/_objects.py" with { type: "text" };
import plain from "../../python/pyduet/_plain.py" with { type: "text" };
import run from "../../python/pyduet/_run.py" with { type: "text" };
import { backend } from "../ffi/select.ts";
import { borrow, type Borrowed, type New, type Ref, steal } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";

/** A module of the package; `""` is the package itself. */
export type PythonModule =
  | ""
  | "_dates"
  | "_end"
  | "_errors"
  | "_kinds"
  | "_memory"
  | "_objects"
  | "_plain"
  | "_run";

const SOURCES: Record<PythonModule, string> = {
  "": core,
  _dates: dates,
  _end: end,
  _errors: errors,
  _kinds: kinds,
  _memory: memory,
  _objects: objects,
  _plain: plain,
  _run: run,
};

/** What each module needs to be there before it. */
const NEEDS: Partial<Record<PythonModule, PythonModule[]>> = { _errors: ["_objects", "_run"] };

/** The bottom of every stack: CPython's own compile() flags. */
const FILE_INPUT = 257;

/** Functions of the package, by module and name. */
export interface PythonSide {
  /** The function, borrowed for as long as the interpreter lives. Needs the GIL. */
  get(module: PythonModule, name: string): Borrowed;
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
    const made = library.code.PyDict_GetItemWithError(modules, name) ? null : make(module);
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

  interpreter.atClose(() => {
    for (const reference of [...functions.values(), ...loaded.values()]) Py_DecRef(reference);
  });
  return { get, call };
}
