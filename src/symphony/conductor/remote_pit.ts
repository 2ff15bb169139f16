/**
 * The Pit of a Conductor's process, used from its parent.
 * @module
 */
import { Buffer } from "node:buffer";
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
import type { RpcCallOptions, RpcHandler } from "./rpc.ts";

interface Caller {
  call(method: string, params?: unknown, options?: RpcCallOptions): Promise<unknown>;
}

interface SentArtifact extends Omit<ArtifactData, "content"> {
  readonly base64: string;
}

/** Answers the Pit's methods, as `pit.allocate_model` and so on, each with its arguments as an array. */
export function servePit(
  rpc: { register(method: string, handler: RpcHandler): unknown },
  pit: PitPort,
): void {
  const methods: Record<string, (...args: never[]) => unknown> = {
    allocate_model: (spec: ModelSpec) => pit.allocateModel(spec),
    deallocate_model: (handle: string) => pit.deallocateModel(handle),
    get_model_status: (handle: string) => pit.getModelStatus(handle),
    create_workflow: (definition: WorkflowDefinition) => pit.createWorkflow(definition),
    execute_workflow: (id: string, context: ExecutionContext) => pit.executeWorkflow(id, context),
    get_workflow_status: (id: string) => pit.getWorkflowStatus(id),
    store_artifact: ({ base64, ...rest }: SentArtifact) =>
      pit.storeArtifact({ ...rest, content: Uint8Array.from(Buffer.from(base64, "base64")) }),
    retrieve_artifact: async (id: string) => toSend(await pit.retrieveArtifact(id)),
    delete_artifact: (id: string) => pit.deleteArtifact(id),
    submit_decision: (context: DecisionContext) => pit.submitDecision(context),
    get_policy: (id: string) => pit.getPolicy(id),
    mark_stale: (resourceId: string) => pit.markStale(resourceId),
    cleanup_stale: (age: number) => pit.cleanupStale(age),
  };
  for (const [name, method] of Object.entries(methods)) {
    rpc.register(`pit.${name}`, (args) => method(...args as never[]));
  }
}

/** The Pit of the other side. Each call goes through the pipe, artifacts as base64. */
export class RemotePit implements PitPort {
  readonly #link: Caller;

  /** Takes the conversation. */
  constructor(link: Caller) {
    this.#link = link;
  }

  /** A model, loaded and ready. */
  allocateModel(spec: ModelSpec): Promise<string> {
    return this.#call("allocate_model", spec);
  }

  /** Gives a model back. */
  async deallocateModel(handle: string): Promise<void> {
    await this.#call("deallocate_model", handle);
  }

  /** How an allocated model is. */
  getModelStatus(handle: string): Promise<ModelStatus> {
    return this.#call("get_model_status", handle);
  }

  /** Takes a workflow in; its id. */
  createWorkflow(definition: WorkflowDefinition): Promise<string> {
    return this.#call("create_workflow", definition);
  }

  /** Runs a workflow to its end. */
  executeWorkflow(id: string, context: ExecutionContext): Promise<WorkflowResult> {
    return this.#call("execute_workflow", id, context);
  }

  /** How a workflow's last execution is. */
  getWorkflowStatus(id: string): Promise<WorkflowStatus> {
    return this.#call("get_workflow_status", id);
  }

  /** Keeps content. */
  storeArtifact(artifact: ArtifactData): Promise<string> {
    return this.#call("store_artifact", toSend(artifact));
  }

  /** Content that was kept. */
  async retrieveArtifact(id: string): Promise<ArtifactData> {
    const { base64, ...rest } = await this.#call<SentArtifact>("retrieve_artifact", id);
    return { ...rest, content: Uint8Array.from(Buffer.from(base64, "base64")) };
  }

  /** Forgets content. */
  async deleteArtifact(id: string): Promise<void> {
    await this.#call("delete_artifact", id);
  }

  /** A choice among options. */
  submitDecision(context: DecisionContext): Promise<Decision> {
    return this.#call("submit_decision", context);
  }

  /** The rules of that id. */
  getPolicy(id: string): Promise<Policy> {
    return this.#call("get_policy", id);
  }

  /** Marks a resource as no longer wanted. */
  async markStale(resourceId: string): Promise<void> {
    await this.#call("mark_stale", resourceId);
  }

  /** Removes what has been stale for longer than `age` milliseconds. */
  cleanupStale(age: number): Promise<CleanupReport> {
    return this.#call("cleanup_stale", age);
  }

  #call<R>(method: string, ...args: unknown[]): Promise<R> {
    return this.#link.call(`pit.${method}`, args) as Promise<R>;
  }
}

function toSend({ content, ...rest }: ArtifactData): SentArtifact {
  return { ...rest, base64: Buffer.from(content).toString("base64") };
}
