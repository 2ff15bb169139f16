/**
 * `pyModule()`: a Python module whose members are TypeScript's.
 * @module
 */

import { describe } from "../convert/path.ts";
import { PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { checkDoc, checkKeys, PyFunction } from "./function.ts";
import { isClass } from "../objects/js_operations.ts";
import { checkName, snakeCase } from "./parameters.ts";

/** What has a name of its own. */
export type Member =
  // deno-lint-ignore no-explicit-any -- functions of any signature
  | PyFunction<any, any>
  // deno-lint-ignore no-explicit-any -- classes of any instances
  | PyClass<any>
  // deno-lint-ignore no-explicit-any -- enums of any values
  | PyEnum<any>
  // deno-lint-ignore no-explicit-any -- records of any fields
  | PyRecord<any, any>
  | PyModule
  // deno-lint-ignore no-explicit-any -- a plain function, or a class that was not declared
  | ((...args: any[]) => unknown)
  // deno-lint-ignore no-explicit-any -- the same
  | (abstract new (...args: any[]) => unknown);

/** What Python is told of a module. */
export interface ModuleDeclaration {
  /** The docstring. */
  readonly doc?: string;
  /** Functions, classes, enums, records and submodules, each under its own name; a plain function in snake_case. */
  readonly members?: readonly Member[];
  /** Any values by name; converted once. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Members that are made when Python first asks for them. */
  readonly lazy?: Readonly<Record<string, () => unknown>>;
}

/** A module declared for Python, importable once `py.register()` has it. */
export class PyModule {
  /** The name by which it is imported; of a submodule the last part. */
  readonly name: string;
  /** The docstring. */
  readonly doc: string | undefined;
  /** Functions, classes, enums, records and submodules, by name. */
  readonly members: ReadonlyMap<string, Member>;
  /** Values by name. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** What makes a member when it is asked for, by name. */
  readonly lazy: Readonly<Record<string, () => unknown>>;

  /** Use {@link pyModule}. */
  constructor(name: string, declaration: ModuleDeclaration) {
    const what = `pyModule("${name}")`;
    checkKeys(declaration, ["doc", "members", "constants", "lazy"], what);
    checkDoc(declaration.doc, what);
    const { doc, members = [], constants = {}, lazy = {} } = declaration;
    const named = new Map<string, Member>();
    const taken = new Set<string>();
    const take = (key: string): void => {
      checkName(key, `${what}: a member`);
      if (taken.has(key)) throw new TypeError(`${what} has two members called ${key}`);
      taken.add(key);
    };
    for (const member of members) {
      const key = nameOf(member, what);
      take(key);
      named.set(key, member);
    }
    Object.keys(constants).forEach(take);
    for (const [key, make] of Object.entries(lazy)) {
      take(key);
      if (typeof make !== "function") {
        throw new TypeError(
          `${what}: the lazy member ${key} must be a function, not ${describe(make)}`,
        );
      }
    }
    this.name = name;
    this.doc = doc;
    this.members = named;
    this.constants = constants;
    this.lazy = lazy;
    for (const member of members) if (!homes.has(member)) homes.set(member, this);
  }

  /** The name by which it is imported, with those of the modules that it is in. */
  get fullName(): string {
    const parent = homeOf(this);
    return parent ? `${parent.fullName}.${this.name}` : this.name;
  }
}

/** The first module of each member: the one that Python names as its own. */
const homes = new WeakMap<object, PyModule>();

/** The module that a member belongs to; of several the first. */
export function homeOf(member: object): PyModule | undefined {
  return homes.get(member);
}

function nameOf(member: unknown, what: string): string {
  if (member instanceof PyModule) {
    if (!member.name.includes(".")) return member.name;
    throw new TypeError(`${what}: a submodule is called by its last name, not ${member.name}`);
  }
  const known = [PyFunction, PyClass, PyEnum, PyRecord].some((kind) => member instanceof kind);
  if (known) return (member as { name: string }).name;
  if (typeof member === "function" && member.name !== "") {
    return isClass(member as () => unknown) ? member.name : snakeCase(member.name);
  }
  throw new TypeError(
    `${what}: a member must be a function, a class, or what pyFunction(), pyClass(), pyEnum(), pyRecord() ` +
      `and pyModule() make, not ${describe(member)}; other values go into constants, by name`,
  );
}

/**
 * Declares a module; `py.register()` makes it importable.
 *
 * @example
 * ```ts
 * import { pyFunction, pyModule, startPython, t } from "pyduet";
 * const greet = pyFunction("greet", { params: { name: t.str }, returns: t.str }, (name) => `Hi ${name}`);
 * const py = startPython();
 * py.register(pyModule("greetings", { members: [greet], constants: { VERSION: "1.0" } }));
 * py.run("import greetings\ngreetings.greet(name='Ada')"); // "Hi Ada"
 * ```
 */
export function pyModule(name: string, declaration: ModuleDeclaration = {}): PyModule {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`pyModule(name) must be a name of Python, not ${describe(name)}`);
  }
  name.split(".").forEach((part) => checkName(part, "pyModule(name)"));
  if (typeof declaration !== "object" || declaration === null) {
    throw new TypeError(`pyModule("${name}") takes an object second, not ${describe(declaration)}`);
  }
  return new PyModule(name, declaration);
}
