/**
 * The ports of Symphony's core: what a Pit and a Conductor can be asked. Anything that implements a port can stand
 * behind Python's names. Times are in milliseconds, sizes in bytes unless a name says megabytes.
 * @module
 */

/** The kinds of model. */
export type ModelType = "Language" | "Vision" | "Audio" | "Multimodal" | "Custom";

/** What a model needs of the machine. */
export interface ResourceRequirements {
  /** Megabytes of memory. */
  readonly memoryMb: number;
  /** Cores, parts of one included. */
  readonly cpuCores: number;
  /** Megabytes of a graphics card's memory. */
  readonly gpuMemoryMb?: number;
  /** Whether it needs the network. */
  readonly networkAccess: boolean;
}

/** Which model is wanted. */
export interface ModelSpec {
  /** Its name; with the version it names one model. */
  readonly name: string;
  /** Its version: `"1.0"`. */
  readonly version: string;
  /** Its kind. */
  readonly modelType: ModelType;
  /** What it needs. */
  readonly resourceRequirements: ResourceRequirements;
  /** What its loader is told. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** An allocated model: a UUID. */
export type ModelHandle = string;

/** How an allocated model is. */
export type ModelStatus = "Loading" | "Ready" | "Busy" | "Failed" | "Deallocating";

/** How one step of a workflow needs another. */
export type DependencyType = "Hard" | "Soft" | "Optional" | "Parallel";

/** A step of a workflow. */
export interface WorkflowStep {
  /** Its name, unique in the workflow. */
  readonly name: string;
  /** Which runner runs it. */
  readonly stepType: string;
  /** What its runner is told. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** One step needs another. */
export interface WorkflowDependency {
  /** The step that comes first. */
  readonly from: string;
  /** The step that needs it. */
  readonly to: string;
  /** How it needs it. */
  readonly dependencyType: DependencyType;
}

/** A workflow as it is given to the Pit. */
export interface WorkflowDefinition {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its steps. */
  readonly steps: readonly WorkflowStep[];
  /** What needs what. */
  readonly dependencies: readonly WorkflowDependency[];
  /** Milliseconds for a whole execution. */
  readonly timeout?: number;
}

/** With what a workflow runs. */
export interface ExecutionContext {
  /** Values for its steps, by name. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** For whom it runs. */
  readonly userId?: string;
  /** Milliseconds; instead of the definition's own. */
  readonly timeout?: number;
}

/** How a workflow is. */
export type WorkflowStatus =
  | "Pending"
  | "Running"
  | "Paused"
  | "Completed"
  | "Failed"
  | "Cancelled";

/** What an execution gave. */
export interface WorkflowResult {
  /** The workflow that ran. */
  readonly workflowId: string;
  /** How it ended. */
  readonly status: WorkflowStatus;
  /** What its steps gave, by their names. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Milliseconds. */
  readonly duration: number;
}

/** Content to be kept. */
export interface ArtifactData {
  /** The bytes. */
  readonly content: Uint8Array;
  /** `"text/plain"` */
  readonly contentType: string;
  /** What is known of it. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What is to be decided. */
export interface DecisionContext {
  /** What kind of decision: `"function_quest"`. */
  readonly contextType: string;
  /** What is known. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Among what is chosen. */
  readonly options: readonly string[];
}

/** What was decided. */
export interface Decision {
  /** A UUID. */
  readonly id: string;
  /** One of the options. */
  readonly choice: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** Why, in words. */
  readonly reasoning?: string;
}

/** Rules by which is decided. */
export interface Policy {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** The rules. */
  readonly rules: Readonly<Record<string, unknown>>;
}

/** What a clean-up did. */
export interface CleanupReport {
  /** How many were removed. */
  readonly itemsCleaned: number;
  /** Bytes. */
  readonly bytesFreed: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** What a Pit can be asked. Each method fails with a `PortError` that names the operation. */
export interface PitPort {
  /** A model, loaded and ready. */
  allocateModel(spec: ModelSpec): Promise<ModelHandle>;
  /** Gives a model back. */
  deallocateModel(handle: ModelHandle): Promise<void>;
  /** How an allocated model is. */
  getModelStatus(handle: ModelHandle): Promise<ModelStatus>;
  /** Takes a workflow in, checked; its id. */
  createWorkflow(definition: WorkflowDefinition): Promise<string>;
  /** Runs a workflow to its end. */
  executeWorkflow(id: string, context: ExecutionContext): Promise<WorkflowResult>;
  /** How a workflow's last execution is. */
  getWorkflowStatus(id: string): Promise<WorkflowStatus>;
  /** Keeps content; its id is the SHA-256 of the bytes, in 64 hexadecimal digits. */
  storeArtifact(artifact: ArtifactData): Promise<string>;
  /** Content that was kept. */
  retrieveArtifact(id: string): Promise<ArtifactData>;
  /** Forgets content. */
  deleteArtifact(id: string): Promise<void>;
  /** A choice among options. */
  submitDecision(context: DecisionContext): Promise<Decision>;
  /** The rules of that id. */
  getPolicy(id: string): Promise<Policy>;
  /** Marks a resource as no longer wanted. */
  markStale(resourceId: string): Promise<void>;
  /** Removes what has been stale for longer than `age` milliseconds. */
  cleanupStale(age: number): Promise<CleanupReport>;
}

/** How a Conductor is. */
export type ConductorStatus = "Stopped" | "Starting" | "Running" | "Stopping" | "Failed";

/** A decision, with what it was asked. */
export interface DecisionRecord {
  /** The decision's id. */
  readonly id: string;
  /** What was asked. */
  readonly context: DecisionContext;
  /** What was decided. */
  readonly decision: Decision;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** How good a decision was. */
export interface Feedback {
  /** Whose. */
  readonly decisionId: string;
  /** -1 to 1. */
  readonly score: number;
  /** In words. */
  readonly message?: string;
}

/** How well a Conductor learns. */
export interface LearningMetrics {
  /** How many decisions there were. */
  readonly totalDecisions: number;
  /** The mean of their confidences. */
  readonly averageConfidence: number;
  /** The share of what went well, newer ones weighing more. */
  readonly successRate: number;
  /** How much one feedback changes. */
  readonly learningRate: number;
}

/** What a Conductor can be asked. */
export interface ConductorPort {
  /** Starts it; ready when the promise resolves. */
  startConductor(): Promise<void>;
  /** Stops it. */
  stopConductor(): Promise<void>;
  /** How it is. */
  getConductorStatus(): Promise<ConductorStatus>;
  /** A choice among options. */
  submitDecision(context: DecisionContext): Promise<Decision>;
  /** The last decisions, the newest first. */
  getDecisionHistory(limit: number): Promise<readonly DecisionRecord[]>;
  /** Sets a policy's rules. */
  updatePolicy(policy: Policy): Promise<void>;
  /** The policies in force. */
  getActivePolicies(): Promise<readonly Policy[]>;
  /** Tells how good a decision was. */
  submitFeedback(feedback: Feedback): Promise<void>;
  /** How well it learns. */
  getLearningMetrics(): Promise<LearningMetrics>;
}
