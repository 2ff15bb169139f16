/**
 * What the Pit is asked for, as Python writes it: dicts with names in snake_case. A timeout is in seconds, as Python
 * has it everywhere; TypeScript's is in milliseconds.
 * @module
 */
import type {
  Decision,
  DecisionContext,
  DependencyType,
  ExecutionContext,
  ModelSpec,
  ModelType,
  Policy,
  ResourceRequirements,
  WorkflowDefinition,
  WorkflowDependency,
  WorkflowStep,
} from "../ports.ts";
import { DictReader } from "./dict_reader.ts";
import { refuse } from "./error_face.ts";

/** A dict for Python. */
export type Dict = Record<string, unknown>;

/** The kinds of model. */
export const MODEL_TYPES: readonly ModelType[] = [
  "Language",
  "Vision",
  "Audio",
  "Multimodal",
  "Custom",
];

/** How one step of a workflow may need another. */
export const DEPENDENCY_TYPES: readonly DependencyType[] = ["Hard", "Soft", "Optional", "Parallel"];

/** Reads a ModelSpec. `configuration`, `gpu_memory_mb` and `network_access` may be left out. */
export function readModelSpec(given: unknown): ModelSpec {
  const fields = new DictReader(given);
  return {
    name: fields.text("name"),
    version: fields.text("version"),
    modelType: fields.choice("model_type", MODEL_TYPES),
    resourceRequirements: readRequirements(fields.inner("resource_requirements")),
    configuration: fields.has("configuration") ? fields.record("configuration") : {},
  };
}

function readRequirements(fields: DictReader): ResourceRequirements {
  return {
    memoryMb: fields.whole("memory_mb"),
    cpuCores: fields.number("cpu_cores", 0),
    networkAccess: fields.has("network_access") ? fields.flag("network_access") : false,
    ...(fields.has("gpu_memory_mb") && { gpuMemoryMb: fields.whole("gpu_memory_mb") }),
  };
}

/** A ModelSpec as Python writes it. */
export function modelSpecToDict(spec: ModelSpec): Dict {
  const { memoryMb, cpuCores, gpuMemoryMb, networkAccess } = spec.resourceRequirements;
  return {
    name: spec.name,
    version: spec.version,
    model_type: spec.modelType,
    resource_requirements: {
      memory_mb: memoryMb,
      cpu_cores: cpuCores,
      gpu_memory_mb: gpuMemoryMb ?? null,
      network_access: networkAccess,
    },
    configuration: spec.configuration,
  };
}

/** Reads a DecisionContext. `data` may be left out. */
export function readDecisionContext(given: unknown): DecisionContext {
  const fields = new DictReader(given);
  return {
    contextType: fields.text("context_type"),
    data: fields.has("data") ? fields.record("data") : {},
    options: fields.texts("options"),
  };
}

/** A DecisionContext as Python writes it. */
export function decisionContextToDict({ contextType, data, options }: DecisionContext): Dict {
  return { context_type: contextType, data, options };
}

/** Reads a Decision. */
export function readDecision(given: unknown): Decision {
  const fields = new DictReader(given);
  const confidence = fields.number("confidence", 0);
  if (confidence > 1) refuse("ValueError", `'confidence' must be at most 1, not ${confidence}`);
  return {
    id: fields.text("id"),
    choice: fields.text("choice"),
    confidence,
    ...(fields.has("reasoning") && { reasoning: fields.text("reasoning") }),
  };
}

/** A Decision as Python writes it. */
export function decisionToDict({ id, choice, confidence, reasoning }: Decision): Dict {
  return { id, choice, confidence, reasoning: reasoning ?? null };
}

/** Reads a Policy. `rules` may be left out. */
export function readPolicy(given: unknown): Policy {
  const fields = new DictReader(given);
  return {
    id: fields.text("id"),
    name: fields.text("name"),
    rules: fields.has("rules") ? fields.record("rules") : {},
  };
}

/** A Policy as Python writes it. */
export function policyToDict({ id, name, rules }: Policy): Dict {
  return { id, name, rules };
}

/** Reads a WorkflowDefinition. `dependencies`, `timeout` and a step's `configuration` may be left out. */
export function readWorkflowDefinition(given: unknown): WorkflowDefinition {
  const fields = new DictReader(given);
  return {
    name: fields.text("name"),
    version: fields.text("version"),
    steps: fields.list("steps", readStep),
    dependencies: fields.has("dependencies") ? fields.list("dependencies", readDependency) : [],
    ...readTimeout(fields),
  };
}

function readStep(given: unknown, at: string): WorkflowStep {
  const fields = new DictReader(given, at);
  return {
    name: fields.text("name"),
    stepType: fields.text("step_type"),
    configuration: fields.has("configuration") ? fields.record("configuration") : {},
  };
}

function readDependency(given: unknown, at: string): WorkflowDependency {
  const fields = new DictReader(given, at);
  return {
    from: fields.text("from"),
    to: fields.text("to"),
    dependencyType: fields.has("dependency_type")
      ? fields.choice("dependency_type", DEPENDENCY_TYPES)
      : "Hard",
  };
}

function readTimeout(fields: DictReader): { timeout?: number } {
  return fields.has("timeout") ? { timeout: fields.number("timeout", 0) * 1000 } : {};
}

/** A WorkflowDefinition as Python writes it. */
export function workflowDefinitionToDict(definition: WorkflowDefinition): Dict {
  return {
    name: definition.name,
    version: definition.version,
    steps: definition.steps.map(({ name, stepType, configuration }) => ({
      name,
      step_type: stepType,
      configuration,
    })),
    dependencies: definition.dependencies.map(({ from, to, dependencyType }) => ({
      from,
      to,
      dependency_type: dependencyType,
    })),
    timeout: seconds(definition.timeout),
  };
}

/** Reads an ExecutionContext; everything may be left out. */
export function readExecutionContext(given: unknown): ExecutionContext {
  const fields = new DictReader(given);
  return {
    variables: fields.has("variables") ? fields.record("variables") : {},
    ...(fields.has("user_id") && { userId: fields.text("user_id") }),
    ...readTimeout(fields),
  };
}

/** An ExecutionContext as Python writes it. */
export function executionContextToDict({ variables, userId, timeout }: ExecutionContext): Dict {
  return { variables, user_id: userId ?? null, timeout: seconds(timeout) };
}

function seconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : milliseconds / 1000;
}
