/**
 * What an execution keeps in its checkpoints while it runs.
 * @module
 */
import { randomUUID } from "node:crypto";
import { PortError } from "../error.ts";
import type { Checkpoint, CheckpointStore, Progress } from "./dag_checkpoint.ts";
import type { Journal } from "./journal.ts";
import { toSaved } from "./saved_value.ts";

/** How checkpoints are kept. */
export interface ProgressOptions {
  /** After so many nodes a whole checkpoint is written. Default: 1000. */
  readonly checkpointEvery?: number;
  /** So many checkpoints of an execution are kept. Default: 3. */
  readonly keepCheckpoints?: number;
}

/** The newest checkpoint of one execution, and what ended since. */
export class ProgressKeeper {
  readonly #store: CheckpointStore;
  readonly #every: number;
  readonly #keep: number;
  #journal: Journal | null = null;
  #since = 0;

  /** Takes where to keep it. */
  constructor(
    store: CheckpointStore,
    { checkpointEvery = 1000, keepCheckpoints = 3 }: ProgressOptions,
  ) {
    this.#store = store;
    this.#every = checkpointEvery;
    this.#keep = keepCheckpoints;
  }

  /** Whether it is time for a whole checkpoint. */
  get due(): boolean {
    return this.#since >= this.#every;
  }

  /** Writes a whole checkpoint, from which the journal begins anew. */
  checkpoint(state: Omit<Checkpoint, "id">): Checkpoint {
    const checkpoint = { ...state, id: randomUUID() };
    this.#store.save(checkpoint);
    this.#journal?.close();
    this.#journal = this.#store.progress(state.executionId, checkpoint.id).journal;
    this.#since = 0;
    this.#store.prune(state.executionId, this.#keep);
    return checkpoint;
  }

  /** Adds what ended; on the disk when this returns. */
  add(ended: readonly Progress[]): void {
    this.#journal?.append(ended.map((progress) => {
      const what = `the output of node ${JSON.stringify(progress.node)}`;
      return toSaved({ ...progress }, what);
    }));
    this.#since += ended.length;
  }

  /** Closes the journal. */
  close(): void {
    this.#journal?.close();
    this.#journal = null;
  }
}

/** The newest state of an execution: its newest checkpoint with what ended since. */
export function latestState(store: CheckpointStore, executionId: string): Checkpoint {
  const checkpoint = store.latest(executionId);
  if (checkpoint === null) {
    throw new PortError(
      "PitOperationFailed",
      "resume_execution",
      `execution ${executionId} has no checkpoint in ${store.folder}`,
    );
  }
  const { journal, entries } = store.progress(executionId, checkpoint.id);
  journal.close();
  return withProgress(checkpoint, entries);
}

function withProgress(checkpoint: Checkpoint, entries: readonly Progress[]): Checkpoint {
  const ended = (state: Progress["state"]): Progress[] =>
    entries.filter((entry) => entry.state === state);
  const names = (state: Progress["state"]): string[] => ended(state).map(({ node }) => node);
  const outputs = entries.filter((entry) => "output" in entry);
  return {
    ...checkpoint,
    completedNodes: [...checkpoint.completedNodes, ...names("Completed")],
    skippedNodes: [...checkpoint.skippedNodes ?? [], ...names("Skipped")],
    failedNodes: Object.fromEntries([
      ...Object.entries(checkpoint.failedNodes ?? {}),
      ...ended("Failed").map(({ node, error }) => [node, error ?? ""] as const),
    ]),
    nodeOutputs: Object.fromEntries([
      ...Object.entries(checkpoint.nodeOutputs),
      ...outputs.map(({ node, output }) => [node, output] as const),
    ]),
  };
}
