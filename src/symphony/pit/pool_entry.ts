/**
 * A model that the pool knows, with all that is known of it.
 * @module
 */
import type { ModelSpec } from "../ports.ts";
import type { CacheEntry } from "./pool_cache.ts";
import { HealthRecord } from "./pool_health.ts";
import { type LoadedModel, modelIdOf, type ModelLoader } from "./pool_model.ts";
import { type LifecycleOptions, ModelLifecycle } from "./pool_state.ts";

/** One name and version. */
export class PooledModel {
  /** Which model. */
  readonly spec: ModelSpec;
  /** Name and version. */
  readonly id: string;
  /** What loads it. */
  readonly loader: ModelLoader;
  /** Its state, and how it came to it. */
  readonly lifecycle: ModelLifecycle;
  /** Its last invocations. */
  readonly health: HealthRecord;
  /** The model, while it is hot or cooling. */
  loaded: LoadedModel | undefined;
  /** Ends when the model is hot, or could not be loaded; while it is warming. */
  loading: Promise<void> | undefined;
  /** Aborts the loading. */
  controller: AbortController | undefined;
  /** How many wait for the loading. */
  waiters = 0;
  /** Ends when the model is cold; while it is cooling. */
  cooling: Promise<void> | undefined;
  /** Its place in the cache, unless it is cold. */
  place: CacheEntry<PooledModel> | undefined;
  /** How many allocations there are. */
  leases = 0;
  /** How many invocations are running. */
  inFlight = 0;

  /** A cold model. */
  constructor(
    spec: ModelSpec,
    loader: ModelLoader,
    options: LifecycleOptions & { readonly window: number },
  ) {
    this.spec = spec;
    this.id = modelIdOf(spec);
    this.loader = loader;
    this.lifecycle = new ModelLifecycle(this.id, options);
    this.health = new HealthRecord(options.window);
  }

  /** Whether it must not leave the cache now. */
  get isPinned(): boolean {
    return this.leases > 0 || this.inFlight > 0 || this.lifecycle.currentState !== "Hot";
  }
}
