/**
 * What one JS thread has in Python: `_Realm` of python/pyduet/__init__.py, and the references by which Python keeps
 * JS values.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Checks } from "../interpreter/check.ts";
import { FLAGS_SIZE, type Interpreter, VALUES_DROPPED } from "../interpreter/interpreter.ts";
import type { createNumbers } from "../convert/number.ts";
import type { Strings } from "../convert/string.ts";
import type { PythonSide } from "./python_side.ts";

/** PyBUF_WRITE of object.h. */
const PYBUF_WRITE = 0x200;

/** Calls on the stack at once: no more than native_function.ts lets callbacks nest. */
const MOST_CALLS = 128;
const MOST_ARGUMENTS = 64;

/** The members that are called from here. */
const MEMBERS = [
  "equip",
  "number_of",
  "guard",
  "sort",
  "convert",
  "matching",
  "declare",
  "watch_garbage",
  "end",
  "close_calls",
] as const;

/** One JS thread in Python. All need the GIL. */
export interface Realm {
  /** The object itself; borrowed. */
  readonly realm: Ref;
  /** The class of the references; borrowed. */
  readonly referenceType: Ref;
  /** Calls a member; leaves the arguments with their owner. */
  call(name: typeof MEMBERS[number], ...args: Ref[]): New;
  /** `callable(*args)`; leaves the arguments with their owner. */
  callWith(callable: Ref, args: Ref[]): New;
  /** Uses a number as a Python object, which goes after that. */
  withNumber<T>(number: number, use: (object: New) => T): T;
  /**
   * Makes what ends with a reference that keeps the value of a number. Where `make` fails the reference stays for ever,
   * unused: else it would report the end of a number given back.
   */
  withReference(number: number, make: (reference: Ref) => New): New;
  /** A JsObject of a class of _js.py for the value that a reference keeps. */
  makeObject(reference: Ref, text: Ref, kind: Ref): New;
  /** Takes what Python dropped: numbers, and below zero the keys of types. */
  takeDropped(take: (number: number) => void): void;
  /** The thread ends. */
  end(): void;
}

/** What it needs of the floors. */
export interface RealmParts {
  readonly checks: Checks;
  readonly strings: Strings;
  readonly numbers: ReturnType<typeof createNumbers>;
  readonly python: PythonSide;
}

/** Enters this JS thread in Python. Attached. */
export function createRealm(interpreter: Interpreter, parts: RealmParts): Realm {
  const { checks, strings, numbers, python } = parts;
  const { library } = interpreter;
  const { Py_DecRef } = library.object;

  const flags = checks.takeNewOrThrow(
    // SAFETY: memory that lives as long as the interpreter; realm.end() lets go of it.
    library.code.PyMemoryView_FromMemory(
      interpreter.flags.address,
      backend.size(FLAGS_SIZE),
      PYBUF_WRITE,
    ),
  );
  const realm = python.call("", "attach", flags);
  Py_DecRef(flags);
  const member = (name: string): New =>
    checks.takeNewOrThrow(library.object.PyObject_GetAttr(realm, strings.name(name)));
  const referenceType = member("ref");
  const isTracked = member("tracked");
  const dropped = member("dropped");
  const takeFirst = checks.takeNewOrThrow(
    library.object.PyObject_GetAttr(dropped, strings.name("popleft")),
  );
  const members = Object.fromEntries(MEMBERS.map((name) => [name, member(name)])) as Record<
    typeof MEMBERS[number],
    New
  >;

  /**
   * Room for each call on the stack: what CPython allocates for a call may run finalisers that come back here. All
   * of it beforehand: optimised code that met an array's end would be thrown away, and V8 aborts where the same
   * code is on the stack in a fast call below (bench/await.ts).
   */
  const memory = backend.allocate(MOST_CALLS * MOST_ARGUMENTS * 8);
  const addresses = Array.from(
    { length: MOST_CALLS },
    (_, i) => backend.offset(memory.address, i * MOST_ARGUMENTS * 8),
  );
  const { PyObject_Vectorcall, PyObject_VectorcallDict, _PyObject_FastCallDict } = library.object;
  // The shape of all is the same without keywords.
  const vectorcall = (PyObject_Vectorcall ?? PyObject_VectorcallDict ?? _PyObject_FastCallDict)!;
  let calling = 0;
  function callWith(callable: Ref, args: Ref[]): New {
    const address = addresses[calling]!;
    const first = calling * MOST_ARGUMENTS;
    for (let i = 0; i < args.length; i++) memory.setPointer(first + i, args[i]!);
    calling++;
    try {
      return checks.takeNewOrThrow(
        vectorcall(callable, address, backend.size(args.length), backend.null),
      );
    } finally {
      calling--;
    }
  }

  function withNumber<T>(number: number, use: (object: New) => T): T {
    const object = numbers.numberToPython(number);
    try {
      return use(object);
    } finally {
      Py_DecRef(object);
    }
  }

  /**
   * What keeps a value alive in Python. Its end is reported when it really ends: garbage collection
   * would run its finaliser sooner, while others in the same garbage still use the value.
   */
  function makeReference(number: number): New {
    const reference = withNumber(number, (id) => callWith(referenceType, [id]));
    // SAFETY: of a type with the collector's head. It refers to nothing but its type, which outlives it.
    if (isTracked === interpreter.true_) library.object.PyObject_GC_UnTrack(reference);
    return reference;
  }

  const REFERENCE = strings.name("__js__");
  const TEXT = strings.name("__text__");
  const NOTHING_MORE = backend.size(0);

  function makeObject(reference: Ref, text: Ref, kind: Ref): New {
    const { PyType_GenericAlloc, PyObject_GenericSetAttr } = library.code;
    const made = checks.takeNewOrThrow(PyType_GenericAlloc(kind, NOTHING_MORE));
    try {
      checks.intOrThrow(PyObject_GenericSetAttr(made, REFERENCE, reference));
      checks.intOrThrow(PyObject_GenericSetAttr(made, TEXT, text));
    } catch (error) {
      Py_DecRef(made);
      throw error;
    }
    return made;
  }

  let taking = false;

  /**
   * One by one, each by a call of C that allocates nothing: nothing is taken and then lost, and no other thread
   * drops anything in the middle of one.
   */
  function takeDropped(take: (number: number) => void): void {
    if (taking) return; // in the middle of what ends with a value: the flag stays
    const { PyObject_Size } = library.protocol;
    taking = true;
    try {
      interpreter.flags.bytes[VALUES_DROPPED] = 0; // what is dropped from here on sets it again
      for (let left = backend.sizeToNumber(PyObject_Size(dropped)); left > 0; left--) {
        const number = vectorcall(takeFirst, addresses[0]!, NOTHING_MORE, backend.null)!;
        const value = library.object.PyLong_AsDouble(number);
        Py_DecRef(number);
        take(value);
      }
    } finally {
      taking = false;
    }
  }

  return {
    realm,
    referenceType,
    callWith,
    withNumber,
    makeObject,
    takeDropped,
    call: (name, ...args) => callWith(members[name], args),
    withReference(number, make) {
      const reference = makeReference(number);
      const made = make(reference);
      Py_DecRef(reference);
      return made;
    },
    end() {
      Py_DecRef(callWith(members.end, []));
      const mine = [...Object.values(members), referenceType, isTracked, takeFirst, dropped, realm];
      for (const each of mine) Py_DecRef(each as New);
    },
  };
}
