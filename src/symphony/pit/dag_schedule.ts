/**
 * Which nodes can run now. Knows nothing of running them.
 * @module
 */
import type { GraphEdge, WorkflowGraph } from "./dag_graph.ts";
import { PriorityHeap } from "./dag_heap.ts";

/** How a node ended. */
export type Ending =
  | { readonly state: "Completed"; readonly output: unknown }
  | { readonly state: "Skipped"; readonly output?: unknown }
  | { readonly state: "Failed"; readonly error: unknown };

/** The dependencies of one execution. */
export class Schedule {
  readonly #graph: WorkflowGraph;
  readonly #ready = new PriorityHeap();
  /** Edges that a node still waits for. */
  readonly #left: Int32Array;
  /** Edges that can no longer bring what is needed. */
  readonly #dead: Int32Array;
  readonly #endings: (Ending | undefined)[];
  /** Edges whose condition holds. */
  readonly #taken = new Set<GraphEdge>();

  readonly #onQueued: (number: number) => void;

  /** Begins with what had ended already, by the numbers of the nodes; `onQueued` is told of each that is ready. */
  constructor(
    graph: WorkflowGraph,
    ended: ReadonlyMap<number, Ending> = new Map(),
    onQueued: (number: number) => void = () => {},
  ) {
    this.#graph = graph;
    this.#onQueued = onQueued;
    const { nodes, incoming, spare } = graph;
    this.#left = Int32Array.from(incoming, (edges) => edges.filter(({ waits }) => waits).length);
    this.#dead = new Int32Array(nodes.length);
    this.#endings = nodes.map((_, number) => ended.get(number));
    const free = [...this.#left.keys()].filter((number) =>
      this.#left[number] === 0 && !ended.has(number) && !spare.has(number)
    );
    for (const number of free) this.#queue(number);
    for (const [number] of ended) this.#pass(number);
  }

  /** How many nodes wait for nothing but their turn. */
  get ready(): number {
    return this.#ready.size;
  }

  /** Takes the most urgent of those that are ready. */
  next(): number | undefined {
    return this.#ready.pop();
  }

  /** How a node ended; `undefined` before. */
  ending(number: number): Ending | undefined {
    return this.#endings[number];
  }

  /** Whether the workflow can go on though this node failed: all that follow it say so. */
  canFail(number: number): boolean {
    const edges = this.#graph.outgoing[number]!;
    return edges.length > 0 && edges.every(({ hard }) => !hard);
  }

  /** A node ended. The result are the nodes that are skipped for that. */
  end(number: number, ending: Ending): number[] {
    this.#endings[number] = ending;
    return this.#pass(number);
  }

  /** The inputs of a node by their names. */
  inputs(number: number): Record<string, unknown> {
    const pairs: [string, unknown][] = [];
    for (const edge of this.#graph.incoming[number]!) {
      const { kind, input, from } = edge.edge;
      if (kind === "Control" || !this.#brings(edge)) continue;
      pairs.push([input ?? from, (this.#endings[edge.from] as { output: unknown }).output]);
    }
    return Object.fromEntries(pairs);
  }

  /** Whether there is something at the end of an edge. */
  #brings(edge: GraphEdge): boolean {
    const ending = this.#endings[edge.from];
    if (ending === undefined || !("output" in ending)) return false;
    return edge.edge.kind !== "Conditional" || this.#taken.has(edge);
  }

  /** Tells those that follow; none of them by recursion, since a chain may be long. */
  #pass(first: number): number[] {
    const skipped: number[] = [];
    const ended = [first];
    for (let number = ended.pop(); number !== undefined; number = ended.pop()) {
      this.#choose(number);
      for (const edge of this.#graph.outgoing[number]!) {
        if (!edge.waits) continue;
        const { to } = edge;
        if (edge.hard && !this.#brings(edge)) this.#dead[to]! += 1;
        if (--this.#left[to]! > 0 || this.#endings[to] !== undefined) continue;
        if (this.#lacks(to)) {
          this.#endings[to] = { state: "Skipped" };
          skipped.push(to);
          ended.push(to);
        } else this.#queue(to);
      }
    }
    return skipped;
  }

  /** Which of the conditional edges of a node are taken. */
  #choose(number: number): void {
    const ending = this.#endings[number]!;
    if (!("output" in ending)) return;
    const edges = this.#graph.outgoing[number]!.filter(({ edge }) => edge.kind === "Conditional");
    const holding = edges.filter(({ edge: { when } }) =>
      typeof when === "function" ? Boolean(when(ending.output)) : when === ending.output
    ).filter(({ edge }) => edge.when !== undefined);
    const others = edges.filter(({ edge }) => edge.when === undefined);
    for (const edge of holding.length > 0 ? holding : others) this.#taken.add(edge);
  }

  /** Whether what a node needs will never come. A Merge needs one of its inputs, any other node all. */
  #lacks(number: number): boolean {
    const dead = this.#dead[number]!;
    if (this.#graph.nodes[number]!.control !== "Merge") return dead > 0;
    const hard = this.#graph.incoming[number]!.filter((edge) => edge.hard);
    return hard.length > 0 && dead === hard.length;
  }

  #queue(number: number): void {
    this.#onQueued(number);
    this.#ready.push(number, this.#graph.nodes[number]!.priority ?? 0);
  }
}
