/**
 * How long JavaScript may see Python's memory: an ArrayBuffer over it is detached
 * before the memory is given back, whoever lets go of it first.
 * @module
 */

import type { Interpreter } from "../interpreter/interpreter.ts";

/** One ArrayBuffer over Python's memory, and what gives that memory back. */
export class Lease {
  /** Gives the memory back; attached, once. */
  readonly giveBack: () => void;
  /** JavaScript is done with it. */
  ended = false;
  /** Uses of the memory by Python through the ArrayBuffer: it is given back after the last. */
  pins = 0;
  /** Over no memory at all. */
  readonly #empty: boolean;
  #strong: ArrayBuffer | undefined;
  #weak: WeakRef<ArrayBuffer> | undefined;

  constructor(buffer: ArrayBuffer, giveBack: () => void) {
    this.giveBack = giveBack;
    this.#empty = buffer.byteLength === 0;
    this.#strong = buffer;
  }

  /** The ArrayBuffer, if it was not collected. */
  get buffer(): ArrayBuffer | undefined {
    return this.#strong ?? this.#weak?.deref();
  }

  /** From now on the collector may have it. */
  weaken(): void {
    if (this.#strong) this.#weak = new WeakRef(this.#strong);
    this.#strong = undefined;
  }

  /** Whether somebody else took the memory out of the ArrayBuffer. */
  get taken(): boolean {
    return !this.#empty && this.buffer?.detached === true;
  }

  /** Takes the memory away from JavaScript; whether nothing in it can reach the memory any more. */
  detach(): boolean {
    const { buffer } = this;
    this.#strong = this.#weak = undefined;
    if (this.#empty || buffer === undefined) return true;
    if (buffer.detached) return false;
    try {
      // Of no bytes: a new buffer of all of them would count as so much memory more.
      transfer.call(buffer, 0);
      return true;
    } catch {
      return false; // the program marked it as not to be transferred
    }
  }
}

/** An instance's own method may stand before it (shared_memory.ts). */
const { transfer } = ArrayBuffer.prototype;

/**
 * Leases whose memory went into another ArrayBuffer, by `transfer()` or `postMessage()`. Nobody
 * tells how long that one lives, or in which thread: the memory is never given back.
 */
const kept: Lease[] = [];

/** The leases of an interpreter. */
export interface Leases {
  /** Enters a lease; `data` is the array that its user has. Needs the GIL. */
  add(lease: Lease, data: object): void;
  /** Ends a lease now. A second time does nothing. */
  release(lease: Lease): void;
  /** Python uses the memory through this ArrayBuffer; the result ends that use. `null` for other memory. */
  pin(buffer: ArrayBufferLike): (() => void) | null;
}

/** Binds the leases to an interpreter. */
export function createLeases(interpreter: Interpreter): Leases {
  detachEarly();
  const { ledger } = interpreter;
  const live = new Set<Lease>();
  const byBuffer = new WeakMap<ArrayBufferLike, Lease>();
  let closes = false;

  // First the user's array is collected, while its ArrayBuffer is still held, and can be asked
  // whether its memory went elsewhere; only then may the ArrayBuffer go.
  const arrays = new FinalizationRegistry<Lease>((lease) => {
    const { buffer } = lease;
    if (lease.ended || buffer === undefined) return;
    if (lease.taken) return end(lease);
    lease.weaken();
    buffers.register(buffer, lease, lease);
  });
  const buffers = new FinalizationRegistry<Lease>((lease) => {
    if (!lease.ended) interpreter.enqueue(() => end(lease));
  });

  /** Attached, unless the memory was taken. */
  function end(lease: Lease): void {
    if (lease.ended) return;
    lease.ended = true;
    live.delete(lease);
    // Else both would keep their entries until a turn of the event loop ends.
    arrays.unregister(lease);
    buffers.unregister(lease);
    if (!lease.detach()) {
      kept.push(lease);
      return; // it stays in the ledger: it is a leak
    }
    ledger.buffers--;
    if (lease.pins === 0) lease.giveBack();
  }

  function unpin(lease: Lease): void {
    lease.pins--;
    if (lease.pins === 0 && lease.ended && !kept.includes(lease)) lease.giveBack();
  }

  return {
    add(lease, data) {
      if (!closes) interpreter.atClose(() => live.forEach(end));
      closes = true;
      live.add(lease);
      ledger.buffers++;
      const { buffer } = lease;
      if (buffer) byBuffer.set(buffer, lease);
      arrays.register(data, lease, lease);
    },
    release(lease) {
      if (lease.ended || interpreter.lease.closed) return;
      interpreter.attach();
      end(lease);
      interpreter.flushed();
    },
    pin(buffer) {
      const lease = byBuffer.get(buffer);
      if (!lease || lease.ended) return null;
      lease.pins++;
      return () => unpin(lease);
    },
  };
}

/**
 * V8 compiles typed arrays on the premise that none was ever detached. The first detaching throws such code
 * away, and aborts the process where that code waits for the result of a native call, as it does while a callback
 * of Python's releases a buffer. So it happens here, before anything is compiled.
 */
function detachEarly(): void {
  const array = new Uint8Array(8);
  new Uint8Array(array.buffer).fill(0);
  transfer.call(array.buffer, 0);
}
