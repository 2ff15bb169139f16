/**
 * Plain objects.
 * @module
 */

/** Whether the object is made by `{}` or `Object.create(null)`, rather than of a class. */
export function isPlain(value: object): boolean {
  if (value === globalThis) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a plain object stands for something to await: it has a function `then` of its own, and no getter. */
export function isThenable(value: object): boolean {
  return typeof Object.getOwnPropertyDescriptor(value, "then")?.value === "function";
}

/** Sets an own property: `__proto__` becomes one like any other key. */
export function setOwn(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(record, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else record[name] = value;
}
