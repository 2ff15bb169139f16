/**
 * The lease on the GIL: taken on first need in a turn of the JS event loop,
 * given back when the turn's own work is done, so that Python's threads run
 * while JavaScript waits. Giving back is a microtask: it keeps no event loop
 * alive and precedes any waiting.
 * @module
 */

import type { Pointer } from "../ffi/backend.ts";
import type { PythonLibrary } from "../capi/library.ts";
import { mortalLock } from "../ffi/thread_end.ts";
import { PythonClosedError } from "../errors.ts";

/** What happens while attached, before the GIL is given back and after it was taken. */
export interface LeaseWork {
  (): void;
}

/** One JS thread's lease. */
export class GilLease {
  /** Whether this thread holds the GIL. Read by every call, written here alone. */
  attached: boolean;
  /** How many JS callbacks called by Python are on this thread's stack. */
  depth = 0;
  #threadState: Pointer | null = null;
  #closed = false;
  #asked = false;
  readonly #work: LeaseWork;
  readonly #library: PythonLibrary;
  readonly #giveBack: () => void;

  readonly #take: (threadState: Pointer) => void;
  readonly #save: () => Pointer;

  /**
   * The caller holds the GIL: the lease begins attached. `work` runs at both ends of a
   * lease. `mortal`: this thread may be ended from outside.
   */
  constructor(library: PythonLibrary, work: LeaseWork, mortal: boolean) {
    this.#library = library;
    this.#work = work;
    this.attached = true;
    // A terminated worker must not keep the GIL: its thread gives it back natively.
    const lock = mortal
      ? mortalLock(
        library.shared,
        library.address("PyEval_RestoreThread"),
        library.address("PyEval_SaveThread"),
      )
      : null;
    lock?.taken();
    this.#take = lock?.take ?? library.thread.PyEval_RestoreThread;
    this.#save = lock?.release ?? library.thread.PyEval_SaveThread;
    this.#giveBack = () => this.#release();
    this.#askForRelease();
  }

  /** Takes the GIL. Waits for the Python thread that holds it. */
  attach(): void {
    if (this.#closed) throw new PythonClosedError("Python was closed: this object is gone with it");
    const { Py_IsFinalizing, _Py_IsFinalizing } = this.#library.thread;
    if ((Py_IsFinalizing ?? _Py_IsFinalizing)?.()) {
      throw new PythonClosedError("Python is ending: another thread of this process closed it");
    }
    // SAFETY: this thread's own state, saved by its last release; the interpreter is not ending.
    this.#take(this.#threadState!);
    this.attached = true;
    this.#askForRelease();
    this.#work();
  }

  /** Runs the remaining work and gives the GIL back now, if no Python frame lies below. */
  detach(): void {
    if (!this.attached || this.depth > 0) return;
    this.#work();
    this.attached = false;
    // SAFETY: this thread holds the GIL (`attached`), and no Python frame of it is running (`depth`).
    this.#threadState = this.#save();
  }

  /** A JS callback called by Python begins: Python holds the GIL for this thread. */
  enter(): void {
    this.depth++;
  }

  /** It ends. */
  leave(): void {
    if (--this.depth === 0 && !this.#asked) this.#askForRelease();
  }

  /** After this, attaching throws. The caller says whether the GIL is still held. */
  close(): void {
    this.#closed = true;
    this.attached = false;
  }

  /** After `close()`, at the end of the process: takes the GIL for good. */
  keep(): void {
    // SAFETY: this thread's own state, saved by its last release; the interpreter was not ended.
    this.#take(this.#threadState!);
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  #askForRelease(): void {
    this.#asked = true;
    queueMicrotask(this.#giveBack);
  }

  #release(): void {
    this.#asked = false;
    // Inside a callback a microtask can run while Python waits for the callback's result;
    // leave() asks again.
    if (this.depth === 0) this.detach();
  }
}
