/**
 * The time of a Conductor's supervisor.
 * @module
 */
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";

/** The machine's own, which goes on evenly when somebody sets the clock. */
export const STEADY_CLOCK: Clock = {
  now: () => performance.now(),
  after: (milliseconds, act) => SYSTEM_CLOCK.after(milliseconds, act),
};

/** Calls `act` once after so many milliseconds, never where they are infinitely many; the result calls it off. */
export function afterAll(clock: Clock, milliseconds: number, act: () => void): () => void {
  return Number.isFinite(milliseconds) ? clock.after(milliseconds, act) : () => {};
}
