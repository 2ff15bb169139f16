/**
 * The declarations put together for one interpreter: each becomes what Python has of it when that is first needed.
 * @module
 */

import { keyOfType } from "../capi/layout.ts";
import { borrow, type Borrowed, type New } from "../capi/reference.ts";
import type { Bridge, Defined } from "../objects/facade.ts";
import { createAsyncValues } from "./async_value.ts";
import { createCalls } from "./call.ts";
import { declarationOf, hasContainers, isMarked, PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { PyFunction } from "./function.ts";
import { createInstances } from "./instance.ts";
import { createClasses } from "./make_class.ts";
import { createFunctions } from "./make_function.ts";
import { type Member, PyModule } from "./module.ts";
import { createReaders } from "./reader.ts";
import { t, type Type } from "./types.ts";
import { createSubclassables, type PySubclassable } from "./subclassable.ts";
import { createWriters } from "./writer.ts";

/** What one interpreter has of the declarations. All need the GIL. */
export interface Definitions extends Defined {
  /** Makes a module importable; the result takes it out again. */
  register(module: PyModule): () => void;
  /** A class to extend. */
  subclassable(base: unknown): PySubclassable;
  /** The object of a value as a type says: a new reference. Throws a TypeError. */
  write(value: unknown, type: Type): New;
}

/** Binds the declarations to an interpreter. */
export function createDefinitions(bridge: Bridge): Definitions {
  const { interpreter, python, rules, toPython, strings } = bridge;
  const { library, share } = interpreter;
  const { Py_DecRef } = library.object;
  const others = new Map<PyEnum | PyRecord, New>();
  const modules = new Map<Member, string>();
  /** What registered each name last. */
  const latest = new Map<string, object>();
  /** The module for which members are being made. */
  let moduleName = "__main__";

  /** What a member says of where it comes from: the module in whose registration it stands first. */
  function moduleOf(member: Member): string {
    return modules.get(member) ?? moduleName;
  }

  const calls = createCalls(bridge);
  const asyncValues = createAsyncValues(bridge, {
    readerOf: (type) => readerOf(type),
    writerOf: (type) => writerOf(type),
  });
  const readerOf = createReaders(bridge, { pythonClass, atEnd: calls.atEnd, asyncValues });
  const writerOf = createWriters(bridge, { pythonClass, asyncValues });
  const classes = createClasses(bridge, {
    functions: () => functions,
    instances: () => instances,
    moduleOf,
  });
  const { typeOf, declarationAt, annotationOfClass } = classes;
  const functions = createFunctions(bridge, {
    calls,
    readerOf,
    writerOf,
    asyncValues,
    pythonClass,
    annotationOfClass,
  });
  const { make, callableOf, dictOf, defaultsOf, annotationsOf, writeOrThrow } = functions;
  const instances = createInstances(bridge, { readerOf, writerOf, typeOf, declarationAt });

  // --- enums and records ------------------------------------------------------------

  function pythonClass(declared: PyEnum | PyRecord): Borrowed {
    let cls = others.get(declared);
    if (!cls) {
      const module = moduleOf(declared);
      cls = declared instanceof PyEnum ? makeEnum(declared, module) : makeRecord(declared, module);
      others.set(declared, cls);
    }
    return borrow(cls);
  }

  function makeEnum({ kind, name, doc, members }: PyEnum, module: string): New {
    const made = make(
      "_typed",
      "make_enum",
      toPython(kind),
      toPython(name),
      toPython(module),
      toPython(doc ?? null),
      toPython(members.map((pair) => [...pair])),
    );
    // A member crosses as its value, which is all that TypeScript knows of it.
    rules.add(borrow(made), (member) => {
      try {
        return rules.toJs(python.call("_typed", "value_of", member));
      } finally {
        Py_DecRef(member);
      }
    });
    return made;
  }

  function makeRecord({ name, doc, fields, frozen }: PyRecord, module: string): New {
    return make(
      "_typed",
      "make_dataclass",
      toPython(name),
      toPython(module),
      toPython(doc ?? null),
      toPython(fields.map((field) => field.name)),
      () => annotationsOf(fields, t.any),
      () => defaultsOf(fields, name),
      toPython(frozen),
    );
  }

  // --- modules ----------------------------------------------------------------------

  function objectOf(member: Member, module: string): New {
    if (member instanceof PyModule) return buildModule(member, `${module}.${member.name}`);
    return toPython(member);
  }

  /** Says of which module what is declared in it is, before anything of it is made. */
  function claim(module: PyModule, name: string): void {
    for (const member of module.members.values()) {
      if (member instanceof PyModule) claim(member, `${name}.${member.name}`);
      else {
        const declared = typeof member === "function" && !(member instanceof PyFunction)
          ? declarationOf((member as { prototype?: object }).prototype ?? {}) ?? member
          : member;
        if (!modules.has(declared)) modules.set(declared, name);
      }
    }
  }

  /** The module object, entered under its name. */
  function buildModule(module: PyModule, name: string): New {
    const before = moduleName;
    moduleName = name;
    let object: New | undefined;
    try {
      object = make(
        "_modules",
        "build",
        toPython(name),
        toPython(module.doc ?? null),
        () =>
          dictOf([
            ...[...module.members]
              .filter(([, member]) => !(member instanceof PyModule))
              .map(([key, member]) => [key, () => objectOf(member, name)] as const),
            ...Object.entries(module.constants).map(([key, value]) =>
              [key, () => toPython(value)] as const
            ),
          ]),
        () =>
          dictOf(
            Object.entries(module.lazy).map(([key, of]) => [key, () => toPython(of)] as const),
          ),
      );
      for (const member of module.members.values()) {
        if (!(member instanceof PyModule)) continue;
        Py_DecRef(make("_modules", "as_package", share(object)));
        Py_DecRef(objectOf(member, name));
      }
      return object;
    } catch (error) {
      if (object !== undefined) Py_DecRef(object);
      throw error;
    } finally {
      moduleName = before;
    }
  }

  function leave(module: PyModule, name: string, object: New): void {
    for (const member of module.members.values()) {
      if (!(member instanceof PyModule)) continue;
      const child = library.object.PyObject_GetAttr(object, strings.name(member.name));
      if (child) leave(member, `${name}.${member.name}`, child);
      else library.object.PyErr_Clear();
    }
    Py_DecRef(make("_modules", "leave", object));
  }

  interpreter.atClose(() => {
    for (const cls of others.values()) Py_DecRef(cls);
  });

  // The type of a declared class comes back as the class. Exactly a type: those of metaclasses stay PyObjects.
  rules.add(library.dataObject("PyType_Type"), (type) => {
    const built = declarationAt(keyOfType(borrow(type)));
    if (!built) return bridge.wrap(type);
    Py_DecRef(type); // kept by what was built
    return built.declaration.cls;
  });
  const subclassables = createSubclassables(bridge, { functions, instances });

  // --- what the floor below asks for --------------------------------------------------

  return {
    hold(value) {
      if (value instanceof PyFunction) return functionOf(value);
      if (value instanceof PyClass) return share(typeOf(value).type);
      if (value instanceof PyEnum || value instanceof PyRecord) return share(pythonClass(value));
      if (value instanceof PyModule) return buildModule(value, value.name);
      return instances.hold(value);
    },
    isClass: isMarked,
    holdClass(value) {
      const { prototype } = value as { prototype?: object };
      if (!prototype) return null; // no class
      const declaration = declarationOf(prototype);
      if (declaration?.cls === value as unknown) return share(typeOf(declaration!).type);
      return subclassables.hold(value) ?? instances.holdClass(value);
    },
    holdContainer: (value) => hasContainers() ? instances.hold(value) : null,
    hasContainers,
    collected: instances.collected,
    pairOf: instances.pairOf,
    retire: calls.retire,
    subclassable: subclassables.of,
    write: (value, type) => writeOrThrow(value, type, "the value"),
    register(module) {
      claim(module, module.name);
      const { name } = module;
      const object = buildModule(module, name);
      const token = {};
      latest.set(name, token);
      let live = true;
      return () => {
        if (!live || interpreter.lease.closed) return;
        live = false;
        interpreter.attach();
        // The name may have been registered again, and is no more ours to take out.
        if (latest.get(name) === token) leave(module, name, object);
        else Py_DecRef(object);
      };
    },
  };

  function functionOf(declared: PyFunction<never[], unknown>): New {
    const found = bridge.hosts.find(declared);
    if (found) return found;
    const { name, signature, implementation } = declared;
    return callableOf({
      kind: "function",
      module: moduleOf(declared),
      qualname: name,
      ...signature,
      implementation,
      refuse: null,
    }, { selfOf: null, functionOf: () => implementation as () => unknown });
  }
}
