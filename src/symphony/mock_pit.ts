/**
 * A Pit that only remembers: for tests of what stands on a Pit, and for trying out Python's names.
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { PortError } from "./error.ts";
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
} from "./ports.ts";

/**
 * The port without the machinery: a model is ready at once, a workflow completes at once with the variables it was
 * given, the first option is chosen with a confidence of 0.8.
 */
export class MockPit implements PitPort {
  readonly #models = new Map<string, ModelSpec>();
  readonly #workflows = new Map<string, WorkflowStatus>();
  readonly #artifacts = new Map<string, ArtifactData>();
  readonly #policies = new Map<string, Policy>();
  readonly #stale = new Set<string>();

  /** A new handle, ready at once. */
  allocateModel(spec: ModelSpec): Promise<string> {
    const handle = randomUUID();
    this.#models.set(handle, spec);
    return Promise.resolve(handle);
  }

  /** Forgets the handle. */
  deallocateModel(handle: string): Promise<void> {
    return this.#of("deallocate_model", "Model", this.#models, handle, () => {
      this.#models.delete(handle);
    });
  }

  /** Always ready. */
  getModelStatus(handle: string): Promise<ModelStatus> {
    return this.#of("get_model_status", "Model", this.#models, handle, () => "Ready");
  }

  /** A new id. */
  createWorkflow(_definition: WorkflowDefinition): Promise<string> {
    const id = randomUUID();
    this.#workflows.set(id, "Pending");
    return Promise.resolve(id);
  }

  /** Completes at once. */
  executeWorkflow(id: string, context: ExecutionContext): Promise<WorkflowResult> {
    return this.#of("execute_workflow", "Workflow", this.#workflows, id, () => {
      this.#workflows.set(id, "Completed");
      return { workflowId: id, status: "Completed", data: context.variables, duration: 0 };
    });
  }

  /** Pending, or completed. */
  getWorkflowStatus(id: string): Promise<WorkflowStatus> {
    return this.#of("get_workflow_status", "Workflow", this.#workflows, id, (status) => status);
  }

  /** Keeps it in memory. */
  storeArtifact(artifact: ArtifactData): Promise<string> {
    const id = createHash("sha256").update(artifact.content).digest("hex");
    this.#artifacts.set(id, artifact);
    return Promise.resolve(id);
  }

  /** What was kept. */
  retrieveArtifact(id: string): Promise<ArtifactData> {
    return this.#of("retrieve_artifact", "Artifact", this.#artifacts, id, (found) => found);
  }

  /** Forgets it. */
  deleteArtifact(id: string): Promise<void> {
    return this.#of("delete_artifact", "Artifact", this.#artifacts, id, () => {
      this.#artifacts.delete(id);
    });
  }

  /** The first option. */
  submitDecision(context: DecisionContext): Promise<Decision> {
    const choice = context.options[0];
    if (choice === undefined) {
      return Promise.reject(
        new PortError("PitOperationFailed", "submit_decision", "no options were given"),
      );
    }
    return Promise.resolve({ id: randomUUID(), choice, confidence: 0.8 });
  }

  /** A policy that was put in by {@link setPolicy}. */
  getPolicy(id: string): Promise<Policy> {
    return this.#of("get_policy", "Policy", this.#policies, id, (found) => found);
  }

  /** Puts a policy in. */
  setPolicy(policy: Policy): void {
    this.#policies.set(policy.id, policy);
  }

  /** Remembers it. */
  markStale(resourceId: string): Promise<void> {
    this.#stale.add(resourceId);
    return Promise.resolve();
  }

  /** Forgets all stale artifacts, whatever their age. */
  cleanupStale(_age: number): Promise<CleanupReport> {
    let [itemsCleaned, bytesFreed] = [0, 0];
    for (const id of this.#stale) {
      const artifact = this.#artifacts.get(id);
      if (artifact === undefined) continue;
      this.#artifacts.delete(id);
      itemsCleaned += 1;
      bytesFreed += artifact.content.byteLength;
    }
    this.#stale.clear();
    return Promise.resolve({ itemsCleaned, bytesFreed, duration: 0 });
  }

  #of<V, R>(
    operation: string,
    what: string,
    known: ReadonlyMap<string, V>,
    id: string,
    act: (value: V) => R,
  ): Promise<R> {
    const value = known.get(id);
    if (value === undefined) {
      const reason = `${what} ${id} not found`;
      return Promise.reject(new PortError("PitOperationFailed", operation, reason));
    }
    return Promise.resolve(act(value));
  }
}
