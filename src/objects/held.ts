/**
 * What stands behind a PyObject: its reference, and everything that can be done
 * with the object besides JavaScript's own operations (facade.ts).
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import { PyReleasedError } from "../errors.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Handle } from "../interpreter/handle.ts";
import type { DeepToJs } from "../convert/to_js.ts";
import type { Rules } from "../convert/rules.ts";
import type { Strings } from "../convert/string.ts";
import type { ToPython } from "../convert/to_python.ts";
import type { MakeBuffer } from "./buffer.ts";
import type { Calls } from "./call.ts";
import type { PythonSide } from "./python_side.ts";

/** What a held object works with. */
export interface Parts {
  readonly interpreter: Interpreter;
  readonly checks: Checks;
  readonly strings: Strings;
  readonly rules: Rules;
  readonly toPython: ToPython;
  readonly deepToJs: DeepToJs;
  readonly makeBuffer: MakeBuffer;
  readonly calls: Calls;
  readonly python: PythonSide;
  readonly attributeError: Borrowed;
  readonly lookupError: Borrowed;
  /** A key of `obj[key]`: arrays become tuples, slices slices. A new reference. */
  key(value: unknown): New;
}

/** Py_EQ of object.h. */
const EQUAL = 2;

/** A Python object, or a method of one, held by TypeScript. */
export class Held {
  readonly parts: Parts;
  /** The reference; unset for a method that was only called so far. */
  handle: Handle | undefined = undefined;
  /** Of a method: the object it belongs to, its name, and its function, which the object's handle keeps. */
  readonly parent: Held | undefined;
  readonly name: string;
  readonly fn: Borrowed | undefined;
  /** The type's name when the object was wrapped. */
  typeText = "Python";
  #sequence: boolean | undefined = undefined;

  constructor(parts: Parts, parent?: Held, name = "", fn?: Borrowed) {
    this.parts = parts;
    this.parent = parent;
    this.name = name;
    this.fn = fn;
  }

  // --- the reference --------------------------------------------------------

  /** The live pointer, attached. Throws once released or closed. */
  pointer(): New {
    const { handle, parts } = this;
    if (handle === undefined) return this.materialise();
    const { pointer } = handle;
    if (pointer === null) return parts.interpreter.pointerOf(handle, this.what);
    if (!parts.interpreter.lease.attached) parts.interpreter.lease.attach();
    return pointer;
  }

  /** Whether `pointer()` would give one. */
  get live(): boolean {
    if (this.handle) return this.handle.pointer !== null;
    return this.parent!.live;
  }

  /** The object in words, for messages after its release. */
  get what(): string {
    return this.parent && !this.handle ? `method ${this.name}()` : `${this.typeText} object`;
  }

  release(): void {
    if (this.handle) this.parts.interpreter.release(this.handle);
  }

  /** `"list"`, `"numpy.ndarray"`. */
  typeName(): string {
    const { python, rules } = this.parts;
    return rules.toJs(python.call("_objects", "type_name", this.pointer())) as string;
  }

  /** A method becomes an object of its own when more than a call is asked of it. */
  protected materialise(): New {
    const { interpreter, checks, strings } = this.parts;
    const self = this.#parentPointer();
    const bound = checks.takeNewOrThrow(
      interpreter.library.object.PyObject_GetAttr(self, strings.name(this.name)),
    );
    this.handle = interpreter.own(bound, this);
    return bound;
  }

  #parentPointer(): New {
    const parent = this.parent!;
    if (!parent.live && !this.parts.interpreter.lease.closed) {
      throw new PyReleasedError(
        `The method ${this.name}() went with its ${parent.what}, which was released. ` +
          `To keep it longer, take it with $.attr(${JSON.stringify(this.name)})`,
      );
    }
    return parent.pointer();
  }

  // --- calls -----------------------------------------------------------------

  call(args: readonly unknown[]): unknown {
    if (this.handle === undefined) {
      const self = this.#parentPointer();
      return this.parts.calls.call(this.fn!, self, args);
    }
    return this.parts.calls.call(this.pointer(), null, args);
  }

  // --- attributes ------------------------------------------------------------

  hasAttribute(key: string): boolean {
    const { interpreter, strings, attributeError } = this.parts;
    const { library } = interpreter;
    const value = library.object.PyObject_GetAttr(this.pointer(), strings.name(key));
    if (value) {
      library.object.Py_DecRef(value);
      return true;
    }
    if (library.errors.PyErr_ExceptionMatches(attributeError) !== 1) throw interpreter.raised();
    library.object.PyErr_Clear();
    return false;
  }

  /** The attribute; Python's AttributeError where it is missing. */
  getAttribute(name: string): New {
    const { interpreter, checks, strings } = this.parts;
    return checks.takeNewOrThrow(
      interpreter.library.object.PyObject_GetAttr(this.pointer(), strings.name(name)),
    );
  }

  setAttribute(name: string, value: unknown): void {
    const { interpreter, checks, strings } = this.parts;
    const { PyObject_SetAttr } = interpreter.library.object;
    this.#withValue(
      value,
      (object, converted) =>
        checks.intOrThrow(PyObject_SetAttr(object, strings.name(name), converted)),
    );
  }

  deleteAttribute(key: string): void {
    const { interpreter, checks, strings } = this.parts;
    checks.intOrThrow(
      interpreter.library.object.PyObject_SetAttr(
        this.pointer(),
        strings.name(key),
        backend.null,
      ),
    );
  }

  // --- items -----------------------------------------------------------------

  /** Whether integer keys and `length` are Python's items. */
  isSequence(): boolean {
    const { python, rules } = this.parts;
    return this.#sequence ??=
      rules.toJs(python.call("_objects", "is_sequence", this.pointer())) === true;
  }

  length(): number {
    const { interpreter, checks } = this.parts;
    return checks.sizeOrThrow(interpreter.library.protocol.PyObject_Size(this.pointer()));
  }

  getItem(key: unknown): New {
    const { interpreter, checks } = this.parts;
    return this.#withKey(
      key,
      (object, converted) =>
        checks.takeNewOrThrow(interpreter.library.protocol.PyObject_GetItem(object, converted)),
    );
  }

  /** The item, or `null` where Python raises a LookupError. */
  findItem(key: unknown): New | null {
    const { interpreter, lookupError } = this.parts;
    const { library } = interpreter;
    return this.#withKey(key, (object, converted) => {
      const item = library.protocol.PyObject_GetItem(object, converted);
      if (item) return item;
      if (library.errors.PyErr_ExceptionMatches(lookupError) !== 1) throw interpreter.raised();
      library.object.PyErr_Clear();
      return null;
    });
  }

  contains(key: unknown): boolean {
    const { interpreter, checks } = this.parts;
    return this.#withKey(
      key,
      (object, converted) =>
        checks.intOrThrow(interpreter.library.protocol.PySequence_Contains(object, converted)) ===
          1,
    );
  }

  setItem(key: unknown, value: unknown): void {
    const { interpreter, checks, toPython } = this.parts;
    this.#withKey(key, (object, converted) => {
      const item = toPython(value);
      const result = interpreter.library.protocol.PyObject_SetItem(object, converted, item);
      interpreter.library.object.Py_DecRef(item);
      checks.intOrThrow(result);
    });
  }

  deleteItem(key: unknown): void {
    const { interpreter, checks } = this.parts;
    this.#withKey(
      key,
      (object, converted) =>
        checks.intOrThrow(interpreter.library.protocol.PyObject_DelItem(object, converted)),
    );
  }

  #withKey<T>(key: unknown, use: (object: New, converted: New) => T): T {
    const object = this.pointer();
    const converted = this.parts.key(key);
    try {
      return use(object, converted);
    } finally {
      this.parts.interpreter.library.object.Py_DecRef(converted);
    }
  }

  #withValue<T>(value: unknown, use: (object: New, converted: New) => T): T {
    const object = this.pointer();
    const converted = this.parts.toPython(value);
    try {
      return use(object, converted);
    } finally {
      this.parts.interpreter.library.object.Py_DecRef(converted);
    }
  }

  // --- comparison ------------------------------------------------------------

  equals(other: unknown): boolean {
    const { interpreter, checks } = this.parts;
    const { PyObject_RichCompareBool } = interpreter.library.protocol;
    return this.#withValue(
      other,
      (object, converted) =>
        checks.intOrThrow(PyObject_RichCompareBool(object, converted, EQUAL)) === 1,
    );
  }

  /** `isinstance(obj, type)`; an array of classes is a tuple of them. */
  isInstance(type: unknown): boolean {
    return this.#withKey(type, (_object, converted) => this.isInstanceOf(converted));
  }

  isInstanceOf(type: Ref): boolean {
    const { interpreter, checks } = this.parts;
    const { PyObject_IsInstance } = interpreter.library.protocol;
    return checks.intOrThrow(PyObject_IsInstance(this.pointer(), type)) === 1;
  }

  // --- text ------------------------------------------------------------------

  str(): string {
    return this.#text("PyObject_Str");
  }

  repr(): string {
    return this.#text("PyObject_Repr");
  }

  #text(name: "PyObject_Str" | "PyObject_Repr"): string {
    const { interpreter, checks, rules } = this.parts;
    const text = checks.takeNewOrThrow(interpreter.library.protocol[name](this.pointer()));
    const value = rules.text(text);
    interpreter.library.object.Py_DecRef(text);
    return value;
  }

  /** For `console.log`: never throws, whatever state the object is in. */
  inspect(): string {
    try {
      return this.repr();
    } catch (error) {
      if (!this.live) return `<released ${this.what}>`;
      return `<${this.typeName()} object whose repr() raised ${(error as Error).message}>`;
    }
  }
}
