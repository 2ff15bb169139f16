/**
 * A transport within one process: for tests, and the shortest example of one.
 * @module
 */
import { Glob } from "./glob.ts";
import type { BusTransport, CarryOptions, Interest, Parcel, Receive } from "./transport.ts";

interface Station {
  receive: Receive | null;
  readonly interests: Set<Interest>;
}

/**
 * Joins buses of one process as if they were apart: messages are written as bytes and read again.
 *
 * @example
 * ```ts
 * import { Loopback, MessageBus, Message } from "pyduet/symphony";
 * const loopback = new Loopback();
 * const near = new MessageBus({ transport: loopback.transport() });
 * const far = new MessageBus({ transport: loopback.transport() });
 * far.register("adder", ({ payload }) => (payload as number[]).reduce((a, b) => a + b));
 * await far.ready();
 * const ask = Message.builder().messageType("Request").source("me").target("adder").payload([1, 2]).build();
 * (await near.request(ask)).payload; // 3
 * ```
 */
export class Loopback {
  readonly #stations = new Set<Station>();
  #turn = 0;

  /** A transport for one more bus. */
  transport(): BusTransport {
    const station: Station = { receive: null, interests: new Set() };
    return {
      open: (receive) => {
        station.receive = receive;
        this.#stations.add(station);
      },
      listen: (interest) => {
        station.interests.add(interest);
        return () => void station.interests.delete(interest);
      },
      carry: (parcel, options) => this.#carry(station, parcel, options),
      close: () => void this.#stations.delete(station),
    };
  }

  async #carry(
    from: Station,
    parcel: Parcel,
    { signal }: CarryOptions,
  ): Promise<Uint8Array | null | undefined> {
    await Promise.resolve(); // never within the call, as on any other way
    if (signal?.aborted) return undefined;
    const { mode, name } = parcel;
    const others = [...this.#stations].filter((station) => station !== from);
    if (mode === "send" || mode === "request") {
      const takers = others.filter(({ interests }) =>
        [...interests].some((each) => each.kind === "endpoint" && each.name === name)
      );
      const taker = takers[this.#turn++ % takers.length];
      return taker ? await taker.receive!(parcel) : null;
    }
    for (const { receive, interests } of others) {
      const wanted = mode === "broadcast" ||
        [...interests].some((each) => each.kind === "topic" && fits(each.name, name));
      if (wanted) void receive!(parcel);
    }
    return null;
  }
}

function fits(pattern: string, name: string): boolean {
  return Glob.isGlob(pattern) ? new Glob(pattern).matches(name) : pattern === name;
}
