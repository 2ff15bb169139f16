/**
 * asyncio on this thread's event loop: when its turns are taken, and what keeps the program alive.
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import { BY_LOOP, DRIVEN } from "../interpreter/interpreter.ts";
import type { Bridge } from "../objects/facade.ts";

/** Byte of the shared memory: the program's end has to wait for something (python/pyduet/_loop.py). */
const KEEP = 4;

/**
 * Turns in microtasks, one after the other, before JavaScript's own events have theirs. A microtask costs 50 ns,
 * the next round of the event loop 1,400 (bench/await.ts).
 */
const MOST_MICROTASKS = 64;

/** What `turn()` of _loop.py answers. */
const AT_ONCE = 0;
const IDLE = -1;

declare function setImmediate(callback: () => void): unknown;

/** One asyncio loop on this JS thread. */
export interface LoopDriver {
  /** There is something to do, or to wait for. */
  ask(): void;
  /** Whether a turn may be taken now, as part of something else; its answer is then for `took()`. */
  mayTake(): boolean;
  took(answer: New): void;
  /** `callable(*args)`, called by the loop rather than by TypeScript of the program. */
  call(callable: Ref, args: Ref[]): New;
  /** No turn is taken any more. */
  close(): void;
}

/** Takes the turns of a loop whose `turn` that is; the reference stays with the caller. */
export function driveLoop(bridge: Bridge, turn: New): LoopDriver {
  const { interpreter, callWith } = bridge;
  const { lease, flags, library } = interpreter;
  const { Py_DecRef, PyLong_AsDouble } = library.object;
  let asked = false;
  let closed = false;
  let microtasks = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let timerEnd = Infinity;
  let keeping: ReturnType<typeof setInterval> | null = null;

  function ask(): void {
    if (asked || closed) return;
    asked = true;
    if (microtasks < MOST_MICROTASKS) {
      microtasks++;
      queueMicrotask(take);
    } else {
      setImmediate(takeAfterEvents);
    }
  }

  function takeAfterEvents(): void {
    microtasks = 0;
    take();
  }

  function take(): void {
    asked = false;
    if (closed || lease.closed) return;
    if (lease.depth > 0) { // microtasks may run while Python waits for a callback's result
      asked = true;
      setImmediate(takeAfterEvents);
      return;
    }
    interpreter.attach();
    took(call(turn, []));
  }

  function call(callable: Ref, args: Ref[]): New {
    flags.bytes[DRIVEN] = BY_LOOP;
    try {
      return callWith(callable, args);
    } finally {
      flags.bytes[DRIVEN] = 0;
    }
  }

  /** Takes the reference. */
  function took(answer: New): void {
    const next = PyLong_AsDouble(answer);
    Py_DecRef(answer);
    interpreter.flushed();
    if (next === AT_ONCE) {
      microtasks = MOST_MICROTASKS; // it was a long turn: JavaScript's own events are next
      ask();
    } else wait(next);
    keep(flags.bytes[KEEP] !== 0);
  }

  /** Sees to it that a turn is taken after that many milliseconds, if none is sooner. */
  function wait(delay: number): void {
    if (delay === IDLE) {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      timerEnd = Infinity;
      return;
    }
    const end = performance.now() + delay;
    // One that comes too early is asked anew; to set one costs more than that.
    if (timer !== null && timerEnd <= end) return;
    if (timer !== null) clearTimeout(timer);
    timerEnd = end;
    timer = setTimeout(() => {
      timer = null;
      timerEnd = Infinity;
      takeAfterEvents();
    }, delay);
  }

  function keep(alive: boolean): void {
    if (alive === (keeping !== null)) return;
    if (keeping !== null) clearInterval(keeping);
    keeping = alive ? setInterval(() => {}, 2 ** 31 - 1) : null;
  }

  return {
    ask,
    mayTake: () => !closed && lease.depth === 0 && microtasks++ < MOST_MICROTASKS,
    took,
    call,
    close() {
      closed = true;
      wait(IDLE);
      keep(false);
    },
  };
}
