/**
 * JS values held by Python, by number. Python holds the number in an object
 * whose end is reported back (python/pyduet/__init__.py); until then the value lives.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";

interface Entry {
  value: unknown;
  /** A Python weakref to the object that stands for the value. */
  weak: New | null;
  /** What else ends with it. */
  readonly end: (() => void) | undefined;
}

/** Values entered between two looks at what was dropped. */
const EVERY = 256;

/** The values of one JS thread. */
export class HostTable {
  readonly #interpreter: Interpreter;
  readonly #checks: Checks;
  /** By number; numbers of dropped values are given out again. */
  readonly #entries: (Entry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #numbers = new Map<unknown, number>();
  /** Entries whose value JavaScript may collect, since Python could not tell. */
  readonly #weakened = new Map<number, { entry: Entry; value: WeakRef<object> }>();
  readonly #noArguments: New;
  #added = 0;

  constructor(interpreter: Interpreter, checks: Checks) {
    this.#interpreter = interpreter;
    this.#checks = checks;
    this.#noArguments = checks.takeNewOrThrow(
      interpreter.library.object.PyTuple_New(backend.size(0)),
    );
    interpreter.atClose(() => interpreter.library.object.Py_DecRef(this.#noArguments));
  }

  /** The value of a number. Throws for one that Python has dropped. */
  value(number: number): unknown {
    const entry = this.#entries[number];
    if (entry === undefined) return this.#revived(number);
    return entry.value;
  }

  /** Holds the value of a number weakly: nothing of Python's needs it, but for what comes back from there. */
  weaken(number: number): void {
    const entry = this.#entries[number];
    if (!entry) return;
    this.#weakened.set(number, { entry, value: new WeakRef(entry.value as object) });
    this.#entries[number] = undefined;
    this.#numbers.delete(entry.value);
    this.#interpreter.ledger.hostValues--;
    entry.value = undefined;
  }

  /** Holds it again. Throws where it has been collected. */
  #revived(number: number): unknown {
    const weakened = this.#weakened.get(number);
    const value = weakened?.value.deref();
    if (!weakened || value === undefined) {
      throw new ReferenceError(`no TypeScript value has number ${number}`);
    }
    this.#weakened.delete(number);
    weakened.entry.value = value;
    this.#entries[number] = weakened.entry;
    this.#numbers.set(value, number);
    this.#interpreter.ledger.hostValues++;
    return value;
  }

  /** Every value that Python holds, by number. */
  *held(): Generator<[number, unknown]> {
    for (const [number, entry] of this.#entries.entries()) if (entry) yield [number, entry.value];
  }

  /** Whether Python holds an object that stands for the value. */
  has(value: unknown): boolean {
    return this.#numbers.has(value);
  }

  /** The Python object that stands for the value already: a new reference, or `null`. */
  find(value: unknown): New | null {
    const number = this.#numbers.get(value);
    if (number === undefined) return null;
    const { weak } = this.#entries[number]!;
    if (!weak) return null;
    // Calling a weakref gives its object or None, in every version alike.
    const { PyObject_Call, Py_DecRef } = this.#interpreter.library.object;
    const object = this.#checks.takeNewOrThrow(
      PyObject_Call(weak, this.#noArguments, backend.null),
    );
    if (object !== this.#interpreter.none) return object;
    Py_DecRef(object); // it has ended, but its end was not taken yet: another takes its place
    return null;
  }

  /**
   * Enters a value; `make` makes the Python object that holds the number. With
   * `single`, that object is found again by its value.
   */
  add(value: unknown, single: boolean, make: (number: number) => New, end?: () => void): New {
    // A long turn may pass and drop values by the million: what was dropped must not wait for its end.
    if (++this.#added % EVERY === 0) this.#interpreter.takeDropped();
    const number = this.#free.pop() ?? this.#entries.length;
    const entry: Entry = { value, weak: null, end };
    this.#entries[number] = entry;
    this.#interpreter.ledger.hostValues++;
    let object: New;
    try {
      object = make(number);
    } catch (error) {
      this.drop(number);
      throw error;
    }
    if (single) {
      try {
        entry.weak = this.#weakReference(object);
        this.#numbers.set(value, number);
      } catch (error) {
        // Only an exhausted JS stack. The object's end gives the number back.
        this.#interpreter.library.object.Py_DecRef(object);
        throw error;
      }
    }
    return object;
  }

  /** Python holds the number no more. */
  drop(number: number): void {
    const weakened = this.#weakened.get(number);
    const entry = weakened?.entry ?? this.#entries[number];
    if (!entry) return;
    this.#entries[number] = undefined;
    this.#free.push(number);
    if (weakened) this.#weakened.delete(number);
    else this.#interpreter.ledger.hostValues--;
    if (this.#numbers.get(entry.value) === number) this.#numbers.delete(entry.value);
    if (entry.weak) this.#interpreter.library.object.Py_DecRef(entry.weak);
    entry.end?.();
  }

  #weakReference(object: Ref): New | null {
    const { library } = this.#interpreter;
    const weak = library.code.PyWeakref_NewRef(object, backend.null);
    if (!weak) library.object.PyErr_Clear();
    return weak;
  }
}
