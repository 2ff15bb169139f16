/**
 * TypeScript values as live objects in Python. What a value can do is looked at
 * once, when it crosses, and is the class of its JsObject (python/pyduet/_js.py).
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { describe, Reason } from "../convert/path.ts";
import type { Strings } from "../convert/string.ts";
import { FACADE } from "./facade.ts";
import type { HostTable } from "./host_table.ts";
import { asyncOperations } from "./js_async.ts";
import { type AnyFunction, isClass, type Operations, operations } from "./js_operations.ts";
import type { PythonSide } from "./python_side.ts";

/** Makes JsObjects. All need the GIL. */
export interface JsObjects {
  /** The JsObject for a value: the same one while Python holds it. */
  toPython(value: unknown): New;
  /** The class for the JsObject of anything thrown, whatever it does when it is looked at. Borrowed. */
  classOfThrown(thrown: unknown): Ref;
}

/** What it needs of its floor. */
export interface JsObjectParts {
  readonly interpreter: Interpreter;
  readonly strings: Strings;
  readonly python: PythonSide;
  readonly hosts: HostTable;
  /** `realm.object(reference, text, class)` of python/pyduet/__init__.py. */
  makeObject(number: number, text: Ref, kind: Ref): New;
  /** `realm.equip(name, function)`: gives JsObjects an operation. */
  equip(name: string, operation: AnyFunction): void;
  /** Passes any value live. */
  pass(value: object): New;
  /** A borrowed pointer of a PyObject, else `null`. */
  pointerOf(value: unknown): Ref | null;
  /** From now on Promises can be awaited. */
  open(): void;
  /** Tells Python, under that number, how a Promise ends; whether to call `abandon()`. */
  wait(promise: PromiseLike<unknown>, number: number): boolean;
  /** Python does not wait for it any more. */
  abandon(promise: object): void;
  /** Runs then. */
  whenLeft(promise: object, act: () => void): void;
  /** What is thrown for what crossed from a Python exception. */
  thrown(value: unknown): unknown;
  /** As a value of its class crosses. */
  toPython(value: unknown): New;
}

/** A Python object that is made when the result of an operation crosses. */
export class Made {
  /** Makes it. Needs the GIL. */
  readonly make: () => New;

  /** Only operations give these, and only as their results. */
  constructor(make: () => New) {
    this.make = make;
  }
}

// Known by the same question as a PyObject, so that no other value is asked one more.
Object.defineProperty(Made.prototype, FACADE, {
  get(this: Made): Made {
    return this;
  },
});

/** The classes of _js.py that a JsObject's own class is made of; bit by bit. */
const ABILITIES = [
  "Array",
  "Map",
  "Set",
  "Keyed",
  "Symbol",
  "Iterable",
  "Iterator",
  "Closing",
  "AsyncIterable",
  "AsyncIterator",
  "AsyncLoop",
  "AsyncDisposable",
  "Disposable",
  "Awaitable",
  "Constructor",
] as const;

type Ability = typeof ABILITIES[number];

const BIT = Object.fromEntries(ABILITIES.map((name, i) => [name, 1 << i])) as Record<
  Ability,
  number
>;

const PROMISE = BIT.Keyed | BIT.Awaitable;

const COLLECTION = BIT.Array | BIT.Map | BIT.Set;
const ASYNC = BIT.AsyncIterable | BIT.AsyncIterator | BIT.AsyncLoop | BIT.AsyncDisposable;

/** Binds JsObjects to an interpreter. */
export function createJsObjects(parts: JsObjectParts): JsObjects {
  const { interpreter, strings, python, hosts } = parts;
  const { library } = interpreter;
  const { Py_DecRef } = library.object;
  const classes = new Map<number, New>();
  /** What JsObjects have been given of the operations: with the first one, and with the first collection. */
  const equipped = new Set<Operations>();
  let allOperations: ReturnType<typeof withPython> | undefined;

  /** The operations for a value, and the module of Python's that knows what to do with them. */
  function equip(abilities: number): void {
    const { all, ofCollections, ofAsync } = allOperations ??= withPython();
    if (abilities & COLLECTION) python.get("_js_collections", "Array");
    if (abilities & ASYNC) python.get("_js_async", "AsyncIterable");
    const wanted = [
      all,
      ...(abilities & COLLECTION ? [ofCollections] : []),
      ...(abilities & ASYNC ? [ofAsync] : []),
    ];
    for (const each of wanted) {
      if (equipped.has(each)) continue;
      for (const [name, operation] of Object.entries(each)) parts.equip(name, operation);
      equipped.add(each);
    }
    // What an async operation gives is awaited.
    if (abilities & (ASYNC | BIT.Awaitable)) parts.open();
  }

  function withPython() {
    const nothingOfPython = python.get("_js", "NOTHING");
    const methodClass = python.get("_js", "JsMethod");
    const nothing = new Made(() => interpreter.share(nothingOfPython));
    const live = (value: object) => new Made(() => parts.pass(value));
    const ofAsync = asyncOperations({
      nothing,
      item: (value) => new Made(() => parts.toPython(crossing(value))),
      live,
      asyncLoop: (iterator) => new Made(() => make(iterator, BIT.Keyed | BIT.AsyncLoop, false)),
      thrown: parts.thrown,
      whenLeft: parts.whenLeft,
    });
    const { crossing, ...others } = operations({
      nothing,
      method: (fn) => new Made(() => methodToPython(fn, methodClass)),
      live,
      loop: (iterator) => new Made(() => loopToPython(iterator)),
      pointerOf: parts.pointerOf,
      wait: parts.wait,
      abandon: parts.abandon,
    });
    return { ...others, ofAsync };
  }

  /** A class, borrowed for as long as the interpreter lives. */
  function classOf(abilities: number): Ref {
    let made = classes.get(abilities);
    if (!made) {
      equip(abilities);
      const words = ABILITIES.filter((name) => abilities & BIT[name]).join(" ");
      const text = strings.stringToPython(words);
      try {
        made = python.call("_js", "class_of", text);
      } finally {
        Py_DecRef(text);
      }
      classes.set(abilities, made);
    }
    return made;
  }

  function make(value: unknown, abilities: number, single: boolean): New {
    const kind = classOf(abilities);
    return hosts.add(value, single, (number) => {
      const text = strings.dictKey(`<js ${nameOf(value)}>`);
      try {
        return parts.makeObject(number, text, kind);
      } finally {
        Py_DecRef(text);
      }
    });
  }

  // The two that follow are not found again by their values: each method has a `this` of its own,
  // and each loop ends its iterator.

  function methodToPython(fn: AnyFunction, kind: Ref): New {
    return hosts.add(fn, false, (number) => parts.makeObject(number, interpreter.none, kind));
  }

  function loopToPython(iterator: object): New {
    const closing = offers(iterator, "return") ? BIT.Closing : 0;
    return make(iterator, BIT.Keyed | BIT.Iterator | closing, false);
  }

  let promiseText: New | null = null;

  /** What make() would do for a Promise as the engine makes it: they are many, and all alike. */
  function promiseToPython(promise: object): New {
    const kind = classOf(PROMISE);
    const text = promiseText ??= strings.stringToPython(`<js ${nameOf(promise)}>`);
    return hosts.add(promise, true, (number) => parts.makeObject(number, text, kind));
  }

  interpreter.atClose(() => {
    classes.forEach((made) => Py_DecRef(made));
    if (promiseText) Py_DecRef(promiseText);
  });

  return {
    toPython: (value) =>
      hosts.find(value) ??
        (isOrdinary(value) ? promiseToPython(value) : make(value, abilitiesOrReason(value), true)),
    classOfThrown(thrown) {
      let abilities = 0;
      try {
        abilities = abilitiesOf(thrown);
      } catch {
        // A Proxy that refuses every question: it can be handed on.
      }
      return classOf(abilities);
    },
  };
}

/** Whether it is a Promise that nobody gave a class or properties of its own. */
function isOrdinary(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && Object.getPrototypeOf(value) === Promise.prototype &&
    Reflect.ownKeys(value).length === 0;
}

function abilitiesOrReason(value: unknown): number {
  try {
    return abilitiesOf(value);
  } catch (cause) {
    // Only a Proxy can refuse these questions.
    const reason = cause instanceof Error ? cause.message : describe(cause);
    throw new Reason(`${describe(value)}: ${reason}`, { cause });
  }
}

/** What a value can do. Runs none of the program's code, but for a Proxy's traps. */
function abilitiesOf(value: unknown): number {
  if (typeof value === "symbol") return BIT.Symbol;
  if (typeof value !== "object" && typeof value !== "function" || value === null) return 0;
  let abilities = typeof value === "function" && isClass(value as AnyFunction)
    ? BIT.Keyed | BIT.Constructor
    : Array.isArray(value)
    ? BIT.Array
    : isReal(value, Map, mapSize)
    ? BIT.Map
    : isReal(value, Set, setSize)
    ? BIT.Set
    : BIT.Keyed;
  if (abilities & BIT.Keyed && offers(value, Symbol.iterator)) {
    abilities |= offers(value, "next") ? BIT.Iterator : BIT.Iterable;
  }
  if (offers(value, Symbol.asyncIterator)) {
    abilities |= offers(value, "next") ? BIT.AsyncIterator : BIT.AsyncIterable;
  }
  if (offers(value, Symbol.asyncDispose)) abilities |= BIT.AsyncDisposable;
  if (offers(value, Symbol.dispose)) abilities |= BIT.Disposable;
  if (offers(value, "then")) abilities |= BIT.Awaitable;
  return abilities;
}

/** Whether an object has a method of that name, without calling a getter: one counts as a method. */
function offers(value: object, key: PropertyKey): boolean {
  if (!(key in value)) return false;
  for (let at: object | null = value; at; at = Object.getPrototypeOf(at)) {
    const property = Object.getOwnPropertyDescriptor(at, key);
    if (property) return property.get !== undefined || typeof property.value === "function";
  }
  return true; // a Proxy says so
}

const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!;

/** Whether an object is of a builtin class, and not only by its prototype. */
function isReal(
  value: object,
  kind: { readonly prototype: object },
  size: () => unknown,
): boolean {
  if (!Object.prototype.isPrototypeOf.call(kind.prototype, value)) return false;
  try {
    size.call(value);
    return true;
  } catch {
    return false; // Object.create(Map.prototype), or a Proxy
  }
}

/** A value in a few words, for its `repr()`. */
function nameOf(value: unknown): string {
  if (value === globalThis) return "globalThis";
  if (typeof value !== "function") return describe(value);
  const { value: name } = Object.getOwnPropertyDescriptor(value, "name") ?? {};
  return typeof name === "string" && name !== "" ? `class ${name}` : "class";
}
