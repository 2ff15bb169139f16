/**
 * Whether a workflow can be run at all. All that is wrong is named, not the first thing alone.
 * @module
 */
import { PortError } from "../error.ts";
import { findCycle } from "./dag_cycle.ts";
import type { RecoveryStrategy } from "./workflow_recovery.ts";
import { recoveryProblems } from "./workflow_recovery.ts";
import type { Workflow, WorkflowEdge, WorkflowNode } from "./workflow.ts";

/** One thing that is wrong with a workflow. */
export interface WorkflowProblem {
  /** What kind of thing. */
  readonly kind:
    | "DuplicateNode"
    | "UnknownNode"
    | "SelfEdge"
    | "DuplicateEdge"
    | "Cycle"
    | "Invalid";
  /** The nodes that it is about; for a cycle in their order, the first one again at the end. */
  readonly nodes: readonly string[];
  /** In words. */
  readonly message: string;
}

/** A workflow that cannot be run. */
export class WorkflowError extends PortError {
  /** The class's name, as printed. */
  override name = "WorkflowError";
  /** All that is wrong. */
  readonly problems: readonly WorkflowProblem[];

  /** Takes the workflow's name and what is wrong. */
  constructor(workflow: string, problems: readonly WorkflowProblem[]) {
    const all = problems.map(({ message }) => message).join("; ");
    super("PreValidationError", "create_workflow", `workflow ${JSON.stringify(workflow)}: ${all}`);
    this.problems = problems;
  }
}

/** Throws a {@link WorkflowError} where anything is wrong. */
export function checkWorkflow(workflow: Workflow): void {
  const problems = workflowProblems(workflow);
  if (problems.length > 0) throw new WorkflowError(workflow.name, problems);
}

/** All that is wrong with a workflow. */
export function workflowProblems({ nodes, edges, timeout }: Workflow): WorkflowProblem[] {
  const numbers = new Map<string, number>();
  const problems: WorkflowProblem[] = [];
  const say = (kind: WorkflowProblem["kind"], ids: readonly string[], message: string): void => {
    problems.push({ kind, nodes: ids, message });
  };
  const sayCycle = (what: string, next: readonly (readonly number[])[]): void => {
    const cycle = findCycle(next);
    if (cycle === null) return;
    const ids = [...numbers.keys()];
    const path = cycle.map((number) => ids[number]!);
    say("Cycle", path, `${what}: ${path.map(quoted).join(" -> ")}`);
  };
  for (const { id } of nodes) {
    if (numbers.has(id)) say("DuplicateNode", [id], `there are two nodes ${quoted(id)}`);
    else numbers.set(id, numbers.size);
  }
  if (timeout !== undefined && !isDuration(timeout)) {
    say("Invalid", [], `the timeout must be a number above 0, not ${timeout}`);
  }
  const spare = new Set<string>();
  for (const node of nodes) {
    for (const message of nodeProblems(node)) {
      say("Invalid", [node.id], `node ${quoted(node.id)}: ${message}`);
    }
    for (const id of fallbacksOf(node.recovery)) {
      spare.add(id);
      if (!numbers.has(id)) {
        say("UnknownNode", [id], `the fallback of node ${quoted(node.id)}, ${quoted(id)}, is none`);
      }
    }
  }
  // By a fallback that falls back on itself, a failure would never end.
  const falls: number[][] = Array.from({ length: numbers.size }, () => []);
  for (const { id, recovery } of nodes) {
    falls[numbers.get(id)!]!.push(...fallbacksOf(recovery).flatMap((to) => numbers.get(to) ?? []));
  }
  sayCycle("the fallbacks go round", falls);
  const next: number[][] = Array.from({ length: numbers.size }, () => []);
  const seen = new Set<number>();
  for (const edge of edges) {
    const problem = edgeProblem(edge, numbers, seen) ?? spareProblem(edge, spare);
    if (problem !== null) problems.push(problem);
    else if (edge.dependencyType !== "Parallel") {
      next[numbers.get(edge.from)!]!.push(numbers.get(edge.to)!);
    }
  }
  sayCycle("there is a cycle", next);
  return problems;
}

/** The nodes that a strategy names. */
export function fallbacksOf(strategy: RecoveryStrategy | undefined): string[] {
  if (strategy?.kind === "Fallback" && strategy.node !== undefined) return [strategy.node];
  return strategy?.kind === "Retry" ? fallbacksOf(strategy.then) : [];
}

function edgeProblem(
  { from, to }: WorkflowEdge,
  numbers: ReadonlyMap<string, number>,
  seen: Set<number>,
): WorkflowProblem | null {
  const [first, second] = [numbers.get(from), numbers.get(to)];
  if (first === undefined || second === undefined) return unknownProblem({ from, to }, numbers);
  if (first === second) {
    return { kind: "SelfEdge", nodes: [from], message: `node ${quoted(from)} needs itself` };
  }
  const key = first * numbers.size + second;
  if (seen.has(key)) {
    const message = `the edge ${quoted(from)} -> ${quoted(to)} stands there twice`;
    return { kind: "DuplicateEdge", nodes: [from, to], message };
  }
  seen.add(key);
  return null;
}

function unknownProblem(
  { from, to }: Pick<WorkflowEdge, "from" | "to">,
  numbers: ReadonlyMap<string, number>,
): WorkflowProblem {
  const nodes = [...new Set([from, to])].filter((id) => !numbers.has(id));
  const names = nodes.map(quoted).join(" and ");
  const message = `the edge ${quoted(from)} -> ${quoted(to)} names ${names}, which ` +
    `${nodes.length > 1 ? "are" : "is"} no node`;
  return { kind: "UnknownNode", nodes, message };
}

function spareProblem(
  { from, to }: WorkflowEdge,
  spare: ReadonlySet<string>,
): WorkflowProblem | null {
  const id = spare.size === 0 ? undefined : [from, to].find((each) => spare.has(each));
  if (id === undefined) return null;
  const message = `node ${quoted(id)} is a fallback and runs in the place of another one, so it ` +
    `can have no edge, such as ${quoted(from)} -> ${quoted(to)}`;
  return { kind: "Invalid", nodes: [id], message };
}

function nodeProblems({ kind, control, priority = 0, timeout, recovery }: WorkflowNode): string[] {
  return [
    ...(KINDS.includes(kind) ? [] : [`its kind must be one of ${KINDS.join(", ")}, not ${kind}`]),
    ...(kind === "Control" && control === undefined
      ? ["a control node needs a control type: Branch, Merge, Loop, Parallel or Join"]
      : []),
    ...(Number.isFinite(priority) ? [] : [`its priority must be a finite number, not ${priority}`]),
    ...(timeout === undefined || isDuration(timeout)
      ? []
      : [`its timeout must be a number above 0, not ${timeout}`]),
    ...(recovery === undefined ? [] : recoveryProblems(recovery)),
  ];
}

const KINDS: readonly string[] = ["Instrument", "Operator", "Control", "Input", "Output"];

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}

function quoted(id: string): string {
  return JSON.stringify(id);
}
