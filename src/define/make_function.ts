/**
 * Python functions made of declared ones: parameters, defaults, annotations, and the call that they end in.
 * @module
 */

import type { Borrowed, New } from "../capi/reference.ts";
import { kw } from "../objects/call.ts";
import { type Bridge, facadeOf } from "../objects/facade.ts";
import { type AsyncValues, isAsync, isIteratorResult } from "./async_value.ts";
import { type Calls, type Declared, itemsReader } from "./call.ts";
import { declarationOf, type PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { classOf, Mismatch } from "./mismatch.ts";
import { NotImplemented } from "./not_implemented.ts";
import type { PythonModule } from "../objects/python_side.ts";
import type { Parameter } from "./parameters.ts";
import type { Reader } from "./reader.ts";
import { type Fields, t, Type } from "./types.ts";
import type { Writer } from "./writer.ts";

/** How a callable of Python is made: see python/pyduet/_define.py. */
export interface Shape {
  /** What comes before the arguments, and what it becomes. */
  readonly kind: "function" | "method" | "init" | "class";
  /** Names, for Python. */
  readonly module: string;
  /** Names, for Python. */
  readonly qualname: string;
  /** The docstring. */
  readonly doc: string | undefined;
  /** The parameters; `undefined`: any. */
  readonly params: readonly Parameter[] | undefined;
  /** The result. */
  readonly returns: Type;
  /** Whether the implementation gets an AbortSignal last. */
  readonly signal?: boolean;
  /** What runs, if it is known: an async function is one in Python too, where its result is awaitable. */
  readonly implementation?: unknown;
  /** `false`: Python goes on at once. */
  readonly blocking?: boolean;
  /** Raises for a self that is no instance. */
  readonly refuse: New | null;
  /** For messages, of what is no function: `Counter.count`. */
  readonly property?: boolean;
  /** Of any parameters: those given by name come as `kw()` makes them, so that they can be passed on to Python. */
  readonly passedOn?: boolean;
}

/** What runs: see {@link Declared}. */
export type Target = Pick<Declared, "selfOf" | "functionOf">;

/** What is asked of the rest of this floor. */
export interface FunctionParts {
  readonly calls: Calls;
  readerOf(type: Type): Reader;
  writerOf(type: Type): Writer;
  readonly asyncValues: AsyncValues;
  /** The Python class of a declared enum or record, borrowed. */
  pythonClass(declared: PyEnum | PyRecord): Borrowed;
  /** The Python type of a declared class as an annotation: a new reference. */
  annotationOfClass(declaration: PyClass): New;
}

/** Makes Python functions. All need the GIL. */
export interface Functions {
  /**
   * Calls a function of the package in Python; takes the references to the arguments. One whose making may
   * fail is given as a function that makes it.
   */
  make(module: PythonModule, name: string, ...args: (New | (() => New))[]): New;
  /** Calls a method; takes the references to the arguments. */
  callMethod(object: New, name: string, ...args: New[]): New;
  /** A Python function for a declared one. */
  callableOf(shape: Shape, target: Target): New;
  /** A dict of names and what each function makes. */
  dictOf(entries: readonly (readonly [string, () => New])[]): New;
  /** A dict of the parameters that have a default, and these. */
  defaultsOf(params: readonly Parameter[], what: string): New;
  /** A dict of annotations. */
  annotationsOf(params: readonly Parameter[], returns: Type): New;
  /** The object of a value as a type says. Throws a TypeError that begins with `what`. */
  writeOrThrow(value: unknown, type: Type, what: string): New;
}

/** Binds the making of functions to an interpreter. */
export function createFunctions(bridge: Bridge, parts: FunctionParts): Functions {
  const { interpreter, checks, python, rules, toPython, strings } = bridge;
  const { library, share, none } = interpreter;
  const { Py_DecRef } = library.object;
  const { calls, readerOf, writerOf, pythonClass, asyncValues } = parts;

  function make(module: PythonModule, name: string, ...args: (New | (() => New))[]): New {
    const given: New[] = [];
    try {
      for (const each of args) given.push(typeof each === "function" ? each() : each);
      return python.call(module, name, ...given);
    } finally {
      const left = args.slice(given.length).filter((each) => typeof each !== "function");
      for (const each of [...given, ...left]) Py_DecRef(each as New);
    }
  }

  function callMethod(object: New, name: string, ...args: New[]): New {
    const bound = checks.takeNewOrThrow(
      library.object.PyObject_GetAttr(object, strings.name(name)),
    );
    try {
      return bridge.callWith(bound, args);
    } finally {
      Py_DecRef(bound);
      args.forEach((each) => Py_DecRef(each));
    }
  }

  function variadicReaders(): Reader[] {
    return [
      itemsReader(bridge, rules.borrowedToJs, "args"),
      itemsReader(bridge, rules.borrowedToJs, "kwargs"),
    ];
  }

  function readersOf(params: readonly Parameter[], what: string): Reader[] {
    return params.map(({ name, type, role }) => {
      if (role === "args" || role === "kwargs") {
        return itemsReader(bridge, readerOf(type.parts[0]!), role);
      }
      if (!isAsync(type) || type.fallback?.value === null) return readerOf(type);
      return asyncValues.reader(type, `${what} argument '${name}'`);
    });
  }

  /** What runs, with an AbortSignal last: Python aborts it when it leaves its await of the result. */
  function withSignal(functionOf: Target["functionOf"]): Target["functionOf"] {
    return (self) => {
      const run = functionOf(self);
      return (...args) => {
        const controller = new AbortController();
        const result = run.call(self, ...args, { signal: controller.signal });
        if (typeof result === "object" && result !== null) {
          bridge.whenLeft.set(result, () => controller.abort());
        }
        return result;
      };
    };
  }

  /** A Python function for a declared one. */
  function callableOf(shape: Shape, target: Target): New {
    const { kind, qualname, params } = shape;
    const awaited = shape.returns.kind === "awaitable" && isAsyncFunction(shape.implementation);
    const inside = shape.signal ? withSignal(target.functionOf) : target.functionOf;
    const declared: Declared = {
      what: shape.property ? qualname : `${qualname}()`,
      names: shape.property ? [""] : params ? params.map(({ name }) => name) : ["args", "kwargs"],
      readers: params ? readersOf(params, `${qualname}()`) : variadicReaders(),
      writer: kind === "init" || shape.blocking === false
        ? () => share(none)
        : resultWriter(qualname, shape.returns),
      selfOf: target.selfOf,
      functionOf: params ? inside : (self) => {
        const run = inside(self);
        return (args, kwargs) => {
          const given = kwargs as Record<string, unknown>;
          const named = Object.keys(given).length > 0 ? [shape.passedOn ? kw(given) : given] : [];
          return run.call(self, ...args as unknown[], ...named);
        };
      },
      ends: (params ?? []).some(({ type }) => hasBuffer(type)),
    };
    return make(
      "_define",
      "function",
      shape.blocking === false ? posting(calls.callable(declared)) : calls.callable(declared),
      toPython(kind),
      toPython(shape.module),
      toPython(qualname),
      toPython(shape.doc ?? null),
      toPython(params ? params.map(({ name }) => name) : null),
      toPython(params ? params.map(({ role }) => role) : null),
      () => defaultsOf(params ?? [], `${qualname}()`),
      () => annotationsOf(params ?? [], awaited ? shape.returns.parts[0]! : shape.returns),
      shape.refuse ? share(shape.refuse) : share(none),
      toPython(awaited || shape.passedOn === true && isAsyncFunction(shape.implementation)),
    );
  }

  /** What has a call made soon; takes the reference. */
  function posting(call: New): New {
    return make("_calls", "posting", share(bridge.realm), call);
  }

  /** Special methods may answer that they know no answer, or that there is no further item. */
  function resultWriter(qualname: string, returns: Type): Writer {
    const write = isAsync(returns) && !returns.fallback
      ? asyncValues.writer(returns, `the result of ${qualname}()`)
      : writerOf(returns);
    const name = qualname.slice(qualname.lastIndexOf(".") + 1);
    if (!name.startsWith("__")) return write;
    if (name === "__next__") {
      return (value) => {
        if (!isIteratorResult(value)) return write(value);
        if (value.done !== true) return write(value.value);
        throw bridge.wrap(make("_define", "stop_iteration", toPython(value.value)));
      };
    }
    if (name === "__anext__") {
      // The item is awaited together with whether there is one.
      const item = returns.kind === "awaitable" ? writerOf(returns.parts[0]!) : write;
      return asyncValues.nextWriter(item);
    }
    return (value) => value === NotImplemented ? make("_define", "not_implemented") : write(value);
  }

  /** A dict of names and what `of` makes for them; an error names the parameter. */
  function dictOf(entries: readonly (readonly [string, () => New])[]): New {
    const dict = checks.takeNewOrThrow(library.collections.PyDict_New());
    try {
      for (const [name, of] of entries) {
        const value = of();
        const key = strings.stringToPython(name);
        const result = library.collections.PyDict_SetItem(dict, key, value);
        Py_DecRef(key);
        Py_DecRef(value);
        checks.intOrThrow(result);
      }
      return dict;
    } catch (error) {
      Py_DecRef(dict);
      throw error;
    }
  }

  function defaultsOf(params: readonly Parameter[], what: string): New {
    return dictOf(
      params.filter(({ type }) => type.fallback).map(({ name, type }) =>
        [
          name,
          () => writeOrThrow(type.fallback!.value, type, `${what}: the default of '${name}'`),
        ] as const
      ),
    );
  }

  function writeOrThrow(value: unknown, type: Type, what: string): New {
    try {
      return writerOf(type)(value);
    } catch (error) {
      throw Mismatch.is(error) ? new TypeError(`${what}${error.path} ${error.message}`) : error;
    }
  }

  // --- annotations ----------------------------------------------------------------

  function annotationsOf(params: readonly Parameter[], returns: Type): New {
    const of = (type: Type) => () => annotationOf(type) ?? share(none);
    const typed = params.map(({ name, type, role }) =>
      [name, role === "args" || role === "kwargs" ? type.parts[0]! : type] as const
    );
    return dictOf(
      [...typed, ["return", returns] as const]
        .filter(([, type]) => hasAnnotation(type))
        .map(([name, type]) => [name, of(withoutDefault(type))] as const),
    );
  }

  /** A default of None makes the type optional. */
  function withoutDefault(type: Type): Type {
    const optional = type.fallback?.value === null && type.kind !== "union" && type.kind !== "none";
    return optional ? optionalOf(type) : type;
  }

  function annotationOf(type: Type): New | null {
    const any = library.dataObject("_Py_EllipsisObject");
    const parts = rules.listOf(
      bridge.allToPython(type.parts, (part) => annotationOf(part as Type) ?? share(any)),
    );
    return make("_typed", "annotation", toPython(type.kind), parts, () => detailOf(type));
  }

  function detailOf(type: Type): New {
    if (type.kind === "literal") return toPython(type.detail);
    if (type.kind !== "instance") return share(none);
    const { detail } = type;
    if (detail instanceof PyEnum || detail instanceof PyRecord) return share(pythonClass(detail));
    const facade = facadeOf(detail);
    if (facade) return share(facade.pointer());
    const cls = classOf(detail) as { prototype: object };
    const declaration = declarationOf(cls.prototype);
    if (!declaration) return share(library.dataObject("_Py_EllipsisObject"));
    return parts.annotationOfClass(declaration);
  }

  return { make, callMethod, callableOf, dictOf, defaultsOf, annotationsOf, writeOrThrow };
}

function hasBuffer({ kind, parts, detail }: Type): boolean {
  const fields = kind === "record" ? Object.values((detail as { fields: Fields }).fields) : [];
  return kind === "buffer" || [...parts, ...fields].some(hasBuffer);
}

function optionalOf(type: Type): Type {
  return t.optional(withoutRole(type));
}

/** The type alone, without its place among parameters. */
function withoutRole(type: Type): Type {
  const { kind, parts, detail } = type;
  return new Type(kind, { parts, detail });
}

function hasAnnotation(type: Type): boolean {
  return type.kind !== "any" && type.kind !== "buffer" &&
    !(type.kind === "instance" && !isNamed(type));
}

function isNamed({ detail }: Type): boolean {
  if (detail instanceof PyEnum || detail instanceof PyRecord || facadeOf(detail)) return true;
  const cls = classOf(detail) as { prototype?: object };
  return cls.prototype !== undefined && declarationOf(cls.prototype) !== undefined;
}

/** Whether a value is an `async function`. */
export function isAsyncFunction(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object AsyncFunction]";
}
