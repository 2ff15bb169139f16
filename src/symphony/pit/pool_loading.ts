/**
 * Loading models, and giving them up: what fills the cache and empties it.
 * @module
 */
import { PortError } from "../error.ts";
import { ModelCache } from "./pool_cache.ts";
import type { PooledModel } from "./pool_entry.ts";
import { isThenable, LoadedModel } from "./pool_model.ts";
import type { TransitionReason } from "./pool_state.ts";

/** How much there is room for. */
export interface Room {
  /** How many models may be loaded at a time. */
  readonly capacity: number;
  /** How many megabytes they may take together. */
  readonly maxMemoryMb: number;
}

/** What is loaded. All that may take time gives a Promise, and nothing where it is done at once. */
export class ModelLoading {
  /** Models that are not cold. */
  readonly cache: ModelCache<PooledModel>;
  /** Nothing is to be loaded any more: what still comes is released at once. */
  closed = false;
  #changed: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  /** Takes the limits. */
  constructor({ capacity, maxMemoryMb }: Room) {
    this.cache = new ModelCache({
      capacity,
      maxMemory: maxMemoryMb,
      isPinned: (entry) => entry.isPinned,
    });
  }

  /** Ends when next something leaves, or is given back. */
  get nextChange(): Promise<void> {
    if (this.#changed === undefined) {
      let resolve!: () => void;
      const promise = new Promise<void>((done) => resolve = done);
      this.#changed = { promise, resolve };
    }
    return this.#changed.promise;
  }

  /** Wakes who waits for {@link nextChange}. */
  change(): void {
    const changed = this.#changed;
    if (changed === undefined) return;
    this.#changed = undefined;
    changed.resolve();
  }

  /**
   * Makes room for a cold model: `true` if there is room now, `false` if there is none; else what to wait for before
   * asking again. Nothing leaves unless that helps.
   */
  makeRoom(entry: PooledModel, reason: TransitionReason): boolean | Promise<void> {
    const size = entry.spec.resourceRequirements.memoryMb;
    const leaving = this.#cooling();
    while (!this.cache.hasRoom(size)) {
      if (!this.cache.fits(size)) return leaving.length > 0 ? Promise.race(leaving) : false;
      const [oldest] = this.cache.idle();
      const cooling = this.cool(oldest!.value, reason);
      if (cooling) leaving.push(cooling);
    }
    return true;
  }

  #cooling(): Promise<void>[] {
    return this.cache.keys().flatMap((key) => this.cache.entry(key)?.value.cooling ?? []);
  }

  /** Loads a cold model, for which there is room. Fails with a PortError, the loader's error as its cause. */
  warm(entry: PooledModel, reason: TransitionReason): Promise<void> | undefined {
    const { lifecycle, spec } = entry;
    lifecycle.transition("Warming", reason);
    this.cache.insert(entry.id, entry, spec.resourceRequirements.memoryMb);
    entry.place = this.cache.entry(entry.id);
    const controller = new AbortController();
    entry.controller = controller;
    let given: unknown;
    try {
      given = entry.loader(spec, { signal: controller.signal });
      if (!isThenable(given)) return void this.#loaded(entry, given, reason);
    } catch (error) {
      throw this.#failed(entry, reason, error);
    }
    const loading = Promise.resolve(given).then(
      (model) => this.#loaded(entry, model, reason),
    ).catch((error) => {
      throw this.#failed(entry, reason, error);
    });
    loading.catch(() => {}); // who waits for it hears of it; perhaps nobody does
    return entry.loading = loading;
  }

  #loaded(entry: PooledModel, given: unknown, reason: TransitionReason): void {
    entry.loaded = new LoadedModel(given);
    entry.loading = entry.controller = undefined;
    entry.health.clear();
    entry.lifecycle.transition("Hot", reason);
    if (this.closed) this.cool(entry, "UserRequest");
    else this.change();
  }

  #failed(entry: PooledModel, reason: TransitionReason, error: unknown): PortError {
    this.#end(entry, reason, error);
    const text = error instanceof Error ? error.message : String(error);
    return new PortError(
      "PitOperationFailed",
      "allocate_model",
      `Model ${entry.id} could not be loaded: ${text}`,
      { cause: error },
    );
  }

  /** Saves and releases a hot model; it is cold then, whatever came of that. */
  cool(entry: PooledModel, reason: TransitionReason): Promise<void> | undefined {
    entry.lifecycle.transition("Cooling", reason);
    const loaded = entry.loaded!;
    const done = (): void => this.#end(entry, reason);
    const failed = (error: unknown): void => this.#end(entry, reason, error);
    try {
      const saved = loaded.save();
      if (!isThenable(saved)) {
        const released = loaded.release();
        if (!isThenable(released)) return void done();
        return entry.cooling = Promise.resolve(released).then(done, failed);
      }
      return entry.cooling = Promise.resolve(saved).then(() => loaded.release())
        .then(done, failed);
    } catch (error) {
      return void failed(error);
    }
  }

  /** Gives up a hot model that is unwell: nothing of it is saved. */
  giveUp(entry: PooledModel, error: unknown): Promise<void> | undefined {
    const loaded = entry.loaded!;
    this.#end(entry, "HealthCheckFailure", error);
    try {
      const released = loaded.release();
      return isThenable(released) ? Promise.resolve(released).then(() => {}, () => {}) : undefined;
    } catch {
      return undefined; // it is unwell: that its release fails says nothing new
    }
  }

  /** To cold: at once, or by way of Failed. */
  #end(entry: PooledModel, reason: TransitionReason, ...error: [error?: unknown]): void {
    const { lifecycle } = entry;
    entry.loaded =
      entry.loading =
      entry.cooling =
      entry.controller =
        undefined;
    this.cache.delete(entry.id);
    entry.place = undefined;
    if (error.length > 0) {
      lifecycle.transition("Failed", reason, error[0]);
      lifecycle.transition("Cold", "ErrorRecovery");
    } else {
      lifecycle.transition("Cold", reason);
    }
    this.change();
  }
}
