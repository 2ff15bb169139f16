/**
 * What a workflow is made of: nodes, and edges between them.
 * @module
 */
import type { DependencyType, WorkflowDefinition, WorkflowStep } from "../ports.ts";
import type { RecoveryStrategy } from "./workflow_recovery.ts";

/**
 * What a node is for. `Instrument` and `Operator` are run by the runner of their type; `Control` leads the way;
 * `Input` takes a value from outside; `Output` gives one.
 */
export type NodeKind = "Instrument" | "Operator" | "Control" | "Input" | "Output";

/**
 * How a control node leads the way. `Branch` chooses among its conditional edges by its output; `Merge` goes on with
 * the first of its inputs that there is; `Join` waits for all of them; `Parallel` passes its input to all that follow;
 * `Loop` runs its runner again and again.
 */
export type ControlType = "Branch" | "Merge" | "Loop" | "Parallel" | "Join";

/** What goes along an edge: the output, nothing but the order, or the output under a condition. */
export type EdgeKind = "Data" | "Control" | "Conditional";

/** A node of a workflow. */
export interface WorkflowNode {
  /** Its name, unique in the workflow. */
  readonly id: string;
  /** What it is for. */
  readonly kind: NodeKind;
  /** Which runner runs it. */
  readonly type: string;
  /** For `Control`: how it leads the way. */
  readonly control?: ControlType;
  /** What its runner is told. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Of nodes that are ready the one with the highest goes first. Default: 0. */
  readonly priority?: number;
  /** Milliseconds for one attempt. */
  readonly timeout?: number;
  /** What happens when it fails. Default: the execution fails. */
  readonly recovery?: RecoveryStrategy;
}

/** What a condition is: the value that the output must equal, or a function that says so. */
export type Condition =
  | string
  | number
  | boolean
  | null
  | ((output: unknown) => unknown);

/** One node comes before another. */
export interface WorkflowEdge {
  /** The node that comes first. */
  readonly from: string;
  /** The node that follows. */
  readonly to: string;
  /** What goes along it. */
  readonly kind: EdgeKind;
  /**
   * How the second needs the first. `Hard`, the default: it must have completed. `Soft`: it must have ended, however.
   * `Optional`: it is not waited for; its output is there if it was quick enough. `Parallel`: no order at all.
   */
  readonly dependencyType?: DependencyType;
  /** For `Conditional`: when the edge is taken. Left out: when no other of the node's conditions holds. */
  readonly when?: Condition;
  /** Under which name the output is an input. Default: the name of the node that it comes from. */
  readonly input?: string;
}

/** A workflow with all that can be said of it. */
export interface Workflow {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its nodes. */
  readonly nodes: readonly WorkflowNode[];
  /** What comes before what. */
  readonly edges: readonly WorkflowEdge[];
  /** Milliseconds for a whole execution, pauses not counted. */
  readonly timeout?: number;
}

const CONTROLS: readonly string[] = ["Branch", "Merge", "Loop", "Parallel", "Join"];

/**
 * A definition of the port as a workflow. A step whose type is `Input`, `Output` or a {@link ControlType} is such a
 * node, any other an instrument; `priority`, `timeout` and `recovery` are read from its configuration.
 */
export function workflowOf(given: WorkflowDefinition | Workflow): Workflow {
  if ("nodes" in given) return given;
  const { name, version, steps, dependencies, timeout } = given;
  return {
    name,
    version,
    nodes: steps.map(nodeOf),
    edges: dependencies.map(({ from, to, dependencyType }) => ({
      from,
      to,
      kind: "Data",
      dependencyType,
    })),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function nodeOf({ name, stepType, configuration }: WorkflowStep): WorkflowNode {
  const { priority, timeout, recovery } = configuration as Partial<WorkflowNode>;
  const control = CONTROLS.includes(stepType) ? stepType as ControlType : undefined;
  return {
    id: name,
    kind: control === undefined ? kindOf(stepType) : "Control",
    type: stepType,
    configuration,
    ...(control === undefined ? {} : { control }),
    ...(priority === undefined ? {} : { priority }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(recovery === undefined ? {} : { recovery }),
  };
}

function kindOf(stepType: string): NodeKind {
  return stepType === "Input" || stepType === "Output" ? stepType : "Instrument";
}
