/**
 * One side of a JSON-RPC 2.0 conversation, a message a line. Both sides may ask and answer.
 * @module
 */
import { PortError } from "../error.ts";
import type { Clock } from "../clock.ts";
import { fromJson, toJson } from "../message_json.ts";
import { afterAll } from "./clock.ts";
import { describeError, errorOf, RPC_CODES, type RpcErrorObject } from "./rpc_error.ts";

/** Answers a method. What it returns must be plain data, as JSON knows it; it may be awaited. */
export type RpcHandler = (params: unknown, context: RpcContext) => unknown;

/** What a handler is told besides the parameters. */
export interface RpcContext {
  /** Aborted when the caller no longer waits. */
  readonly signal: AbortSignal;
}

/** How a call is made. */
export interface RpcCallOptions {
  /** Aborting it rejects with its reason, and tells the other side. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; then the call is rejected and the other side told. */
  readonly timeout?: number | undefined;
  /** Milliseconds of the timeout that are left, where the call has waited already. */
  readonly left?: number | undefined;
}

/** What a {@link RpcPeer} stands on. */
export interface RpcPeerOptions {
  /** Sends a line; resolves when there is room for more. */
  readonly write: (line: string) => Promise<void>;
  /** Its time. */
  readonly clock: Clock;
  /** The longest message in bytes that the other side takes. */
  readonly maxLineBytes: number;
  /** Hears of lines that are no message. */
  readonly onProtocolError?: (reason: string) => void;
  /** Makes plain data of what handlers return. */
  readonly plain?: (value: unknown) => unknown;
}

/** What both sides of a conversation can do. */
export interface Rpc {
  /** Answers a method from now on; the result ends that. */
  register(method: string, handler: RpcHandler): () => void;
  /** Asks the other side. */
  call(method: string, params?: unknown, options?: RpcCallOptions): Promise<unknown>;
  /** Tells the other side, which does not answer; resolves when the pipe has taken it. */
  notify(method: string, params?: unknown): Promise<void>;
}

interface Pending {
  readonly method: string;
  settle(act: () => void): void;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

const CANCEL = "$/cancelRequest";

/** One side of a conversation. */
export class RpcPeer implements Rpc {
  readonly #options: RpcPeerOptions;
  readonly #handlers = new Map<string, RpcHandler>();
  readonly #pending = new Map<number, Pending>();
  readonly #answering = new Map<number | string, AbortController>();
  #idle: (() => void)[] = [];
  #latest = 0;
  #closed: ((method: string) => Error) | null = null;

  /** Takes what it stands on. */
  constructor(options: RpcPeerOptions) {
    this.#options = options;
  }

  /** How many calls wait for the other side's answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Answers a method from now on; the result ends that. */
  register(method: string, handler: RpcHandler): () => void {
    this.#handlers.set(method, handler);
    return () => this.unregister(method, handler);
  }

  /** Answers a method no more, if this handler is still the one that does. */
  unregister(method: string, handler: RpcHandler): void {
    if (this.#handlers.get(method) === handler) this.#handlers.delete(method);
  }

  /** Asks the other side. */
  call(method: string, params: unknown = {}, options: RpcCallOptions = {}): Promise<unknown> {
    const { signal, timeout = Infinity, left = timeout } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#closed) throw this.#closed(method);
      const id = ++this.#latest;
      const line = this.#line(method, { jsonrpc: "2.0", id, method, params });
      const cancel = (reason: unknown): void => {
        pending.settle(() => reject(reason));
        this.notify(CANCEL, { id }).catch(() => {});
      };
      const aborted = (): void => cancel(signal!.reason);
      const stopTimer = afterAll(this.#options.clock, left, () => {
        const reason = `no answer within ${timeout} ms; a longer \`timeout\` waits longer`;
        cancel(new PortError("Timeout", method, reason));
      });
      const pending: Pending = {
        method,
        resolve,
        reject,
        settle: (act) => {
          if (!this.#pending.delete(id)) return;
          signal?.removeEventListener("abort", aborted);
          stopTimer();
          act();
        },
      };
      this.#pending.set(id, pending);
      signal?.addEventListener("abort", aborted, { once: true });
      this.#options.write(line).catch((error) => pending.settle(() => reject(error)));
    });
  }

  /** Tells the other side, which does not answer. */
  async notify(method: string, params: unknown = {}): Promise<void> {
    if (this.#closed) throw this.#closed(method);
    await this.#options.write(this.#line(method, { jsonrpc: "2.0", method, params }));
  }

  /** A line of the other side. Nothing that stands in it can do harm. */
  receive(line: string): void {
    let message: unknown;
    try {
      message = fromJson(line, "a line");
    } catch {
      return this.#refuse("is no JSON", line);
    }
    if (typeof message !== "object" || message === null) return this.#refuse("is no message", line);
    const { id, method, params } = message as Record<string, unknown>;
    const named = typeof id === "number" || typeof id === "string";
    if (typeof method === "string" && (named || id === undefined)) {
      void this.#answer(id as number | string | undefined, method, params);
      return;
    }
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending && "error" in message) {
      pending.settle(() => pending.reject(errorOf(pending.method, message.error)));
    } else if (pending && "result" in message) {
      pending.settle(() => pending.resolve(message.result));
    } else if (
      typeof id !== "number" || id > this.#latest || !("result" in message || "error" in message)
    ) {
      this.#refuse("is no message", line);
    } // else the answer to a call that was given up
  }

  /** Resolves when no handler runs but `except` of them. */
  async idle(except = 0): Promise<void> {
    while (this.#answering.size > except) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** Nothing comes any more: every call is rejected, with an error made for its method. */
  close(errorFor: (method: string) => Error): void {
    this.#closed ??= errorFor;
    for (const pending of [...this.#pending.values()]) {
      pending.settle(() => pending.reject(errorFor(pending.method)));
    }
    for (const controller of this.#answering.values()) controller.abort(errorFor("close"));
  }

  async #answer(id: number | string | undefined, method: string, params: unknown): Promise<void> {
    if (method === CANCEL) {
      const key = (params as { id?: number | string } | null)?.id;
      if (key !== undefined) {
        this.#answering.get(key)?.abort(
          new DOMException("The caller no longer waits", "AbortError"),
        );
      }
      return;
    }
    const handler = this.#handlers.get(method);
    const controller = new AbortController();
    if (id !== undefined) this.#answering.set(id, controller);
    let answer: { result: unknown } | { error: RpcErrorObject };
    try {
      if (!handler) throw new UnknownMethod(method, [...this.#handlers.keys()]);
      const value = await handler(params, { signal: controller.signal });
      answer = { result: (this.#options.plain?.(value) ?? value) ?? null };
    } catch (error) {
      const code = error instanceof UnknownMethod
        ? RPC_CODES.methodNotFound
        : controller.signal.aborted
        ? RPC_CODES.cancelled
        : RPC_CODES.failed;
      answer = { error: describeError(error, code) };
      if (id === undefined) this.#options.onProtocolError?.(`${method}: ${answer.error.message}`);
    }
    if (id === undefined) return;
    this.#answering.delete(id);
    await this.#send(method, id, answer);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #send(method: string, id: number | string, answer: object): Promise<void> {
    if (this.#closed) return;
    let line: string;
    try {
      line = this.#line(method, { jsonrpc: "2.0", id, ...answer });
    } catch (error) { // what is no JSON, or too long
      line = JSON.stringify({ jsonrpc: "2.0", id, error: describeError(error) });
    }
    await this.#options.write(line).catch(() => {});
  }

  /** A message as its line, of which nothing gets lost unseen: a bigint stays whole, what is no JSON is refused. */
  #line(method: string, { params, result, ...rest }: Sent): string {
    let line = JSON.stringify(rest);
    try {
      for (const [name, value] of Object.entries({ params, result })) {
        if (value !== undefined) line = `${line.slice(0, -1)},"${name}":${toJson(value, name)}}`;
      }
    } catch (error) {
      const reason = `cannot be sent as JSON: ${(error as Error).message}`;
      throw new PortError("ProcessCommunicationFailed", method, reason, { cause: error });
    }
    // Three bytes are the most that a UTF-16 unit needs: most lines are not measured.
    if (line.length * 3 > this.#options.maxLineBytes) {
      const bytes = new TextEncoder().encode(line).length;
      if (bytes > this.#options.maxLineBytes) {
        throw new PortError(
          "ProcessCommunicationFailed",
          method,
          `a message of ${bytes} bytes is longer than \`maxLineBytes\`, ${this.#options.maxLineBytes}; ` +
            "send it in parts, or as a file's name",
        );
      }
    }
    return line;
  }

  #refuse(why: string, line: string): void {
    const shown = line.length > 200 ? `${line.slice(0, 200)}…` : line;
    this.#options.onProtocolError?.(`a line ${why}: ${JSON.stringify(shown)}`);
  }
}

interface Sent {
  readonly params?: unknown;
  readonly result?: unknown;
  readonly [name: string]: unknown;
}

class UnknownMethod extends Error {
  override name = "UnknownMethod";
  constructor(method: string, known: readonly string[]) {
    super(`there is no method "${method}"; there are ${known.toSorted().join(", ")}`);
  }
}
