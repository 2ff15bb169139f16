/**
 * The Pit: its five components behind one port.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { PortError } from "../error.ts";
import type {
  ArtifactData,
  CleanupReport,
  Decision,
  DecisionContext,
  ExecutionContext,
  ModelSpec,
  ModelStatus,
  PitPort,
  Policy,
  WorkflowDefinition,
  WorkflowResult,
  WorkflowStatus,
} from "../ports.ts";
import { ArbitrationEngine, type ArbitrationOptions } from "./arbitration.ts";
import type { ArtifactStoreOptions } from "./artifact_opening.ts";
import { ArtifactStore } from "./artifact_store.ts";
import { CheckpointStore } from "./dag_checkpoint.ts";
import { DagTracker, type DagTrackerOptions } from "./dag_tracker.ts";
import { PoolManager, type PoolOptions } from "./pool.ts";
import { StaleManager, type StaleOptions } from "./stale.ts";
import { artifactsToClean } from "./stale_artifacts.ts";

/** What a Pit is made with. */
export interface PitOptions {
  /** Where artifacts and checkpoints are kept. Default: a temporary folder, which goes with the Pit. */
  readonly folder?: string;
  /** For the pool. */
  readonly pool?: PoolOptions;
  /** For workflows; their checkpoints are in the folder, if there is one. */
  readonly workflows?: DagTrackerOptions;
  /** For artifacts, encryption for one. */
  readonly artifacts?: ArtifactStoreOptions;
  /** For arbitration. Default: one decision at a time, without resources to give. */
  readonly arbitration?: Partial<ArbitrationOptions>;
  /** For clean-up: what is kept. */
  readonly stale?: StaleOptions;
}

/**
 * Pools, workflows, artifacts, arbitration and retention of one process. Each component can be used by itself; the
 * methods here are those of the port. What needs no folder makes none.
 *
 * @example
 * ```ts
 * import { Pit } from "pyduet/symphony";
 * const pit = new Pit();
 * pit.pool.register("upper", () => (text: string) => text.toUpperCase());
 * const model = await pit.pool.allocate("upper");
 * const id = await pit.storeArtifact({
 *   content: new TextEncoder().encode(model.invoke("kept") as string),
 *   contentType: "text/plain",
 *   metadata: {},
 * });
 * new TextDecoder().decode((await pit.retrieveArtifact(id)).content); // "KEPT"
 * await pit.close();
 * ```
 */
export class Pit implements PitPort, AsyncDisposable {
  /** Models. */
  readonly pool: PoolManager;
  /** Workflows. */
  readonly workflows: DagTracker;
  /** Who gets what. */
  readonly arbitration: ArbitrationEngine;
  readonly #options: PitOptions;
  #temporary: string | undefined;
  #artifacts: ArtifactStore | undefined;
  #stale: StaleManager | undefined;
  #closed: Promise<void> | undefined;

  /** Opens nothing yet. */
  constructor(options: PitOptions = {}) {
    this.#options = options;
    this.pool = new PoolManager(options.pool);
    const { folder } = options;
    const checkpoints = folder === undefined
      ? {}
      : { checkpoints: new CheckpointStore(join(folder, "checkpoints")) };
    this.workflows = new DagTracker({ ...checkpoints, ...options.workflows });
    this.arbitration = new ArbitrationEngine({ capacity: {}, ...options.arbitration });
  }

  /** Content, in files. The folder is opened when it is first asked for. */
  get artifacts(): ArtifactStore {
    if (this.#closed) throw failed("open_artifacts", "the Pit was closed");
    this.#artifacts ??= new ArtifactStore(
      join(this.#options.folder ?? this.#makeTemporary(), "artifacts"),
      this.#options.artifacts,
    );
    return this.#artifacts;
  }

  /** What nobody wants any more. */
  get stale(): StaleManager {
    this.#stale ??= new StaleManager(artifactsToClean(this.artifacts), this.#options.stale);
    return this.#stale;
  }

  /** See {@link PitPort.allocateModel}. */
  async allocateModel(spec: ModelSpec): Promise<string> {
    return (await this.pool.allocate(spec)).id;
  }

  /** See {@link PitPort.deallocateModel}. */
  async deallocateModel(handle: string): Promise<void> {
    await this.pool.deallocate(handle);
  }

  /** See {@link PitPort.getModelStatus}. */
  async getModelStatus(handle: string): Promise<ModelStatus> {
    return await this.pool.getModelStatus(handle);
  }

  /** See {@link PitPort.createWorkflow}. */
  async createWorkflow(definition: WorkflowDefinition): Promise<string> {
    return await this.workflows.createWorkflow(definition);
  }

  /** See {@link PitPort.executeWorkflow}. */
  async executeWorkflow(id: string, context: ExecutionContext): Promise<WorkflowResult> {
    return await this.workflows.executeWorkflow(id, context);
  }

  /** See {@link PitPort.getWorkflowStatus}. */
  async getWorkflowStatus(id: string): Promise<WorkflowStatus> {
    return await this.workflows.getWorkflowStatus(id);
  }

  /** See {@link PitPort.storeArtifact}. */
  async storeArtifact({ content, contentType, metadata }: ArtifactData): Promise<string> {
    return await this.artifacts.store(content, { contentType, custom: metadata });
  }

  /** See {@link PitPort.retrieveArtifact}. */
  async retrieveArtifact(id: string): Promise<ArtifactData> {
    const known = await this.artifacts.metadata(id);
    const content = this.artifacts.retrieve(id);
    if (known === null || content === null) {
      throw failed("retrieve_artifact", `Artifact ${id} not found`);
    }
    return { content, contentType: known.contentType, metadata: known.custom };
  }

  /** See {@link PitPort.deleteArtifact}. */
  async deleteArtifact(id: string): Promise<void> {
    await this.artifacts.delete(id);
  }

  /** See {@link PitPort.submitDecision}. */
  async submitDecision(context: DecisionContext): Promise<Decision> {
    return await this.arbitration.submitDecision(context);
  }

  /** See {@link PitPort.getPolicy}. */
  async getPolicy(id: string): Promise<Policy> {
    return await this.arbitration.getPolicy(id);
  }

  /** See {@link PitPort.markStale}. */
  async markStale(resourceId: string): Promise<void> {
    await this.stale.markStale(resourceId);
  }

  /** See {@link PitPort.cleanupStale}. */
  async cleanupStale(age: number): Promise<CleanupReport> {
    const { itemsCleaned, bytesFreed, duration } = await this.stale.cleanupStale(age);
    return { itemsCleaned, bytesFreed, duration };
  }

  /** Lets models go, closes the store, and removes a temporary folder. Once more does nothing more. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** See {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await this.pool.shutdown();
    } finally {
      this.#artifacts?.close();
      this.#removeTemporary();
    }
  }

  #makeTemporary(): string {
    this.#temporary = mkdtempSync(join(tmpdir(), "symphony-pit-"));
    process.on("exit", this.#removeTemporary);
    return this.#temporary;
  }

  readonly #removeTemporary = (): void => {
    if (this.#temporary === undefined) return;
    rmSync(this.#temporary, { recursive: true, force: true });
    this.#temporary = undefined;
    process.off("exit", this.#removeTemporary);
  };
}

function failed(operation: string, reason: string): PortError {
  return new PortError("PitOperationFailed", operation, reason);
}

let shared: Pit | undefined;

/** The Pit of this process, for whoever names no other: `PitManager()` of Python is it as well. */
export function sharedPit(): Pit {
  shared ??= new Pit();
  return shared;
}

/** Makes a Pit that of this process; who has the former one keeps it. */
export function sharePit(pit: Pit): void {
  if (!(pit instanceof Pit)) throw new TypeError("sharePit() takes a Pit");
  shared = pit;
}
