/**
 * Converters of the program's own: for a Python type, a JavaScript class, or what a
 * predicate picks. They belong to the JS thread, and may be registered before Python runs.
 * @module
 */

import { describe, Reason } from "../convert/path.ts";
import type { PyObject } from "./py_object.ts";

/** How values of one kind cross. */
export interface Converter<Js = unknown> {
  /**
   * A Python class by its name, `"decimal.Decimal"`, for `toJs`; subclasses too. Its module is
   * not imported: the name is looked up once a program has imported it.
   */
  readonly python?: string;
  /** A JavaScript class, for `toPython`; instances of subclasses too. */
  // deno-lint-ignore no-explicit-any -- a class of any constructor
  readonly js?: abstract new (...args: any[]) => Js;
  /**
   * Picks the values for `toPython`. It is asked of every object that crosses, plain ones
   * included, which takes the fast way from whole graphs: prefer `js`.
   */
  readonly when?: (value: object) => boolean;
  /** For messages. Default: the Python name, the class's name, or the predicate's. */
  readonly name?: string;
  /** The JavaScript value of a Python object; `undefined` leaves it to the next converter. */
  readonly toJs?: (object: PyObject) => unknown;
  /**
   * What crosses in place of the value: a PyObject, or anything that crosses by itself;
   * `undefined` leaves it to the next converter. Without `js` and `when` it is asked of
   * objects that would else become a `JsObject`.
   */
  readonly toPython?: (value: Js) => unknown;
}

interface Entry {
  readonly number: number;
  readonly converter: Converter;
  /** How many of its calls are on the stack. */
  running: number;
}

/** All converters of this thread, the latest first. */
const converters: Entry[] = [];
const listeners: (() => void)[] = [];
let made = 0;

/** Types whose crossing is fixed: it is what every other conversion rests on. */
const FIXED: readonly string[] = [
  ...["NoneType", "bool", "int", "float", "str", "bytes"],
  ...["list", "tuple", "dict", "set", "frozenset"],
];
const FIXED_CLASSES: readonly unknown[] = [Object, Array, Map, Set, Function];

/**
 * Registers a converter; the latest registered wins. The result takes it out again.
 *
 * `toJs` is used wherever an object of that Python type would cross by itself, and inside `$.toJs()`;
 * `toPython` wherever such a value goes to Python, at any depth. What a converter throws becomes a
 * `PyConversionError` that names the converter. Inside a converter objects of its own type cross
 * as PyObjects, so that it can make and use them; `$.toJs()` converts them there too.
 *
 * @example
 * ```ts
 * import { registerConverter, startPython } from "pyduet";
 * const py = startPython();
 * const off = registerConverter({
 *   python: "fractions.Fraction",
 *   toJs: (fraction) => Number(fraction.numerator) / Number(fraction.denominator),
 * });
 * py.import("fractions").Fraction(1, 4); // 0.25
 * off();
 * ```
 */
// deno-lint-ignore no-explicit-any -- inferred from `js` where it is given
export function registerConverter<Js = any>(converter: Converter<Js>): () => void {
  check(converter as Converter);
  const entry = { number: ++made, converter: converter as Converter, running: 0 };
  converters.unshift(entry);
  listeners.forEach((changed) => changed());
  return () => {
    const at = converters.indexOf(entry);
    if (at === -1) return;
    converters.splice(at, 1);
    listeners.forEach((changed) => changed());
  };
}

function check(converter: Converter): void {
  const { python, js, when, toJs, toPython } = converter;
  const refuse = (what: string): never => {
    throw new TypeError(`registerConverter(): ${what}`);
  };
  for (const [key, value] of Object.entries({ toJs, toPython, when, js })) {
    if (value !== undefined && typeof value !== "function") {
      refuse(`${key} must be a function, not ${describe(value)}`);
    }
  }
  if (
    python !== undefined && (typeof python !== "string" || !/^[^.\s]+(\.[^.\s]+)*$/.test(python))
  ) {
    refuse(`python must be a type's name such as "decimal.Decimal", not ${describe(python)}`);
  }
  if (!toJs && !toPython) refuse("it needs toJs or toPython");
  if (toJs && python === undefined) refuse("toJs needs python, the name of a type");
  if (js && when) refuse("js and when are two ways to say the same: give one");
  const builtin = python?.replace(/^builtins\./, "") ?? "";
  if (FIXED.includes(builtin)) {
    refuse(`${builtin} always crosses in the same way; convert a subclass of it, or its holder`);
  }
  if (js && FIXED_CLASSES.includes(js)) {
    refuse(`${js.name} always crosses in the same way; use a class of its own, or when`);
  }
}

/** What goes through the converters of one interpreter. */
export interface Conversions {
  /** Whether plain objects have to be shown to a predicate. */
  eager(): boolean;
  /** `[number, name]` of those for Python types, the latest first. */
  named(): [number, string][];
  /**
   * What the first of these converters makes of the object; {@link NOT_CONVERTED} where none does.
   * `asked`: by `$.toJs()`. Throws a {@link Reason}.
   */
  toJs(numbers: readonly number[], object: () => PyObject, asked: boolean): unknown;
  /** What a converter with `js` or `when` makes of a value. Throws a {@link Reason}. */
  toPython(value: object): unknown;
  /** The same for converters that have neither. */
  toPythonLast(value: object): unknown;
}

/** No converter took the value. */
export const NOT_CONVERTED: unique symbol = Symbol("not converted");

/** The converters of this thread; `changed` is called when there are others. */
export function conversions(changed: () => void): Conversions {
  listeners.push(changed);
  return {
    eager: () => converters.some(({ converter }) => converter.when && converter.toPython),
    named: () =>
      converters.filter(({ converter }) => converter.toJs)
        .map(({ number, converter }) => [number, converter.python!]),
    toJs(numbers, object, asked) {
      for (const entry of [...converters]) {
        if (!numbers.includes(entry.number) || (entry.running > 0 && !asked)) continue;
        const value = run(entry, () => entry.converter.toJs!(object()));
        if (value !== undefined) return value;
      }
      return NOT_CONVERTED;
    },
    toPython: (value) =>
      converters.length === 0
        ? NOT_CONVERTED
        : first(value, ({ js, when }) => js !== undefined || when !== undefined),
    toPythonLast: (value) => first(value, ({ js, when }) => !js && !when),
  };
}

function first(value: object, among: (converter: Converter) => boolean): unknown {
  for (const entry of [...converters]) {
    const { converter } = entry;
    const { js, when, toPython } = converter;
    if (!toPython || !among(converter)) continue;
    if (js && !(value instanceof js)) continue;
    if (when && !run(entry, () => when(value))) continue;
    const made = run(entry, () => toPython(value));
    if (made === value) {
      throw new Reason(`the converter for ${nameOf(converter)} gave the value itself back`);
    }
    if (made !== undefined) return made;
  }
  return NOT_CONVERTED;
}

function run<T>(entry: Entry, use: () => T): T {
  const { converter } = entry;
  entry.running++;
  try {
    return use();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : describe(cause);
    throw new Reason(`the converter for ${nameOf(converter)} threw: ${reason}`, { cause });
  } finally {
    entry.running--;
  }
}

/** A converter in messages. */
export function nameOf({ name, python, js, when }: Converter): string {
  return name ?? python ?? js?.name ?? (when?.name || "a predicate");
}
