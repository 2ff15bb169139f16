/**
 * Types of `t` as Python's annotations: what a parameter takes, and what a result gives.
 * @module
 */

import { describe } from "../convert/path.ts";
import { isPyObject, type PyObject } from "../objects/py_object.ts";
import { nearestDeclaration, PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { homeOf, type PyModule } from "./module.ts";
import { isIdentifier } from "./parameters.ts";
import type { StubNames } from "./stub_names.ts";
import { bytesText, intText, stringText } from "./stub_text.ts";
import type { Fields, Type } from "./types.ts";

/** A `t.record()`, which only type checkers know. */
export interface Shape {
  readonly name: string;
  readonly fields: Fields;
}

/** What has a class statement in a stub. */
export type Declared = PyClass | PyEnum | PyRecord | Shape;

/** From Python to TypeScript, or back; `stored`: either may have put it there. */
type Way = "taken" | "given" | "stored";

/** How many type parameters a class of Python has, where strict checkers want them all. */
const ARITY: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ("Awaitable AsyncIterable AsyncIterator Iterable Iterator Reversible Container Collection Sequence " +
      "MutableSequence Set MutableSet KeysView ValuesView").split(" ")
      .map((name) => [`collections.abc.${name}`, 1]),
  ),
  ...Object.fromEntries(
    "Mapping MutableMapping ItemsView AsyncGenerator".split(" ")
      .map((name) => [`collections.abc.${name}`, 2]),
  ),
  ...{ "collections.abc.Generator": 3, "collections.abc.Coroutine": 3 },
  ...{ "builtins.list": 1, "builtins.set": 1, "builtins.frozenset": 1, "builtins.dict": 2 },
  ...{ "builtins.type": 1, "collections.deque": 1, "collections.Counter": 1 },
  ...{ "collections.OrderedDict": 2, "collections.defaultdict": 2, "collections.ChainMap": 2 },
  ...{ "os.PathLike": 1, "queue.Queue": 1, "weakref.ref": 1, "re.Pattern": 1, "re.Match": 1 },
};

/** A literal of more characters has a name of its own. */
const LONG_LITERAL = 60;

/** Classes of JavaScript whose values do not cross as objects of their own. */
const CONVERTED: readonly unknown[] = [
  ...[Object, Array, Map, Set, Date, Function, Promise, ArrayBuffer, SharedArrayBuffer, DataView],
  Object.getPrototypeOf(Uint8Array),
];

/** The types of one module's stub. */
export class StubTypes {
  readonly names: StubNames;
  readonly #module: PyModule;
  /** Classes that types name and no module has, in the order in which they were met. */
  readonly #unlisted = new Map<object, { name: string; declared: Declared }>();

  /** Spells types for the stub of a module. */
  constructor(module: PyModule, names: StubNames) {
    this.#module = module;
    this.names = names;
  }

  /** Classes that types name and no module has. */
  get unlisted(): readonly { readonly name: string; readonly declared: Declared }[] {
    return [...this.#unlisted.values()];
  }

  /** What a parameter takes. */
  taken(type: Type): string {
    return this.#orNone(type, this.#spell(type, "taken", true));
  }

  /** What a result is. */
  given(type: Type): string {
    return this.#spell(type, "given", true);
  }

  /** What a field may hold that Python or TypeScript has filled. */
  stored(type: Type): string {
    return this.#orNone(type, this.#spell(type, "stored", false));
  }

  /** `default(null)` makes None a value of any type. */
  #orNone(type: Type, text: string): string {
    const none = type.fallback && (type.fallback.value ?? null) === null;
    if (!none || type.kind === "any" || type.kind === "object") return text;
    return alternatives(text).includes("None") ? text : `${text} | None`;
  }

  /** `typing.Any` */
  get any(): string {
    return this.names.from("typing", "Any");
  }

  #spell(type: Type, way: Way, outermost: boolean): string {
    const { names } = this;
    const [first, second] = type.parts;
    const part = (of: Type | undefined): string => this.#spell(of!, way, false);
    switch (type.kind) {
      case "any":
        return first ? this.#spell(first, way, outermost) : this.any;
      case "none":
        return "None";
      case "bool":
      case "int":
      case "float":
      case "str":
      case "bytes":
        return names.builtin(type.kind);
      case "bigint":
        return names.builtin("int");
      case "object":
        // Inside a container `object` would refuse a list[int], since lists are invariant.
        return way === "taken" && outermost ? names.builtin("object") : this.any;
      case "callable":
        return `${names.from("collections.abc", "Callable")}[..., ${this.any}]`;
      case "list":
        return `${names.builtin("list")}[${part(first)}]`;
      case "tuple":
        return `${names.builtin("tuple")}[${type.parts.map(part).join(", ") || "()"}]`;
      case "dict":
        return `${names.builtin("dict")}[${part(first)}, ${part(second)}]`;
      case "set": {
        const set = `${names.builtin("set")}[${part(first)}]`;
        return way === "given" ? set : `${set} | ${names.builtin("frozenset")}[${part(first)}]`;
      }
      case "union":
        return joined(type.parts.map((each) => this.#spell(each, way, outermost)), names);
      case "literal":
        return this.#literal(type.detail as readonly unknown[]);
      case "instance":
        return this.#instance(type.detail, way);
      case "record":
        return this.classText(type.detail as Shape);
      case "buffer":
        return way === "given"
          ? names.builtin("memoryview")
          : names.from("typing_extensions", "Buffer");
      case "awaitable":
        return `${names.from("collections.abc", "Awaitable")}[${part(first)}]`;
      case "asyncIterator": {
        const kind = way === "given" ? "AsyncIterator" : "AsyncIterable";
        return `${names.from("collections.abc", kind)}[${part(first)}]`;
      }
      case "path":
        return way === "given"
          ? `${names.module("pathlib")}.Path`
          : `${names.builtin("str")} | ${names.module("os")}.PathLike[${names.builtin("str")}]`;
      case "datetime":
      case "timedelta":
        return `${names.module("datetime")}.${type.kind}`;
      case "decimal":
        return `${names.module("decimal")}.Decimal`;
      case "uuid":
        return `${names.module("uuid")}.UUID`;
    }
  }

  #literal(values: readonly unknown[]): string {
    const texts = values.map((value) => literalText(value));
    const inside = [...new Set(texts.filter((text) => text !== null && text !== "None"))];
    const parts: string[] = [];
    if (inside.length > 0) {
      const text = `${this.names.from("typing", "Literal")}[${inside.join(", ")}]`;
      parts.push(text.length > LONG_LITERAL ? this.names.literal(text) : text);
    }
    // Literal[1.5] does not exist.
    if (texts.includes(null)) parts.push(this.names.builtin("float"));
    if (texts.includes("None")) parts.push("None");
    return parts.join(" | ");
  }

  #instance(detail: unknown, way: Way): string {
    if (detail instanceof PyEnum || detail instanceof PyRecord) return this.classText(detail);
    if (isPyObject(detail)) return this.pythonClass(detail);
    const thunk = typeof detail === "function" && detail.prototype === undefined;
    const cls: unknown = thunk ? (detail as () => unknown)() : detail;
    if (typeof cls !== "function") {
      throw new TypeError(
        `generateStubs(): the function given to t.instance() must return a class, not ${
          describe(cls)
        }`,
      );
    }
    const prototype = cls.prototype as object;
    const declared = nearestDeclaration(prototype);
    if (declared) return this.classText(declared);
    if (cls === Date && way === "given") return `${this.names.module("datetime")}.datetime`;
    if (CONVERTED.some((each) => cls === each || Object.getPrototypeOf(cls) === each)) {
      return this.any;
    }
    const error = cls === Error || prototype instanceof Error;
    return this.names.from("pyduet", error ? "JsError" : "JsObject");
  }

  /** A declared class as an annotation. */
  classText(declared: Declared): string {
    const name = this.className(declared);
    const variables = declared instanceof PyClass ? declared.generic.length : 0;
    return variables > 0 ? `${name}[${Array(variables).fill(this.any).join(", ")}]` : name;
  }

  /** The name of a declared class, imported if it is another module's. */
  className(declared: Declared): string {
    const { names } = this;
    for (const [name, member] of this.#module.members) {
      if (isOrDeclares(member, declared)) return names.local(name);
    }
    const home = homeOf(declared) ??
      (declared instanceof PyClass ? homeOf(declared.cls) : undefined);
    if (home) return names.from(home.fullName, declared.name);
    const known = this.#unlisted.get(declared);
    if (known) return names.local(known.name);
    const used = new Set(this.unlisted.map((each) => each.name));
    const wanted = hasClassStatement(declared) ? declared.name : `_${declared.name}`;
    let name = wanted;
    for (let i = 2; !names.isFree(name) || used.has(name); i++) name = `${wanted}${i}`;
    this.#unlisted.set(declared, { name, declared });
    return names.local(name);
  }

  /** A class of Python as an annotation; `Any` for one that a stub cannot import. */
  pythonClass(object: PyObject): string {
    const text = (name: string): string => {
      const value: unknown = object.$.hasAttr(name) ? object.$.attr(name) : "";
      return typeof value === "string" ? value : "";
    };
    const arity = (): number => {
      const parameters: unknown = object.$.hasAttr("__parameters__")
        ? object.$.attr("__parameters__")
        : null;
      return isPyObject(parameters) ? parameters.$.length : 0;
    };
    return this.namedClass(text("__module__"), text("__qualname__"), arity);
  }

  /** A class of Python by its name as an annotation. */
  namedClass(module: string, name: string, arity: () => number = () => 0): string {
    if (module === "" || module === "__main__" || name === "" || name.includes("<")) {
      return this.any;
    }
    const full = `${module}.${name}`;
    const size = ARITY[full] ?? arity();
    const [top, ...inner] = name.split(".");
    const spelled = module === "builtins"
      ? this.names.builtin(top!)
      : module === this.#module.fullName
      ? this.names.local(top!)
      : module === "collections.abc" || module === "typing"
      ? this.names.from(module, top!)
      : `${this.names.module(module)}.${top}`;
    const parameters = size > 0 ? `[${Array(size).fill(this.any).join(", ")}]` : "";
    return [spelled, ...inner].join(".") + parameters;
  }
}

/**
 * Whether it can be written as `class …`, and so be marked as one that only type checkers know: a `t.record()`
 * with a field called `from` cannot.
 */
export function hasClassStatement(declared: Declared): boolean {
  return [PyClass, PyEnum, PyRecord].some((kind) => declared instanceof kind) ||
    Object.keys((declared as Shape).fields).every(isIdentifier);
}

/** Whether a member of a module is the declaration, or the class that it declares. */
function isOrDeclares(member: unknown, declared: Declared): boolean {
  return member === declared || (declared instanceof PyClass && member === declared.cls);
}

/** `X | Y`, each once. */
function joined(texts: readonly string[], names: StubNames): string {
  const all = [...new Set(texts.flatMap((text) => alternatives(text)))];
  const object = names.builtin("object");
  return all.includes(object) ? object : all.join(" | ");
}

/** The alternatives of an annotation, outside of brackets. */
export function alternatives(text: string): string[] {
  if (!text.includes(" | ")) return [text];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"' || character === "'") {
      for (i++; text[i] !== character; i++) if (text[i] === "\\") i++;
    } else if ("[(".includes(character)) depth++;
    else if ("])".includes(character)) depth--;
    else if (character === "|" && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}

/** A value inside `Literal[…]`; `null` for one that cannot be there. */
export function literalText(value: unknown): string | null {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return stringText(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (typeof value === "bigint" || Number.isSafeInteger(value)) {
    return Object.is(value, -0) ? null : intText(value as number | bigint);
  }
  return null;
}
