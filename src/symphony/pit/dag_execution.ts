/**
 * One execution of a workflow.
 * @module
 */
import { setImmediate } from "node:timers";
import { PortError } from "../error.ts";
import type { WorkflowResult } from "../ports.ts";
import { type NodeWork, RestartWanted, runNode } from "./dag_attempt.ts";
import type { Checkpoint, CheckpointStore } from "./dag_checkpoint.ts";
import type { Clock } from "../clock.ts";
import type { WorkflowGraph } from "./dag_graph.ts";
import { ProgressKeeper, type ProgressOptions } from "./dag_progress.ts";
import { ExecutionRecord } from "./dag_record.ts";
import type { RunFunction } from "./dag_runner.ts";
import type { Ending } from "./dag_schedule.ts";
import {
  checkExecutionStep,
  type ExecutionState,
  isTerminal,
  type NodeState,
} from "./dag_state.ts";
import type { WorkflowNode } from "./workflow.ts";

/** Something that happened in an execution: to a node where one is named, else to the whole. */
export interface ExecutionEvent {
  /** The execution. */
  readonly executionId: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** The node. */
  readonly node?: string;
  /** Its new state, or that of the execution. */
  readonly state: NodeState | ExecutionState;
  /** Why it failed, or was cancelled. */
  readonly error?: unknown;
}

/** How an execution runs. */
export interface ExecutionOptions extends ProgressOptions {
  /** So many nodes at a time, at most. Default: 1000. */
  readonly maxConcurrency?: number;
  /** Aborting cancels the execution. */
  readonly signal?: AbortSignal;
  /**
   * Is told of all that happens, in its order. With checkpoints, a node that ended is on the disk by then. What it
   * throws is an uncaught error.
   */
  readonly onEvent?: (event: ExecutionEvent) => void;
}

/** What an execution is made of. */
export interface ExecutionParts {
  /** Its id. */
  readonly id: string;
  /** The workflow's id. */
  readonly workflowId: string;
  /** The workflow. */
  readonly graph: WorkflowGraph;
  /** The variables. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** For whom it runs. */
  readonly userId: string | undefined;
  /** Milliseconds for the whole. */
  readonly timeout: number | undefined;
  /** The time. */
  readonly clock: Clock;
  /** Where checkpoints are kept. */
  readonly store: CheckpointStore | undefined;
  /** Where to go on. */
  readonly from: Checkpoint | undefined;
  /** What runs a node. */
  runner(node: WorkflowNode): RunFunction;
}

/** After so many nodes the event loop has its turn, also where all of them are synchronous. */
const A_TURN = 256;

/** One execution of a workflow: made by `DagTracker.start()`. */
export class Execution {
  /** Its id. */
  readonly id: string;
  /** The id of its workflow. */
  readonly workflowId: string;
  /** How it ended. Never rejects: a failure is a status, and `error`. */
  readonly result: Promise<WorkflowResult>;
  readonly #parts: ExecutionParts;
  readonly #options: ExecutionOptions;
  readonly #record: ExecutionRecord;
  readonly #keeper: ProgressKeeper | null;
  readonly #resolve: (result: WorkflowResult) => void;
  readonly #began: number;
  readonly #running = new Map<number, AbortController>();
  /** What was begun and has not ended, wanted or not. */
  readonly #alive = new Set<Promise<unknown>>();
  readonly #given = new Map<number, unknown>();
  readonly #waiting = new Set<number>();
  /** Inputs that were given while they were waited for. */
  readonly #answered: number[] = [];
  #state: ExecutionState = "Pending";
  #error: unknown = undefined;
  #unsaved: [number, Ending][] = [];
  #settling = false;
  /** Goes up when what runs is no longer wanted. */
  #generation = 0;
  #budget = A_TURN;
  #restarts = 0;
  #failedInPause: { readonly error: unknown } | null = null;
  #noAlarm: (() => void) | null = null;
  #timeLeft: number;
  #runningSince = 0;
  #unlisten: () => void = () => {};
  /** How deep in its own work it is, and what is to be told after that. */
  #depth = 0;
  readonly #untold: ExecutionEvent[] = [];

  /** Use `DagTracker.start()`. */
  constructor(parts: ExecutionParts, options: ExecutionOptions) {
    const { maxConcurrency = 1000, signal } = options;
    if (!(maxConcurrency >= 1)) {
      throw new RangeError(`maxConcurrency must be a number from 1, not ${maxConcurrency}`);
    }
    const { promise, resolve } = Promise.withResolvers<WorkflowResult>();
    this.id = parts.id;
    this.workflowId = parts.workflowId;
    this.result = promise;
    this.#resolve = resolve;
    this.#parts = parts;
    this.#options = options;
    this.#began = parts.clock.now();
    this.#timeLeft = parts.timeout ?? Infinity;
    this.#record = new ExecutionRecord(this.id, parts.graph, {
      from: parts.from,
      tell: (node, state, error) =>
        this.#tell({ node, state, ...(error === undefined ? {} : { error }) }),
    });
    this.#keeper = parts.store === undefined ? null : new ProgressKeeper(parts.store, options);
    this.#keeper?.checkpoint(this.#snapshot("Running"));
    this.#act(() => this.#set("Running"));
    const cancel = (): void => this.cancel(signal?.reason);
    signal?.addEventListener("abort", cancel);
    this.#unlisten = () => signal?.removeEventListener("abort", cancel);
    if (signal?.aborted) this.cancel(signal.reason);
    else this.#later();
  }

  /** How it is. */
  get state(): ExecutionState {
    return this.#state;
  }

  /** Why it failed or was cancelled. */
  get error(): unknown {
    return this.#error;
  }

  /** The inputs that it waits for. */
  get waitingFor(): string[] {
    return [...this.#waiting].map((number) => this.#record.node(number).id);
  }

  /** How many nodes run. */
  get runningNodes(): number {
    return this.#running.size;
  }

  /** How a node is. */
  nodeState(id: string): NodeState {
    return this.#record.state(id);
  }

  /** How all nodes are, by their names. */
  nodeStates(): Record<string, NodeState> {
    return this.#record.states();
  }

  /** The outputs that there are, by the names of the nodes. */
  outputs(): Record<string, unknown> {
    return this.#record.outputs();
  }

  /** The error of a node that failed. */
  nodeError(id: string): unknown {
    return this.#record.error(id);
  }

  /** No further node begins; those that run go on. */
  pause(): void {
    this.#act(() => this.#set("Paused"));
  }

  /** Goes on after a pause. */
  resume(): void {
    if (this.#state !== "Paused") {
      throw this.#record.refused(`it is ${this.#state}, and only what is Paused can be resumed`);
    }
    this.#act(() => {
      this.#set("Running");
      if (this.#failedInPause !== null) this.#finish("Failed", this.#failedInPause.error);
      else this.#pump();
    });
  }

  /** Ends it: the nodes that run are told by their signals. */
  cancel(reason?: unknown): void {
    checkExecutionStep(this.id, this.#state, "Cancelled");
    const text = `execution ${this.id} was cancelled`;
    this.#act(() => this.#finish("Cancelled", reason ?? new DOMException(text, "AbortError")));
  }

  /** Gives the value of an input, waited for or not yet. */
  provideInput(id: string, value: unknown): void {
    const number = this.#record.numberOf(id);
    const node = JSON.stringify(id);
    if (this.#record.node(number).kind !== "Input") {
      throw this.#record.refused(`node ${node} is no input`);
    }
    if (this.#record.hasEnded(number) || isTerminal(this.#state) || this.#given.has(number)) {
      throw this.#record.refused(`node ${node} has its value already, or is not wanted any more`);
    }
    this.#given.set(number, value);
    if (!this.#waiting.delete(number)) return;
    this.#answered.push(number);
    this.#act(() => {
      if (this.#state === "WaitingForInput") this.#set("Running");
      this.#pump();
    });
  }

  /** Writes a checkpoint now. */
  checkpoint(): Checkpoint {
    if (this.#keeper === null) throw this.#record.refused("it has no place for checkpoints");
    if (isTerminal(this.#state)) throw this.#record.refused(`it is ${this.#state} already`);
    this.#act(() => this.#flush());
    if (isTerminal(this.#state)) throw this.#error;
    return this.#keeper.checkpoint(this.#snapshot(this.#state));
  }

  /** Settles when nothing of it runs any more, the nodes included that were told to stop and did not. */
  async idle(): Promise<void> {
    await this.result;
    await Promise.allSettled(this.#alive);
  }

  #later(): void {
    setImmediate(() => {
      this.#budget = A_TURN;
      this.#act(() => this.#pump());
    });
  }

  /** Begins what can begin. */
  #pump(): void {
    const { maxConcurrency = 1000 } = this.#options;
    while (this.#state === "Running" && !this.#settling && this.#running.size < maxConcurrency) {
      if (this.#budget === 0) return; // the next turn goes on
      const number = this.#answered.shift() ?? this.#record.next();
      if (number === undefined) break;
      if (!this.#mustWait(number)) this.#begin(number);
    }
    const busy = this.#running.size > 0 || this.#settling || this.#record.ready > 0;
    if (busy || this.#state !== "Running") return;
    if (this.#waiting.size > 0) this.#set("WaitingForInput");
    else this.#finish("Completed", undefined);
  }

  /** Whether it is an input whose value is not there. */
  #mustWait(number: number): boolean {
    const { id, kind, configuration } = this.#record.node(number);
    if (kind !== "Input" || this.#given.has(number)) return false;
    const { variable = id } = configuration as { variable?: string };
    const { variables } = this.#parts;
    if (Object.hasOwn(variables, variable)) this.#given.set(number, variables[variable]);
    else this.#waiting.add(number);
    return this.#waiting.has(number);
  }

  #begin(number: number): void {
    const aborting = new AbortController();
    const generation = this.#generation;
    this.#running.set(number, aborting);
    if (--this.#budget === 0) this.#later();
    this.#record.begin(number);
    void runNode(this.#work(number, aborting.signal)).then((ending) => {
      if (generation === this.#generation) this.#act(() => this.#ended(number, ending));
    });
  }

  #work(number: number, signal: AbortSignal): NodeWork {
    const { variables, userId, clock, graph } = this.#parts;
    const given = this.#given;
    return {
      node: this.#record.node(number),
      inputs: this.#record.inputs(number),
      context: { executionId: this.id, variables, ...(userId === undefined ? {} : { userId }) },
      signal,
      clock,
      runner: (node) => given.has(number) ? () => given.get(number) : this.#parts.runner(node),
      find: (id) => graph.nodes[graph.numbers.get(id)!]!,
      began: (running) => {
        this.#alive.add(running);
        const ended = (): unknown => this.#alive.delete(running);
        running.then(ended, ended);
      },
    };
  }

  #ended(number: number, ending: Ending | RestartWanted): void {
    this.#running.delete(number);
    if (ending instanceof RestartWanted) return this.#restart(number, ending);
    this.#unsaved.push([number, ending]);
    if (this.#keeper === null) this.#settle();
    else if (!this.#settling) {
      // What ends in one turn of the event loop is written at once.
      this.#settling = true;
      setImmediate(() => this.#act(() => this.#settle()));
    }
  }

  /** What ended is written, and then counts. */
  #settle(): void {
    this.#settling = false;
    this.#flush();
    if (this.#keeper?.due && !isTerminal(this.#state)) {
      this.#guarded(() => this.#keeper!.checkpoint(this.#snapshot(this.#state)));
    }
    this.#pump();
  }

  #flush(): void {
    const ended = this.#unsaved;
    this.#unsaved = [];
    const fatal = ended.find(([number, { state }]) =>
      state === "Failed" && !this.#record.canFail(number)
    );
    const kept = ended.filter(([number, { state }]) =>
      state !== "Failed" || this.#record.canFail(number)
    );
    this.#guarded(() => {
      this.#keeper?.add(kept.map(([number, ending]) => this.#record.progress(number, ending)));
      for (const [number, ending] of kept) this.#record.end(number, ending);
    });
    if (fatal === undefined || isTerminal(this.#state)) return;
    const { error } = fatal[1] as { error: unknown };
    this.#record.fail(fatal[0], error);
    this.#fail(error);
  }

  /** What fails outside of the nodes fails the execution. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    // What failed may have ended it before: a condition of an edge is the user's code.
    if (isTerminal(this.#state)) return;
    if (this.#state !== "Paused") return this.#finish("Failed", error);
    this.#failedInPause ??= { error };
    this.#abort(error);
  }

  #restart(number: number, { error, maxRestarts }: RestartWanted): void {
    if (++this.#restarts > maxRestarts) {
      this.#record.fail(number, error);
      return this.#fail(error);
    }
    this.#abort(new DOMException(`execution ${this.id} goes back to a checkpoint`, "AbortError"));
    this.#unsaved = [];
    this.#waiting.clear();
    this.#answered.length = 0;
    this.#guarded(() => {
      this.#record.restore(this.#parts.store?.latest(this.id) ?? undefined);
      this.#keeper?.checkpoint(this.#snapshot(this.#state));
    });
    this.#later();
  }

  /** What runs is not wanted any more. */
  #abort(reason: unknown): void {
    this.#generation += 1;
    for (const aborting of this.#running.values()) aborting.abort(reason);
    this.#running.clear();
  }

  #finish(wanted: "Completed" | "Failed" | "Cancelled", error: unknown): void {
    let [state, reason] = [wanted, error];
    this.#abort(error);
    const unsaved = this.#unsaved;
    this.#unsaved = [];
    try {
      for (const [number, ending] of unsaved) this.#record.end(number, ending);
      this.#keeper?.checkpoint(this.#snapshot(state));
    } catch (thrown) {
      if (state === "Completed") [state, reason] = ["Failed", thrown];
    } finally {
      this.#keeper?.close();
    }
    this.#record.close(reason);
    this.#waiting.clear();
    this.#error = reason;
    this.#set(state);
    this.#unlisten();
    this.#resolve({
      workflowId: this.workflowId,
      status: state,
      data: this.outputs(),
      duration: this.#parts.clock.now() - this.#began,
    });
  }

  #snapshot(executionState: ExecutionState): Omit<Checkpoint, "id"> {
    const { graph: { workflow }, variables, userId, clock } = this.#parts;
    return {
      executionId: this.id,
      timestamp: clock.now(),
      ...this.#record.kept(),
      executionState,
      workflow: `${workflow.name}@${workflow.version}`,
      variables,
      ...(userId === undefined ? {} : { userId }),
    };
  }

  /** Time counts while it runs alone: neither in a pause nor while it waits for an input. */
  #set(state: ExecutionState): void {
    checkExecutionStep(this.id, this.#state, state);
    const { clock } = this.#parts;
    if (this.#state === "Running") this.#timeLeft -= clock.now() - this.#runningSince;
    this.#noAlarm?.();
    this.#noAlarm = null;
    this.#state = state;
    if (state === "Running") {
      this.#runningSince = clock.now();
      if (this.#timeLeft < Infinity) {
        this.#noAlarm = clock.after(
          Math.max(0, this.#timeLeft),
          () => this.#act(() => this.#finish("Failed", this.#timedOut())),
        );
      }
    }
    const ended = state === "Failed" || state === "Cancelled";
    this.#tell({ state, ...(ended ? { error: this.#error } : {}) });
  }

  #timedOut(): PortError {
    const { timeout, graph: { workflow } } = this.#parts;
    const text = `workflow ${JSON.stringify(workflow.name)} took longer than ${timeout} ms`;
    return new PortError("Timeout", "execute_workflow", text);
  }

  #tell(event: Omit<ExecutionEvent, "executionId" | "timestamp">): void {
    if (this.#options.onEvent === undefined) return;
    this.#untold.push({ executionId: this.id, timestamp: this.#parts.clock.now(), ...event });
  }

  /** Does something, and tells of it then: who is told may cancel, pause and the like, which must find it done. */
  #act(work: () => void): void {
    this.#depth += 1;
    try {
      work();
      // Those told do their part in here: what comes of that is told by this loop as well, in its order.
      for (let i = 0; this.#depth === 1 && i < this.#untold.length; i++) {
        this.#tellOne(this.#untold[i]!);
      }
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#untold.length = 0;
    }
  }

  #tellOne(event: ExecutionEvent): void {
    try {
      this.#options.onEvent!(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
