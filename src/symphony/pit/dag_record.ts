/**
 * What is known of the nodes of one execution: their states, outputs and errors.
 * @module
 */
import { PortError } from "../error.ts";
import type { Checkpoint, Progress } from "./dag_checkpoint.ts";
import type { WorkflowGraph } from "./dag_graph.ts";
import { type Ending, Schedule } from "./dag_schedule.ts";
import { NODE_STATES, type NodeState } from "./dag_state.ts";
import type { WorkflowNode } from "./workflow.ts";

/** Is told of each new state of a node. */
export type NodeListener = (id: string, state: NodeState, error?: unknown) => void;

/** The nodes of one execution. */
export class ExecutionRecord {
  readonly #id: string;
  readonly #graph: WorkflowGraph;
  readonly #tell: NodeListener;
  /** Errors of nodes that ended the execution, or that it ended. */
  readonly #errors = new Map<number, unknown>();
  #states: NodeState[] = [];
  #schedule!: Schedule;

  /** Takes the execution's id, its workflow, who is told, and where it goes on. */
  constructor(
    id: string,
    graph: WorkflowGraph,
    { tell, from }: { tell: NodeListener; from: Checkpoint | undefined },
  ) {
    this.#id = id;
    this.#graph = graph;
    this.#tell = tell;
    this.restore(from);
  }

  /** Goes back to a checkpoint, or to the beginning. */
  restore(from: Checkpoint | undefined): void {
    const endings = from === undefined ? new Map<number, Ending>() : this.#endings(from);
    this.#errors.clear();
    this.#states = this.#graph.nodes.map((_, number) => endings.get(number)?.state ?? "Pending");
    this.#schedule = new Schedule(this.#graph, endings, (number) => this.#set(number, "Queued"));
    // What was skipped for what had ended.
    this.#states.forEach((state, number) => {
      const ending = this.#schedule.ending(number);
      if (state === "Pending" && ending !== undefined) this.#set(number, ending.state);
    });
  }

  /** How many nodes wait for nothing but their turn. */
  get ready(): number {
    return this.#schedule.ready;
  }

  /** The most urgent of them. */
  next(): number | undefined {
    return this.#schedule.next();
  }

  /** The inputs of a node by their names. */
  inputs(number: number): Record<string, unknown> {
    return this.#schedule.inputs(number);
  }

  /** Whether the workflow can go on though this node failed. */
  canFail(number: number): boolean {
    return this.#schedule.canFail(number);
  }

  /** Whether a node has ended. */
  hasEnded(number: number): boolean {
    return this.#schedule.ending(number) !== undefined;
  }

  /** A node begins. */
  begin(number: number): void {
    this.#set(number, "Running");
  }

  /** A node ended, and what follows it may be ready now. */
  end(number: number, ending: Ending): void {
    this.#set(number, ending.state, ending.state === "Failed" ? ending.error : undefined);
    for (const skipped of this.#schedule.end(number, ending)) this.#set(skipped, "Skipped");
  }

  /** A node failed, and with it the execution. */
  fail(number: number, error: unknown): void {
    this.#errors.set(number, error);
    this.#set(number, "Failed", error);
  }

  /** The execution ended: what runs has failed, what did not begin is skipped. */
  close(error: unknown): void {
    this.#states.forEach((state, number) => {
      if (state === "Running") this.fail(number, error);
      else if (state === "Pending" || state === "Queued") this.#set(number, "Skipped");
    });
  }

  /** A node by its number. */
  node(number: number): WorkflowNode {
    return this.#graph.nodes[number]!;
  }

  /** The number of a node. */
  numberOf(id: string): number {
    const number = this.#graph.numbers.get(id);
    if (number === undefined) throw this.refused(`there is no node ${JSON.stringify(id)}`);
    return number;
  }

  /** How a node is. */
  state(id: string): NodeState {
    return this.#states[this.numberOf(id)]!;
  }

  /** How all nodes are. */
  states(): Record<string, NodeState> {
    return Object.fromEntries(this.#states.map((state, number) => [this.node(number).id, state]));
  }

  /** Why a node failed. */
  error(id: string): unknown {
    const number = this.numberOf(id);
    const ending = this.#schedule.ending(number);
    return ending?.state === "Failed" ? ending.error : this.#errors.get(number);
  }

  /** The outputs that there are. */
  outputs(): Record<string, unknown> {
    const pairs: [string, unknown][] = [];
    this.#graph.nodes.forEach(({ id }, number) => {
      const ending = this.#schedule.ending(number);
      if (ending !== undefined && "output" in ending) pairs.push([id, ending.output]);
    });
    return Object.fromEntries(pairs);
  }

  /** What a checkpoint holds of the nodes. */
  kept(): Pick<Checkpoint, "completedNodes" | "nodeOutputs" | "skippedNodes" | "failedNodes"> {
    const names = (state: NodeState): string[] =>
      this.#graph.nodes.filter((_, number) => this.#schedule.ending(number)?.state === state)
        .map(({ id }) => id);
    return {
      completedNodes: names("Completed"),
      nodeOutputs: this.outputs(),
      skippedNodes: names("Skipped"),
      failedNodes: Object.fromEntries(
        names("Failed").map((id) => [id, textOf(this.error(id))] as const),
      ),
    };
  }

  /** What the journal holds of a node that ended. */
  progress(number: number, ending: Ending): Progress {
    const { id } = this.node(number);
    if (ending.state !== "Failed") return { node: id, ...ending };
    return { node: id, state: "Failed", error: textOf(ending.error) };
  }

  /** An error about this execution. */
  refused(reason: string): PortError {
    return new PortError(
      "PitOperationFailed",
      "execute_workflow",
      `execution ${this.#id}: ${reason}`,
    );
  }

  #endings(from: Checkpoint): Map<number, Ending> {
    const { completedNodes, skippedNodes = [], failedNodes = {}, nodeOutputs } = from;
    const endings = new Map<number, Ending>();
    for (const id of completedNodes) {
      endings.set(this.numberOf(id), { state: "Completed", output: nodeOutputs[id] });
    }
    for (const id of skippedNodes) {
      const output = Object.hasOwn(nodeOutputs, id) ? { output: nodeOutputs[id] } : {};
      endings.set(this.numberOf(id), { state: "Skipped", ...output });
    }
    for (const [id, message] of Object.entries(failedNodes)) {
      endings.set(this.numberOf(id), { state: "Failed", error: new Error(message) });
    }
    return endings;
  }

  #set(number: number, state: NodeState, error?: unknown): void {
    const { id } = this.node(number);
    const before = this.#states[number]!;
    if (!NODE_STATES[before].includes(state)) {
      throw this.refused(`node ${JSON.stringify(id)} is ${before} and cannot become ${state}`);
    }
    this.#states[number] = state;
    this.#tell(id, state, error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
