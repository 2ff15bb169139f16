/**
 * Awaiting across the boundary: what TypeScript awaits of Python is a Promise, what Python awaits of TypeScript
 * a Future (python/pyduet/_tasks.py).
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import { BY_AWAIT, DRIVEN } from "../interpreter/interpreter.ts";
import type { Scope } from "../interpreter/scope.ts";
import { pythonErrorOf } from "../interpreter/python_error.ts";
import type { Asynchronous, Bridge, Facade } from "../objects/facade.ts";
import type { Snapshot } from "../objects/contexts.ts";
import { openBell } from "./bell.ts";
import { driveLoop, type LoopDriver } from "./loop.ts";
import { checkSignal, createThreads } from "./threads.ts";

type Member =
  | "begin"
  | "refuse"
  | "result"
  | "cancel"
  | "fulfil"
  | "fulfil_and_turn"
  | "reject"
  | "interrupt"
  | "PENDING";

interface Settling {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

interface Awaited extends Settling {
  /** Where it was awaited: what is made of the result belongs there. */
  readonly scope: Scope | undefined;
  readonly snapshot: Snapshot | null;
}

/** What one JS thread's event loop has of Python. */
export interface Awaiting extends Asynchronous {
  /** Ctrl-C: what TypeScript awaits of Python is cancelled. Whether there was anything that was not yet. Attached. */
  interrupt(): boolean;
}

/** Binds asyncio to this thread's event loop, when it is first needed. */
export function createAwaiting(bridge: Bridge): Awaiting {
  const { interpreter, python, rules, checks, toPython, callWith, contexts } = bridge;
  const { library, lease, flags: { bytes } } = interpreter;
  const { Py_DecRef } = library.object;
  const awaited = new Map<number, Awaited>();
  const promises = new WeakMap<Facade, Promise<unknown>>();
  let latest = 0;
  let members: Record<Member, New>;
  let driver: LoopDriver | null = null;
  let ended = false;
  const threads = createThreads(bridge, () => void open());

  function open(): LoopDriver {
    if (driver) return driver;
    interpreter.signals?.open();
    threads.open();
    openBell(bridge, heard);
    const settle = toPython(settled);
    interpreter.ledger.hostValues--; // the library's own, to the end
    const awaits = python.call("_tasks", "open_awaits", settle);
    Py_DecRef(settle);
    const member = (object: Ref, name: string) =>
      checks.takeNewOrThrow(library.object.PyObject_GetAttr(object, bridge.strings.name(name)));
    members = {
      begin: member(awaits, "begin"),
      refuse: member(awaits, "refuse"),
      result: member(awaits, "result"),
      cancel: member(awaits, "cancel"),
      fulfil: member(awaits, "fulfil"),
      fulfil_and_turn: member(awaits, "fulfil_and_turn"),
      reject: member(awaits, "reject"),
      interrupt: member(awaits, "interrupt"),
      PENDING: member(awaits, "PENDING"),
    };
    const loop = member(awaits, "loop");
    const turn = member(loop, "turn");
    Py_DecRef(loop);
    Py_DecRef(awaits);
    interpreter.atClose(() => {
      for (const each of [turn, ...Object.values(members)]) Py_DecRef(each);
    });
    return driver = driveLoop(bridge, turn);
  }

  function heard(signal: number): void {
    if (lease.closed) return;
    if (signal !== 0 && !interpreter.signals) { // asyncio's own handlers; else interrupts.ts tells it
      interpreter.attach();
      const number = toPython(signal);
      Py_DecRef(python.call("_loop", "signalled", number));
      Py_DecRef(number);
    }
    driver!.ask();
  }

  // --- TypeScript awaits --------------------------------------------------------

  function start(facade: Facade): Promise<unknown> {
    const number = ++latest;
    try {
      const object = facade.pointer();
      open();
      const answer = begin(object, number);
      if (answer !== members.PENDING) return Promise.resolve(rules.toJs(answer));
      Py_DecRef(answer);
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => enter(number, { resolve, reject }));
  }

  function enter(number: number, { resolve, reject }: Settling): void {
    const scope = interpreter.scopes.current();
    awaited.set(number, { resolve, reject, scope, snapshot: contexts && contexts.here() });
  }

  function startCancellable(facade: Facade, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      checkSignal("$.promise()", signal);
      const object = facade.pointer();
      open();
      if (signal.aborted) {
        Py_DecRef(callWith(members.refuse, [object]));
        return reject(signal.reason);
      }
      const number = ++latest;
      const promise = cancellable(number, signal, { resolve, reject });
      // Before it begins: what runs then may call TypeScript, which may abort the signal.
      enter(number, promise);
      try {
        const answer = begin(facade.pointer(), number);
        if (answer === members.PENDING) {
          Py_DecRef(answer);
          if (signal.aborted) cancel(number);
          return;
        }
        promise.resolve(rules.toJs(answer));
      } catch (error) {
        promise.reject(error);
      }
      awaited.delete(number);
    });
  }

  function begin(object: Ref, number: number): New {
    const id = toPython(number);
    const driven = bytes[DRIVEN]!;
    bytes[DRIVEN] = BY_AWAIT;
    try {
      return contexts === null
        ? callWith(members.begin, [object, id])
        : contexts.within(() => callWith(members.begin, [object, id]));
    } finally {
      bytes[DRIVEN] = driven;
      Py_DecRef(id);
    }
  }

  /** Aborting cancels the task, which may still clean up, or answer all the same: the Promise waits for that. */
  function cancellable(
    number: number,
    signal: AbortSignal,
    { resolve, reject }: Settling,
  ): Settling {
    const abort = (): void => {
      if (awaited.has(number) && !lease.closed) cancel(number);
    };
    signal.addEventListener("abort", abort, { once: true });
    return {
      resolve(value) {
        signal.removeEventListener("abort", abort);
        resolve(value);
      },
      reject(error) {
        signal.removeEventListener("abort", abort);
        reject(signal.aborted && isCancelled(error) ? signal.reason : error);
      },
    };
  }

  function cancel(number: number): void {
    Py_DecRef(callNumbered("cancel", number));
  }

  /** Called by Python: what was awaited under that number is done. */
  function settled(number: number): void {
    const { resolve, reject, scope, snapshot } = awaited.get(number)!;
    awaited.delete(number);
    const answer = (): void => {
      try {
        resolve(rules.toJs(callNumbered("result", number)));
      } catch (error) {
        reject(error);
      }
    };
    interpreter.scopes.into(scope, snapshot ? () => snapshot(answer) : answer);
  }

  function callNumbered(name: "result" | "cancel", number: number): New {
    interpreter.attach();
    const id = toPython(number);
    try {
      return callWith(members[name], [id]);
    } finally {
      Py_DecRef(id);
    }
  }

  // --- Python awaits ---------------------------------------------------------------

  /** Whether the Promise is to be told when Python does not wait for it any more. */
  function wait(promise: PromiseLike<unknown>, number: number): boolean {
    // A thenable may answer before `then()` returns; the Promise of it never does.
    Promise.resolve(promise).then(
      (value) => fulfil(number, value),
      (reason) => answer("reject", number, () => bridge.exceptionFor(reason)),
    );
    return bridge.whenLeft.has(promise);
  }

  function fulfil(number: number, value: unknown): void {
    if (lease.closed) return;
    if (!driver!.mayTake()) return answer("fulfil", number, () => toPython(value));
    interpreter.attach();
    let result: New;
    try {
      result = toPython(value);
    } catch (error) {
      return answer("reject", number, () => bridge.exceptionFor(error));
    }
    const id = toPython(number);
    let turned: New;
    try {
      turned = driver!.call(members.fulfil_and_turn, [id, result]);
    } finally {
      Py_DecRef(id);
      Py_DecRef(result);
    }
    driver!.took(turned);
  }

  function answer(name: "fulfil" | "reject", number: number, make: () => New): void {
    if (lease.closed) return;
    interpreter.attach();
    let value: New;
    try {
      value = make();
    } catch (error) {
      name = "reject";
      value = bridge.exceptionFor(error);
    }
    const id = toPython(number);
    try {
      Py_DecRef(callWith(members[name], [id, value]));
    } finally {
      Py_DecRef(id);
      Py_DecRef(value);
    }
    driver!.ask();
  }

  return {
    open: () => void open(),
    turnWanted() {
      if (!ended) open().ask();
    },
    close(nested) {
      ended = true;
      if (!driver) return;
      driver.close();
      Py_DecRef(
        python.call("_loop", "close_loop", nested ? interpreter.true_ : interpreter.false_),
      );
    },
    mayBeCalled: threads.mayBeCalled,
    ending: threads.ending,
    inThread: threads.inThread,
    promise(facade, options) {
      if (options?.signal) return startCancellable(facade, options.signal);
      let promise = promises.get(facade);
      if (!promise) promises.set(facade, promise = start(facade));
      return promise;
    },
    interrupt: () => driver !== null && rules.toJs(callWith(members.interrupt, [])) === true,
    wait,
    abandon: (promise) => bridge.whenLeft.get(promise)?.(),
  };
}

function isCancelled(error: unknown): boolean {
  return pythonErrorOf(error)?.type === "asyncio.exceptions.CancelledError";
}
