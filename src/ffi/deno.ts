/**
 * The backend for Deno. Pointers and sizes are bigints: as fast in calls as the
 * runtime's own pointer objects, and comparable. The null pointer is `0n`.
 * @module
 */

import type {
  Backend,
  Bell,
  InterruptHandler,
  InterruptListeners,
  Memory,
  NativeCallback,
  NativeFunction,
  Pointer,
  SharedLibrary,
  Size,
  SymbolSpec,
} from "./backend.ts";
import { parseSignature } from "./backend.ts";
import { system } from "./deno_system.ts";
import { loaderOf, openGlobally } from "./loader.ts";
import { textByGroups } from "./short_text.ts";

// --- the runtime's module -------------------------------------------------

type DenoWord = string | { struct: string[] };
interface DenoForeign {
  parameters: string[];
  result: DenoWord;
  name?: string;
  optional?: boolean;
}

interface DenoFfi {
  unrefTimer(timer: number): void;
  addSignalListener(signal: string, listener: () => void): void;
  removeSignalListener(signal: string, listener: () => void): void;
  dlopen(
    path: string,
    table: Record<string, DenoForeign>,
  ): { symbols: Record<string, NativeFunction | null> };
  UnsafePointer: {
    of(view: ArrayBufferView): unknown;
    value(pointer: unknown): bigint;
    create(address: bigint): unknown;
  };
  UnsafeFnPointer: new (
    pointer: unknown,
    definition: { parameters: string[]; result: DenoWord },
  ) => { call: NativeFunction };
  UnsafePointerView: { getArrayBuffer(pointer: unknown, length: number): ArrayBuffer };
  UnsafeCallback: {
    new (
      definition: { parameters: string[]; result: DenoWord },
      fn: NativeFunction,
    ): { pointer: unknown; close(): void };
    threadSafe(
      definition: { parameters: string[]; result: DenoWord },
      fn: NativeFunction,
    ): { pointer: unknown; unref(): void };
  };
}

declare const process: { listenerCount(event: string): number };

/** Undefined on another runtime, where this file is read too, but never used. */
const runtime = (globalThis as unknown as { Deno: DenoFfi }).Deno;

/** How often a thread that may be terminated looks whether another one rang. */
const LOOK_MILLISECONDS = 1;

/** Who rang once soon rings again: so many rounds of the event loop without a pause. */
const LOOKS_AFTER_ONE = 100;

declare function setImmediate(act: () => void): unknown;
declare function setInterval(act: () => void, milliseconds: number): number;

// --- words ----------------------------------------------------------------

const WORDS: Record<string, string> = {
  p: "u64",
  i: "i32",
  u: "u32",
  d: "f64",
  z: "i64",
  b: "buffer",
  v: "void",
};

function translate(spec: SymbolSpec): DenoForeign {
  const { parameters, result } = parseSignature(spec.signature);
  return {
    parameters: parameters.map((letter) => WORDS[letter]!),
    result: result === "s" ? { struct: ["u64", "u64", "u64", "u64"] } : WORDS[result]!,
    ...(spec.symbol === undefined ? {} : { name: spec.symbol }),
    ...(spec.optional ? { optional: true } : {}),
  };
}

// --- memory ---------------------------------------------------------------

class DenoMemory implements Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;
  readonly address: Pointer;
  readonly #pointers: BigUint64Array<ArrayBuffer>;

  constructor(size: number) {
    const buffer = new ArrayBuffer((size + 7) & ~7);
    this.bytes = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.#pointers = new BigUint64Array(buffer);
    // SAFETY: V8 never moves the store of an ArrayBuffer, and this object keeps it alive.
    this.address = addressOf(this.bytes);
  }

  getPointer(slot: number): Pointer | null {
    return this.#pointers[slot] as unknown as Pointer | null;
  }

  setPointer(slot: number, value: Pointer | null): void {
    this.#pointers[slot] = value as unknown as bigint;
  }
}

function addressOf(view: ArrayBufferView): Pointer {
  void view.buffer; // before: V8 keeps a small view's bytes inside the view until its buffer is touched
  // SAFETY: only the address is taken; the caller says what keeps the memory alive.
  const pointer = runtime.UnsafePointer.of(view);
  // SAFETY: as above.
  return runtime.UnsafePointer.value(pointer) as unknown as Pointer;
}

// --- libraries ------------------------------------------------------------

class DenoLibrary implements SharedLibrary {
  readonly #path: string;
  readonly #find: (name: string) => Pointer | null;

  constructor(path: string) {
    this.#path = path;
    const loaderNames = loaderOf(system.platform);
    // SAFETY: the loader's own functions, found through the library's dependencies; the signatures are those of dlfcn.h.
    const loader = runtime.dlopen(loaderNames.library ?? path, {
      [loaderNames.open]: {
        parameters: loaderNames.openArguments.map((a) => WORDS[a]!),
        result: "u64",
      },
      [loaderNames.find]: { parameters: ["u64", "buffer"], result: "u64" },
    }).symbols;
    this.#find = openGlobally(path, system.platform, loader);
  }

  address(name: string): Pointer | null {
    return this.#find(name);
  }

  bind(table: Readonly<Record<string, SymbolSpec>>): Record<string, NativeFunction | null> {
    const translated: Record<string, DenoForeign> = {};
    for (const [key, spec] of Object.entries(table)) translated[key] = translate(spec);
    // SAFETY: the library is open globally with NODELETE, so the addresses bound here stay valid for ever.
    const { symbols } = runtime.dlopen(this.#path, translated);
    const bound: Record<string, NativeFunction | null> = {};
    for (const [key, spec] of Object.entries(table)) {
      const fn = symbols[key] ?? null;
      bound[key] = fn && spec.signature.endsWith(":s") ? withStructResult(fn) : fn;
    }
    return bound;
  }
}

/** Gives a function with a struct result the shape of the contract: memory to which it is copied. */
function withStructResult(fn: NativeFunction): NativeFunction {
  return (out: Memory, ...rest: unknown[]): void => {
    out.bytes.set(fn(...rest) as Uint8Array);
  };
}

function unsafeFunction(address: Pointer, signature: string): NativeFunction {
  const { parameters, result } = translate({ signature });
  // SAFETY: the caller's promise that this is a function of that signature.
  const pointer = runtime.UnsafePointer.create(address as unknown as bigint);
  // SAFETY: as above.
  const native = new runtime.UnsafeFnPointer(pointer, { parameters, result });
  return (...args: unknown[]) => native.call(...args);
}

// --- the backend ----------------------------------------------------------

/** Room for a `siginfo_t`, and for a `ucontext_t`. */
const SIGINFO_SIZE = 1024;
const SIGINT = 2;
/** Milliseconds after which a signal has certainly been passed on from one thread to another. */
const PASSED_ON = 1000;
const SIGUSR1 = 10; // on Linux; elsewhere a signal that nobody handles

const NULL = 0n as unknown as null;
const SMALL_SIZES: bigint[] = Array.from({ length: 257 }, (_, i) => BigInt(i));

/** The contract, on Deno. */
export const backend: Backend = {
  name: "deno",
  structResults: true,
  abortsInGivenUpCode: true,
  null: NULL,
  inspectSymbol: Symbol.for("Deno.customInspect"),

  open: (path: string): SharedLibrary => new DenoLibrary(path),
  allocate: (size: number): Memory => new DenoMemory(size),

  unsafeView(address: Pointer, length: number): Uint8Array<ArrayBuffer> {
    // SAFETY: the caller's promise.
    const pointer = runtime.UnsafePointer.create(address as unknown as bigint);
    // SAFETY: as above.
    return new Uint8Array(runtime.UnsafePointerView.getArrayBuffer(pointer, length));
  },

  addressOf,

  // SAFETY: the caller's promise that this is a function of that signature.
  unsafeFunction,

  callback(signature: string, fn: NativeFunction): NativeCallback {
    const { parameters, result } = translate({ signature });
    // SAFETY: the callback is used by its own thread alone (thread_guard.ts) and is closed by its owner.
    const native = new runtime.UnsafeCallback({ parameters, result }, fn);
    // SAFETY: the address of that callback, good until its close().
    return {
      pointer: runtime.UnsafePointer.value(native.pointer) as unknown as Pointer,
      close: () => native.close(),
    };
  },

  bell(heard: (number: number) => void, rung: Uint8Array | null): Bell {
    if (rung) {
      // A call that waits for a thread which is terminated ends the process.
      let more = 0;
      const look = (): void => {
        if (rung[0] !== 0) {
          rung[0] = 0;
          more = LOOKS_AFTER_ONE;
          heard(0);
        }
        if (more-- > 0) setImmediate(look);
      };
      runtime.unrefTimer(setInterval(() => {
        if (more <= 0) look();
      }, LOOK_MILLISECONDS));
      return { address: null, looks: true, canListen: () => false, listen() {} };
    }
    // SAFETY: made for threads of any kind; never closed, since one of them may be in the middle of a call.
    const native = runtime.UnsafeCallback.threadSafe(
      { parameters: ["i32"], result: "void" },
      (number: number) => heard(number),
    );
    native.unref();
    let Socket: typeof import("node:net").Socket | undefined;
    let asked = false;
    return {
      // SAFETY: the address of that callback.
      address: runtime.UnsafePointer.value(native.pointer) as unknown as Pointer,
      looks: false,
      canListen() {
        // Some 50 ms.
        if (!asked) import("node:net").then((net) => Socket = net.Socket, () => {});
        asked = true;
        return Socket !== undefined;
      },
      listen(descriptor: number): void {
        const hear = (count: number, bytes: Uint8Array): boolean => {
          bytes.subarray(0, count).forEach((number) => heard(number));
          return true;
        };
        new Socket!({
          fd: descriptor,
          writable: false,
          onread: { buffer: new Uint8Array(64), callback: hear },
        }).unref();
      },
    };
  },

  shortText: textByGroups,
  size: (value: number): Size =>
    (value >= 0 && value <= 256 ? SMALL_SIZES[value] : BigInt(value)) as unknown as Size,
  sizeToNumber: (value: Size): number => Number(value),
  toNumber: (pointer: Pointer): number => Number(pointer),
  fromNumber: (address: number): Pointer => BigInt(address) as unknown as Pointer,
  offset: (pointer: Pointer, bytes: number): Pointer =>
    ((pointer as unknown as bigint) + BigInt(bytes)) as unknown as Pointer,

  onExit(fn: () => void): void {
    globalThis.addEventListener("unload", fn, { once: true });
  },
  inNextTurn(fn: () => void): void {
    runtime.unrefTimer(setTimeout(fn, 0) as unknown as number); // an immediate without a hold waits for the last timer
  },
  interruptListeners(handler: InterruptHandler): InterruptListeners {
    const { addSignalListener, removeSignalListener } = runtime;
    const earlier = handler.current(SIGINT);
    // The runtime takes some signals half a second after its start though nobody listens to them; before that,
    // it has a handler of interrupts only where the program listens.
    let unseen = Boolean(earlier) && !handler.current(SIGUSR1);
    // With a listener the runtime's handler is there for good, and does not end the process by itself.
    const nothing = (): void => {};
    addSignalListener("SIGINT", nothing);
    let told = -Infinity;
    const theirs = handler.current(SIGINT);
    const restore = handler.save();
    handler.install();

    const known = new Set<() => void>();
    const look = (): void => handler.changed(known.size > 0 || unseen);
    runtime.addSignalListener = (signal, listener) => {
      addSignalListener(signal, listener);
      if (signal !== "SIGINT") return;
      known.add(listener);
      look();
    };
    runtime.removeSignalListener = (signal, listener) => {
      removeSignalListener(signal, listener);
      if (signal !== "SIGINT") return;
      if (!known.delete(listener)) unseen = false; // one of before, which now has gone
      look();
    };
    look();
    let info: DenoMemory | undefined;
    return {
      // The module process is loaded here if nobody has: not before an interrupt, since that takes its time.
      present: () => known.size > 0 || unseen || process.listenerCount("SIGINT") > 0,
      tell() {
        if (!theirs) return;
        told = performance.now();
        info ??= new DenoMemory(SIGINFO_SIZE);
        // SAFETY: the runtime's handler, of the kind SA_SIGINFO, which may be called at any time and stays as
        // long as the process; it reads no more than that memory.
        unsafeFunction(theirs, "ipp:v")(SIGINT, info.address, info.address);
      },
      close: () => () => {
        restore();
        runtime.addSignalListener = addSignalListener;
        runtime.removeSignalListener = removeSignalListener;
        const remove = (): void => removeSignalListener("SIGINT", nothing);
        // Another thread of the runtime's passes on what was told, and ends the process where nobody listens then.
        if (performance.now() - told > PASSED_ON) remove();
        else runtime.unrefTimer(setTimeout(remove, PASSED_ON) as unknown as number);
      },
    };
  },
  onUncaught(fn: () => void): void {
    const ending = (event: Event): void => {
      if (!event.defaultPrevented) fn();
    };
    globalThis.addEventListener("error", ending);
    globalThis.addEventListener("unhandledrejection", ending);
  },
  collectGarbage(): boolean {
    const gc = (globalThis as unknown as { gc?: () => void }).gc;
    gc?.();
    return gc !== undefined;
  },
};
