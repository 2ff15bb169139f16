/**
 * Calling Python: arguments converted into a frame of native memory, one call,
 * the result converted. The hot path of the library; bench/call.ts measures it.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { Pointer, Size } from "../ffi/backend.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import { describe } from "../convert/path.ts";
import type { Rules } from "../convert/rules.ts";
import type { Strings } from "../convert/string.ts";
import type { ToPython } from "../convert/to_python.ts";

/** Keyword arguments, made by {@link kw}. */
export class KeywordArguments {
  /** The arguments by name, in their order. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Use {@link kw}. */
  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }
}

/**
 * Keyword arguments for a Python call; goes last.
 *
 * @example
 * ```ts
 * import { kw, startPython } from "pyduet";
 * const py = startPython();
 * py.builtins.sorted([3, 1, 2], kw({ reverse: true })).$.toJs(); // [3, 2, 1]
 * ```
 */
export function kw(values: Record<string, unknown>): KeywordArguments {
  const prototype = typeof values === "object" && values && Object.getPrototypeOf(values);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError(`kw() takes an object of names and values, not ${describe(values)}`);
  }
  return new KeywordArguments(values);
}

/** Calls into Python. They take the GIL themselves. */
export interface Calls {
  /** `callable(self?, ...args)`, the result converted. The callable and `self` stay with their owner. */
  call(callable: Ref, self: Ref | null, args: readonly unknown[]): unknown;
  /** The same, the result as a new reference. */
  callNew(callable: Ref, self: Ref | null, args: readonly unknown[]): New;
}

/** Arguments that fit a frame; calls with more get memory of their own. */
const SLOTS = 16;
/** Frames made at start; deeper nesting makes more. */
const FRAMES = 16;
/** Names in the tree of keyword shapes; a program that makes names up must not keep them all. */
const MOST_SHAPE_NAMES = 4096;

interface Frame {
  readonly address: Pointer;
  /** Slots in the memory. */
  readonly memory: { setPointer(slot: number, value: Pointer): void };
  /** The same pointers as JS values. */
  readonly owned: New[];
}

/** Names of keyword arguments in their order: a tree, so that no key text is built. */
interface Shape {
  readonly next: Map<string, Shape>;
  tuple: New | null;
}

/** Binds calling to an interpreter. */
export function createCalls(
  interpreter: Interpreter,
  checks: Checks,
  toPython: ToPython,
  rules: Rules,
  strings: Strings,
): Calls {
  const { library, lease, flags } = interpreter;
  const {
    Py_IncRef,
    Py_DecRef,
    PyObject_CallNoArgs,
    PyObject_Vectorcall,
    PyObject_VectorcallDict,
    _PyObject_FastCallDict,
    PyTuple_New,
    PyTuple_SetItem,
    PyErr_Clear,
  } = library.object;
  // Before 3.11 keywords go as a dict; the shape of both functions is the same without keywords.
  const vectorcall = (PyObject_Vectorcall ?? PyObject_VectorcallDict ?? _PyObject_FastCallDict)!;
  const namesAsTuple = PyObject_Vectorcall !== null;
  const { toJs } = rules;
  const { takeNewOrThrow } = checks;
  const waiting = flags.bytes;
  const NULL = backend.null;
  const SIZES: Size[] = Array.from({ length: SLOTS + 1 }, (_, i) => backend.size(i));

  const frames: Frame[] = [];
  let depth = 0;

  function makeFrame(slots: number): Frame {
    const memory = backend.allocate(slots * 8);
    return { address: memory.address, memory, owned: [] };
  }
  for (let i = 0; i < FRAMES; i++) frames.push(makeFrame(SLOTS));

  function callNew(callable: Ref, self: Ref | null, args: readonly unknown[]): New {
    if (!lease.attached) lease.attach();
    const count = args.length;
    let result: New | null;
    try {
      result = dispatch(callable, self, args, count);
    } catch (error) {
      // A JS error may leave a callback by force (an exhausted stack): Python's stays behind.
      PyErr_Clear();
      throw error;
    }
    if (!result) throw interpreter.raised();
    if (waiting[0] !== 0) interpreter.flushed();
    return result;
  }

  function dispatch(
    callable: Ref,
    self: Ref | null,
    args: readonly unknown[],
    count: number,
  ): New | null {
    if (count === 0 && self === null && PyObject_CallNoArgs !== null) {
      return PyObject_CallNoArgs(callable);
    }
    const last = count > 0 ? args[count - 1] : undefined;
    if (typeof last === "object" && last instanceof KeywordArguments) {
      return callKeywords(callable, self, args, count - 1, last.values);
    }
    if (count === 1 || count === 2) return callShort(callable, self, args[0], args[1], count);
    return callPositional(callable, self, args, count);
  }

  function call(callable: Ref, self: Ref | null, args: readonly unknown[]): unknown {
    return toJs(callNew(callable, self, args));
  }

  /** One or two plain arguments, the most frequent calls: without loops and lists. */
  function callShort(
    callable: Ref,
    self: Ref | null,
    a: unknown,
    b: unknown,
    count: 1 | 2,
  ): New | null {
    const first = toPython(a);
    let second: New | null = null;
    if (count === 2) {
      try {
        second = toPython(b);
      } catch (error) {
        Py_DecRef(first);
        throw error;
      }
    }
    const { memory, address } = frames[depth] ??= makeFrame(SLOTS);
    let filled = 0;
    if (self !== null) memory.setPointer(filled++, self);
    memory.setPointer(filled++, first);
    if (second !== null) memory.setPointer(filled++, second);
    depth++;
    try {
      // SAFETY: self's owner keeps it; the other slots' references are given back below.
      return vectorcall(callable, address, SIZES[filled]!, NULL);
    } finally {
      depth--;
      Py_DecRef(first);
      if (second !== null) Py_DecRef(second);
    }
  }

  function callPositional(
    callable: Ref,
    self: Ref | null,
    args: readonly unknown[],
    count: number,
  ): New | null {
    const first = self === null ? 0 : 1;
    const total = first + count;
    const frame = total <= SLOTS ? frames[depth] ??= makeFrame(SLOTS) : makeFrame(total);
    const { memory, owned } = frame;
    depth++;
    let filled = first;
    try {
      if (self !== null) memory.setPointer(0, self);
      for (let i = 0; i < count; i++) {
        const argument = toPython(args[i]);
        memory.setPointer(filled, argument);
        owned[filled++] = argument;
      }
      // SAFETY: `total` slots hold live references: self's owner and this frame keep them.
      return vectorcall(
        callable,
        frame.address,
        total <= SLOTS ? SIZES[total]! : backend.size(total),
        NULL,
      );
    } finally {
      depth--;
      for (let i = first; i < filled; i++) Py_DecRef(owned[i]!);
    }
  }

  function callKeywords(
    callable: Ref,
    self: Ref | null,
    args: readonly unknown[],
    positional: number,
    keywords: Readonly<Record<string, unknown>>,
  ): New | null {
    const names = Object.keys(keywords);
    if (!namesAsTuple) return callDict(callable, self, args, positional, keywords);
    const first = self === null ? 0 : 1;
    const total = first + positional + names.length;
    const frame = total <= SLOTS ? frames[depth] ??= makeFrame(SLOTS) : makeFrame(total);
    const { memory, owned } = frame;
    depth++;
    let filled = first;
    try {
      if (self !== null) memory.setPointer(0, self);
      for (let i = 0; i < positional; i++) {
        const argument = toPython(args[i]);
        memory.setPointer(filled, argument);
        owned[filled++] = argument;
      }
      let shape = root;
      for (let i = 0; i < names.length; i++) {
        const name = names[i]!;
        shape = shape.next.get(name) ?? extend(shape, name);
        const argument = toPython(keywords[name]);
        memory.setPointer(filled, argument);
        owned[filled++] = argument;
      }
      // SAFETY: as above; the tuple of names is kept by its shape, or by `kept` here.
      return vectorcall(
        callable,
        frame.address,
        backend.size(first + positional),
        shape.tuple ?? nameTuple(shape, names),
      );
    } finally {
      depth--;
      for (let i = first; i < filled; i++) Py_DecRef(owned[i]!);
    }
  }

  /** Python 3.8 to 3.10: a dict of the keywords, which the callee sees last. */
  function callDict(
    callable: Ref,
    self: Ref | null,
    args: readonly unknown[],
    positional: number,
    keywords: Readonly<Record<string, unknown>>,
  ): New | null {
    const { PyDict_New, PyDict_SetItem } = library.collections;
    const first = self === null ? 0 : 1;
    const frame = makeFrame(first + positional + 1);
    const { memory, owned } = frame;
    let filled = 0;
    const dict = takeNewOrThrow(PyDict_New());
    try {
      if (self !== null) memory.setPointer(0, self);
      for (let i = 0; i < positional; i++) {
        owned[filled] = toPython(args[i]);
        memory.setPointer(first + filled, owned[filled]!);
        filled++;
      }
      for (const name of Object.keys(keywords)) {
        const value = toPython(keywords[name]);
        const result = PyDict_SetItem(dict, strings.name(name), value);
        Py_DecRef(value);
        checks.intOrThrow(result);
      }
      // SAFETY: the frame and the dict live to the end of this function.
      return vectorcall(callable, frame.address, backend.size(first + positional), dict);
    } finally {
      for (let i = 0; i < filled; i++) Py_DecRef(owned[i]!);
      Py_DecRef(dict);
    }
  }

  let root: Shape = { next: new Map(), tuple: null };
  let tuples: New[] = [];
  let shapeNames = 0;

  function extend(shape: Shape, name: string): Shape {
    const longer: Shape = { next: new Map(), tuple: null };
    shape.next.set(name, longer);
    shapeNames++;
    return longer;
  }

  /** Made once for a shape. Forgotten ones are given back at the end of the turn. */
  function nameTuple(shape: Shape, names: readonly string[]): New {
    if (shapeNames > MOST_SHAPE_NAMES) forget();
    const tuple = takeNewOrThrow(PyTuple_New(backend.size(names.length)));
    names.forEach((name, i) => {
      const text: Borrowed = strings.name(name);
      Py_IncRef(text);
      // SAFETY: a new tuple; it takes the reference made above.
      PyTuple_SetItem(tuple, backend.size(i), text as never);
    });
    shape.tuple = tuple;
    tuples.push(tuple);
    return tuple;
  }

  function forget(): void {
    for (const tuple of tuples) interpreter.queue.add(tuple);
    tuples = [];
    root = { next: new Map(), tuple: null };
    shapeNames = 0;
  }

  interpreter.atClose(() => {
    forget();
    interpreter.queue.drain();
  });
  return { call, callNew };
}
