/**
 * What a Conductor's process tells those who listen.
 * @module
 */
import type { Ending, LogLine } from "./connection.ts";

/** The events of a Conductor's process, by name. */
export interface ConductorEvents {
  /** It is ready for the first time, or after a stop. */
  Started: { readonly processId: number };
  /** It was stopped; `forced` where it had to be killed. */
  Stopped: { readonly processId: number; readonly forced: boolean };
  /** The child ended by itself, or hung. */
  Died: Ending;
  /** A new child is ready in its place. */
  Restarted: { readonly processId: number; readonly attempt: number };
  /** A new child could not be started; `final` where no further one is tried. */
  RestartFailed: { readonly message: string; readonly attempt: number; readonly final: boolean };
  /** A line that the child wrote. */
  log: LogLine;
  /** A line between the processes that is no message. */
  protocol: { readonly processId: number; readonly reason: string };
}

/** Listeners by event. One that throws does not stop the others: what it threw is reported as uncaught. */
export class Listeners {
  readonly #all = new Map<string, Set<(event: never) => void>>();

  /** Hears of an event from now on; the result ends that. */
  on<K extends keyof ConductorEvents>(
    event: K,
    listener: (event: ConductorEvents[K]) => void,
  ): () => void {
    const known = this.#all.get(event) ?? new Set();
    this.#all.set(event, known);
    known.add(listener);
    return () => void known.delete(listener);
  }

  /** Tells everybody. */
  emit<K extends keyof ConductorEvents>(event: K, value: ConductorEvents[K]): void {
    for (const listener of [...this.#all.get(event) ?? []]) {
      try {
        listener(value as never);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
