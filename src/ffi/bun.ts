/**
 * The backend for Bun. Pointers and sizes are JS numbers, the null pointer is `null`.
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
import { system } from "./bun_system.ts";
import { loaderOf, openGlobally } from "./loader.ts";
import { textByLoop } from "./short_text.ts";

// --- the runtime's module -------------------------------------------------

interface BunFfi {
  dlopen(
    path: string,
    table: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, NativeFunction> };
  ptr(view: ArrayBufferView): number;
  toArrayBuffer(pointer: number, offset: number, length: number): ArrayBuffer;
  CFunction(definition: { ptr: number; args: string[]; returns: string }): NativeFunction;
  JSCallback: new (
    fn: NativeFunction,
    definition: { args: string[]; returns: string },
  ) => { ptr: number; close(): void };
}

let loaded: BunFfi | undefined;

/** Loaded at first use: on another runtime this file is read too, but never used. */
function ffi(): BunFfi {
  return loaded ??= process.getBuiltinModule("bun:ffi" as "fs") as unknown as BunFfi;
}

declare const Bun: {
  gc(force: boolean): void;
  connect(options: {
    fd: number;
    socket: {
      open(socket: { unref(): void }): void;
      data(socket: unknown, data: Uint8Array): void;
    };
  }): Promise<unknown>;
};

// --- words ----------------------------------------------------------------

const WORDS: Record<string, string> = {
  p: "ptr",
  i: "i32",
  u: "u32",
  d: "f64",
  z: "i64_fast",
  b: "ptr",
  v: "void",
};

function translate(spec: { signature: string }): { args: string[]; returns: string } {
  const { parameters, result } = parseSignature(spec.signature);
  const args = parameters.map((letter) => WORDS[letter]!);
  // System V x86-64 and Windows x64 return a struct of this size through a hidden first pointer.
  if (result === "s") return { args: ["ptr", ...args], returns: "void" };
  return { args, returns: WORDS[result]! };
}

// --- memory ---------------------------------------------------------------

class BunMemory implements Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;
  readonly address: Pointer;

  constructor(size: number) {
    // The buffer comes first: a small view made without one moves when its buffer is first touched.
    const buffer = new ArrayBuffer((size + 7) & ~7);
    this.bytes = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    // SAFETY: an ArrayBuffer allocated on its own never moves, and this object keeps it alive.
    this.address = ffi().ptr(this.bytes) as unknown as Pointer;
  }

  getPointer(slot: number): Pointer | null {
    const at = slot * 2;
    return (this.u32[at]! + this.u32[at + 1]! * 4294967296) as unknown as Pointer | null;
  }

  setPointer(slot: number, value: Pointer | null): void {
    const at = slot * 2;
    const address = (value as unknown as number | null) ?? 0;
    this.u32[at] = address;
    this.u32[at + 1] = address / 4294967296;
  }
}

// --- libraries ------------------------------------------------------------

class BunLibrary implements SharedLibrary {
  readonly #path: string;
  readonly #find: (name: string) => Pointer | null;

  constructor(path: string) {
    this.#path = path;
    const loaderNames = loaderOf(system.platform);
    // SAFETY: the loader's own functions, found through the library's dependencies; the signatures are those of dlfcn.h.
    const loader = ffi().dlopen(loaderNames.library ?? path, {
      [loaderNames.open]: { args: loaderNames.openArguments.map((a) => WORDS[a]!), returns: "ptr" },
      [loaderNames.find]: { args: ["ptr", "ptr"], returns: "ptr" },
    }).symbols;
    this.#find = openGlobally(path, system.platform, loader);
  }

  address(name: string): Pointer | null {
    return this.#find(name);
  }

  bind(table: Readonly<Record<string, SymbolSpec>>): Record<string, NativeFunction | null> {
    const bound: Record<string, NativeFunction | null> = {};
    // One symbol under two signatures needs two openings, since a table here is keyed by exported name.
    const rounds: Record<string, { args: string[]; returns: string }>[] = [];
    const places: [key: string, symbol: string, round: number][] = [];
    for (const [key, spec] of Object.entries(table)) {
      const symbol = spec.symbol ?? key;
      if (spec.optional && !this.address(symbol)) {
        bound[key] = null;
        continue;
      }
      let round = 0;
      while (rounds[round]?.[symbol]) round++;
      (rounds[round] ??= {})[symbol] = translate(spec);
      places.push([key, symbol, round]);
    }
    // SAFETY: the library is open globally with NODELETE, so the addresses bound here stay valid for ever.
    const opened = rounds.map((round) => ffi().dlopen(this.#path, round).symbols);
    for (const [key, symbol, round] of places) {
      const fn = opened[round]![symbol]!;
      bound[key] = table[key]!.signature.endsWith(":s") ? withStructResult(fn) : fn;
    }
    return bound;
  }
}

/** Gives a function with a struct result the shape of the contract: memory to which it is copied. */
function withStructResult(fn: NativeFunction): NativeFunction {
  return (out: Memory, ...rest: unknown[]): void => fn(out.address, ...rest);
}

// --- the backend ----------------------------------------------------------

const SIGINT = 2;

/** The contract, on Bun. */
export const backend: Backend = {
  name: "bun",
  abortsInGivenUpCode: false,
  get structResults() {
    return system.arch === "x64";
  },
  null: null,
  inspectSymbol: Symbol.for("nodejs.util.inspect.custom"),

  open: (path: string): SharedLibrary => new BunLibrary(path),
  allocate: (size: number): Memory => new BunMemory(size),

  unsafeView(address: Pointer, length: number): Uint8Array<ArrayBuffer> {
    // SAFETY: the caller's promise.
    return new Uint8Array(ffi().toArrayBuffer(address as unknown as number, 0, length));
  },

  addressOf(view: ArrayBufferView): Pointer {
    void view.buffer; // before: a small view made without a buffer moves when it is first touched
    // SAFETY: only the address is taken; the caller keeps the view and its buffer alive.
    return ffi().ptr(view) as unknown as Pointer;
  },

  unsafeFunction(address: Pointer, signature: string): NativeFunction {
    // SAFETY: the caller's promise that this is a function of that signature.
    return ffi().CFunction({ ptr: address as unknown as number, ...translate({ signature }) });
  },

  callback(signature: string, fn: NativeFunction): NativeCallback {
    // SAFETY: the callback is used by its own thread alone (thread_guard.ts) and is closed by its owner.
    const native = new (ffi().JSCallback)(fn, translate({ signature }));
    return { pointer: native.ptr as unknown as Pointer, close: () => native.close() };
  },

  bell(heard: (number: number) => void): Bell {
    return {
      address: null,
      looks: false,
      canListen: () => true,
      listen(descriptor: number): void {
        // Not here: it runs the microtasks that wait, and one of them gives the GIL back under the caller.
        queueMicrotask(() =>
          void Bun.connect({
            fd: descriptor,
            socket: {
              open: (socket) => socket.unref(),
              data: (_socket, data) => data.forEach((number) => heard(number)),
            },
          })
        );
      },
    };
  },

  shortText: textByLoop,
  size: (value: number): Size => value as unknown as Size,
  sizeToNumber: (value: Size): number => Number(value),
  toNumber: (pointer: Pointer): number => pointer as unknown as number,
  fromNumber: (address: number): Pointer => address as unknown as Pointer,
  offset: (pointer: Pointer, bytes: number): Pointer =>
    ((pointer as unknown as number) + bytes) as unknown as Pointer,

  onExit(fn: () => void): void {
    process.once("exit", fn);
  },
  inNextTurn(fn: () => void): void {
    setTimeout(fn, 0).unref();
  },
  interruptListeners(handler: InterruptHandler): InterruptListeners {
    handler.install();
    const own = handler.current(SIGINT);
    const present = (): boolean => process.listenerCount("SIGINT") > 0;
    // The runtime puts its handler in force with the first listener, and the default with the end of the last.
    const restore = (): void => handler.set(own);
    const nothing = (): void => {};
    let listening = false;
    const added = (event: string | symbol): void => {
      if (event !== "SIGINT" || listening) return;
      if (!present()) {
        listening = true;
        process.on("SIGINT", nothing); // has it put in force now, and not after this event
        listening = false;
        restore();
        queueMicrotask(() => process.off("SIGINT", nothing));
      }
      handler.changed(true);
    };
    const removed = (event: string | symbol): void => {
      if (event !== "SIGINT") return;
      handler.changed(present());
      if (present()) return;
      restore();
      queueMicrotask(() => {
        if (!present() && !closed) restore();
      });
    };
    let closed = false;
    process.on("newListener", added);
    process.on("removeListener", removed);
    handler.changed(present());
    return {
      present,
      tell: () => void process.emit("SIGINT"),
      close: () => () => {
        closed = true;
        process.off("newListener", added);
        process.off("removeListener", removed);
        handler.set(null);
        // The runtime puts its handler in force for the first of them.
        const listeners = process.rawListeners("SIGINT") as (() => void)[];
        for (const each of listeners) process.off("SIGINT", each);
        for (const each of listeners) process.on("SIGINT", each);
      },
    };
  },
  onUncaught(_fn: () => void): void {
    // Bun emits "exit" after an uncaught error as well.
  },
  collectGarbage(): boolean {
    Bun.gc(true);
    return true;
  },
};
