/**
 * A checked workflow with numbers in the place of names.
 * @module
 */
import { PriorityHeap } from "./dag_heap.ts";
import { checkWorkflow, fallbacksOf } from "./workflow_check.ts";
import type { Workflow, WorkflowEdge, WorkflowNode } from "./workflow.ts";

/** An edge between numbered nodes. */
export interface GraphEdge {
  /** The number of the node that comes first. */
  readonly from: number;
  /** The number of the node that follows. */
  readonly to: number;
  /** The edge as it was given. */
  readonly edge: WorkflowEdge;
  /** Whether the second must wait for the first. */
  readonly waits: boolean;
  /** Whether the second cannot do without the first. */
  readonly hard: boolean;
}

/** A checked workflow. */
export interface WorkflowGraph {
  /** The workflow. */
  readonly workflow: Workflow;
  /** Its nodes by their numbers. */
  readonly nodes: readonly WorkflowNode[];
  /** The numbers by the names. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The edges that leave each node. */
  readonly outgoing: readonly (readonly GraphEdge[])[];
  /** The edges that lead to each node. */
  readonly incoming: readonly (readonly GraphEdge[])[];
  /** Nodes that run in the place of others alone. */
  readonly spare: ReadonlySet<number>;
}

/** Checks a workflow and gives its nodes numbers. Throws a `WorkflowError` that names all that is wrong. */
export function graphOf(workflow: Workflow): WorkflowGraph {
  checkWorkflow(workflow);
  const { nodes, edges } = workflow;
  const numbers = new Map(nodes.map(({ id }, number) => [id, number]));
  const outgoing: GraphEdge[][] = nodes.map(() => []);
  const incoming: GraphEdge[][] = nodes.map(() => []);
  for (const edge of edges) {
    const { dependencyType = "Hard" } = edge;
    if (dependencyType === "Parallel") continue;
    const from = numbers.get(edge.from)!;
    const to = numbers.get(edge.to)!;
    const hard = dependencyType === "Hard";
    const found = { from, to, edge, hard, waits: dependencyType !== "Optional" };
    outgoing[from]!.push(found);
    incoming[to]!.push(found);
  }
  const named = nodes.flatMap(({ recovery }) => fallbacksOf(recovery));
  const spare = new Set(named.map((id) => numbers.get(id)!));
  return { workflow, nodes, numbers, outgoing, incoming, spare };
}

/** The nodes in an order in which each comes after all that it needs, of those that could the most urgent first. */
export function topologicalOrder(workflow: Workflow): string[] {
  const graph = graphOf(workflow);
  const left = graph.incoming.map((edges) => edges.length);
  const heap = new PriorityHeap();
  const push = (number: number): void => heap.push(number, graph.nodes[number]!.priority ?? 0);
  left.forEach((count, number) => {
    if (count === 0) push(number);
  });
  const order: string[] = [];
  for (let number = heap.pop(); number !== undefined; number = heap.pop()) {
    order.push(graph.nodes[number]!.id);
    for (const { to } of graph.outgoing[number]!) if (--left[to]! === 0) push(to);
  }
  return order;
}
