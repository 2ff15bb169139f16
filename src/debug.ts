/**
 * `py.debug`: looking for what is held.
 * @module
 */

import { type Cycle, cyclesOf } from "./cycles.ts";
import type { Handle } from "./interpreter/handle.ts";
import type { Bridge } from "./objects/facade.ts";

/** A live handle, as `py.debug.handles()` lists it. */
export interface HandleInfo {
  /** The type's name. */
  readonly type: string;
  /** `repr()`, cut at 100 characters. */
  readonly repr: string;
  /** In debug mode, the stack that made it. */
  readonly made?: string;
}

/** Looking for leaks. */
export interface PythonDebug {
  /** Every Python object that this thread's TypeScript holds, oldest first. */
  handles(): HandleInfo[];
  /** How many there are, how many JS values Python holds, and how many buffers were not released. */
  counts(): { handles: number; hostValues: number; buffers: number };
  /**
   * Cycles that cross the boundary, which nothing collects: a JS value that Python holds, and that holds a Python
   * object which holds it again. Break one by releasing the PyObject, or by removing an attribute. What only the
   * closure of a function holds cannot be seen.
   */
  cycles(): Cycle[];
  /** Runs `fn` and throws if it leaves more handles, held JS values or buffers than it found. */
  assertNoLeaks<T>(fn: () => T): T;
}

/** The debugging of one interpreter. */
export function debugOf(bridge: Bridge): PythonDebug {
  const { interpreter } = bridge;
  return {
    handles() {
      interpreter.attach();
      return [...interpreter.ledger.live()].map((each) => infoOf(bridge, each));
    },
    counts() {
      interpreter.attach();
      interpreter.settle();
      const { count, hostValues, buffers } = interpreter.ledger;
      return { handles: count, hostValues, buffers };
    },
    cycles: () => cyclesOf(bridge),
    assertNoLeaks: (fn) => assertNoLeaks(bridge, fn),
  };
}

function infoOf(bridge: Bridge, handle: Handle): HandleInfo {
  const { python, rules, interpreter } = bridge;
  const pointer = handle.pointer!;
  const type = rules.toJs(python.call("_objects", "type_name", pointer)) as string;
  const text = rules.toJs(python.call("_objects", "safe_repr", pointer)) as string;
  interpreter.flushed();
  return handle.made === undefined ? { type, repr: text } : { type, repr: text, made: handle.made };
}

function assertNoLeaks<T>(bridge: Bridge, fn: () => T): T {
  const { interpreter } = bridge;
  interpreter.attach();
  interpreter.settle();
  const before = new Set(interpreter.ledger.live());
  const values = interpreter.ledger.hostValues;
  const buffers = interpreter.ledger.buffers;
  const check = (): void => {
    interpreter.attach();
    interpreter.settle();
    const left = [...interpreter.ledger.live()].filter((handle) => !before.has(handle));
    const held = interpreter.ledger.hostValues - values;
    const views = interpreter.ledger.buffers - buffers;
    if (left.length === 0 && held <= 0 && views <= 0) return;
    const lines = left.map((handle) => {
      const { type, repr, made } = infoOf(bridge, handle);
      return `  ${type}: ${repr}${made ? "\n" + made : ""}`;
    });
    throw new Error(
      `${left.length} handles, ${Math.max(held, 0)} JS values held by Python and ` +
        `${Math.max(views, 0)} buffers were left:\n` +
        lines.join("\n") +
        (interpreter.ledger.debug ? "" : "\nPYDUET_DEBUG=1 shows where each was made"),
    );
  };
  const result = fn();
  if (result instanceof Promise) return result.then((value) => (check(), value)) as T;
  check();
  return result;
}

/** Says at exit what was not released. */
export function report(bridge: Bridge): void {
  bridge.interpreter.attach();
  const { ledger } = bridge.interpreter;
  if (ledger.buffers > 0) console.error(`pyduet: ${ledger.buffers} buffers were not released`);
  const left = [...ledger.live()];
  if (left.length === 0) return;
  console.error(`pyduet: ${left.length} Python objects were not released:`);
  for (const handle of left) {
    const { type, repr, made } = infoOf(bridge, handle);
    console.error(`  ${type}: ${repr}\n${made}`);
  }
}
