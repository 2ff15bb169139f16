/**
 * The Pool Manager: which models are loaded, and who has them.
 * @module
 */
import { randomUUID } from "node:crypto";
import { PortError } from "../error.ts";
import type { ModelSpec, ModelStatus } from "../ports.ts";
import type { CacheMetrics } from "./pool_cache.ts";
import { examine } from "./pool_checkup.ts";
import type { PooledModel } from "./pool_entry.ts";
import type { HealthReport, HealthThresholds } from "./pool_health.ts";
import { type LeaseOwner, ModelLease } from "./pool_lease.ts";
import { ModelLoading } from "./pool_loading.ts";
import { isThenable, type ModelLoader } from "./pool_model.ts";
import { ModelRegistry, type RegisterOptions } from "./pool_registry.ts";
import { shutDown, type ShutdownReport } from "./pool_shutdown.ts";
import type { ModelLifecycle, TransitionListener, TransitionReason } from "./pool_state.ts";
import { backgroundTimers, realTimers, type Timers } from "./timers.ts";
import { Deadline } from "./deadline.ts";

/** What a pool is made with. */
export interface PoolOptions {
  /** How many models may be loaded at a time. Default: 8. */
  readonly capacity?: number;
  /** How many megabytes they may take together. Default: without limit. */
  readonly maxMemoryMb?: number;
  /** How many allocations of one model there may be at a time. Default: without limit. */
  readonly maxAllocations?: number;
  /** From where on a model is unwell. */
  readonly health?: HealthThresholds;
  /** How many changes of state each model remembers. Default: 100. */
  readonly historyLimit?: number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
  /** Default: those of the runtime. */
  readonly timers?: Timers;
  /** Makes the ids of allocations. Default: random UUIDs. */
  readonly newId?: () => string;
}

/** How long to wait for a model. */
export interface AllocateOptions {
  /** Milliseconds to wait for loading, and for room. Left out: as long as loading takes, and for room not at all. */
  readonly timeout?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** Sees which models are asked for. */
export type AllocationListener = (modelId: string, at: number) => void;

/** What waits in the way of an allocation. */
type Step = { readonly until: Promise<unknown>; readonly loading?: PooledModel };

/**
 * Keeps models loaded for those who ask for them, the ones used last, within a count and a size of memory. Loading a
 * model twice at the same time is loading it once.
 *
 * @example
 * ```ts
 * import { PoolManager } from "pyduet/symphony";
 * const pool = new PoolManager({ capacity: 2 });
 * pool.register("upper", () => (text: string) => text.toUpperCase());
 * const model = await pool.allocate("upper");
 * model.invoke("quiet"); // "QUIET"
 * model.status; // "Ready"
 * model.deallocate();
 * pool.tryAllocate("upper") !== undefined; // true
 * await pool.shutdown();
 * ```
 */
export class PoolManager implements LeaseOwner {
  readonly #loading: ModelLoading;
  readonly #options: PoolOptions;
  readonly #maxAllocations: number;
  readonly #now: () => number;
  readonly #timers: Timers;
  readonly #registry: ModelRegistry;
  readonly #leases = new Map<string, ModelLease>();
  readonly #onAllocation = new Set<AllocationListener>();
  #closing: Promise<ShutdownReport> | undefined;
  #stopHealthChecks: (() => void) | undefined;

  /** An empty pool. */
  constructor(options: PoolOptions = {}) {
    const { capacity = 8, maxMemoryMb = Infinity, maxAllocations = Infinity } = options;
    if (!(maxAllocations >= 1)) {
      throw new RangeError(`maxAllocations must be at least 1, not ${maxAllocations}`);
    }
    this.#options = options;
    this.#maxAllocations = maxAllocations;
    this.#loading = new ModelLoading({ capacity, maxMemoryMb });
    this.#now = options.now ?? Date.now;
    this.#timers = options.timers ?? realTimers;
    const { historyLimit, health } = options;
    this.#registry = new ModelRegistry({
      now: this.#now,
      window: health?.window ?? 20,
      ...(historyLimit !== undefined && { historyLimit }),
    });
  }

  /** Says how models of that name are loaded, of every version; from now on. */
  register(name: string, loader: ModelLoader, options: RegisterOptions = {}): void {
    this.#checkOpen("register_model");
    this.#registry.register(name, loader, options);
  }

  /** The names under which models are registered. */
  get registered(): string[] {
    return this.#registry.names;
  }

  /**
   * The model, if it is loaded and can be had at once; `undefined` else. A model that is not registered is a
   * PortError. This is the short way of {@link allocate}: nothing but two look-ups and one small object.
   */
  tryAllocate(wanted: ModelSpec | string): ModelLease | undefined {
    const entry = typeof wanted === "string"
      ? this.#registry.find(wanted)
      : this.#registry.known(wanted.name, wanted.version) ?? this.#registry.find(wanted);
    const lease = this.#lease(entry);
    if (lease === undefined) {
      this.#checkOpen("allocate_model");
      this.#loading.cache.missed();
    }
    return lease;
  }

  /**
   * The model, loaded if it is not. Rejected with a PortError: `ResourceExhausted` where there is no room and no
   * timeout to wait for some, `Timeout` after that, `PitOperationFailed` where it is not registered or cannot be
   * loaded.
   */
  async allocate(wanted: ModelSpec | string, options: AllocateOptions = {}): Promise<ModelLease> {
    const lease = this.tryAllocate(wanted);
    if (lease !== undefined) return lease;
    const deadline = new Deadline(options, this.#timers);
    const steps = this.#steps(this.#modelOf(wanted), options.timeout !== undefined);
    try {
      let step = steps.next();
      while (!step.done) {
        try {
          await this.#waitFor(step.value, deadline);
        } catch (error) {
          step = steps.throw(error);
          continue;
        }
        step = steps.next();
      }
      return step.value;
    } finally {
      deadline.stop();
    }
  }

  /**
   * The model, loaded at once if it is not. Where that takes time, a PortError says so; the loading goes on, and
   * {@link allocate} waits for it.
   */
  allocateNow(wanted: ModelSpec | string): ModelLease {
    const lease = this.tryAllocate(wanted);
    if (lease !== undefined) return lease;
    const entry = this.#modelOf(wanted);
    const step = this.#steps(entry, false).next();
    if (step.done) return step.value;
    throw new PortError(
      "SynchronizationError",
      "allocate_model",
      `Model ${entry.id} takes time to be loaded; wait for allocate()`,
    );
  }

  /** What must be waited for, one after the other, until there is a lease. */
  *#steps(entry: PooledModel, waits: boolean): Generator<Step, ModelLease, void> {
    for (;;) {
      this.#checkOpen("allocate_model");
      const lease = this.#lease(entry);
      if (lease !== undefined) return lease;
      const { loading, cooling } = entry;
      if (loading) yield { until: loading, loading: entry };
      else if (cooling) yield { until: cooling };
      else {
        const room = entry.lifecycle.currentState === "Cold"
          ? this.#loading.makeRoom(entry, "ResourcePressure")
          : false;
        if (room === true) {
          const warming = this.#loading.warm(entry, "UserRequest");
          if (warming) yield { until: warming, loading: entry };
        } else if (room) yield { until: room };
        else {
          if (!waits || this.#neverFits(entry)) throw this.#exhausted(entry);
          yield { until: this.#loading.nextChange };
        }
      }
    }
  }

  /** When the last one who waits for a loading model leaves, the loading is aborted. */
  async #waitFor({ until, loading }: Step, deadline: Deadline): Promise<void> {
    if (loading === undefined) return await deadline.race(until);
    const { controller } = loading;
    loading.waiters++;
    try {
      await deadline.race(until);
    } finally {
      loading.waiters--;
      if (loading.waiters === 0 && loading.controller === controller) {
        controller?.abort(new PortError("Timeout", "allocate_model", "nobody waits any more"));
      }
    }
  }

  #lease(entry: PooledModel): ModelLease | undefined {
    const { loaded } = entry;
    if (loaded === undefined || entry.leases >= this.#maxAllocations) return undefined;
    if (entry.lifecycle.currentState !== "Hot" || this.#closing !== undefined) {
      this.#checkOpen("allocate_model");
      return undefined;
    }
    entry.leases++;
    this.#loading.cache.touch(entry.place!);
    if (this.#onAllocation.size > 0) {
      for (const listener of this.#onAllocation) listener(entry.id, this.#now());
    }
    return new ModelLease(this, entry, loaded);
  }

  #modelOf(wanted: ModelSpec | string): PooledModel {
    this.#checkOpen("allocate_model");
    return this.#registry.find(wanted);
  }

  #neverFits({ spec: { resourceRequirements } }: PooledModel): boolean {
    return resourceRequirements.memoryMb > this.#loading.cache.maxMemory;
  }

  #exhausted(entry: PooledModel): PortError {
    const { cache } = this.#loading;
    const cause = new Error(
      entry.loaded
        ? `all ${this.#maxAllocations} allocations of ${entry.id} are taken`
        : `${entry.id} needs ${entry.spec.resourceRequirements.memoryMb} MB; ${cache.size} of ` +
          `${cache.capacity} models with ${cache.memory} of ${cache.maxMemory} MB are loaded and in use`,
    );
    const reason = "No available model instances";
    return new PortError("ResourceExhausted", "allocate_model", reason, { cause });
  }

  // --- what a lease asks for ------------------------------------------------------------

  /** Gives a lease its id, by which it is found from then on. */
  identify(lease: ModelLease): string {
    const id = (this.#options.newId ?? randomUUID)();
    if (!lease.returned) this.#leases.set(id, lease);
    return id;
  }

  /** The lease of that id; a PortError if there is none. */
  leaseOf(handle: string, operation = "get_model_status"): ModelLease {
    const lease = this.#leases.get(handle);
    if (lease !== undefined) return lease;
    throw new PortError("PitOperationFailed", operation, `Model ${handle} not found`);
  }

  /** How an allocated model is. */
  statusOf(lease: ModelLease): ModelStatus {
    const { entry } = lease;
    this.#checkHeld(lease, "get_model_status");
    if (entry.loaded !== lease.loaded) return "Failed";
    if (entry.lifecycle.currentState === "Cooling") return "Deallocating";
    return entry.inFlight > 0 ? "Busy" : "Ready";
  }

  /** How the model of that handle is. */
  getModelStatus(handle: string): ModelStatus {
    return this.statusOf(this.leaseOf(handle));
  }

  /** Lets a model work. */
  invokeFor(lease: ModelLease, input: unknown): unknown {
    this.#checkHeld(lease, "invoke_model");
    const { entry, loaded } = lease;
    if (entry.loaded !== loaded) {
      const reason = `Model ${entry.id} was given up; allocate it again`;
      throw new PortError("PitOperationFailed", "invoke_model", reason);
    }
    const begun = this.#now();
    entry.lifecycle.lastUsed = begun;
    entry.lifecycle.totalInvocations++;
    entry.inFlight++;
    const ended = (failed: boolean): void => {
      entry.inFlight--;
      entry.health.note(this.#now() - begun, failed);
      if (entry.inFlight === 0) this.#loading.change();
    };
    let result: unknown;
    try {
      result = loaded.invoke(input);
    } catch (error) {
      ended(true);
      throw error;
    }
    if (!isThenable(result)) {
      ended(false);
      return result;
    }
    return Promise.resolve(result).then((value) => {
      ended(false);
      return value;
    }, (error) => {
      ended(true);
      throw error;
    });
  }

  /** Takes a model back. */
  takeBack(lease: ModelLease): void {
    this.#checkHeld(lease, "deallocate_model");
    lease.returned = true;
    lease.entry.leases--;
    if (lease.knownId !== undefined) this.#leases.delete(lease.knownId);
    this.#loading.change();
  }

  /** Takes the model of that handle back. */
  deallocate(handle: string): void {
    this.takeBack(this.leaseOf(handle, "deallocate_model"));
  }

  #checkHeld(lease: ModelLease, operation: string): void {
    if (!lease.returned) return;
    const what = lease.knownId ?? lease.entry.id;
    const reason = `Model ${what} not found; it was deallocated`;
    throw new PortError("PitOperationFailed", operation, reason);
  }

  #checkOpen(operation: string): void {
    if (this.#closing === undefined) return;
    throw new PortError("PitOperationFailed", operation, "the pool is shut down");
  }

  // --- what is loaded -------------------------------------------------------------------

  /** Loads a model that is cold, if there is room; whether it is or will be hot. */
  prewarm(wanted: ModelSpec | string): boolean | Promise<boolean> {
    return this.#prewarm(this.#modelOf(wanted));
  }

  /** {@link prewarm} of a model that was asked for before, by name and version: `"gpt@1.0"`. */
  prewarmById(modelId: string): boolean | Promise<boolean> {
    this.#checkOpen("prewarm_model");
    const entry = this.#registry.all().find(({ id }) => id === modelId);
    return entry ? this.#prewarm(entry) : false;
  }

  #prewarm(entry: PooledModel): boolean | Promise<boolean> {
    if (entry.lifecycle.currentState !== "Cold") return entry.lifecycle.currentState !== "Cooling";
    const room = this.#loading.makeRoom(entry, "PredictivePrewarm");
    if (room === false) return false;
    if (room !== true) return room.then(() => this.#prewarm(entry));
    return this.#loading.warm(entry, "PredictivePrewarm")?.then(() => true) ?? true;
  }

  /** Saves and releases a model that nobody has; whether there was one. */
  cool(
    wanted: ModelSpec | string,
    reason: TransitionReason = "ScheduledCooldown",
  ): boolean | Promise<boolean> {
    const entry = this.#modelOf(wanted);
    if (entry.isPinned) return false;
    return this.#loading.cool(entry, reason)?.then(() => true) ?? true;
  }

  /** Saves and releases what nobody has, and nobody used for so many milliseconds; which. */
  async coolIdle(idleFor: number): Promise<string[]> {
    const before = this.#now() - idleFor;
    const idle = [...this.#loading.cache.idle()].map(({ value }) => value).filter((entry) =>
      (entry.lifecycle.lastUsed ?? entry.lifecycle.lastTransition ?? 0) <= before
    );
    await Promise.all(idle.map((entry) => this.#loading.cool(entry, "AutomaticTimeout")));
    return idle.map(({ id }) => id);
  }

  /** Saves and releases what was unused for longest, until the rest takes no more megabytes than that; which. */
  async evictToMemory(memoryMb: number): Promise<string[]> {
    const left: string[] = [];
    const waits: unknown[] = [];
    let memory = this.#loading.cache.memory;
    for (const { value, size } of [...this.#loading.cache.idle()]) {
      if (memory <= memoryMb) break;
      memory -= size;
      left.push(value.id);
      waits.push(this.#loading.cool(value, "ResourcePressure"));
    }
    await Promise.all(waits);
    return left;
  }

  /** How the model came to its state; `undefined` for one that was never asked for. */
  lifecycle(modelId: string): ModelLifecycle | undefined {
    return this.#registry.all().find(({ id }) => id === modelId)?.lifecycle;
  }

  /** What is known of each model that was ever asked for. */
  get lifecycles(): ModelLifecycle[] {
    return this.#registry.all().map(({ lifecycle }) => lifecycle);
  }

  /** How many allocations there are. */
  get allocations(): number {
    return this.#registry.all().reduce((sum, { leases }) => sum + leases, 0);
  }

  /** How well the pool serves. */
  get cacheMetrics(): CacheMetrics {
    return this.#loading.cache.metrics;
  }

  /** Calls the function after each change of any model; the result ends that. */
  onTransition(listener: TransitionListener): () => void {
    return this.#registry.watch(listener);
  }

  /** Calls the function for each allocation; the result ends that. */
  onAllocation(listener: AllocationListener): () => void {
    this.#onAllocation.add(listener);
    return () => void this.#onAllocation.delete(listener);
  }

  // --- health and end -------------------------------------------------------------------

  /** Looks at every hot model. One that was unwell too often in a row is given up: the next who asks loads it anew. */
  async checkHealth(): Promise<HealthReport[]> {
    const hot = this.#registry.all().filter((each) => each.lifecycle.currentState === "Hot");
    const thresholds = this.#options.health ?? {};
    const reports = hot.map((entry) => examine(entry, this.#loading, thresholds));
    return (await Promise.all(reports)).filter((report) => report !== undefined);
  }

  /** Checks every so many milliseconds, until the pool shuts down; keeps no program alive. The result ends it. */
  startHealthChecks(every: number): () => void {
    this.#checkOpen("start_health_checks");
    this.#stopHealthChecks?.();
    const timers = this.#options.timers ?? backgroundTimers;
    let stopped = false;
    let stopTimer = timers.set(tick, every);
    // deno-lint-ignore no-this-alias -- a tick is a plain function
    const pool = this;
    function tick(): void {
      pool.checkHealth().then(() => {
        if (!stopped) stopTimer = timers.set(tick, every);
      });
    }
    return this.#stopHealthChecks = () => {
      stopped = true;
      stopTimer();
    };
  }

  /**
   * Refuses new work, waits for invocations that are running (no longer than `drainTimeout` milliseconds), saves and
   * releases all models. A second time gives the same report.
   */
  shutdown(options: { readonly drainTimeout?: number } = {}): Promise<ShutdownReport> {
    this.#stopHealthChecks?.();
    return this.#closing ??= shutDown(this.#registry.all(), this.#loading, {
      deadline: new Deadline({ timeout: options.drainTimeout }, this.#timers),
    });
  }
}
