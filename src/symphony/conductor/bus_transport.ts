/**
 * Makes the bus of a Conductor's process and that of its parent one.
 * @module
 */
import { BusError } from "../bus/error.ts";
import { Glob } from "../bus/glob.ts";
import type {
  BusTransport,
  CarryMode,
  CarryOptions,
  Interest,
  Parcel,
  Receive,
} from "../bus/transport.ts";
import { ConductorProcessError } from "./process_error.ts";
import type { RpcCallOptions, RpcHandler } from "./rpc.ts";

/** What a {@link rpcTransport} stands on: a `ConductorProcess` in the parent, `context.rpc` in the child. */
export interface RpcLink {
  /** Asks the other side. */
  call(method: string, params?: unknown, options?: RpcCallOptions): Promise<unknown>;
  /** Answers the other side; `handle` of a `ConductorProcess`. */
  handle?(method: string, handler: RpcHandler): () => void;
  /** The same, of `context.rpc`. */
  register?(method: string, handler: RpcHandler): () => void;
}

const [PARCEL, INTERESTS] = ["bus.parcel", "bus.interests"];
const utf8 = new TextEncoder();
const text = new TextDecoder();

/**
 * A transport over the conversation between a Conductor's process and its parent. Each side makes one for its bus.
 * While no child runs, what is for it finds nobody, as if it had no endpoint.
 *
 * @example
 * ```ts no-run: the child's side stands in a module of its own
 * import { ConductorProcess, MessageBus, rpcTransport } from "pyduet/symphony";
 * const conductor = new ConductorProcess({ setup: new URL("./child_setup.ts", import.meta.url) });
 * const bus = new MessageBus({ transport: rpcTransport(conductor) });
 * // child_setup.ts: export default ({ rpc }) => shareBus(new MessageBus({ transport: rpcTransport(rpc) }));
 * await conductor.start();
 * ```
 */
export function rpcTransport(link: RpcLink): BusTransport {
  return new RpcTransport(link);
}

class RpcTransport implements BusTransport {
  readonly #link: RpcLink;
  /** What this side listens to, and what the other side does. */
  readonly #mine = new Set<Interest>();
  #theirs: readonly Interest[] = [];
  #ends: (() => void)[] = [];
  #receive: Receive | null = null;

  constructor(link: RpcLink) {
    this.#link = link;
  }

  async open(receive: Receive): Promise<void> {
    this.#receive = receive;
    this.#ends = [
      this.#register(PARCEL, (params) => this.#take(params)),
      this.#register(INTERESTS, (params) => {
        this.#theirs = interestsOf(params);
        return [...this.#mine];
      }),
    ];
    // A new child tells it when its own transport is opened.
    await this.#tell();
  }

  async listen(interest: Interest): Promise<() => void> {
    this.#mine.add(interest);
    await this.#tell();
    return () => {
      this.#mine.delete(interest);
      void this.#tell();
    };
  }

  async carry(
    { mode, name, bytes }: Parcel,
    { timeout, signal }: CarryOptions,
  ): Promise<Uint8Array | null | undefined> {
    const kind = mode === "send" || mode === "request" ? "endpoint" : "topic";
    if (
      mode !== "broadcast" && !this.#theirs.some((each) => each.kind === kind && fits(each, name))
    ) {
      return null;
    }
    try {
      const params = { mode, name, text: text.decode(bytes) };
      const answer = await this.#link.call(PARCEL, params, { timeout, signal });
      return typeof answer === "string" ? utf8.encode(answer) : null;
    } catch (error) {
      if (signal?.aborted || (error as { kind?: unknown }).kind === "Timeout") return undefined;
      if (isAway(error)) return null;
      throw new BusError("DeliveryFailed", `the other process: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    this.#mine.clear();
    await this.#tell();
    for (const end of this.#ends.splice(0)) end();
  }

  #register(method: string, handler: RpcHandler): () => void {
    const { handle, register } = this.#link;
    if (handle) return handle.call(this.#link, method, handler);
    if (register) return register.call(this.#link, method, handler);
    throw new TypeError(
      "rpcTransport() takes a ConductorProcess, or `context.rpc` of a setup module",
    );
  }

  async #take(params: unknown): Promise<string | null> {
    const { mode, name, text: sent } = params as { mode: CarryMode; name: string; text: string };
    const handed = this.#receive!({ mode, name, bytes: utf8.encode(sent) });
    if (mode === "publish" || mode === "broadcast") return null; // it is not waited for
    const answer = await handed;
    return answer && text.decode(answer);
  }

  /** Tells the other side what is wanted here, and hears what is wanted there. */
  async #tell(): Promise<void> {
    try {
      this.#theirs = interestsOf(await this.#link.call(INTERESTS, [...this.#mine]));
    } catch (error) {
      // No child runs, or the other bus is not there: when it comes, it tells and hears.
      this.#theirs = [];
      if (!isAway(error) && !(error instanceof ConductorProcessError)) throw error;
    }
  }
}

/** Whether nobody is there who could take anything. */
function isAway(error: unknown): boolean {
  if (error instanceof ConductorProcessError) return error.problem !== "Died";
  return (error as { remote?: { code?: number } }).remote?.code === -32601; // it has no bus
}

function interestsOf(params: unknown): Interest[] {
  const known = Array.isArray(params) ? params as Interest[] : [];
  return known.map(({ kind, name }) => ({ kind, name }));
}

function fits({ kind, name: pattern }: Interest, name: string): boolean {
  if (kind === "topic" && Glob.isGlob(pattern)) return new Glob(pattern).matches(name);
  return pattern === name;
}
