/**
 * The states of executions and of nodes, and how they may follow one another.
 * @module
 */
import { PortError } from "../error.ts";

/** How an execution is. */
export type ExecutionState =
  | "Pending"
  | "Running"
  | "Paused"
  | "WaitingForInput"
  | "Completed"
  | "Failed"
  | "Cancelled";

/** How a node of an execution is. */
export type NodeState = "Pending" | "Queued" | "Running" | "Completed" | "Failed" | "Skipped";

/** What may follow each state of an execution. */
export const EXECUTION_STATES: Readonly<Record<ExecutionState, readonly ExecutionState[]>> = {
  Pending: ["Running"],
  Running: ["Paused", "Completed", "Failed", "Cancelled", "WaitingForInput"],
  Paused: ["Running", "Cancelled"],
  WaitingForInput: ["Running", "Cancelled"],
  Completed: [],
  Failed: [],
  Cancelled: [],
};

/** What may follow each state of a node. */
export const NODE_STATES: Readonly<Record<NodeState, readonly NodeState[]>> = {
  Pending: ["Queued", "Skipped"],
  Queued: ["Running", "Skipped"],
  Running: ["Completed", "Failed", "Skipped"],
  Completed: [],
  Failed: [],
  Skipped: [],
};

/** Whether nothing follows a state. */
export function isTerminal(state: ExecutionState): boolean {
  return EXECUTION_STATES[state].length === 0;
}

/** Throws where an execution cannot go from one state to the other. */
export function checkExecutionStep(id: string, from: ExecutionState, to: ExecutionState): void {
  if (EXECUTION_STATES[from].includes(to)) return;
  const allowed = EXECUTION_STATES[from].join(", ");
  throw new PortError(
    "PitOperationFailed",
    "execute_workflow",
    `execution ${id} is ${from} and cannot become ${to}; ` +
      (allowed === "" ? "it has ended" : `from there it can become ${allowed}`),
  );
}
