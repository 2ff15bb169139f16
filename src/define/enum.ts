/**
 * `pyEnum()` and `pyRecord()`: values of TypeScript that are an `enum.Enum` or a dataclass in Python.
 * @module
 */

import { describe } from "../convert/path.ts";
import { checkDoc, checkKeys } from "./function.ts";
import { checkName, type Parameter, parameterList } from "./parameters.ts";
import { type Described, type Fields, type GivenRecord, type JsOf, Type } from "./types.ts";

/** Values that an enum may have. */
export type EnumValue = string | number | bigint;

/** What Python is told of an enum. */
export interface EnumDeclaration {
  /** The docstring. */
  readonly doc?: string;
  /** The class of `enum` it derives from. Default: `"Enum"`. `"StrEnum"` needs Python 3.11. */
  readonly kind?: "Enum" | "IntEnum" | "StrEnum" | "Flag" | "IntFlag";
}

/** An enum declared for Python. */
export class PyEnum<V = unknown> implements Described<V> {
  /** Its name in Python. */
  readonly name: string;
  /** The docstring. */
  readonly doc: string | undefined;
  /** The class of `enum` it derives from. */
  readonly kind: NonNullable<EnumDeclaration["kind"]>;
  /** Names and values, in their order. */
  readonly members: readonly (readonly [string, EnumValue])[];
  /** The type of its values. */
  readonly type: Type<V, V>;

  /** Use {@link pyEnum}. */
  constructor(name: string, members: Record<string, EnumValue>, declaration: EnumDeclaration) {
    const what = `pyEnum("${name}")`;
    checkKeys(declaration, ["doc", "kind"], what);
    checkDoc(declaration.doc, what);
    const { doc, kind = "Enum" } = declaration;
    if (!KINDS.includes(kind)) {
      throw new TypeError(`${what}: kind may be ${KINDS.join(", ")}, not ${describe(kind)}`);
    }
    this.name = name;
    this.doc = doc;
    this.kind = kind;
    // A numeric enum of TypeScript names its members by their values as well.
    this.members = Object.entries(members).filter(([key]) => !/^-?\d/.test(key));
    for (const [key, value] of this.members) {
      checkName(key, `${what}: a member`);
      if (!["string", "number", "bigint"].includes(typeof value)) {
        throw new TypeError(
          `${what}: member ${key} must be a string or a number, not ${describe(value)}`,
        );
      }
    }
    this.type = new Type<V, V>("instance", { detail: this });
  }
}

const KINDS: readonly string[] = ["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"];

/**
 * Declares an enum of TypeScript, or an object of names and values, as Python's `enum.Enum`. Its members
 * cross as their values; a value goes to Python as a member where `t.instance(…)` says so.
 *
 * @example
 * ```ts
 * import { pyEnum, pyFunction, startPython, t } from "pyduet";
 * enum Level { Low = 1, High = 2 }
 * const PyLevel = pyEnum("Level", Level);
 * const py = startPython();
 * py.globals.Level = PyLevel;
 * py.globals.raised = pyFunction("raised", {
 *   params: { level: t.instance(PyLevel) },
 *   returns: t.instance(PyLevel),
 * }, () => Level.High);
 * py.run("raised(Level.Low).name"); // "High"
 * ```
 */
export function pyEnum<const M extends Readonly<Record<string, EnumValue>>>(
  name: string,
  members: M,
  declaration: EnumDeclaration = {},
): PyEnum<M[keyof M]> {
  checkName(name, "pyEnum(name)");
  if (typeof members !== "object" || members === null || Object.keys(members).length === 0) {
    throw new TypeError(
      `pyEnum("${name}") takes an enum or an object of names and values, not ${describe(members)}`,
    );
  }
  return new PyEnum(name, members as unknown as Record<string, EnumValue>, declaration);
}

/** What Python is told of a record. */
export interface RecordDeclaration<F extends Fields> {
  /** The docstring. */
  readonly doc?: string;
  /** The fields by name, in their order; the same names in TypeScript. */
  readonly fields: F;
  /** Python may not change a field, and the record can be hashed. */
  readonly frozen?: boolean;
}

/** What TypeScript gets of a record. */
export type RecordOf<F extends Fields> = { -readonly [K in keyof F]: JsOf<F[K]> };
/** A record declared for Python. */
export class PyRecord<Js = unknown, Given = Js> implements Described<Js, Given> {
  /** Its name in Python. */
  readonly name: string;
  /** The docstring. */
  readonly doc: string | undefined;
  /** Whether Python may change no field. */
  readonly frozen: boolean;
  /** The fields, in a checked form. */
  readonly fields: readonly Parameter[];
  /** The type of its values. */
  readonly type: Type<Js, Given>;

  /** Use {@link pyRecord}. */
  constructor(name: string, { doc, fields, frozen = false, ...more }: RecordDeclaration<Fields>) {
    const what = `pyRecord("${name}")`;
    checkKeys(more, ["doc", "fields", "frozen"], what);
    checkDoc(doc, what);
    this.name = name;
    this.doc = doc;
    this.frozen = frozen;
    this.fields = parameterList(fields, what);
    const special = this.fields.find(({ role }) => role !== "");
    if (special) throw new TypeError(`${what}: field '${special.name}' takes a plain type of t`);
    this.type = new Type<Js, Given>("instance", { detail: this });
  }
}

/**
 * Declares a plain object of TypeScript as a Python dataclass. It crosses as one where `t.instance(…)` says so.
 *
 * @example
 * ```ts
 * import { pyFunction, pyRecord, startPython, t } from "pyduet";
 * const Point = pyRecord("Point", { fields: { x: t.float, y: t.float.default(0) } });
 * const py = startPython();
 * py.globals.Point = Point;
 * py.globals.mirrored = pyFunction("mirrored", {
 *   params: { point: t.instance(Point) },
 *   returns: t.instance(Point),
 * }, ({ x, y }) => ({ x: y ?? 0, y: x }));
 * py.run("str(mirrored(Point(1)))"); // "Point(x=0.0, y=1.0)"
 * ```
 */
export function pyRecord<F extends Fields>(
  name: string,
  declaration: RecordDeclaration<F>,
): PyRecord<RecordOf<F>, GivenRecord<F>> {
  checkName(name, "pyRecord(name)");
  if (typeof declaration !== "object" || declaration === null) {
    throw new TypeError(
      `pyRecord("${name}") takes an object with fields, not ${describe(declaration)}`,
    );
  }
  return new PyRecord(name, declaration);
}
