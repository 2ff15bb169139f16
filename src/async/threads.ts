/**
 * Other threads of Python and this one: what wakes it, the calls of theirs that it makes (python/pyduet/_calls.py),
 * and work that it gives to threads (python/pyduet/_pool.py).
 * @module
 */

import type { New } from "../capi/reference.ts";
import { describe } from "../convert/path.ts";
import { BY_LOOP, closedError, DRIVEN } from "../interpreter/interpreter.ts";
import { threadStates } from "../interpreter/thread_states.ts";
import { kw, splitKeywords } from "../objects/call.ts";
import type { Asynchronous, Bridge, Facade } from "../objects/facade.ts";
import { openBell } from "./bell.ts";

/** Byte of the shared memory: calls of other threads wait (python/pyduet/_calls.py). */
const CALLS = 6;

declare function setImmediate(callback: () => void): unknown;

/** This JS thread and the others of Python. */
export interface Threads {
  /** Lets other threads wake this one. Attached. */
  open(): void;
  /** Opens once another thread is there that may call. Attached; cheap. */
  mayBeCalled(): void;
  /** Calls a function in a Python thread of its own. */
  readonly inThread: Asynchronous["inThread"];
  /** The last calls are made; what is still to come is rejected. Attached. */
  ending(): void;
}

interface Job {
  /** With its number: the result is then taken. */
  resolve(number: number): void;
  reject(reason: unknown): void;
}

/** Throws a TypeError for what is no AbortSignal. */
export function checkSignal(place: string, signal: unknown): void {
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>;
  if (typeof aborted === "boolean" && typeof addEventListener === "function") return;
  const help = signal instanceof AbortController
    ? "; an AbortController has one: controller.signal"
    : "";
  throw new TypeError(`${place}: signal must be an AbortSignal, not ${describe(signal)}${help}`);
}

/** Binds the threads of Python to this one; `prepare` makes ready what pyduet.wait() needs here. */
export function createThreads(bridge: Bridge, prepare: () => void): Threads {
  const { interpreter, python, rules, strings, checks, toPython, callWith } = bridge;
  const { library, lease, flags } = interpreter;
  const { Py_DecRef } = library.object;
  let again: New | null = null;
  let asked = false;
  let count: ReturnType<typeof threadStates> = null;

  // --- the bell -----------------------------------------------------------------

  function open(): void {
    interpreter.callable = false;
    if (again) return;
    again = bridge.again();
    interpreter.callable = false;
    give("prepare", prepare);
    give("expect", expect);
    openBell(bridge, serve);
    // What was queued before it could ring.
    if (flags.bytes[CALLS] !== 0) askToServe();
  }

  /** A member of what this thread has in Python. */
  function give(name: string, fn: (...args: never[]) => unknown): void {
    const made = bridge.toTheEnd(fn);
    checks.intOrThrow(
      library.object.PyObject_SetAttr(bridge.realm, strings.name(name), made),
    );
    Py_DecRef(made);
  }

  /** Another thread gets a Promise, and can await it only later: until then a rejection is no error of nobody's. */
  function expect(promise: PromiseLike<unknown>): void {
    promise.then(undefined, () => {});
  }

  function mayBeCalled(): void {
    if (flags.bytes[CALLS] !== 0 || isAccompanied()) open();
  }

  /** Whether Python knows another thread than this one. */
  function isAccompanied(): boolean {
    count ??= threadStates(library);
    return !count || count(2) > 1;
  }

  // --- calls of other threads ---------------------------------------------------

  function askToServe(): void {
    if (asked) return;
    asked = true;
    setImmediate(() => {
      asked = false;
      serve();
    });
  }

  function serve(): void {
    if (lease.closed || flags.bytes[CALLS] === 0) return;
    if (lease.depth > 0) return askToServe(); // events while Python waits for a callback's result
    interpreter.attach();
    if (serveOnce()) askToServe();
    // At once, and not in a microtask: the callers are awake already and want the GIL.
    lease.detach();
  }

  /** Whether more were queued meanwhile. */
  function serveOnce(): boolean {
    flags.bytes[DRIVEN] = BY_LOOP;
    try {
      const answer = callWith(python.get("_calls", "serve"), [bridge.realm, again!]);
      Py_DecRef(answer);
      return answer === interpreter.true_;
    } finally {
      flags.bytes[DRIVEN] = 0;
    }
  }

  interpreter.atClose(() => {
    if (again) Py_DecRef(again);
  });

  // --- work for other threads ---------------------------------------------------

  const jobs = new Map<number, Job>();
  let latest = 0;
  let keeping: ReturnType<typeof setInterval> | null = null;
  let told: New | null = null;

  /** The program goes on until every job is done. */
  function keep(): void {
    if (jobs.size > 0) keeping ??= setInterval(() => {}, 2 ** 31 - 1);
    else if (keeping !== null) {
      clearInterval(keeping);
      keeping = null;
    }
  }

  function inThread(
    facade: Facade,
    args: readonly unknown[],
    kwargs?: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const done = new Promise<number>((resolve, reject) => {
      if (!Array.isArray(args)) {
        throw new TypeError(`$.inThread() takes the arguments in an array, not ${describe(args)}`);
      }
      if (signal) checkSignal("$.inThread()", signal);
      const [positional, named] = splitKeywords(kwargs ? [...args, kw(kwargs)] : args);
      if (signal?.aborted) return reject(signal.reason);
      interpreter.attach();
      const fn = facade.pointer();
      open();
      told ??= bridge.toTheEnd(ended);
      const number = ++latest;
      const values = bridge.allToPython([named, number, ...positional]);
      try {
        const start = (): New => python.call("_pool", "start", bridge.realm, told!, fn, ...values);
        Py_DecRef(bridge.contexts ? bridge.contexts.within(start) : start());
      } finally {
        values.forEach((each) => Py_DecRef(each));
      }
      const abort = (): void => {
        jobs.delete(number);
        keep();
        reject(signal!.reason);
        if (lease.closed) return;
        interpreter.attach();
        callNumbered("interrupt", number);
      };
      const over = <T>(act: (value: T) => void) => (value: T): void => {
        signal?.removeEventListener("abort", abort);
        act(value);
      };
      jobs.set(number, { resolve: over(resolve), reject: over(reject) });
      keep();
      signal?.addEventListener("abort", abort, { once: true });
    });
    // Where the caller continues, since what is made there may belong to a scope.
    return done.then((number) => {
      if (lease.closed) throw closedError("result of a call in a thread");
      interpreter.attach();
      return callNumbered("result", number);
    });
  }

  function callNumbered(name: "interrupt" | "result", number: number): unknown {
    const id = toPython(number);
    try {
      return rules.toJs(python.call("_pool", name, bridge.realm, id));
    } finally {
      Py_DecRef(id);
    }
  }

  /** Called by Python: the job of that number is done. */
  function ended(number: number): void {
    const job = jobs.get(number);
    if (!job) return; // nobody waits for it
    jobs.delete(number);
    keep();
    job.resolve(number);
  }

  return {
    open,
    mayBeCalled,
    inThread,
    ending() {
      if (lease.depth === 0 && flags.bytes[CALLS] !== 0) {
        again ??= bridge.again();
        serveOnce();
      }
      for (const job of jobs.values()) job.reject(closedError("call in a thread"));
      jobs.clear();
      keep();
      if (told) Py_DecRef(told);
      told = null;
    },
  };
}
