/**
 * A running Python as one JS thread uses it.
 * @module
 */

import type { Pointer } from "../ffi/backend.ts";
import { backend, system } from "../ffi/select.ts";
import { onProcessThread } from "../ffi/process_thread.ts";
import { endOpenSslThread } from "../ffi/thread_end.ts";
import type { Candidate } from "../capi/locate.ts";
import { PythonLibrary } from "../capi/library.ts";
import { createSlowReader, createTypeReader, type TypeReader } from "../capi/layout.ts";
import { type New, type Ref, unsafeNew } from "../capi/reference.ts";
import { PyReleasedError, PythonClosedError } from "../errors.ts";
import { GilLease } from "./gil.ts";
import { Handle } from "./handle.ts";
import { Ledger } from "./ledger.ts";
import { ReleaseQueue } from "./release_queue.ts";
import { Scopes } from "./scope.ts";
import { startOrAttach } from "./start.ts";
import { threadStates } from "./thread_states.ts";

/** What the floors above give the interpreter, so that it can raise and end. */
export interface UpperFloors {
  /** The JS value to throw for an exception; takes the reference. */
  toThrow(exception: New): unknown;
  /** Python dropped JS values: take their numbers. */
  takeDropped(): void;
  /** Python looked for garbage cycles. */
  collected(): void;
  /** Writes out Python's standard streams. */
  flush(): void;
  /** Runs `threading` shutdown and `atexit`. */
  runExitFunctions(): void;
  /**
   * Ends the library's threads. How many of Python's thread states are left beside this thread's that never run
   * again, or -1 where another JS thread uses Python.
   */
  endThreads(): number;
  /** Writes out every open file. */
  flushFiles(): void;
  /** The file of a module that uses OpenSSL, where one is loaded. */
  openSslUser(): string | null;
  /** No callback is entered after this. */
  retire(): void;
  /** asyncio has something to do. */
  turnWanted(): void;
  /** Ends asyncio's loop; `nested`: inside a callback of Python's, where no turn can be taken. */
  closeLoop(nested: boolean): void;
  /** Other threads of Python may call this one, or do already. */
  mayBeCalled(): void;
  /** This thread's end begins: nothing else is taken. */
  ending(): void;
}

/** What the floor of the event loop does about signals. Attached. */
export interface Signals {
  /** Takes up those that came while Python did not run. */
  check(): void;
  /** From now on they wake the event loop; by itself that happens in its first turn. */
  open(): void;
  /** Python ends: gives its place in the process back, but for what the result does after the end. */
  close(): () => void;
}

/** How a Python begins. */
export interface StartSettings {
  readonly candidate: Candidate;
  readonly args: readonly string[];
  readonly debug: boolean;
}

/** Of the memory that Python shares with this thread, in bytes. */
export const FLAGS_SIZE = 24;

/** Bytes of that memory (python/pyduet/__init__.py). */
const OUTPUT_WAITS = 0;
const GARBAGE_COLLECTED = 2;
const TURN_WANTED = 3;
const SHIELDED = 7;

/** Another: numbers of values and of types were dropped. */
export const VALUES_DROPPED = 1;

/** Another: whether the code of Python's that runs is called by TypeScript of the program, or a task's own. */
export const DRIVEN = 17;
/** The event loop takes a turn (python/pyduet/_contexts.py). */
export const BY_LOOP = 1;
/** TypeScript awaits something, and a task takes its step at once. */
export const BY_AWAIT = 2;

/** One JS thread's Python. */
export class Interpreter {
  readonly library: PythonLibrary;
  readonly candidate: Candidate;
  readonly lease: GilLease;
  readonly ledger: Ledger;
  readonly queue: ReleaseQueue;
  readonly scopes: Scopes = new Scopes();
  readonly typeKey: TypeReader;
  /** Bytes that Python sets, and at byte 8 an address that it reads. */
  readonly flags: { readonly address: Pointer; readonly bytes: Uint8Array };
  /** Whether this thread initialised the interpreter. */
  readonly initialised: boolean;
  readonly none: Ref;
  readonly true_: Ref;
  readonly false_: Ref;
  upper!: UpperFloors;
  /** On the thread of signals alone. */
  signals: Signals | null = null;
  /** Nothing is to be made of exceptions (check.ts). */
  rehearsing = false;
  /** Python has functions of this thread, and other threads of Python may not wake it yet. */
  callable = false;
  readonly #atClose: (() => void)[] = [];
  /** Whether threads run Python on after `close()`. */
  #left = false;
  /** A second reference to a live object; it becomes the caller's. Needs the GIL. */
  readonly share: (object: Ref) => New;
  readonly #forgotten: FinalizationRegistry<Handle>;
  readonly #decRef: (reference: New) => void;
  /** Whether this thread may end before the process does. */
  readonly mortal: boolean;
  #drainAsked = false;
  readonly #retired: New[] = [];

  /** Starts or joins Python. On return this thread is attached. */
  constructor(settings: StartSettings) {
    const library = this.library = new PythonLibrary(settings.candidate.library);
    this.candidate = settings.candidate;
    this.initialised = startOrAttach(library, settings.candidate, settings.args);
    this.mortal = !this.initialised || !onProcessThread(library.shared);
    this.#decRef = library.object.Py_DecRef;
    const { Py_IncRef } = library.object;
    this.share = (object) => {
      Py_IncRef(object);
      // SAFETY: the reference made by the line above.
      return unsafeNew(object);
    };
    this.flags = nativeBytes(library, FLAGS_SIZE);
    this.ledger = new Ledger(settings.debug);
    this.queue = new ReleaseQueue(this.#decRef);
    this.lease = new GilLease(library, () => this.settle(), this.mortal);
    const peek = system.variable("PYDUET_PEEK") !== "0";
    this.typeKey = peek ? createTypeReader(library) : createSlowReader(library);
    this.none = library.dataObject("_Py_NoneStruct");
    this.true_ = library.dataObject("_Py_TrueStruct");
    this.false_ = library.dataObject("_Py_FalseStruct");
    this.#forgotten = new FinalizationRegistry((handle) => this.#enqueue(handle));
  }

  /** Takes the GIL for this turn, unless this thread has it. */
  attach(): void {
    if (!this.lease.attached) this.lease.attach();
  }

  /** Does what Python left for this thread: output to flush, references to give back. Attached. */
  settle(): void {
    if (this.signals) this.signals.check(); // first: what follows runs Python code, where they would be raised
    this.flushed();
    this.takeDropped();
    if (this.flags.bytes[GARBAGE_COLLECTED] !== 0) {
      this.flags.bytes[GARBAGE_COLLECTED] = 0;
      this.upper.collected();
    }
    if (this.queue.length > 0) this.queue.drain();
    this.dropRetired();
    if (this.flags.bytes[TURN_WANTED] !== 0) this.upper.turnWanted();
    if (this.callable) this.upper.mayBeCalled();
  }

  /** Within it Ctrl-C is noted, not raised: for the library's own work. */
  shielded<T>(work: () => T): T {
    const { bytes } = this.flags;
    const before = bytes[SHIELDED]!;
    bytes[SHIELDED] = 1;
    try {
      return work();
    } finally {
      bytes[SHIELDED] = before;
    }
  }

  /**
   * Hears which values and types Python dropped. No more than that, since it may be in the middle
   * of a conversion, whose borrowed names `dropRetired()` could take away. Attached.
   */
  takeDropped(): void {
    if (this.flags.bytes[VALUES_DROPPED] !== 0) this.upper.takeDropped();
  }

  /**
   * Gives a reference back, but not while a Python frame lies below: for caches, whose
   * entries a call further down the stack may still be using as borrowed ones.
   */
  retire(reference: New): void {
    this.#retired.push(reference);
  }

  /** Gives back what was retired, if no Python frame of this thread is running. */
  dropRetired(): void {
    if (this.lease.depth > 0 || this.#retired.length === 0) return;
    for (const reference of this.#retired.splice(0)) this.#decRef(reference);
  }

  /** Flushes output if some waits. Cheap: called wherever Python returns to JS. */
  flushed(): void {
    const { bytes } = this.flags;
    if (bytes[OUTPUT_WAITS] === 0) return;
    bytes[OUTPUT_WAITS] = 0; // before: flushing calls Python, and every return from there asks again
    this.upper.flush();
  }

  // --- ownership ------------------------------------------------------------

  /**
   * Takes a reference into the ledger. It is given back with the scope in force, or
   * where there is none after `owner` was collected, unless `release()` comes first.
   */
  own(reference: New, owner: object): Handle {
    const handle = new Handle(reference);
    handle.slot = this.ledger.add(handle);
    if (this.ledger.debug) handle.made = callSite();
    const scope = this.scopes.current();
    if (scope) scope.handles.push(handle);
    else this.#forgotten.register(owner, handle);
    return handle;
  }

  /** Takes a reference that lives to the end, outside of every scope and of the ledger. */
  ownToTheEnd(reference: New): Handle {
    const handle = new Handle(reference);
    this.atClose(() => {
      if (handle.pointer) this.#decRef(handle.pointer);
      handle.pointer = null;
    });
    return handle;
  }

  /** The handle outlives the scope that ends: it belongs to the one around it, or to the collector. */
  keep(handle: Handle, owner: object): void {
    const outer = this.scopes.current();
    if (outer) outer.handles.push(handle);
    else this.#forgotten.register(owner, handle);
  }

  /** Gives the reference back now. A second time does nothing. */
  release(handle: Handle): void {
    const { pointer } = handle;
    if (pointer === null || this.lease.closed) return;
    this.attach();
    this.#strike(handle);
    this.#decRef(pointer);
    if (handle.functions.length > 0) {
      for (const reference of handle.functions.splice(0)) this.#decRef(reference);
    }
  }

  /** The pointer of a live handle; throws a {@link PyReleasedError} for a released one. */
  pointerOf(handle: Handle, what: string): New {
    if (handle.pointer !== null) return handle.pointer;
    if (this.lease.closed) throw closedError(what);
    throw new PyReleasedError(
      `This ${what} was released` +
        (handle.released
          ? `, here:\n${handle.released}`
          : "; start Python with { debug: true } to see where. Keep it with $.clone(), or return it from the scope"),
    );
  }

  #strike(handle: Handle): void {
    handle.pointer = null;
    if (handle.slot !== -1) this.ledger.remove(handle.slot);
    if (this.ledger.debug) handle.released = callSite();
  }

  #enqueue(handle: Handle): void {
    const { pointer } = handle;
    if (pointer === null || this.lease.closed) return;
    this.#strike(handle);
    this.queue.add(pointer);
    if (handle.functions.length > 0) {
      for (const reference of handle.functions.splice(0)) this.queue.add(reference);
    }
    this.#askDrain();
  }

  /** For finalisers, which may run at any time: `act` is done soon, attached. */
  enqueue(act: () => void): void {
    if (this.lease.closed) return;
    this.queue.addAct(act);
    this.#askDrain();
  }

  #askDrain(): void {
    if (this.#drainAsked) return;
    this.#drainAsked = true;
    queueMicrotask(() => {
      this.#drainAsked = false;
      if (this.lease.closed || this.queue.length === 0) return;
      this.attach();
      this.queue.drain();
    });
  }

  // --- exceptions -----------------------------------------------------------

  /** The error to throw for the exception that is set; clears it. Attached. */
  raised(): unknown {
    if (this.rehearsing) return this.library.object.PyErr_Clear();
    const exception = this.fetch();
    this.flushed(); // no sooner: Python code must not run while an exception is set
    return this.upper.toThrow(exception);
  }

  /** The exception that is set, with its traceback; clears it. */
  fetch(): New {
    const { PyErr_GetRaisedException, PyErr_Fetch, PyErr_NormalizeException } = this.library.errors;
    if (PyErr_GetRaisedException) return PyErr_GetRaisedException() || this.#noException();
    const slots = backend.allocate(24);
    const type = slots.address;
    const value = backend.offset(type, 8);
    const traceback = backend.offset(type, 16);
    PyErr_Fetch(type, value, traceback);
    if (!slots.getPointer(0)) return this.#noException();
    PyErr_NormalizeException(type, value, traceback);
    const exception = slots.getPointer(1) as New;
    const frames = slots.getPointer(2) as New | null;
    if (frames) {
      this.library.errors.PyException_SetTraceback(exception, frames);
      this.#decRef(frames);
    }
    this.#decRef(slots.getPointer(0) as New);
    return exception;
  }

  /** Raises an exception, as `raise` does: what is being handled becomes its context. Takes the reference. */
  restore(exception: New): void {
    const type = this.library.protocol.PyObject_Type(exception);
    this.library.errors.PyErr_SetObject(type, exception);
    this.#decRef(type);
    this.#decRef(exception);
  }

  /** A C function said "exception" and set none: a bug of that function, not a reason to crash. */
  #noException(): New {
    const { PyErr_SetObject } = this.library.errors;
    PyErr_SetObject(this.library.pointedObject("PyExc_SystemError"), this.none);
    return this.fetch();
  }

  /** Registers what a floor above gives back at the end; attached then. */
  atClose(giveBack: () => void): void {
    this.#atClose.push(giveBack);
  }

  // --- the end --------------------------------------------------------------

  /**
   * Ends this thread's use: exit functions, output, every reference. The interpreter
   * itself ends with the thread that started it and ends with the process, if no other
   * thread and no frame of Python would lose it in the middle: a daemon thread that waits
   * for the GIL would look for it in freed memory (`take_gil` in Python/ceval_gil.h).
   */
  close(exiting: boolean): void {
    if (this.lease.closed) return;
    this.attach();
    const nested = this.lease.depth > 0;
    const last = !this.mortal;
    this.upper.ending();
    this.upper.closeLoop(nested);
    if (last) this.upper.runExitFunctions();
    this.settle();
    const whole = last && !nested && this.#endThreads();
    if (last && !whole) this.upper.flushFiles();
    if (!nested) { for (const handle of this.ledger.live()) this.release(handle); }
    this.upper.flush();
    const openSslUser = this.mortal ? this.upper.openSslUser() : null;
    if (!nested) {
      this.takeDropped(); // what only those objects held
      for (const giveBack of this.#atClose.splice(0)) giveBack();
      // The floors above hold nothing of Python's any more that could be asked.
      this.flags.bytes.fill(0);
      this.dropRetired();
    }
    this.upper.retire();
    const afterwards = this.signals?.close();
    this.signals = null;
    if (whole) {
      // SAFETY: this thread initialised Python and is attached; no Python frame of it is running,
      // its callbacks are retired, it holds no reference any more, and no other thread runs Python.
      this.library.start.Py_FinalizeEx();
    } else if (!nested && !(last && exiting)) {
      // At the end of the process the GIL stays here: other threads wait, rather than run on
      // while the process is taken apart.
      this.lease.detach();
      this.#left = last;
    }
    this.lease.close();
    afterwards?.();
    if (openSslUser) endOpenSslThread(this.library.shared, openSslUser);
  }

  /** The end of the process, after `close()`: threads that were left wait from now on. */
  exit(): void {
    if (this.#left) this.lease.keep();
    this.#left = false;
  }

  /** Ends the library's threads. Whether no other thread is there that may run Python again. */
  #endThreads(): boolean {
    const ended = this.upper.endThreads();
    return ended >= 0 && threadStates(this.library)?.(ended + 2) === ended + 1;
  }
}

/** Zeroed memory that is never freed: Python may write to it after this thread was terminated. */
function nativeBytes(
  library: PythonLibrary,
  length: number,
): { address: Pointer; bytes: Uint8Array } {
  const address = library.code.PyMem_RawMalloc(backend.size(length))!;
  // SAFETY: memory of that length, which nobody frees.
  const bytes = backend.unsafeView(address, length);
  return { address, bytes: bytes.fill(0) };
}

/** The error for a use after `py.close()`. */
export function closedError(what: string): PythonClosedError {
  return new PythonClosedError(`This ${what} cannot be used: Python was closed`);
}

function callSite(): string {
  const lines = (new Error().stack ?? "").split("\n").slice(2);
  const outside = lines.filter((line) => !line.includes(LIBRARY));
  return (outside.length > 0 ? outside : lines).join("\n");
}

/** The folder of the library's own code, to leave its frames out. */
const LIBRARY: string = new URL("..", import.meta.url).pathname;
