/**
 * The JavaScript faces of Python objects. The only `new Proxy`.
 *
 * Calling through a Proxy costs 30 ns on one runtime and 170 ns on the other
 * (bench/call.ts). What is nearly always called, functions and methods, is
 * therefore a plain function whose prototype is the Proxy: calls run at full
 * speed, every property that the function does not have itself falls through.
 * Such a function cannot see `delete` and has no own keys; classes and other
 * callable objects are whole Proxies.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { Facade } from "./facade.ts";
import type { PyObject } from "./py_object.ts";

/** The face of an object that cannot be called. */
export function objectFace(facade: Facade): PyObject {
  return new Proxy(facade as object, facade) as PyObject;
}

/** The face of a class or another callable object. */
export function callableFace(facade: Facade): PyObject {
  // Bound: constructible like a function, without a `prototype` of its own that a trap may not hide.
  const target = callee.bind(null);
  Object.defineProperty(target, backend.inspectSymbol, {
    value: () => facade.inspect(),
    configurable: true,
  });
  return new Proxy(target, facade) as PyObject;
}

/** The face of a function or method; `call` is what its calls do. */
export function functionFace(
  facade: Facade,
  call: (args: readonly unknown[]) => unknown,
): PyObject {
  const fn = (function (...args: unknown[]): unknown {
    return new.target === undefined ? call(args) : facade.construct(fn, args);
  }).bind(null) as PyObject;
  Reflect.deleteProperty(fn, "name");
  Reflect.deleteProperty(fn, "length");
  Object.setPrototypeOf(fn, new Proxy(facade as object, facade));
  facade.plainFunction = fn;
  return fn;
}

function callee(): void {}
