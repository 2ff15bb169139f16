/**
 * Calling Python: arguments converted into a frame of native memory, one call,
 * the result converted. The hot path of the library; bench/call.ts measures it.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { Pointer, Size } from "../ffi/backend.ts";
import { type New, type Ref, steal } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import { describe } from "../convert/path.ts";
import type { Rules } from "../convert/rules.ts";
import type { Strings } from "../convert/string.ts";
import type { ToPython } from "../convert/to_python.ts";

/** Keyword arguments, made by {@link kw}. */
export class KeywordArguments<T extends Record<string, unknown> = Record<string, unknown>> {
  /** The arguments by name, in their order. */
  readonly values: Readonly<T>;
  /** For the type checker alone: a function takes no other names than these. */
  declare readonly names?: keyof T;
  /** Use {@link kw}. */
  constructor(values: Readonly<T>) {
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
export function kw<T extends Record<string, unknown>>(values: T): KeywordArguments<T> {
  const prototype = typeof values === "object" && values && Object.getPrototypeOf(values);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError(`kw() takes an object of names and values, not ${describe(values)}`);
  }
  return new KeywordArguments<T>(values);
}

/** Positional arguments, and those by keyword that may follow them. */
export function splitKeywords(
  values: readonly unknown[],
): [args: unknown[], kwargs: Record<string, unknown>] {
  const last = values.at(-1);
  if (!(last instanceof KeywordArguments)) return [[...values], {}];
  return [values.slice(0, -1), { ...last.values }];
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
  /** The same pointers as JS values: from `first` on they are the frame's to give back. */
  readonly owned: New[];
  first: number;
  filled: number;
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
    return { address: memory.address, memory, owned: [], first: 0, filled: 0 };
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

  /** A frame for so many slots, with `self` in the first; closed by `close()`. */
  function open(slots: number, self: Ref | null): Frame {
    const frame = slots <= SLOTS ? frames[depth] ??= makeFrame(SLOTS) : makeFrame(slots);
    depth++;
    frame.filled = frame.first = self === null ? 0 : 1;
    if (self !== null) frame.memory.setPointer(0, self);
    return frame;
  }

  function push(frame: Frame, value: unknown): void {
    const argument = toPython(value);
    frame.memory.setPointer(frame.filled, argument);
    frame.owned[frame.filled++] = argument;
  }

  function close(frame: Frame): void {
    depth--;
    for (let i = frame.first; i < frame.filled; i++) Py_DecRef(frame.owned[i]!);
  }

  function callPositional(
    callable: Ref,
    self: Ref | null,
    args: readonly unknown[],
    count: number,
  ): New | null {
    const frame = open(count + 1, self);
    try {
      for (let i = 0; i < count; i++) push(frame, args[i]);
      // SAFETY: self's owner and this frame keep what is in the slots.
      return vectorcall(callable, frame.address, backend.size(frame.filled), NULL);
    } finally {
      close(frame);
    }
  }

  function callKeywords(
    callable: Ref,
    self: Ref | null,
    args: readonly unknown[],
    positional: number,
    keywords: Readonly<Record<string, unknown>>,
  ): New | null {
    if (!namesAsTuple) return callDict(callable, self, args, positional, keywords);
    const names = Object.keys(keywords);
    const frame = open(positional + names.length + 1, self);
    try {
      for (let i = 0; i < positional; i++) push(frame, args[i]);
      const before = frame.filled;
      let shape = root;
      for (let i = 0; i < names.length; i++) {
        const name = names[i]!;
        shape = shape.next.get(name) ?? extend(shape, name);
        push(frame, keywords[name]);
      }
      // SAFETY: as above; the tuple of names lives at least to the end of the turn.
      return vectorcall(
        callable,
        frame.address,
        backend.size(before),
        shape.tuple ?? nameTuple(shape, names),
      );
    } finally {
      close(frame);
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
    const frame = open(positional + 1, self);
    let dict: New | null = null;
    try {
      for (let i = 0; i < positional; i++) push(frame, args[i]);
      dict = takeNewOrThrow(PyDict_New());
      for (const name of Object.keys(keywords)) {
        const value = toPython(keywords[name]);
        const result = PyDict_SetItem(dict, strings.name(name), value);
        Py_DecRef(value);
        checks.intOrThrow(result);
      }
      // SAFETY: as above; the dict lives to the end of this function.
      return vectorcall(callable, frame.address, backend.size(frame.filled), dict);
    } finally {
      close(frame);
      if (dict) Py_DecRef(dict);
    }
  }

  let root: Shape = { next: new Map(), tuple: null };
  let complete: Shape[] = [];
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
      // SAFETY: a new tuple that nobody else knows; it takes the reference made here.
      PyTuple_SetItem(tuple, backend.size(i), steal(interpreter.share(strings.name(name))));
    });
    shape.tuple = tuple;
    complete.push(shape);
    return tuple;
  }

  function forget(): void {
    interpreter.dropRetired(); // the tuples of before these
    for (const shape of complete) {
      interpreter.retire(shape.tuple!);
      shape.tuple = null; // a call that is being prepared makes its own again
    }
    complete = [];
    root = { next: new Map(), tuple: null };
    shapeNames = 0;
  }

  interpreter.atClose(forget);
  return { call, callNew };
}
