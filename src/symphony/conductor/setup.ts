/**
 * What a `setup` module of a Conductor's process finds.
 * @module
 */
import type { Python } from "../../../mod.ts";
import type { PitPort } from "../ports.ts";
import type { EmbeddedConductor } from "./embedded.ts";
import type { Rpc } from "./rpc.ts";

/** What the default export of a `setup` module is called with, in the child. */
export interface SetupContext {
  /** The child's Python. */
  readonly py: Python;
  /** The child's Pit. */
  readonly pit: PitPort;
  /** The child's Conductor. */
  readonly conductor: EmbeddedConductor;
  /** The conversation with the parent: `rpc.register(method, handler)` adds a method. */
  readonly rpc: Rpc;
  /** What `new ConductorProcess({ data })` was given. */
  readonly data: unknown;
}

/** The default export of a `setup` module. */
export type Setup = (context: SetupContext) => void | Promise<void>;
