/**
 * Content that comes in pieces.
 * @module
 */
import { Buffer } from "node:buffer";
import { INDEXED_BYTES } from "./artifact_search.ts";

/** Where content in pieces comes from. */
export type ContentStream = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** The beginning of what goes by. */
export class Beginning {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  /** The same pieces. */
  async *watch(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      if (this.#size < INDEXED_BYTES && piece instanceof Uint8Array) {
        const taken = piece.slice(0, INDEXED_BYTES - this.#size);
        this.#pieces.push(taken);
        this.#size += taken.length;
      }
      yield piece;
    }
  }

  /** What was seen of them. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}

/** A ReadableStream can be iterated everywhere but in old browsers' types. */
export function pieces(content: ContentStream): AsyncIterable<Uint8Array> {
  return content as AsyncIterable<Uint8Array>;
}

/**
 * The same pieces, until nobody wants them any more: then it throws the signal's reason at once, and lets the iteration
 * go, which may be in the middle of a step that takes its time.
 */
export async function* untilAborted<T>(
  pieces: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  signal.throwIfAborted();
  const iterator = pieces[Symbol.asyncIterator]();
  let stop = (): void => {};
  const aborted = (): void => stop();
  signal.addEventListener("abort", aborted);
  try {
    for (;;) {
      // Not Promise.race(): all steps would hang on one Promise, and with them all pieces.
      const { done, value } = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = () => reject(signal.reason);
        iterator.next().then(resolve, reject);
      });
      signal.throwIfAborted();
      if (done) return;
      yield value;
      signal.throwIfAborted();
    }
  } finally {
    signal.removeEventListener("abort", aborted);
    const over = iterator.return?.();
    if (signal.aborted) over?.catch(() => {});
    else await over;
  }
}
