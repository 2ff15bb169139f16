/**
 * Reading Python's dicts, field by field, with Python's own errors.
 * @module
 */
import { isPyObject } from "../../../mod.ts";
import { refuse } from "./error_face.ts";

/**
 * A value of Python as plain data: containers become arrays and objects, what is no data stays a PyObject. `value`
 * is given up, if it was a PyObject.
 */
export function plain(value: unknown): unknown {
  if (!isPyObject(value)) return value;
  const data: unknown = value.$.toJs();
  if (!isPyObject(data)) value.$.release();
  return data;
}

/** What Python calls the type of a value. */
export function pythonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (isPyObject(value)) return value.$.type;
  if (Array.isArray(value)) return "list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Set) return "set";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "str";
    case "bigint":
      return "int";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    case "function":
      return "function";
    default:
      return "dict";
  }
}

/**
 * The fields of a dict. A missing one is a `KeyError("Missing 'x' field")`, one of another type a `TypeError`, one that
 * is not among the allowed a `ValueError`. Names are those of Python; in a dict inside another they begin with the
 * outer one's: `resource_requirements.memory_mb`.
 */
export class DictReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;

  /** Takes what came from Python; `where` is its name, empty for the outermost dict. */
  constructor(given: unknown, where = "") {
    const fields = plain(given);
    const isDict = typeof fields === "object" && fields !== null && !Array.isArray(fields) &&
      !isPyObject(fields) &&
      [Object.prototype, null].includes(Object.getPrototypeOf(fields));
    if (!isDict) {
      const what = where === "" ? "the argument" : `'${where}'`;
      const kind = fields instanceof Map ? "one with other keys" : pythonTypeOf(fields);
      refuse("TypeError", `${what} must be a dict with str keys, not ${kind}`);
    }
    this.#fields = fields as Record<string, unknown>;
    this.#where = where;
  }

  /** Whether the field is there, and not None. */
  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name) && this.#fields[name] !== null &&
      this.#fields[name] !== undefined;
  }

  /** Refuses fields of other names, where one that is misspelt would say nothing. */
  only(names: readonly string[]): void {
    const other = Object.keys(this.#fields).find((name) => !names.includes(name));
    if (other === undefined) return;
    refuse("ValueError", `'${this.#path(other)}' is not one of ${names.join(", ")}`);
  }

  /** The field as plain data. */
  value(name: string): unknown {
    if (!Object.hasOwn(this.#fields, name)) {
      refuse("KeyError", `Missing '${this.#path(name)}' field`);
    }
    return plain(this.#fields[name]);
  }

  /** A `str`. */
  text(name: string): string {
    const value = this.value(name);
    if (typeof value === "string") return value;
    return this.#mismatch(name, "str", value);
  }

  /** One of these texts. */
  choice<const C extends string>(name: string, choices: readonly C[]): C {
    const value = this.text(name);
    if (choices.includes(value as C)) return value as C;
    const allowed = choices.map((each) => `'${each}'`).join(", ");
    refuse("ValueError", `'${this.#path(name)}' must be one of ${allowed}, not '${value}'`);
  }

  /** A `bool`. */
  flag(name: string): boolean {
    const value = this.value(name);
    if (typeof value === "boolean") return value;
    return this.#mismatch(name, "bool", value);
  }

  /** A finite `float` or `int` of at least `least`. */
  number(name: string, least: number = -Infinity): number {
    const value = this.value(name);
    if (typeof value === "bigint") return this.#atLeast(name, Number(value), least);
    if (typeof value !== "number") return this.#mismatch(name, "float", value);
    if (!Number.isFinite(value)) refuse("ValueError", "Invalid float value");
    return this.#atLeast(name, value, least);
  }

  /** An `int` of at least `least`. */
  whole(name: string, least: number = 0): number {
    const value = this.value(name);
    if (typeof value === "bigint" || typeof value === "number" && Number.isInteger(value)) {
      return this.#atLeast(name, Number(value), least);
    }
    return this.#mismatch(name, "int", value);
  }

  /** A `dict` with str keys, as a plain object. */
  record(name: string): Record<string, unknown> {
    const value = this.value(name);
    new DictReader(value, this.#path(name));
    return value as Record<string, unknown>;
  }

  /** A `dict`, for reading further. */
  inner(name: string): DictReader {
    return new DictReader(this.value(name), this.#path(name));
  }

  /** A `list` or `tuple`, each item read by itself; `at` is the item's name. */
  list<V>(name: string, read: (item: unknown, at: string) => V): V[] {
    const value = this.value(name);
    if (!Array.isArray(value)) return this.#mismatch(name, "list", value);
    return value.map((item, i) => read(item, `${this.#path(name)}[${i}]`));
  }

  /** A `list` of `str`. */
  texts(name: string): string[] {
    return this.list(name, (item, at) => {
      if (typeof item === "string") return item;
      refuse("TypeError", `'${at}' must be str, not ${pythonTypeOf(item)}`);
    });
  }

  #path(name: string): string {
    return this.#where === "" ? name : `${this.#where}.${name}`;
  }

  #atLeast(name: string, value: number, least: number): number {
    if (value >= least) return value;
    refuse("ValueError", `'${this.#path(name)}' must be at least ${least}, not ${value}`);
  }

  #mismatch(name: string, wanted: string, value: unknown): never {
    refuse("TypeError", `'${this.#path(name)}' must be ${wanted}, not ${pythonTypeOf(value)}`);
  }
}
