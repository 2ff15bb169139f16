/**
 * JS values on their way back: what Python held of them is the very same value again.
 * @module
 */

import { keyOfType, type TypeKey } from "../capi/layout.ts";
import { borrow, type New, type Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Rules } from "../convert/rules.ts";
import type { Strings } from "../convert/string.ts";
import type { HostTable } from "./host_table.ts";

/** What it needs of its floor. */
export interface HostValueParts {
  readonly interpreter: Interpreter;
  readonly rules: Rules;
  readonly strings: Strings;
  readonly hosts: HostTable;
  /** The class of the references by which Python keeps values. */
  readonly referenceType: Ref;
  /** `realm.number_of(value)` of python/pyduet/__init__.py: -1 for what is not of this JS thread. */
  numberOf(object: Ref): number;
  /** `realm.sort(type, key)`. */
  sort(type: Ref, key: TypeKey): string;
  /** A PyObject; takes the reference. */
  wrap(reference: New): unknown;
}

/** Adds the rules for everything by which Python may hold a JS value. */
export function addHostRules(parts: HostValueParts): void {
  const { interpreter, rules, strings, hosts, wrap } = parts;
  const { library, typeKey } = interpreter;
  const { Py_DecRef, PyLong_AsDouble, PyObject_GetAttr, PyErr_Clear } = library.object;
  const REFERENCE = keyOfType(parts.referenceType);

  /** Of a JsError, or of what stands for a JsObject. */
  function hostValue(holder: New): unknown {
    const number = parts.numberOf(holder);
    if (number === -1) return wrap(holder); // of another JS thread
    Py_DecRef(holder);
    return hosts.value(number);
  }

  /** Of a JsObject, which tells its number itself. */
  function liveValue(holder: New): unknown {
    const number = PyObject_GetAttr(holder, strings.name("__js__"));
    if (!number) PyErr_Clear(); // Python code made it, without a number
    const own = number && typeKey(number) === REFERENCE;
    const value = own ? hosts.value(PyLong_AsDouble(number)) : wrap(interpreter.share(holder));
    if (number) Py_DecRef(number);
    Py_DecRef(holder);
    return value;
  }

  /** The instance behind an object of a declared class. */
  function instanceValue(object: New): unknown {
    const number = PyObject_GetAttr(object, strings.name("_pyduet"));
    if (!number) PyErr_Clear(); // its __init__ has not run
    const own = number && typeKey(number) === REFERENCE;
    const value = own ? hosts.value(PyLong_AsDouble(number)) : wrap(interpreter.share(object));
    if (number) Py_DecRef(number);
    Py_DecRef(object);
    return value;
  }

  /** Of a number itself, which the operations of python/pyduet/_js.py are given. */
  function numberedValue(number: New): unknown {
    const value = hosts.value(PyLong_AsDouble(number));
    Py_DecRef(number);
    return value;
  }

  /** A JS function comes back as itself. */
  function builtinFunction(fn: New): unknown {
    const self = library.code.PyCFunction_GetSelf(fn);
    if (!self || typeKey(self) !== REFERENCE) return wrap(fn);
    const value = hosts.value(PyLong_AsDouble(self));
    Py_DecRef(fn);
    return value;
  }

  rules.add(borrow(parts.referenceType), numberedValue);
  rules.add(library.dataObject("PyCFunction_Type"), builtinFunction);
  rules.setClassifier(parts.sort, { host: hostValue, live: liveValue, instance: instanceValue });
}
