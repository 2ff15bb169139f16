/**
 * What can be wrong with a Conductor's process.
 * @module
 */
import { PortError } from "../error.ts";

/** What is wrong with a Conductor's process. */
export type ProcessProblem = "SpawnFailed" | "StartupTimeout" | "Died" | "Stopped" | "NotRunning";

/** A Conductor's process that does not answer. Its kind is `"ProcessCommunicationFailed"`. */
export class ConductorProcessError extends PortError {
  /** The class's name, as printed. */
  override name = "ConductorProcessError";
  /** What is wrong. */
  readonly problem: ProcessProblem;
  /** Which process; 0 where there is none. */
  readonly processId: number;

  /** Takes what is wrong, the operation that failed, and what is known of it. */
  constructor(
    problem: ProcessProblem,
    operation: string,
    detail: { readonly processId: number; readonly text: string; readonly cause?: unknown },
  ) {
    const { processId, text, cause } = detail;
    const which = processId === 0
      ? "the Conductor's process"
      : `the Conductor's process ${processId}`;
    const options = cause === undefined ? {} : { cause };
    super("ProcessCommunicationFailed", operation, `${problem}: ${which}: ${text}`, options);
    this.problem = problem;
    this.processId = processId;
  }
}
