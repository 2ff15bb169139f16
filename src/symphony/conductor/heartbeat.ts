/**
 * Sees that a child hangs.
 * @module
 */
import type { Clock } from "../clock.ts";
import { type HeartbeatOptions, PROCESS_DEFAULTS } from "./process_options.ts";
import type { RpcPeer } from "./rpc.ts";

/**
 * Asks a child now and then whether it is there. A child that works for a caller is not asked: it may compute in
 * Python, and the caller's own timeout decides how long.
 */
export class Heartbeat {
  readonly #options: Required<HeartbeatOptions>;
  readonly #clock: Clock;
  readonly #rpc: RpcPeer;
  readonly #onSilent: (reason: string) => void;
  #stopTimer: () => void = () => {};
  #stopped = false;
  #missed = 0;

  /** Takes the policy, the child, and who hears that it hangs. */
  constructor(
    options: HeartbeatOptions | false,
    child: { readonly rpc: RpcPeer; readonly clock: Clock; onSilent(reason: string): void },
  ) {
    this.#options = { ...PROCESS_DEFAULTS.heartbeat, ...options };
    this.#clock = child.clock;
    this.#rpc = child.rpc;
    this.#onSilent = (reason) => child.onSilent(reason);
    if (options !== false) this.#wait();
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
  }

  #wait(): void {
    if (!this.#stopped) {
      this.#stopTimer = this.#clock.after(this.#options.interval, () => void this.#ask());
    }
  }

  async #ask(): Promise<void> {
    const { timeout, misses } = this.#options;
    if (this.#rpc.pending > 0) this.#missed = 0;
    else {
      const answered = await this.#rpc.call("ping", {}, { timeout }).then(() => true, () => false);
      this.#missed = answered ? 0 : this.#missed + 1;
    }
    if (this.#stopped) return;
    if (this.#missed < misses) return this.#wait();
    this.#onSilent(`it did not answer ${misses} heartbeats of ${timeout} ms each`);
  }
}
