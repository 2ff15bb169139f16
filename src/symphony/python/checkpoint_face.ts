/**
 * `Checkpoint` and `CheckpointStore` of Python.
 * @module
 */
import { type PyClass, pyClass, type PyRecord, pyRecord, t } from "../../../mod.ts";
import { type Checkpoint, CheckpointStore } from "../pit/dag_checkpoint.ts";
import type { ExecutionState } from "../pit/dag_state.ts";
import { plain } from "./dict_reader.ts";
import { asStorage } from "./storage_error.ts";

/** The states of an execution. */
export const EXECUTION_STATES: readonly ExecutionState[] = [
  "Pending",
  "Running",
  "Paused",
  "WaitingForInput",
  "Completed",
  "Failed",
  "Cancelled",
];

const FIELDS = {
  id: t.str,
  execution_id: t.str,
  timestamp: t.float,
  completed_nodes: t.list(t.str),
  node_outputs: t.dict(t.str, t.any),
  execution_state: t.literal(...EXECUTION_STATES),
  workflow: t.optional(t.str).default(null),
  variables: t.optional(t.dict(t.str, t.any)).default(null),
  user_id: t.optional(t.str).default(null),
  skipped_nodes: t.optional(t.list(t.str)).default(null),
  failed_nodes: t.optional(t.dict(t.str, t.str)).default(null),
} as const;

/** A checkpoint as Python has it; the time in seconds. */
export interface CheckpointFields {
  /** Its id. */
  id: string;
  /** Whose it is. */
  execution_id: string;
  /** Seconds since 1970. */
  timestamp: number;
  /** The nodes that had completed. */
  completed_nodes: string[];
  /** The outputs by the names of the nodes. */
  node_outputs: Record<string, unknown>;
  /** How the execution was. */
  execution_state: ExecutionState;
  /** The workflow: `"name@version"`. */
  workflow?: string | null;
  /** The variables with which it began. */
  variables?: Record<string, unknown> | null;
  /** For whom it runs. */
  user_id?: string | null;
  /** The nodes that were skipped. */
  skipped_nodes?: string[] | null;
  /** The nodes that failed though the workflow went on. */
  failed_nodes?: Record<string, string> | null;
}

/** `Checkpoint`, for the modules that have it. */
export const CheckpointFace: PyRecord<CheckpointFields> = pyRecord("Checkpoint", {
  doc: "How far an execution had come. The timestamp is in seconds since 1970.",
  fields: FIELDS,
}) as PyRecord<CheckpointFields>;

/** A checkpoint for Python. */
export function checkpointToPython(checkpoint: Checkpoint): CheckpointFields {
  return {
    id: checkpoint.id,
    execution_id: checkpoint.executionId,
    timestamp: checkpoint.timestamp / 1000,
    completed_nodes: [...checkpoint.completedNodes],
    node_outputs: { ...checkpoint.nodeOutputs },
    execution_state: checkpoint.executionState,
    workflow: checkpoint.workflow ?? null,
    variables: checkpoint.variables === undefined ? null : { ...checkpoint.variables },
    user_id: checkpoint.userId ?? null,
    skipped_nodes: checkpoint.skippedNodes === undefined ? null : [...checkpoint.skippedNodes],
    failed_nodes: checkpoint.failedNodes === undefined ? null : { ...checkpoint.failedNodes },
  };
}

function fromPython(given: CheckpointFields): Checkpoint {
  const { workflow, variables, user_id, skipped_nodes, failed_nodes } = given;
  return {
    id: given.id,
    executionId: given.execution_id,
    timestamp: given.timestamp * 1000,
    completedNodes: given.completed_nodes,
    nodeOutputs: plainValues(given.node_outputs),
    executionState: given.execution_state,
    ...(workflow == null ? {} : { workflow }),
    ...(variables == null ? {} : { variables: plainValues(variables) }),
    ...(user_id == null ? {} : { userId: user_id }),
    ...(skipped_nodes == null ? {} : { skippedNodes: skipped_nodes }),
    ...(failed_nodes == null ? {} : { failedNodes: failed_nodes }),
  };
}

function plainValues(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, plain(value)]));
}

/** A store as Python has it; give it one of TypeScript's to hand that over. */
export class PythonCheckpointStore {
  /** The store. */
  readonly store: CheckpointStore;

  /** Takes a folder, or a store. */
  constructor(folder: string | CheckpointStore, durable = true) {
    this.store = typeof folder === "string"
      ? asStorage(() => new CheckpointStore(folder, { durable }))
      : folder;
  }

  /** Writes a checkpoint. */
  save(checkpoint: CheckpointFields): void {
    asStorage(() => this.store.save(fromPython(checkpoint)));
  }

  /** The checkpoint of that id. */
  load(id: string): CheckpointFields | null {
    return found(asStorage(() => this.store.load(id)));
  }

  /** The newest one of an execution. */
  latest(executionId: string): CheckpointFields | null {
    return found(asStorage(() => this.store.latest(executionId)));
  }

  /** The ids of an execution's checkpoints. */
  list(executionId: string): string[] {
    return asStorage(() => this.store.list(executionId));
  }

  /** Removes the checkpoint of that id. */
  delete(id: string): boolean {
    return asStorage(() => this.store.delete(id));
  }

  /** The executions that have checkpoints. */
  executions(): string[] {
    return asStorage(() => this.store.executions());
  }
}

function found(checkpoint: Checkpoint | null): CheckpointFields | null {
  return checkpoint === null ? null : checkpointToPython(checkpoint);
}

/** `CheckpointStore`, for the modules that have it. */
export const CheckpointStoreFace: PyClass<PythonCheckpointStore> = pyClass(PythonCheckpointStore, {
  name: "CheckpointStore",
  doc:
    "Checkpoints of workflows in a folder. With durable=False what was saved survives the end of " +
    "the process, but not that of the machine.",
  init: { folder: t.path, durable: t.bool.default(true).keywordOnly() },
  methods: {
    save: {
      doc: "Write a checkpoint: whole, or not at all.",
      params: { checkpoint: t.instance(CheckpointFace) },
      returns: t.none,
    },
    load: {
      doc: "The checkpoint of that id.",
      params: { checkpoint_id: t.str },
      returns: t.optional(t.instance(CheckpointFace)),
    },
    latest: {
      doc: "The newest checkpoint of an execution.",
      params: { execution_id: t.str },
      returns: t.optional(t.instance(CheckpointFace)),
    },
    list: {
      doc: "The ids of an execution's checkpoints, the oldest first.",
      params: { execution_id: t.str },
      returns: t.list(t.str),
    },
    delete: {
      doc: "Remove a checkpoint; whether it was there.",
      params: { checkpoint_id: t.str },
      returns: t.bool,
    },
    executions: {
      doc: "The executions that have checkpoints.",
      params: {},
      returns: t.list(t.str),
    },
  },
});
