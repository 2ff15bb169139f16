/**
 * Errors across the boundary, both directions, with their identity: a Python
 * exception comes back as the same object, a JS error as the same value.
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import { pythonErrorOf } from "../interpreter/python_error.ts";
import { describe } from "../convert/path.ts";
import { createErrorGraph } from "./error_graph.ts";
import { createToThrow, type ToThrowParts } from "./exception_to_js.ts";
import type { StackFrame } from "./js_stack.ts";
import { Passage } from "./passage.ts";
import { createTied } from "./tied.ts";
import { isError, safely } from "./thrown.ts";
import { Traces } from "./trace.ts";

/** Errors of one interpreter. */
export interface Raising {
  /** The JS value to throw for an exception; takes the reference. Needs the GIL. */
  toThrow(exception: New): unknown;
  /** Sets the Python exception for a JS throw. Needs the GIL. Never throws. */
  raise(thrown: unknown): void;
  /** The exception for anything thrown. Needs the GIL. */
  exceptionFor(thrown: unknown): New;
  /** A Python exception object for an Error. Needs the GIL. */
  hold(error: Error): New;
  /** The last Python frame has gone from this thread's stack: nothing is on its way any more. */
  arrived(): void;
}

/** What it needs of its floor. */
export interface RaisingParts extends Omit<ToThrowParts, "passage" | "traces" | "tied"> {
  /** `make_error(realm, reference, class, …)` of python/pyduet/_kinds.py. */
  makeError(number: number, held: Ref, ...parts: Ref[]): New;
  /** The class of the JsObject of what was thrown. Borrowed. */
  classOfThrown(thrown: unknown): Ref;
  /** What Python has of an instance of a declared class; `null` for any other. */
  declared(value: object): New | null;
}

/** Binds raising to an interpreter. */
export function createRaising(parts: RaisingParts): Raising {
  const { interpreter, checks, python, pointerOf, toPython } = parts;
  const { library } = interpreter;
  const { Py_DecRef } = library.object;
  const traces = new Traces();
  const passage = new Passage(interpreter, pointerOf);
  const tied = createTied(parts);
  const graphOf = createErrorGraph({ ...parts, tied, live });

  /** The exception that a value in an error is, or stands for. */
  function live(value: unknown): New | null {
    const given = passage.give(value);
    if (given) return given;
    const pointer = pointerOf(value);
    const object = pointer ? interpreter.share(pointer) : instanceOf(value);
    if (!object) return null;
    const base = library.pointedObject("PyExc_BaseException");
    if (checks.intOrThrow(library.protocol.PyObject_IsInstance(object, base)) === 1) return object;
    Py_DecRef(object);
    return null;
  }

  /** What Python has of an instance of a declared class that is no Error: it may be an exception there. */
  function instanceOf(value: unknown): New | null {
    if (typeof value !== "object" || value === null || isError(value)) return null;
    return safely(() => parts.declared(value)) ?? null; // a Proxy may refuse any question
  }

  /** `raise obj`, of a PyObject. */
  function exceptionOfObject(value: unknown): New | null {
    const pointer = pointerOf(value);
    if (!pointer) return null;
    const [args, kwargs] = [toPython([]), toPython({})];
    try {
      return python.call("_errors", "make", pointer, args, kwargs);
    } finally {
      Py_DecRef(args);
      Py_DecRef(kwargs);
    }
  }

  function raise(thrown: unknown): void {
    try {
      const exception = exceptionFor(thrown);
      const frames = isError(thrown) ? nextFrames(thrown) : [];
      interpreter.restore(exception);
      tell(frames);
    } catch (failure) {
      if (pythonErrorOf(failure)) {
        const exception = passage.give(failure); // what Python itself has against it
        if (exception) return interpreter.restore(exception);
      }
      const text = `a TypeScript error could not be raised in Python: ${describe(thrown)} (${
        describe(failure)
      })`;
      library.errors.PyErr_SetString(
        library.pointedObject("PyExc_SystemError"),
        cString(text),
      );
    }
  }

  function exceptionFor(thrown: unknown): New {
    return passage.exceptionOf(thrown) ?? exceptionOfObject(thrown) ?? graphOf(thrown);
  }

  /** The JS frames between the throw and this callback. No later: reading a stack may run anything. */
  function nextFrames(error: Error): readonly StackFrame[] {
    const trace = traces.of(error);
    return trace.segments()[trace.told++] ?? [];
  }

  /** Adds frames to the Python traceback of the exception that is set. */
  function tell(frames: readonly StackFrame[]): void {
    const add = library.errors._PyTraceback_Add;
    if (!add) return;
    for (const { name, file, line } of frames) add(cString(name), cString(file), line);
  }

  return {
    toThrow: createToThrow({ ...parts, passage, traces, tied }),
    raise,
    exceptionFor,
    hold: (error) => graphOf(error),
    arrived: () => passage.arrived(),
  };
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(text.replaceAll("\0", "") + "\0");
}
