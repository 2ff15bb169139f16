/**
 * Floor 4 put together for one interpreter: what the floors below asked for by
 * name is given to them here.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { keyOfType, type TypeKey } from "../capi/layout.ts";
import type { New, Ref } from "../capi/reference.ts";
import { createChecks, rehearse } from "../interpreter/check.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { createBulk } from "../convert/bulk.ts";
import { createBytes } from "../convert/bytes.ts";
import { createDates } from "../convert/datetime.ts";
import { createNumbers } from "../convert/number.ts";
import { Reason } from "../convert/path.ts";
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
import {
  answerOf,
  type Asynchronous,
  type Bridge,
  type Defined,
  Facade,
  facadeOf,
} from "./facade.ts";
import { fallback, generatorThrow, symbol } from "./fallback.ts";
import { HostTable } from "./host_table.ts";
import { addHostRules } from "./host_value.ts";
import { createJsFunctions } from "./js_function.ts";
import { type Contexts, createContexts } from "./contexts.ts";
import { createForeignCalls } from "./foreign_call.ts";
import { createJsModule } from "./js_module.ts";
import { createJsObjects, Made } from "./js_object.ts";
import { callableFace, functionFace, objectFace } from "./proxy.ts";
import type { PyObject } from "./py_object.ts";
import { createPythonSide } from "./python_side.ts";
import { createRealm } from "./realm.ts";
import { createRaising, type Raising } from "./raise.ts";
import { createSharedMemory } from "./shared_memory.ts";
import { ellipsis, Slice } from "./slice.ts";

/**
 * Builds the bridge of an interpreter, and gives the interpreter its upper floors. Contexts `follow`, also those of
 * before where `true` is asked for. Attached.
 */
export function createBridge(interpreter: Interpreter, follow?: boolean): Bridge {
  const { library } = interpreter;
  const { Py_DecRef, PyCallable_Check } = library.object;
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
    collected() {},
    flush() {},
    runExitFunctions() {},
    endThreads: () => -1,
    flushFiles() {},
    openSslUser: () => null,
    retire() {},
    turnWanted() {},
    closeLoop() {},
    mayBeCalled() {},
    ending() {},
  };

  const { realm, call: callRealm, callWith, withNumber, withReference, ...mine } = createRealm(
    interpreter,
    { checks, strings, numbers, python },
  );
  if (backend.abortsInGivenUpCode) rehearse(interpreter, checks, callWith);
  python.offer("_calls", "_deadlock");
  const { referenceType } = mine;

  // --- values with identity -------------------------------------------------

  const hosts = new HostTable(interpreter, checks);
  const contexts: Contexts | null = follow === false ? null : createContexts(interpreter, {
    checks,
    hosts,
    withReference,
    openInPython(make) {
      const capture = functions.toTheEnd(() => new Made(make));
      const variable = python.call("_contexts", "open_contexts", realm, capture);
      Py_DecRef(capture);
      return variable;
    },
  }, follow === true);
  let defined: Defined | undefined;
  let asynchronous: Asynchronous | undefined;
  const whenLeft = new WeakMap<object, () => void>();
  const toPython = createToPython(interpreter, checks, { ...families, bulk, dates }, {
    isPython,
    pythonOf(value) {
      const answer = answerOf(value);
      if (answer === undefined) return null;
      if (answer instanceof Facade) return interpreter.share(answer.pointer());
      return answer instanceof Made ? answer.make() : null;
    },
    hold(value) {
      if (value instanceof Passed) return pass(value);
      if (typeof value === "function") return functions.toPython(value as () => unknown);
      if (typeof value === "object") {
        const declared = defined?.hold(value);
        if (declared) return declared;
      }
      if (value instanceof Error) return raising.hold(value);
      if (value instanceof Slice) return sliceOf(value);
      if (value === ellipsis) {
        return interpreter.share(library.dataObject("_Py_EllipsisObject"));
      }
      if (value instanceof KeywordArguments) {
        throw new Reason("kw() makes the keyword arguments of a call and goes last in it, once");
      }
      if (shared.crosses(value)) return shared.share(value);
      if (contexts !== null && value instanceof Promise) contexts.promised();
      return converting.lastToPython(value) ?? objects.toPython(value);
    },
    eager: () => converting.eager() || defined?.hasContainers() === true,
    convert: (value) => defined?.holdContainer(value) ?? converting.toPython(value),
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
    if (!live) return passCopy(value);
    const isObject = typeof value === "object" && value !== null && !facadeOf(value);
    if (!isObject || value instanceof Error) return toPython(value);
    const isMemory = value instanceof Uint8Array || value instanceof ArrayBuffer;
    return isMemory || shared.crosses(value) ? shared.share(value) : objects.toPython(value);
  }

  function passCopy(value: unknown): New {
    const copies: PyObject[] = [];
    const copied = (object: object): PyObject => {
      const copy = wrap(python.call("_objects", "deep_copy", facadeOf(object)!.pointer()));
      copies.push(copy);
      return copy;
    };
    try {
      return toPython(deepCopy(value, { isPython, copied }));
    } finally {
      for (const copy of copies) facadeOf(copy)!.release(); // Python has them now
    }
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
    ...{ python, hosts, rules, strings, numbers, leases, withReference },
    wrap: (reference) => wrap(reference),
  });

  const natives = {
    interpreter,
    checks,
    withReference,
    guard(fn: New) {
      const guarded = callRealm("guard", fn);
      Py_DecRef(fn);
      return guarded;
    },
    follow: contexts && contexts.entry,
    raise: (thrown: unknown) => raising.raise(thrown),
    arrived: () => raising.arrived(),
    moduleName: () => toPython("js"),
  };
  const functions = createJsFunctions({
    ...{ ...natives, rules, hosts, toPython },
    isKnownClass: (value) => defined?.isClass(value) === true,
    classToPython: (value) => defined?.holdClass(value) ?? objects.toPython(value),
  });

  const foreign = createForeignCalls({ natives, hosts, call: functions.call });

  const objects = createJsObjects({
    interpreter,
    strings,
    python,
    hosts,
    makeObject: (number, text, kind) =>
      withReference(number, (reference) => mine.makeObject(reference, text, kind)),
    equip(name, operation) {
      const parts = [strings.stringToPython(name), functions.toTheEnd(operation)];
      Py_DecRef(callRealm("equip", ...parts));
      parts.forEach((part) => Py_DecRef(part));
    },
    pass: (value) => toPython(new Passed(value, true)),
    pointerOf,
    wait: (promise, number) => asynchronous!.wait(promise, number),
    abandon: (promise) => asynchronous!.abandon(promise),
    open: () => asynchronous!.open(),
    whenLeft: (promise, act) => void whenLeft.set(promise, act),
    thrown(value) {
      const pointer = pointerOf(value);
      return pointer ? interpreter.upper.toThrow(interpreter.share(pointer)) : value;
    },
    toPython: (value) => toPython(value),
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

  /** What _tasks.py's sort() says of a type. */
  const awaitables = new Map<TypeKey, number>();

  function isAwaitable(object: Ref): boolean {
    const type = typeKey(object);
    let sort = awaitables.get(type);
    if (sort === undefined) {
      sort = rules.toJs(python.call("_objects", "awaitable_sort", object)) as number;
      awaitables.set(type, sort);
    }
    return sort === 1 ||
      sort === 2 && rules.toJs(python.call("_objects", "is_awaitable", object)) === true;
  }

  function numberOf(object: Ref): number {
    return rules.toJs(callRealm("number_of", object)) as number;
  }

  function pointerOf(value: unknown): Ref | null {
    const facade = facadeOf(value);
    return facade?.live ? facade.pointer() : null;
  }

  rules.setDefault(wrap);
  addHostRules({
    ...{ interpreter, rules, strings, hosts, referenceType, numberOf, wrap },
    sort: (type, key) => withNumber(key, (id) => rules.toJs(callRealm("sort", type, id)) as string),
  });

  const raising: Raising = createRaising({
    interpreter,
    checks,
    rules,
    python,
    hosts,
    toPython,
    makeError: (number, ...parts) =>
      withReference(
        number,
        (reference) => python.call("_kinds", "make_error", realm, reference, ...parts),
      ),
    classOfThrown: (thrown) => objects.classOfThrown(thrown),
    numberOf,
    declared: (value) => defined?.hold(value) ?? null,
    wrap,
    pointerOf,
  });

  const jsModule = createJsModule({
    interpreter,
    hosts,
    python,
    objects,
    raise: (thrown) => raising.raise(thrown),
    arrived: () => raising.arrived(),
  });

  // --- the bridge -----------------------------------------------------------

  const plainCalls = createCalls(interpreter, checks, toPython, rules, strings);
  const calls = contexts ? contexts.calls(plainCalls) : plainCalls;
  const attributes = createAttributes(interpreter, strings);
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
      isPython,
      families.bytes,
      shared.sharedBy,
    ),
    makeBuffer: createBuffers(interpreter, { python, rules, strings, leases }),
    attributes: contexts ? contexts.attributes(attributes) : attributes,
    contexts,
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
    hosts,
    bytes: families.bytes,
    callWith,
    withReference,
    referenceKey: keyOfType(referenceType),
    referenceType,
    pairOf: (value) => defined?.pairOf(value) ?? null,
    createNatives: foreign.createNatives,
    again: foreign.again,
    realm,
    toTheEnd: functions.toTheEnd,
    declareType: (type) => Py_DecRef(callRealm("declare", type)),
    watchGarbage: () => Py_DecRef(callRealm("watch_garbage")),
    setDefined: (given) => defined = given,
    setAsynchronous: (given) => asynchronous = given,
    whenLeft,
    openLoop: () => asynchronous!.open(),
    isAwaitable,
    promise: (facade, options) => asynchronous!.promise(facade, options),
    inThread: (...call) => asynchronous!.inThread(...call),
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

  contexts?.open();

  interpreter.upper = {
    toThrow: (exception) => raising.toThrow(exception),
    takeDropped() {
      mine.takeDropped((dropped) => {
        if (dropped >= 0) hosts.drop(dropped);
        else {
          rules.forget(-dropped);
          typeNames.delete(-dropped);
          awaitables.delete(-dropped);
        }
      });
    },
    flush: () => Py_DecRef(python.call("_output", "flush")),
    runExitFunctions: () => Py_DecRef(python.call("_end", "end")),
    endThreads: () => rules.toJs(python.call("_end", "end_threads")) as number,
    flushFiles: () => Py_DecRef(python.call("_end", "flush_files")),
    openSslUser: () => rules.toJs(python.call("_end", "openssl_user")) as string | null,
    collected: () => defined?.collected(),
    retire() {
      functions.retire();
      defined?.retire();
      jsModule.retire();
      foreign.retire();
    },
    turnWanted() {
      asynchronous?.turnWanted();
    },
    closeLoop: (nested) => asynchronous?.close(nested),
    mayBeCalled() {
      asynchronous?.mayBeCalled();
    },
    ending() {
      asynchronous?.ending();
      Py_DecRef(callRealm("close_calls"));
    },
  };
  interpreter.atClose(mine.end);
  return bridge;
}

function isPython(value: unknown): boolean {
  return facadeOf(value) !== undefined;
}
