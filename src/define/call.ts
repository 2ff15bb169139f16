/**
 * Python's calls to what is declared: arguments read by their types, one call, the result written by its type.
 * @module
 */

import type { Pointer } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import { kw } from "../objects/call.ts";
import type { Bridge } from "../objects/facade.ts";
import { BuiltinError, type Definition } from "../objects/native_function.ts";
import { Mismatch } from "./mismatch.ts";
import type { Parameter } from "./parameters.ts";
import type { Reader } from "./reader.ts";
import { t, type Type } from "./types.ts";
import type { Writer } from "./writer.ts";

/** What runs for one declared function. */
export interface Declared {
  /** For messages: `create_message()`. */
  readonly what: string;
  /** The parameters, for messages; of a property the value alone, as `""`. */
  readonly names: readonly string[];
  readonly readers: readonly Reader[];
  readonly writer: Writer;
  /** `this`, of what Python gives before the arguments; not there: Python gives nothing before them. */
  readonly selfOf: ((first: Borrowed) => unknown) | null;
  /** What runs, with that `this`. */
  readonly functionOf: (self: unknown) => (...args: unknown[]) => unknown;
  /** Whether {@link Calls.atEnd} may be used by a reader. */
  readonly ends: boolean;
}

/** Python callables for what is declared. */
export interface Calls {
  /** A callable that leads there: a new reference. It keeps `declared` while it lives. */
  callable(declared: Declared): New;
  /** Runs when the call that is being made ends. */
  atEnd(act: () => void): void;
  /** No callback is entered after this. */
  retire(): void;
}

type Run = (args: Pointer, count: number) => New;

/** Arguments read in one copy; more get memory of their own. */
const SLOTS = 16;

/** Binds the calls to an interpreter. */
export function createCalls(bridge: Bridge): Calls {
  const { interpreter, hosts } = bridge;
  const { library } = interpreter;
  const { memcpy, PyLong_AsDouble } = library.object;
  const slots = backend.allocate(SLOTS * 8);
  const [ONE, TWO] = [8, 16].map((length) => backend.size(length));
  const ends: (() => void)[] = [];

  const runs = new WeakSet<Run>();
  const natives = bridge.createNatives(
    (self, args, count) => (hosts.value(PyLong_AsDouble(self)) as Run)(args, count),
    (value) => runs.has(value as Run),
  );

  /** The few shapes that most calls have, without an array between; else `several()`. bench/callback.ts. */
  // SAFETY: in every copy Python keeps the argument references alive during the call, and gives as many as the
  // declaration has parameters. They are read from the copy before a conversion, which may run Python code
  // that comes back here and uses `slots`.
  function runOf(declared: Declared): Run {
    const { readers, writer, selfOf, functionOf } = declared;
    const [first, second] = readers as [Reader, Reader];
    if (selfOf === null && readers.length === 2) {
      return (args) => {
        memcpy(slots.address, args, TWO!);
        const pointer = slots.getPointer(0) as Borrowed;
        const next = slots.getPointer(1) as Borrowed;
        let at = 0;
        try {
          const a = first(pointer);
          at = 1;
          const b = second(next);
          at = 2;
          return writer(functionOf(undefined)(a, b));
        } catch (error) {
          throw located(declared, error, at);
        }
      };
    }
    if (selfOf === null && readers.length === 1) {
      return (args) => {
        memcpy(slots.address, args, ONE!);
        const pointer = slots.getPointer(0) as Borrowed;
        let at = 0;
        try {
          const a = first(pointer);
          at = 1;
          return writer(functionOf(undefined)(a));
        } catch (error) {
          throw located(declared, error, at);
        }
      };
    }
    if (selfOf !== null && readers.length === 0) {
      return (args) => {
        memcpy(slots.address, args, ONE!);
        try {
          const self = selfOf(slots.getPointer(0) as Borrowed);
          return writer(functionOf(self).call(self));
        } catch (error) {
          throw located(declared, error, 0);
        }
      };
    }
    if (selfOf !== null && readers.length === 1) {
      return (args) => {
        memcpy(slots.address, args, TWO!);
        const object = slots.getPointer(0) as Borrowed;
        const pointer = slots.getPointer(1) as Borrowed;
        let at = 0;
        try {
          const self = selfOf(object);
          const a = first(pointer);
          at = 1;
          return writer(functionOf(self).call(self, a));
        } catch (error) {
          throw located(declared, error, at);
        }
      };
    }
    return several(declared);
  }

  function several(declared: Declared): Run {
    const { readers, writer, selfOf, functionOf } = declared;
    return (args, count) => {
      const pointers = pointersOf(args, count);
      const values: unknown[] = [];
      try {
        const self = selfOf ? selfOf(pointers.shift()!) : undefined;
        for (const reader of readers) values.push(reader(pointers[values.length]!));
        return writer(functionOf(self).apply(self, values));
      } catch (error) {
        throw located(declared, error, values.length);
      }
    };
  }

  function pointersOf(args: Pointer, count: number): Borrowed[] {
    if (count === 0) return [];
    const memory = count > SLOTS ? backend.allocate(count * 8) : slots;
    // SAFETY: as in runOf().
    memcpy(memory.address, args, backend.size(count * 8));
    const pointers: Borrowed[] = [];
    for (let i = 0; i < count; i++) pointers.push(memory.getPointer(i) as Borrowed);
    return pointers;
  }

  function ending(run: Run): Run {
    return (args, count) => {
      const before = ends.length;
      try {
        return run(args, count);
      } finally {
        while (ends.length > before) ends.pop()!();
      }
    };
  }

  let definition: Definition | null = null;

  return {
    callable(declared) {
      const used = definition ??= natives.definition("call");
      const run = declared.ends ? ending(runOf(declared)) : runOf(declared);
      runs.add(run);
      return hosts.add(run, false, (number) => natives.make(used, number));
    },
    atEnd: (act) => void ends.push(act),
    retire: natives.retire,
  };
}

/** A mismatch as Python's own error, which names the parameter, or the result after the last of them. */
function located({ what, names, readers }: Declared, error: unknown, at: number): unknown {
  if (!Mismatch.is(error)) return error;
  const place = names[at] === ""
    ? what
    : at < readers.length
    ? `${what} argument '${names[at]}${error.path}'`
    : (what.endsWith(")") ? `the result of ${what}` : what) + error.path;
  return new BuiltinError(error.kind, `${place} ${error.message}`);
}

/** A reader that gives what it is given: for a tuple or dict that is read item by item. */
export function itemsReader(
  bridge: Bridge,
  read: Reader,
  kind: "args" | "kwargs",
): Reader {
  const { python, rules, interpreter } = bridge;
  const { PyTuple_Size, PyTuple_GetItem, PyList_Size, PyList_GetItem } =
    interpreter.library.collections;
  const { Py_DecRef } = interpreter.library.object;
  const item = (object: Ref, step: string): unknown => {
    try {
      return read(object);
    } catch (error) {
      throw Mismatch.is(error) ? error.within(step) : error;
    }
  };
  if (kind === "args") {
    return (tuple) => {
      const values: unknown[] = [];
      const length = backend.sizeToNumber(PyTuple_Size(tuple));
      for (let i = 0; i < length; i++) {
        values.push(item(PyTuple_GetItem(tuple, backend.size(i))!, `[${i}]`));
      }
      return values;
    };
  }
  return (dict) => {
    const pairs = python.call("_typed", "pairs", dict);
    try {
      const length = backend.sizeToNumber(PyList_Size(pairs));
      const entries: [string, unknown][] = [];
      for (let i = 0; i < length; i++) {
        const pair = PyList_GetItem(pairs, backend.size(i))!;
        const name = rules.text(PyTuple_GetItem(pair, backend.size(0))!);
        entries.push([name, item(PyTuple_GetItem(pair, backend.size(1))!, `['${name}']`)]);
      }
      return Object.fromEntries(entries);
    } finally {
      Py_DecRef(pairs);
    }
  };
}

/** The arguments of TypeScript as Python wants them: those that are missing at the end are left out. */
export function argumentsFor(
  params: readonly Parameter[] | undefined,
  args: unknown[],
  write: (type: Type, value: unknown) => unknown,
): unknown[] {
  if (!params) return args.map((value) => write(t.any, value));
  const given: unknown[] = [];
  const named: Record<string, unknown> = {};
  for (const [i, { name, type, role }] of params.entries()) {
    if (i >= args.length) break;
    let value = args[i];
    const byPosition = role === "" || role === "positional";
    if (value === undefined && type.fallback) {
      // What is left out in the middle has its default, or the next one would take its place.
      if (!byPosition || args.slice(i + 1).every((each) => each === undefined)) continue;
      value = type.fallback.value;
    }
    if (role === "args") {
      for (const each of value as unknown[]) given.push(write(type.parts[0]!, each));
    } else if (role === "kwargs") {
      for (const [key, each] of Object.entries(value as object)) {
        named[key] = write(type.parts[0]!, each);
      }
    } else if (role === "keyword") named[name] = write(type, value);
    else given.push(write(type, value));
  }
  return Object.keys(named).length > 0 ? [...given, kw(named)] : given;
}
