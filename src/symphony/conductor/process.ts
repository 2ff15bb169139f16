/**
 * The Conductor in a process of its own: started, watched, restarted and stopped from here.
 * @module
 */
import { PortError } from "../error.ts";
import type {
  ConductorPort,
  ConductorStatus,
  Decision,
  DecisionContext,
  DecisionRecord,
  Feedback,
  LearningMetrics,
  Policy,
} from "../ports.ts";
import type { Clock } from "../clock.ts";
import { afterAll, STEADY_CLOCK } from "./clock.ts";
import { ChildConnection, type Ending } from "./connection.ts";
import { type ConductorEvents, Listeners } from "./events.ts";
import { Heartbeat } from "./heartbeat.ts";
import { ConductorProcessError } from "./process_error.ts";
import { type ConductorProcessOptions, PROCESS_DEFAULTS } from "./process_options.ts";
import { Restarts } from "./restarts.ts";
import type { RpcCallOptions, RpcHandler, RpcPeer } from "./rpc.ts";

/** How a call to a Conductor's process is made. */
export interface CallOptions extends Omit<RpcCallOptions, "left"> {
  /**
   * It may be done twice: where the child dies before it answers, the call is made again to the next one, twice at
   * most. Default `false`.
   */
  readonly idempotent?: boolean;
}

const RETRIES = 2;

/**
 * The Conductor in a child process of this runtime, which embeds Python and the Pit. A crash there, of an extension
 * module as well, ends the child alone, which is then started again.
 *
 * @example
 * ```ts
 * import { ConductorProcess } from "pyduet/symphony";
 * await using conductor = new ConductorProcess({ conductor: { policy: "mock" } });
 * await conductor.start();
 * const context = { contextType: "route", data: {}, options: ["left", "right"] };
 * (await conductor.submitDecision(context)).choice; // "left"
 * ```
 */
export class ConductorProcess implements ConductorPort, AsyncDisposable {
  readonly #options: ConductorProcessOptions;
  readonly #clock: Clock;
  readonly #listeners = new Listeners();
  readonly #handlers = new Map<string, RpcHandler>();
  readonly #restarts: Restarts;
  #status: ConductorStatus = "Stopped";
  #child: ChildConnection | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #heartbeat: Heartbeat | null = null;
  #waiting: (() => void)[] = [];

  /** Takes how it is started, watched and restarted. Nothing runs before {@link start}. */
  constructor(options: ConductorProcessOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? STEADY_CLOCK;
    this.#restarts = new Restarts(options.restart);
  }

  /** How it is. While a new child is started in the place of one that died, it is `"Starting"`. */
  get status(): ConductorStatus {
    return this.#status;
  }

  /** The child's process number; 0 where there is none. */
  get processId(): number {
    return this.#child?.processId ?? 0;
  }

  /** Starts the child; resolves when it is ready. */
  start(): Promise<void> {
    if (this.#status === "Running") return Promise.resolve();
    if (this.#stopping) return this.#stopping.then(() => this.start());
    this.#starting ??= this.#begin().finally(() => this.#starting = null);
    return this.#starting;
  }

  /** Stops the child: it finishes what it was asked, and is killed where that takes longer than `stopGrace`. */
  stop(): Promise<void> {
    if (this.#status === "Failed") this.#become("Stopped");
    if (this.#status === "Stopped") return Promise.resolve();
    this.#stopping ??= this.#end().finally(() => this.#stopping = null);
    return this.#stopping;
  }

  /** Stops it and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Stops it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Hears of an event from now on; the result ends that. */
  on<K extends keyof ConductorEvents>(
    event: K,
    listener: (event: ConductorEvents[K]) => void,
  ): () => void {
    return this.#listeners.on(event, listener);
  }

  /** Answers what the child asks by `rpc.call(method)`, this child and those after it; the result ends that. */
  handle(method: string, handler: RpcHandler): () => void {
    this.#handlers.set(method, handler);
    this.#child?.rpc.register(method, handler);
    return () => {
      if (this.#handlers.get(method) === handler) this.#handlers.delete(method);
      // Children get handlers by name, and this one may still have it.
      this.#child?.rpc.unregister(method, handler);
    };
  }

  /**
   * Calls a method of the child, one of the Conductor's or of your `setup`. While a child is being started, the call
   * waits for it. Parameters and result are plain data, as JSON knows it.
   */
  async call(method: string, params: unknown = {}, options: CallOptions = {}): Promise<unknown> {
    const { signal, timeout = this.#options.callTimeout ?? PROCESS_DEFAULTS.callTimeout } = options;
    const end = this.#clock.now() + timeout;
    for (let retries = options.idempotent ? RETRIES : 0;; retries--) {
      const child = await this.#running(method, { signal, timeout, end });
      try {
        const left = Math.max(0, end - this.#clock.now());
        return await child.rpc.call(method, params, { signal, timeout, left });
      } catch (error) {
        const died = error instanceof ConductorProcessError && error.problem === "Died";
        if (!died || retries === 0) throw error;
        await child.ended; // by which it is known whether there will be a next one
      }
    }
  }

  /** Tells the child something that it does not answer; where none runs, the message is refused. */
  async notify(method: string, params: unknown = {}): Promise<void> {
    const child = await this.#running(method, { timeout: Infinity, end: Infinity });
    await child.rpc.notify(method, params);
  }

  /** As {@link start}. */
  startConductor(): Promise<void> {
    return this.start();
  }

  /** As {@link stop}. */
  stopConductor(): Promise<void> {
    return this.stop();
  }

  /** As {@link status}. */
  getConductorStatus(): Promise<ConductorStatus> {
    return Promise.resolve(this.#status);
  }

  /** A choice among options; it is kept before it is answered. */
  submitDecision(context: DecisionContext): Promise<Decision> {
    return this.call("submit_decision", context) as Promise<Decision>;
  }

  /** The last decisions, the newest first. */
  getDecisionHistory(limit: number): Promise<readonly DecisionRecord[]> {
    return this.#ask("get_decision_history", { limit });
  }

  /** Sets a policy's rules. */
  async updatePolicy(policy: Policy): Promise<void> {
    await this.#ask("update_policy", policy);
  }

  /** The policies in force. */
  getActivePolicies(): Promise<readonly Policy[]> {
    return this.#ask("get_active_policies");
  }

  /** Tells how good a decision was; it is learned and kept before it is answered. */
  async submitFeedback(feedback: Feedback): Promise<void> {
    await this.call("submit_feedback", feedback);
  }

  /** How well it learns. */
  getLearningMetrics(): Promise<LearningMetrics> {
    return this.#ask("get_learning_metrics");
  }

  #ask<T>(method: string, params: unknown = {}): Promise<T> {
    return this.call(method, params, { idempotent: true }) as Promise<T>;
  }

  #become(status: ConductorStatus): void {
    this.#status = status;
    for (const changed of this.#waiting.splice(0)) changed();
  }

  async #running(
    method: string,
    wait: {
      readonly signal?: AbortSignal | undefined;
      readonly timeout: number;
      readonly end: number;
    },
  ): Promise<ChildConnection> {
    while (this.#status !== "Running") {
      wait.signal?.throwIfAborted();
      if (this.#status !== "Starting") throw this.#notRunning(method);
      const left = wait.end - this.#clock.now();
      if (left <= 0) {
        const text =
          `no child was ready within ${wait.timeout} ms; a longer \`timeout\` waits longer`;
        throw new PortError("Timeout", method, text);
      }
      await this.#change(left, wait.signal);
    }
    return this.#child!;
  }

  #notRunning(method: string): ConductorProcessError {
    const text = this.#status === "Failed"
      ? "it died too often (Failed); start it to try again"
      : `it does not run (${this.#status}); start it first`;
    return new ConductorProcessError("NotRunning", method, { processId: 0, text });
  }

  /** Resolves when the status changed, time is over, or the signal is aborted. */
  #change(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal?.removeEventListener("abort", done);
        this.#waiting = this.#waiting.filter((one) => one !== done);
        resolve();
      };
      const cancel = afterAll(this.#clock, milliseconds, done);
      signal?.addEventListener("abort", done);
      this.#waiting.push(done);
    });
  }

  async #begin(): Promise<void> {
    this.#restarts.reset();
    this.#become("Starting");
    try {
      await this.#launch();
    } catch (error) {
      if (this.#status === "Starting") this.#become("Failed");
      throw error;
    }
    this.#listeners.emit("Started", { processId: this.processId });
  }

  /** A new child, ready; throws a `ConductorProcessError`. */
  async #launch(): Promise<void> {
    const { python = {}, maxLineBytes = PROCESS_DEFAULTS.maxLineBytes } = this.#options;
    const child: ChildConnection = new ChildConnection({
      clock: this.#clock,
      maxLineBytes,
      cwd: python.workingDirectory,
      environment: python.environment,
      onLog: (line) => this.#listeners.emit("log", line),
      onProtocolError: (reason) =>
        this.#listeners.emit("protocol", { processId: child.processId, reason }),
    });
    this.#child = child;
    for (const [method, handler] of this.#handlers) child.rpc.register(method, handler);
    await this.#prepare(child);
    if (this.#status !== "Starting") { // stop() was called, and has killed it
      await child.ended;
      throw stopped(child.processId);
    }
    const since = this.#clock.now();
    this.#heartbeat = new Heartbeat(this.#options.heartbeat ?? {}, {
      rpc: child.rpc,
      clock: this.#clock,
      onSilent: (reason) => child.kill(reason),
    });
    void child.ended.then((ending) => this.#died(child, ending, this.#clock.now() - since));
    this.#become("Running");
  }

  async #prepare(child: ChildConnection): Promise<void> {
    const timeout = this.#options.python?.startupTimeout ?? PROCESS_DEFAULTS.startupTimeout;
    let late = false;
    const stopTimer = this.#clock.after(timeout, () => {
      late = true;
      child.kill(`it was not ready within ${timeout} ms`);
    });
    try {
      await child.rpc.call("initialize", this.#configuration());
      const answer = await child.rpc.call("ping") as { status?: unknown } | null;
      if (answer?.status !== "ready") throw new Error(`it is ${String(answer?.status)}, not ready`);
    } catch (cause) {
      child.kill("it did not become ready");
      const ending = await child.ended;
      const { processId } = ending;
      if (this.#status !== "Starting") throw stopped(processId);
      const why = cause instanceof ConductorProcessError
        ? ending.reason
        : (cause as Error).message.replace(/^(initialize|start_conductor): /, "");
      const hint = late
        ? "; a longer `python.startupTimeout`, in Python `startup_timeout`, waits longer"
        : "";
      const text = [why + hint, ...ending.lastLines].join("\n  ");
      const problem = late ? "StartupTimeout" : "SpawnFailed";
      throw new ConductorProcessError(problem, "start_conductor", { processId, text, cause });
    } finally {
      stopTimer();
    }
  }

  #configuration(): unknown {
    const { python = {}, conductor = {}, limits = {}, setup, data = null } = this.#options;
    return {
      python: python.python,
      args: python.args,
      path: python.pythonPath,
      conductor,
      limits,
      setup: setup === undefined ? null : String(setup),
      data,
    };
  }

  #died(child: ChildConnection, ending: Ending, ranFor: number): void {
    if (this.#child !== child || this.#status !== "Running") return;
    this.#heartbeat?.stop();
    this.#restarts.ended(ranFor);
    const again = this.#restarts.limit > 0;
    this.#become(again ? "Starting" : "Failed");
    // Made before anybody hears of the death: a listener may call start() or stop().
    if (again) this.#starting = this.#revive().finally(() => this.#starting = null);
    this.#starting?.catch(() => {}); // it is told as an event
    this.#listeners.emit("Died", ending);
  }

  async #revive(): Promise<void> {
    for (;;) {
      const wait = this.#restarts.next();
      const attempt = this.#restarts.count;
      if (wait === null) {
        const message = `it died, and was restarted ${attempt} times in a row`;
        this.#become("Failed");
        this.#listeners.emit("RestartFailed", { message, attempt, final: true });
        throw this.#notRunning("start_conductor");
      }
      await this.#pause(wait);
      if (this.#status !== "Starting") throw stopped(0);
      try {
        await this.#launch();
        this.#listeners.emit("Restarted", { processId: this.processId, attempt });
        return;
      } catch (error) {
        if (this.#status !== "Starting") throw error;
        const final = attempt >= this.#restarts.limit;
        if (final) this.#become("Failed");
        const { message } = error as Error;
        this.#listeners.emit("RestartFailed", { message, attempt, final });
        if (final) throw error;
      }
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const end = this.#clock.now() + milliseconds;
    while (this.#status === "Starting" && this.#clock.now() < end) {
      await this.#change(end - this.#clock.now(), undefined);
    }
  }

  async #end(): Promise<void> {
    const child = this.#child;
    const ready = this.#status === "Running";
    let forced = false;
    this.#heartbeat?.stop();
    this.#become("Stopping");
    const grace = this.#options.stopGrace ?? PROCESS_DEFAULTS.stopGrace;
    if (child) {
      child.stopping();
      if (!ready) child.kill("it was stopped while it started");
      else askToEnd(child.rpc).catch(() => {}); // which its end tells

      const stopTimer = this.#clock.after(grace, () => {
        forced = true;
        child.kill(`it did not end within ${grace} ms after it was asked to stop`);
      });
      await child.ended;
      stopTimer();
    }
    this.#child = null;
    this.#become("Stopped");
    this.#listeners.emit("Stopped", { processId: child?.processId ?? 0, forced });
  }
}

/** All that it was asked before has been answered when it ends. */
async function askToEnd(rpc: RpcPeer): Promise<void> {
  await rpc.call("shutdown", { graceful: true });
  await rpc.notify("exit");
}

function stopped(processId: number): ConductorProcessError {
  const text = "it was stopped while it started";
  return new ConductorProcessError("Stopped", "start_conductor", { processId, text });
}
