/**
 * Which Pit stands beside a Conductor that was given none.
 * @module
 */
import { sharedPit } from "../pit/pit.ts";
import type { PitPort } from "../ports.ts";

/** The Pit of this process. */
export function makePit(): PitPort {
  return sharedPit();
}
