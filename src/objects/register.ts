/**
 * Floor 4 put together for one interpreter: what the floors below asked for by
 * name is given to them here.
 * @module
 */

import type { Memory } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import { keyOfType, type TypeKey } from "../capi/layout.ts";
import type { New, Ref } from "../capi/reference.ts";
import { createChecks } from "../interpreter/check.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { createBulk } from "../convert/bulk.ts";
import { createBytes } from "../convert/bytes.ts";
import { createDates } from "../convert/datetime.ts";
import { createNumbers } from "../convert/number.ts";
import { describe, Reason } from "../convert/path.ts";
import { createRules } from "../convert/rules.ts";
import { createStrings } from "../convert/string.ts";
import { createDeepToJs } from "../convert/to_js.ts";
import { createToPython } from "../convert/to_python.ts";
import { createAttributes } from "./attribute.ts";
import { deepCopy, Passed } from "./by.ts";
import { byConverters } from "./converted.ts";
import { createBuffers } from "./buffer.ts";
import { createLeases } from "./buffer_lease.ts";
import { createCalls, KeywordArguments } from "./call.ts";
import { Dollar } from "./py_object.ts";
import { type Bridge, Facade, facadeOf } from "./facade.ts";
import { fallback, generatorThrow, symbol } from "./fallback.ts";
import { HostTable } from "./host_table.ts";
import { createJsFunctions } from "./js_function.ts";
import { callableFace, functionFace, objectFace } from "./proxy.ts";
import type { PyObject } from "./py_object.ts";
import { createPythonSide } from "./python_side.ts";
import { createRaising, type Raising } from "./raise.ts";
import { createSharedMemory } from "./shared_memory.ts";
import { ellipsis, Slice } from "./slice.ts";

/** Builds the bridge of an interpreter and gives the interpreter its upper floors. Attached. */
export function createBridge(interpreter: Interpreter): Bridge {
  const { library } = interpreter;
  const { Py_DecRef, PyCallable_Check, PyLong_AsDouble } = library.object;
  const checks = createChecks(interpreter);
  const numbers = createNumbers(interpreter, checks);
  const strings = createStrings(interpreter, checks);
  const families = { numbers, strings, bytes: createBytes(interpreter, checks) };
  const bulk = createBulk(interpreter, checks);
  const rules = createRules(interpreter, checks, families);
  const python = createPythonSide(interpreter, checks);
  const dates = createDates(
    interpreter,
    { numbers, strings, rules },
    (name, ...args) => python.call("_dates", name, ...args),
  );
  // Until the bridge stands, an exception is a fault of the library itself.
  interpreter.upper = {
    toThrow: (exception) => new Error(`Python failed while starting: ${textOf(exception)}`),
    takeDropped() {},
    flush() {},
    runExitFunctions() {},
    isAlone: () => true,
    flushFiles() {},
    retire() {},
  };

  // --- this thread in Python ------------------------------------------------

  const flags = checks.takeNewOrThrow(
    // SAFETY: two bytes of memory that lives as long as the interpreter; realm.end() lets go of it.
    library.code.PyMemoryView_FromMemory(
      interpreter.flags.address,
      backend.size(2),
      PYBUF_WRITE,
    ),
  );
  const realm = python.call("", "attach", flags);
  Py_DecRef(flags);
  const member = (name: string): New =>
    checks.takeNewOrThrow(library.object.PyObject_GetAttr(realm, strings.name(name)));
  const referenceType = member("ref");
  const realmMembers = {
    object: member("object"),
    number_of: member("number_of"),
    guard: member("guard"),
    sort: member("sort"),
    convert: member("convert"),
    matching: member("matching"),
    take_dropped: member("take_dropped"),
    end: member("end"),
  };

  /** Calls a member of the realm; leaves the arguments with their owner. */
  function callRealm(name: keyof typeof realmMembers, ...args: Ref[]): New {
    return callWith(realmMembers[name], args);
  }

  /** One for each call on the stack: what CPython allocates for a call may run finalisers that come back here. */
  const argumentsOf: Memory[] = [];
  let calling = 0;
  function callWith(callable: Ref, args: Ref[]): New {
    const { PyObject_Vectorcall, PyObject_VectorcallDict, _PyObject_FastCallDict } = library.object;
    const memory = argumentsOf[calling] ??= backend.allocate(64 * 8);
    args.forEach((argument, i) => memory.setPointer(i, argument));
    calling++;
    try {
      return checks.takeNewOrThrow(
        (PyObject_Vectorcall ?? PyObject_VectorcallDict ?? _PyObject_FastCallDict)!(
          callable,
          memory.address,
          backend.size(args.length),
          backend.null,
        ),
      );
    } finally {
      calling--;
    }
  }

  function withNumber<T>(number: number, use: (object: New) => T): T {
    const object = numbers.numberToPython(number);
    try {
      return use(object);
    } finally {
      Py_DecRef(object);
    }
  }

  // --- values with identity -------------------------------------------------

  const hosts = new HostTable(interpreter, checks);
  const toPython = createToPython(interpreter, checks, { ...families, bulk, dates }, {
    isPython: (value) => facadeOf(value) !== undefined,
    pythonOf(value) {
      const facade = facadeOf(value);
      return facade ? interpreter.share(facade.pointer()) : null;
    },
    hold(value) {
      if (value instanceof Passed) return pass(value);
      if (typeof value === "function") return functions.toPython(value as () => unknown);
      if (value instanceof Error) return raising.hold(value);
      if (value instanceof Slice) return sliceOf(value);
      if (value === ellipsis) {
        return interpreter.share(library.dataObject("_Py_EllipsisObject"));
      }
      if (value instanceof KeywordArguments) {
        throw new Reason("kw() makes the keyword arguments of a call and goes last in it, once");
      }
      if (shared.crosses(value)) return shared.share(value);
      refuseUnfinished(value);
      return converting.lastToPython(value) ?? holdObject(value);
    },
    eager: () => converting.eager(),
    convert: (value) => converting.toPython(value),
  });
  const converting = byConverters({
    interpreter,
    rules,
    toPython: (value) => toPython(value),
    wrap: (object) => wrap(interpreter.share(object)),
    announce(names) {
      // As text: an array would be shown to the program's predicates.
      const text = strings.stringToPython(names.flat().join("\n"));
      Py_DecRef(callRealm("convert", text));
      Py_DecRef(text);
    },
    matching(object) {
      const list = callRealm("matching", object);
      return rules.items(list) as number[];
    },
  });

  function pass({ value, live }: Passed): New {
    if (!live) return toPython(deepCopy(value, copying));
    const isObject = typeof value === "object" && value !== null && !facadeOf(value);
    if (!isObject || value instanceof Error) return toPython(value);
    const isMemory = value instanceof Uint8Array || value instanceof ArrayBuffer;
    return isMemory || shared.crosses(value) ? shared.share(value) : holdObject(value);
  }

  const copying = {
    isPython: (value: object) => facadeOf(value) !== undefined,
    copied: (value: object) =>
      wrap(python.call("_objects", "deep_copy", facadeOf(value)!.pointer())),
  };

  function holdObject(value: unknown): New {
    return hosts.find(value) ?? hosts.add(value, true, (number) => {
      const text = toPython(`<js ${describe(value)}>`);
      const object = withNumber(number, (id) => callRealm("object", id, text));
      Py_DecRef(text);
      return object;
    });
  }

  /** All of them or none: what was made is given back when one cannot be. */
  function allToPython(
    values: readonly unknown[],
    convert: (value: unknown) => New = toPython,
  ): New[] {
    const made: New[] = [];
    try {
      for (const value of values) made.push(convert(value));
      return made;
    } catch (error) {
      for (const reference of made) Py_DecRef(reference);
      throw error;
    }
  }

  function sliceOf({ start, stop, step }: Slice): New {
    const parts = allToPython([start, stop, step]);
    const made = library.protocol.PySlice_New(parts[0]!, parts[1]!, parts[2]!);
    parts.forEach((part) => Py_DecRef(part));
    return checks.takeNewOrThrow(made);
  }

  const leases = createLeases(interpreter);
  const shared = createSharedMemory(interpreter, {
    ...{ python, hosts, rules, strings, numbers, leases, referenceType },
    wrap: (reference) => wrap(reference),
  });

  const functions = createJsFunctions({
    interpreter,
    checks,
    rules,
    hosts,
    toPython,
    makeReference: (number) => withNumber(number, (id) => callWith(referenceType, [id])),
    guard(fn) {
      const guarded = callRealm("guard", fn);
      Py_DecRef(fn);
      return guarded;
    },
    raise: (thrown) => raising.raise(thrown),
    arrived: () => raising.arrived(),
  });

  // --- faces ----------------------------------------------------------------

  const typeKey = interpreter.typeKey;
  const key = (name: string) => keyOfType(library.dataObject(name));
  const BUILTIN_FUNCTION = key("PyCFunction_Type");
  const FUNCTION = key("PyFunction_Type");
  const METHOD = key("PyMethod_Type");

  function wrap(reference: New, type: TypeKey = typeKey(reference)): PyObject {
    const facade = new Facade(bridge);
    facade.handle = interpreter.own(reference, facade);
    return faceFor(facade, reference, type);
  }

  function wrapToTheEnd(reference: New): PyObject {
    const facade = new Facade(bridge);
    facade.handle = interpreter.ownToTheEnd(reference);
    return faceFor(facade, reference, typeKey(reference));
  }

  function faceFor(facade: Facade, reference: Ref, type: TypeKey): PyObject {
    facade.typeText = typeNames.get(type) ?? learnName(type, reference);
    if (type === FUNCTION || type === BUILTIN_FUNCTION || type === METHOD) {
      const handle = facade.handle!;
      return functionFace(
        facade,
        (args) =>
          handle.pointer === null ? facade.call(args) : calls.call(handle.pointer, null, args),
      );
    }
    return PyCallable_Check(reference) === 1 ? callableFace(facade) : objectFace(facade);
  }

  /** For messages. */
  const typeNames = new Map<TypeKey, string>();

  function learnName(type: TypeKey, object: Ref): string {
    const name = rules.toJs(python.call("_objects", "type_name", object)) as string;
    typeNames.set(type, name);
    return name;
  }

  /** The JS value of a number that Python held; takes the reference to its holder. */
  function hostValue(holder: New): unknown {
    const number = numberOf(holder);
    if (number === -1) return wrap(holder); // of another JS thread
    Py_DecRef(holder);
    return hosts.value(number);
  }

  function numberOf(object: Ref): number {
    const number = callRealm("number_of", object);
    return rules.toJs(number) as number;
  }

  const REFERENCE = keyOfType(referenceType);

  /** A JS function comes back as itself. */
  function builtinFunction(fn: New): unknown {
    const self = library.code.PyCFunction_GetSelf(fn);
    if (!self || typeKey(self) !== REFERENCE) return wrap(fn);
    const value = hosts.value(PyLong_AsDouble(self));
    Py_DecRef(fn);
    return value;
  }

  rules.setDefault(wrap);
  rules.add(library.dataObject("PyCFunction_Type"), builtinFunction);
  rules.setClassifier(
    (type, key) => withNumber(key, (id) => rules.toJs(callRealm("sort", type, id)) as string),
    { host: hostValue },
  );

  const raising: Raising = createRaising({
    interpreter,
    checks,
    rules,
    python,
    hosts,
    toPython,
    makeError: (number, ...parts) =>
      withNumber(number, (id) => python.call("_kinds", "make_error", realm, id, ...parts)),
    numberOf,
    wrap,
    pointerOf(value) {
      const facade = facadeOf(value);
      return facade?.live ? facade.pointer() : null;
    },
    keep: () => {},
  });

  // --- the bridge -----------------------------------------------------------

  const calls = createCalls(interpreter, checks, toPython, rules, strings);
  const bridge: Bridge = {
    interpreter,
    checks,
    strings,
    rules,
    toPython,
    calls,
    python,
    deepToJs: createDeepToJs(
      interpreter,
      checks,
      rules,
      bulk,
      dates,
      (value) => python.call("_plain", "plain", value),
      (value) => facadeOf(value) !== undefined,
      families.bytes,
      shared.sharedBy,
    ),
    makeBuffer: createBuffers(interpreter, { python, rules, strings, leases }),
    attributes: createAttributes(interpreter, strings),
    attributeError: library.pointedObject("PyExc_AttributeError"),
    lookupError: library.pointedObject("PyExc_LookupError"),
    wrap,
    wrapToTheEnd,
    wrapMethod(parent, name, fn) {
      const facade = new Facade(bridge, parent, name, fn);
      const owner = parent.handle!;
      const object = functionFace(facade, (args) =>
        // Only the method's own state or its owner's release lead past the plain call.
        facade.handle !== undefined || owner.pointer === null
          ? facade.call(args)
          : calls.call(fn, owner.pointer, args));
      return { facade, object };
    },
    exceptionFor: (thrown) => raising.exceptionFor(thrown),
    dollar: (facade) => new Dollar(facade),
    fallback,
    symbol,
    generatorThrow,
    key: keyToPython,
    allToPython,
  };

  function keyToPython(value: unknown): New {
    if (!Array.isArray(value)) return toPython(value);
    const list = rules.listOf(allToPython(value, keyToPython));
    const tuple = library.collections.PyList_AsTuple(list);
    Py_DecRef(list);
    return checks.takeNewOrThrow(tuple);
  }

  function textOf(exception: New): string {
    const text = library.protocol.PyObject_Repr(exception);
    return text ? strings.stringToJs(text) : "an exception without repr()";
  }

  converting.settle();

  interpreter.upper = {
    toThrow: (exception) => raising.toThrow(exception),
    takeDropped() {
      const dropped = callRealm("take_dropped");
      const [numbers, types] = rules.entries(
        dropped,
        (list) => rules.items(interpreter.share(list)),
      );
      Py_DecRef(dropped);
      for (const number of numbers as number[]) hosts.drop(number);
      for (const type of types as TypeKey[]) {
        rules.forget(type);
        typeNames.delete(type);
      }
    },
    flush: () => Py_DecRef(python.call("", "flush")),
    runExitFunctions: () => Py_DecRef(python.call("_end", "end")),
    isAlone: () => rules.toJs(python.call("", "alone")) === true,
    flushFiles: () => Py_DecRef(python.call("_end", "flush_files")),
    retire: () => functions.retire(),
  };
  interpreter.atClose(() => {
    Py_DecRef(callRealm("end"));
    for (const reference of [...Object.values(realmMembers), referenceType, realm]) {
      Py_DecRef(reference);
    }
  });
  return bridge;
}

/** PyBUF_WRITE of object.h. */
const PYBUF_WRITE = 0x200;

/** Values whose counterpart is still to come must not become something else meanwhile. */
function refuseUnfinished(value: unknown): void {
  if (value instanceof Promise) {
    throw new Reason("a Promise cannot cross yet; await it first and pass its value");
  }
}
