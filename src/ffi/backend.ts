/**
 * Floor 0, the contract: what every runtime's foreign function interface is
 * made to look like. A symbol table is translated once, at opening; calling a
 * symbol afterwards is calling the runtime's own function.
 * @module
 */

import type { ShortText } from "./short_text.ts";

declare const POINTER: unique symbol;
declare const SIZE: unique symbol;

/**
 * An address in this process. Opaque: only the backend knows what it is made
 * of. Two pointers to the same address are `===` and the same `Map` key.
 * The null pointer is typed `null` and is always falsy; test it with `!p`, since
 * a backend may represent it by another falsy value.
 */
export type Pointer = { readonly [POINTER]: true };

/** A C `size_t` or `ssize_t` as the backend passes it. Made by {@link Backend.size}. */
export type Size = { readonly [SIZE]: true };

/**
 * A signature: one letter for each parameter, a colon, one letter for the result.
 *
 * | letter | C type |
 * |---|---|
 * | `p` | any pointer, in and out |
 * | `i` `u` `d` | `int32_t`, `uint32_t`, `double`, as JS numbers |
 * | `z` | `size_t`, `ssize_t`, `long` where 64 bits wide: {@link Size} |
 * | `b` | parameter only: a `Uint8Array`, whose memory C may use during the call |
 * | `v` | result only: nothing |
 * | `s` | result only: a struct of 32 bytes by value; the function then takes first the {@link Memory} to which it is copied |
 */
export type Signature = string;

/** What a table says of one symbol. */
export interface SymbolSpec {
  readonly signature: Signature;
  /** The exported name, where it differs from the key. */
  readonly symbol?: string;
  /** Absent from some builds; its function is then `null`. */
  readonly optional?: boolean;
}

/** A native function. The table's own types say more. */
// deno-lint-ignore no-explicit-any -- a table gives each function its real type
export type NativeFunction = (...args: any[]) => any;

/** Memory that never moves and lives as long as this object does. */
export interface Memory {
  readonly address: Pointer;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;
  /** The pointer stored in the 8-byte slot `slot`; falsy for null. */
  getPointer(slot: number): Pointer | null;
  setPointer(slot: number, value: Pointer | null): void;
}

/** A JS function that C can call. Never collected; `close()` gives it back. */
export interface NativeCallback {
  readonly pointer: Pointer;
  /** After this, calling `pointer` is undefined behaviour in C. */
  close(): void;
}

/** A shared library, opened globally and never unloaded. */
export interface SharedLibrary {
  /** Binds a group of symbols. Throws naming the first missing symbol that is not optional. */
  bind(table: Readonly<Record<string, SymbolSpec>>): Record<string, NativeFunction | null>;
  /** The address of a function or a data symbol; falsy where there is none. */
  address(name: string): Pointer | null;
}

/** What other threads wake this one's event loop with. */
export interface Bell {
  /**
   * A C function of an `int` that any thread may call to say a number; it returns when this thread has heard it,
   * so the caller must hold no lock that this thread may need. `null` where the runtime listens to a socket.
   */
  readonly address: Pointer | null;
  /** Whether this thread looks at the byte instead, time and again. */
  readonly looks: boolean;
  /** Whether it can listen: where that takes long to make ready, asking begins it. */
  canListen(): boolean;
  /** Hears each byte that comes out of a socket, which is the runtime's from now on. */
  listen(descriptor: number): void;
}

/** The process's handlers of signals, that of SIGINT above all. */
export interface InterruptHandler {
  /** What is in force, as sigaction(2) says it: null by default, 1 where interrupts are ignored. */
  current(signal: number): Pointer | null;
  set(handler: Pointer | null): void;
  /** What is in force, with its flags; the result puts it in force again. */
  save(): () => void;
  /** Puts Python's in force. */
  install(): void;
  /** Is told whether the program listens, where the runtime says when that changes. */
  changed(present: boolean): void;
}

/** The program's own listeners to interrupts. */
export interface InterruptListeners {
  /** Whether there are any. */
  present(): boolean;
  /** Tells them, if there are any, of an interrupt, where Python's handler keeps the runtime from hearing it. */
  tell(): void;
  /** Python's handler is about to go: the result, called when it has gone, lets the runtime hear interrupts. */
  close(): () => void;
}

/** What the process and its threads tell, in the same words on every runtime. */
export interface HostHooks {
  /** Calls `fn` once when this thread's program ends in good order. */
  onExit(fn: () => void): void;
  /** Calls `fn` in the event loop's next turn; a program that has nothing else to do ends without it. */
  inNextTurn(fn: () => void): void;
  /** Calls `fn` when an error nobody caught is about to end the program. */
  onUncaught(fn: () => void): void;
  /** Installs Python's handler of interrupts beside the program's listeners, those there are and those to come. */
  interruptListeners(handler: InterruptHandler): InterruptListeners;
  /** The method by which `console.log` asks an object for its text. */
  readonly inspectSymbol: symbol;
  /** Collects garbage now, where the runtime allows it; tells whether it did. */
  collectGarbage(): boolean;
}

/** One runtime's foreign function interface, and what else differs by engine. */
export interface Backend extends HostHooks {
  readonly name: string;
  /** Whether signatures with result `s` can be bound on this CPU. */
  readonly structResults: boolean;
  /** Whether the engine aborts where code that it gives up waits for a call of C to return. */
  readonly abortsInGivenUpCode: boolean;
  /** The null pointer to pass to C. */
  readonly null: null;
  /** Opens a library so that libraries loaded later see its symbols. Throws with the loader's words. */
  open(path: string): SharedLibrary;
  /** Zeroed memory. `size` is in bytes, rounded up to 8. */
  allocate(size: number): Memory;
  /** Native memory as an array. The caller says what keeps it alive; it must never be freed before. */
  unsafeView(address: Pointer, length: number): Uint8Array<ArrayBuffer>;
  /**
   * Where the first byte of a view lies. The memory stays there for as long as the view's
   * `buffer` lives and keeps it; a view of no bytes has no address, and must not be asked.
   */
  addressOf(view: ArrayBufferView): Pointer;
  /** A native function by its address. Slower than a bound symbol on one runtime. */
  unsafeFunction(address: Pointer, signature: Signature): NativeFunction;
  /**
   * A callback with a signature as above (`z` and `b` are not for callbacks).
   * `fn` must not throw: what C then sees differs by runtime.
   */
  callback(signature: Signature, fn: NativeFunction): NativeCallback;
  /**
   * A bell that keeps no program alive. `heard` is called with what was said. `rung`: a byte that is set to ring it,
   * given where this thread may be terminated, if the runtime has nothing else that survives that.
   */
  bell(heard: (number: number) => void, rung: Uint8Array | null): Bell;
  /** A whole number as a C size. Exact below 2**53. */
  size(value: number): Size;
  /** A C size as a number. */
  sizeToNumber(value: Size): number;
  /** The address as a number; user-space addresses are below 2**53 on every 64-bit system. */
  toNumber(pointer: Pointer): number;
  /** The pointer to an address. */
  fromNumber(address: number): Pointer;
  /** A short ASCII text, in the way that is fast on this engine. */
  readonly shortText: ShortText;
  /** The pointer `bytes` further on. */
  offset(pointer: Pointer, bytes: number): Pointer;
}

const LETTERS = /^[piudzb]*:[piudzvs]$/;

/** Splits a signature into its letters; throws on a letter that no backend knows. */
export function parseSignature(signature: Signature): { parameters: string[]; result: string } {
  if (!LETTERS.test(signature)) throw new TypeError(`Not a native signature: "${signature}"`);
  const [parameters, result] = signature.split(":") as [string, string];
  return { parameters: [...parameters], result };
}
