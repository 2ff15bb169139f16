/**
 * The Pool Manager for Python: `PoolManager` and `ModelHandle`. Times are in seconds there.
 * @module
 */
import { isPyObject, type PyClass, pyClass, type PyObject, t } from "../../../mod.ts";
import { PortError } from "../error.ts";
import { PoolManager } from "../pit/pool.ts";
import type { HealthReport } from "../pit/pool_health.ts";
import type { ModelLease } from "../pit/pool_lease.ts";
import type { ModelLoader } from "../pit/pool_model.ts";
import type { ModelLifecycle, Transition } from "../pit/pool_state.ts";
import type { ModelSpec } from "../ports.ts";
import { plain } from "./dict_reader.ts";
import { asPython, checkAtLeast, PitError, pythonErrorOf, tellListener } from "./error_face.ts";
import { FromPython, pythonLoader, PythonModel } from "./python_model.ts";
import { type Dict, modelSpecToDict, readModelSpec } from "./spec.ts";

const DICT = t.dict(t.str, t.any);
/** A registered name, or a spec. */
const WANTED = t.union(t.str, DICT);
const SECONDS = t.float.default(null);

/** An allocated model as Python has it. */
export class PythonModelHandle {
  /** The lease. */
  readonly lease: ModelLease;

  /** Made by the pool. */
  constructor(lease: ModelLease) {
    this.lease = lease;
  }

  /** A UUID. */
  get id(): string {
    return this.lease.id;
  }

  /** Which model, as a dict. */
  get spec(): Dict {
    return modelSpecToDict(this.lease.spec);
  }

  /** How the model is. */
  getStatus(): string {
    return asPython(() => this.lease.status);
  }

  /** Lets the model work. A model of Python gets the very object, one of TypeScript plain data. */
  invoke(input: PyObject): unknown {
    const { lease } = this;
    const { model } = lease;
    try {
      if (model instanceof PythonModel) return lease.invoke(new FromPython(input));
      return lease.invoke(isPyObject(model) ? input : plain(input));
    } catch (error) {
      // A model's own errors stay as they are.
      throw error instanceof PortError ? pythonErrorOf(error) : error;
    }
  }

  /** The same for what is awaited in any case. */
  async invokeAsync(input: PyObject): Promise<unknown> {
    return await this.invoke(input);
  }

  /** Gives the model back. */
  deallocate(): void {
    asPython(() => this.lease.deallocate());
  }

  /** Gives the model back, if that was not done yet. */
  close(): void {
    this.lease[Symbol.dispose]();
  }
}

/** `ModelHandle`, for the modules that have it. */
export const ModelHandleFace: PyClass<PythonModelHandle> = pyClass(PythonModelHandle, {
  name: "ModelHandle",
  doc: "An allocated model. Give it back by deallocate(), or use it in a with statement.",
  init: false,
  properties: {
    id: { type: t.str, doc: "A UUID.", readonly: true },
    spec: { type: DICT, doc: "Which model it is.", readonly: true },
  },
  methods: {
    getStatus: { doc: "Loading, Ready, Busy, Failed or Deallocating.", params: {}, returns: t.str },
    invoke: {
      doc: "Let the model work. What an asynchronous model gives is to be awaited.",
      params: { input: t.object.default(null) },
      returns: t.any,
    },
    invokeAsync: {
      doc: "Let the model work, and wait for it.",
      params: { input: t.object.default(null) },
      returns: t.awaitable(t.any),
    },
    deallocate: { doc: "Give the model back. Not twice.", params: {}, returns: t.none },
  },
  dunders: {
    __enter__: {
      params: {},
      returns: t.instance(PythonModelHandle),
      call: function (
        this: PythonModelHandle,
      ) {
        return this;
      },
    },
    __exit__: function (this: PythonModelHandle) {
      this.close();
      return null;
    },
    __repr__: (self) => `<ModelHandle ${self.lease.entry.id}>`,
  },
});

/** A pool as Python has it; give it one of TypeScript's to hand that over. */
export class PythonPoolManager {
  /** The pool. */
  readonly pool: PoolManager;

  /** Takes the options, or a pool. */
  constructor(
    capacity: number | PoolManager = 8,
    maxMemoryMb: number | null = null,
    maxAllocations: number | null = null,
  ) {
    checkAtLeast(0, { max_memory_mb: maxMemoryMb });
    checkAtLeast(1, { max_allocations: maxAllocations });
    this.pool = capacity instanceof PoolManager ? capacity : asPython(() =>
      new PoolManager({
        capacity: capacity as number,
        ...(maxMemoryMb !== null && { maxMemoryMb }),
        ...(maxAllocations !== null && { maxAllocations }),
      })
    );
  }

  /** See {@link PoolManager.register}. */
  register(name: string, loader: PyObject | ModelLoader, spec: Dict | null): void {
    const own = isPyObject(loader) ? pythonLoader(loader) : loader;
    asPython(() =>
      this.pool.register(name, own, spec === null ? {} : { spec: readModelSpec({ ...spec, name }) })
    );
  }

  /** See {@link PoolManager.registered}. */
  get registered(): string[] {
    return this.pool.registered;
  }

  /** See {@link PoolManager.allocateNow}. */
  allocate(wanted: unknown): PythonModelHandle {
    return this.allocateNow(asPython(() => wantedOf(wanted)));
  }

  /** The same by a spec that was read. */
  allocateNow(wanted: ModelSpec | string): PythonModelHandle {
    return asPython(() => {
      try {
        return new PythonModelHandle(this.pool.allocateNow(wanted));
      } catch (error) {
        if (!(error instanceof PortError && error.kind === "SynchronizationError")) throw error;
        const model = error.message.split(" takes ")[0]!.slice("allocate_model: ".length);
        throw new PitError(
          error,
          `${model} takes time to be loaded: await pool.allocate_async(...); in a thread, ` +
            "pyduet.wait(pool.allocate_async(...))",
        );
      }
    });
  }

  /** See {@link PoolManager.allocate}. */
  async allocateAsync(
    wanted: unknown,
    timeout: number | null,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<PythonModelHandle> {
    const options = { signal, ...(timeout !== null && { timeout: timeout * 1000 }) };
    return new PythonModelHandle(
      await asPython(() => this.pool.allocate(wantedOf(wanted), options)),
    );
  }

  /** See {@link PoolManager.tryAllocate}. */
  tryAllocate(wanted: unknown): PythonModelHandle | null {
    const lease = asPython(() => this.pool.tryAllocate(wantedOf(wanted)));
    return lease === undefined ? null : new PythonModelHandle(lease);
  }

  /** See {@link PoolManager.getModelStatus}. */
  getModelStatus(handle: string | PythonModelHandle): string {
    if (typeof handle !== "string") return handle.getStatus();
    return asPython(() => this.pool.getModelStatus(handle));
  }

  /** See {@link PoolManager.deallocate}. */
  deallocate(handle: string | PythonModelHandle): void {
    if (typeof handle !== "string") return handle.deallocate();
    asPython(() => this.pool.deallocate(handle));
  }

  /** See {@link PoolManager.prewarm}. */
  async prewarm(wanted: string | Dict): Promise<boolean> {
    return await asPython(async () => await this.pool.prewarm(wantedOf(wanted)));
  }

  /** See {@link PoolManager.cool}. */
  async cool(wanted: string | Dict): Promise<boolean> {
    return await asPython(async () => await this.pool.cool(wantedOf(wanted)));
  }

  /** See {@link PoolManager.evictToMemory}. */
  async evictToMemory(memoryMb: number): Promise<string[]> {
    return await asPython(() => this.pool.evictToMemory(memoryMb));
  }

  /** See {@link PoolManager.lifecycle}. */
  lifecycle(modelId: string): Dict | null {
    const found = this.pool.lifecycle(modelId);
    return found ? lifecycleToDict(found) : null;
  }

  /** See {@link PoolManager.cacheMetrics}. */
  cacheMetrics(): Dict {
    const { hitRate, ...rest } = this.pool.cacheMetrics;
    return { ...rest, hit_rate: hitRate };
  }

  /** See {@link PoolManager.onTransition}. */
  onTransition(listener: (transition: Dict) => void): () => void {
    return this.pool.onTransition((transition) =>
      tellListener(listener, transitionToDict(transition))
    );
  }

  /** See {@link PoolManager.checkHealth}. */
  async checkHealth(): Promise<Dict[]> {
    return (await asPython(() => this.pool.checkHealth())).map(reportToDict);
  }

  /** See {@link PoolManager.shutdown}. */
  async shutdown(drainTimeout: number | null): Promise<Dict> {
    const report = await asPython(() =>
      this.pool.shutdown(drainTimeout === null ? {} : { drainTimeout: drainTimeout * 1000 })
    );
    const failed = report.failed.map(({ modelId, error }) => ({ model_id: modelId, error }));
    return { ...report, failed };
  }
}

/** A name, or a spec, which is read in one crossing; once, since a PyObject is released by that. */
export function wantedOf(wanted: unknown): ModelSpec | string {
  return typeof wanted === "string" ? wanted : readModelSpec(wanted);
}

function transitionToDict({ modelId, at, error, ...rest }: Transition): Dict {
  return { model_id: modelId, ...rest, at: at / 1000, error: error ?? null };
}

function lifecycleToDict(lifecycle: ModelLifecycle): Dict {
  const seconds = (at: number | undefined) => at === undefined ? null : at / 1000;
  return {
    model_id: lifecycle.modelId,
    current_state: lifecycle.currentState,
    last_transition: seconds(lifecycle.lastTransition),
    transition_count: lifecycle.transitionCount,
    failure_count: lifecycle.failureCount,
    last_used: seconds(lifecycle.lastUsed),
    total_invocations: lifecycle.totalInvocations,
    history: lifecycle.history.map(transitionToDict),
  };
}

function reportToDict({ modelId, consecutiveFailures, gaveUp, ...rest }: HealthReport): Dict {
  return {
    model_id: modelId,
    ...rest,
    consecutive_failures: consecutiveFailures,
    gave_up: gaveUp,
  };
}

const METRICS = t.record("CacheMetrics", {
  hits: t.int,
  misses: t.int,
  insertions: t.int,
  evictions: t.int,
  size: t.int,
  memory: t.float,
  hit_rate: t.float,
});
const SHUTDOWN = t.record("ShutdownReport", {
  drained: t.bool,
  saved: t.list(t.str),
  released: t.list(t.str),
  failed: t.list(t.record("FailedModel", { model_id: t.str, error: t.any })),
});
const HANDLE = t.union(t.str, t.instance(PythonModelHandle));

/** `PoolManager`, for the modules that have it. */
export const PoolManagerFace: PyClass<PythonPoolManager> = pyClass(PythonPoolManager, {
  name: "PoolManager",
  doc: "Keeps models loaded, the ones used last, within a count and a size of memory.\n\n" +
    "A model is asked for by a registered name, or by a spec, which is a dict.",
  init: {
    params: {
      capacity: t.int.default(8),
      max_memory_mb: t.float.default(null).keywordOnly(),
      max_allocations: t.int.default(null).keywordOnly(),
    },
  },
  properties: {
    registered: { type: t.list(t.str), doc: "The names that are registered.", readonly: true },
  },
  methods: {
    register: {
      doc:
        "Say how models of that name are loaded: by a class, a function or an async function that takes " +
        "the spec as a dict. A model is a callable, or has invoke(input), and perhaps save(), release() and " +
        "health_check().",
      params: { name: t.str, loader: t.callable, spec: DICT.default(null).keywordOnly() },
      returns: t.none,
    },
    allocate: {
      doc:
        "The model, loaded at once if it is not. RuntimeError where that takes time, or there is no room.",
      params: { spec: t.any },
      returns: t.instance(PythonModelHandle),
      overloads: [{ params: { spec: WANTED }, returns: t.instance(PythonModelHandle) }],
    },
    allocateAsync: {
      doc:
        "The model, loaded if it is not; waits for room as long as the timeout, in seconds. RuntimeError " +
        "where there is none, TimeoutError after that.",
      params: { spec: t.any, timeout: SECONDS },
      returns: t.awaitable(t.instance(PythonModelHandle)),
      signal: true,
      overloads: [{
        params: { spec: WANTED, timeout: SECONDS },
        returns: t.awaitable(t.instance(PythonModelHandle)),
      }],
    },
    tryAllocate: {
      doc: "The model if it is loaded and can be had at once, or None.",
      params: { spec: t.any },
      returns: t.optional(t.instance(PythonModelHandle)),
      overloads: [{ params: { spec: WANTED }, returns: t.optional(t.instance(PythonModelHandle)) }],
    },
    getModelStatus: {
      doc: "How an allocated model is, by its handle or the handle's id.",
      params: { handle: HANDLE },
      returns: t.str,
    },
    deallocate: {
      doc: "Take a model back, by its handle or the handle's id.",
      params: { handle: HANDLE },
      returns: t.none,
    },
    prewarm: {
      doc: "Load a model that is cold, if there is room; whether it is loaded.",
      params: { spec: WANTED },
      returns: t.awaitable(t.bool),
    },
    cool: {
      doc: "Save and release a model that nobody has; whether there was one.",
      params: { spec: WANTED },
      returns: t.awaitable(t.bool),
    },
    evictToMemory: {
      doc:
        "Save and release what was unused for longest, until the rest takes no more megabytes; which.",
      params: { memory_mb: t.float },
      returns: t.awaitable(t.list(t.str)),
    },
    lifecycle: {
      doc:
        "The state of a model such as 'gpt@1.0', and how it came to it; None if nobody asked for it.",
      params: { model_id: t.str },
      returns: t.optional(DICT),
    },
    cacheMetrics: { doc: "How well the pool serves.", params: {}, returns: METRICS },
    onTransition: {
      doc:
        "Call the function with each change of any model, as a dict; the result ends that. What it raises is " +
        "printed, and stops nothing.",
      params: { listener: t.callable },
      returns: t.callable,
    },
    checkHealth: {
      doc: "Look at every loaded model, and give up those that were unwell too often in a row.",
      params: {},
      returns: t.awaitable(t.list(DICT)),
    },
    shutdown: {
      doc:
        "Wait for what runs (no longer than drain_timeout seconds), save and release all models.",
      params: { drain_timeout: SECONDS },
      returns: t.awaitable(SHUTDOWN),
    },
  },
  dunders: {
    __repr__: (self) => {
      const { size, memory } = self.pool.cacheMetrics;
      return `<PoolManager: ${size} models, ${memory} MB>`;
    },
  },
});
