/**
 * Classes, enums and records in stubs.
 * @module
 */

import { isPyObject } from "../objects/py_object.ts";
import { type Method, nearestDeclaration, PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import type { Parameter } from "./parameters.ts";
import { fixedTypes } from "./stub_dunders.ts";
import { type Definition, definitionLines, spaced } from "./stub_signatures.ts";
import { docLines, fitted, INDENT, listed, stringText } from "./stub_text.ts";
import { type Declared, hasClassStatement, type Shape, type StubTypes } from "./stub_types.ts";
import { constantType, defaultText, memberText } from "./stub_values.ts";
import { t } from "./types.ts";

/** The lines of a class of whatever kind, under the name that it has in this stub. */
export function classLines(types: StubTypes, name: string, declared: Declared): string[] {
  if (declared instanceof PyClass) return pyClassLines(types, name, declared);
  if (declared instanceof PyEnum) return enumLines(types, name, declared);
  if (declared instanceof PyRecord) return recordLines(types, name, declared);
  return shapeLines(types, name, declared);
}

/** The names that hide others inside of a class. */
export function memberNames(declared: Declared): string[] {
  if (declared instanceof PyClass) {
    const { methods, properties, staticMethods, classMethods, constants } = declared;
    const named = [methods, properties, staticMethods, classMethods].flat();
    return [...named.map((each) => each.name), ...Object.keys(constants)];
  }
  if (declared instanceof PyEnum) return declared.members.map(([name]) => name);
  if (declared instanceof PyRecord) return declared.fields.map((each) => each.name);
  return Object.keys(declared.fields);
}

function body(head: string[], doc: string[], groups: string[][]): string[] {
  const filled = groups.filter((group) => group.length > 0);
  if (doc.length + filled.length === 0) return [...head.slice(0, -1), `${head.at(-1)} ...`];
  const inner = filled.flatMap((group, i) => i === 0 && doc.length === 0 ? group : ["", ...group]);
  return [...head, ...doc, ...inner];
}

// --- classes -------------------------------------------------------------------

function pyClassLines(types: StubTypes, name: string, declared: PyClass): string[] {
  const { names } = types;
  const define = (definition: Definition): string[] => definitionLines(types, INDENT, definition);
  const bases = basesOf(types, declared);
  const variables = declared.generic.map((each) => names.typeVariable(each));
  if (variables.length > 0) {
    bases.push(`${names.from("typing", "Generic")}[${variables.join(", ")}]`);
  }
  const constants = Object.entries(declared.constants).flatMap(([key, value]) =>
    fitted(INDENT, `${key}: ${names.from("typing", "ClassVar")}[${constantType(value, types)}]`)
  );
  const methods = spaced([
    initLines(types, declared),
    ...declared.properties.flatMap((property) => {
      const callable = { doc: property.doc, params: [], returns: property.type, overloads: [] };
      const definition = { name: property.name, receiver: "self" };
      const getter = define({ ...definition, callable, decorators: [names.builtin("property")] });
      if (property.readonly) return [getter];
      const value: Parameter = { name: "value", type: property.type, role: "" };
      const setter = { doc: undefined, params: [value], returns: t.none, overloads: [] };
      const decorators = [`${property.name}.setter`];
      return [getter, define({ ...definition, callable: setter, decorators })];
    }),
    ...declared.methods.map((method) =>
      define({ ...ofMethod(method, declared.cls.prototype), receiver: "self" })
    ),
    ...declared.staticMethods.map((method) =>
      define({ ...ofMethod(method, declared.cls), decorators: [names.builtin("staticmethod")] })
    ),
    ...declared.classMethods.map((method) =>
      define({
        ...ofMethod(method, declared.cls),
        receiver: "cls",
        decorators: [names.builtin("classmethod")],
      })
    ),
    // What makes Box[int] in a running program, and the type checkers' own business otherwise.
    ...(variables.length > 0
      ? [[`${INDENT}def __class_getitem__(cls, item: ${types.any}, /) -> ${types.any}: ...`]]
      : []),
    ...declared.dunders.map((method) => {
      const fixed = fixedTypes(method.name, types);
      const definition = { ...ofMethod(method, declared.cls.prototype), receiver: "self", fixed };
      return withHashAgain(declared, method.name, define(definition));
    }),
  ]);
  const derived = bases.length > 0;
  return body(
    listed("", `class ${name}${derived ? "(" : ""}`, bases, derived ? "):" : ":"),
    docLines(declared.doc, INDENT),
    [[...constants, ...hashLines(types, declared)], methods],
  );
}

function ofMethod({ name, callable, call }: Method, owner: object): Definition {
  const implementation = typeof call === "function" ? call : valueOf(owner, call);
  return { name, callable, implementation };
}

/** The value of a method, without running a getter. */
function valueOf(owner: object, key: string): unknown {
  for (let at: object | null = owner; at; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor) return descriptor.value;
  }
  return undefined;
}

function basesOf(types: StubTypes, declared: PyClass): string[] {
  const above = superOf(declared);
  const given = declared.bases.map((base) => {
    if (typeof base === "string") {
      const parts = base.split(".");
      const name = parts.pop()!;
      return types.namedClass(parts.join(".") || "builtins", name);
    }
    return isPyObject(base) ? types.pythonClass(base) : types.classText(base);
  });
  const prototype = declared.cls.prototype as object;
  const first = above
    ? [types.classText(above)]
    : prototype instanceof Error
    ? [types.names.from("pyduet", "JsError")]
    : [];
  const all = [...first, ...given];
  // What a stub cannot import tells nothing as a base; strict checkers refuse Any there.
  return [...new Set(all.filter((base) => base !== types.any))];
}

function superOf(declared: PyClass): PyClass | undefined {
  return nearestDeclaration(Object.getPrototypeOf(declared.cls.prototype));
}

function initLines(types: StubTypes, declared: PyClass): string[] {
  const { init } = declared;
  if (init) {
    const callable = { doc: undefined, params: init, returns: t.none, overloads: [] };
    return definitionLines(types, INDENT, { name: "__init__", callable, receiver: "self" });
  }
  // There is no value of type Never, so that every call is refused.
  const never = types.names.from("typing_extensions", "Never");
  return [`${INDENT}def __init__(self, made_by_typescript_alone: ${never}, /) -> None: ...`];
}

/** As Python: who defines `__eq__` without `__hash__` cannot be hashed. */
function hashLines(types: StubTypes, declared: PyClass): string[] {
  if (!losesHash(declared) || inheritsNoHash(declared)) return [];
  const classVar = types.names.from("typing", "ClassVar");
  return [`${INDENT}__hash__: ${classVar}[None]  # type: ignore[assignment]`];
}

function inheritsNoHash(declared: PyClass): boolean {
  for (let above = superOf(declared); above; above = superOf(above)) {
    if (losesHash(above)) return true;
    if (above.dunders.some(({ name }) => name === "__hash__")) return false;
  }
  return false;
}

/** Giving back what a class above took away is against the rules of overriding, and meant. */
function withHashAgain(declared: PyClass, name: string, lines: string[]): string[] {
  if (name !== "__hash__" || !inheritsNoHash(declared)) return lines;
  return lines.map((line) => /^ *def /.test(line) ? `${line}  # type: ignore[override]` : line);
}

function losesHash({ dunders }: PyClass): boolean {
  const has = (name: string): boolean => dunders.some((each) => each.name === name);
  return has("__eq__") && !has("__hash__");
}

// --- enums and records -----------------------------------------------------------

function enumLines(types: StubTypes, name: string, declared: PyEnum): string[] {
  return body(
    [`class ${name}(${types.names.from("enum", declared.kind)}):`],
    docLines(declared.doc, INDENT),
    [declared.members.map(([key, value]) => `${INDENT}${key} = ${memberText(value)}`)],
  );
}

function recordLines(types: StubTypes, name: string, declared: PyRecord): string[] {
  const dataclass = types.names.from("dataclasses", "dataclass");
  return body(
    [`@${dataclass}${declared.frozen ? "(frozen=True)" : ""}`, `class ${name}:`],
    docLines(declared.doc, INDENT),
    [declared.fields.flatMap(({ name: field, type }) => {
      const fallback = type.fallback ? ` = ${defaultText(type)}` : "";
      return fitted(INDENT, `${field}: ${types.stored(type)}${fallback}`);
    })],
  );
}

function shapeLines(types: StubTypes, name: string, shape: Shape): string[] {
  const typedDict = types.names.from("typing", "TypedDict");
  const entries = Object.entries(shape.fields).map(([field, type]) => {
    const text = types.stored(type);
    return [
      field,
      type.fallback ? `${types.names.from("typing_extensions", "NotRequired")}[${text}]` : text,
    ] as const;
  });
  if (hasClassStatement(shape)) {
    return body([`class ${name}(${typedDict}):`], [], [
      entries.flatMap(([field, text]) => fitted(INDENT, `${field}: ${text}`)),
    ]);
  }
  // Names that only this way of writing it takes.
  const items = entries.map(([field, text]) => `${stringText(field)}: ${text}`);
  return [
    `${name} = ${typedDict}(`,
    `${INDENT}${stringText(name)},`,
    ...listed(INDENT, "{", items, "},"),
    ")",
  ];
}
