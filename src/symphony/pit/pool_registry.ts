/**
 * Which models a pool knows, by name and version.
 * @module
 */
import { PortError } from "../error.ts";
import type { ModelSpec } from "../ports.ts";
import { PooledModel } from "./pool_entry.ts";
import { modelIdOf, type ModelLoader } from "./pool_model.ts";
import type { LifecycleOptions, TransitionListener } from "./pool_state.ts";

/** How a model is registered. */
export interface RegisterOptions {
  /** What is asked for by the name alone. Default: version 1.0, a Custom model that needs nothing. */
  readonly spec?: Partial<Omit<ModelSpec, "name">>;
}

const NOTHING_NEEDED = { memoryMb: 0, cpuCores: 0, networkAccess: false };

/** Loaders by name, and what was ever asked for. */
export class ModelRegistry {
  readonly #listeners = new Set<TransitionListener>();
  readonly #options: LifecycleOptions & { readonly window: number };
  readonly #loaders = new Map<string, { loader: ModelLoader; spec: ModelSpec }>();
  /** Names to versions to models: two look-ups of texts that are there already, and no new text. */
  readonly #models = new Map<string, Map<string, PooledModel>>();

  /** Takes what each model's record is made with. */
  constructor(options: LifecycleOptions & { readonly window: number }) {
    this.#options = options;
  }

  /** See `PoolManager.register()`. */
  register(name: string, loader: ModelLoader, { spec = {} }: RegisterOptions = {}): void {
    if (typeof loader !== "function") {
      throw new TypeError(`The loader of ${name} must be a function, not ${typeof loader}`);
    }
    const known = [...this.#models.get(name)?.values() ?? []];
    const busy = known.find(({ lifecycle }) => lifecycle.currentState !== "Cold");
    if (busy) {
      const reason = `Model ${busy.id} is ${busy.lifecycle.currentState}; cool it before`;
      throw new PortError("PitOperationFailed", "register_model", reason);
    }
    this.#models.delete(name);
    this.#loaders.set(name, {
      loader,
      spec: {
        version: "1.0",
        modelType: "Custom",
        resourceRequirements: NOTHING_NEEDED,
        configuration: {},
        ...spec,
        name,
      },
    });
  }

  /** The names under which models are registered. */
  get names(): string[] {
    return [...this.#loaders.keys()];
  }

  /** The record of a model that was asked for before; `undefined` else. */
  known(name: string, version: string): PooledModel | undefined {
    return this.#models.get(name)?.get(version);
  }

  /** The record of a model; a PortError where no loader has its name. */
  find(wanted: ModelSpec | string): PooledModel {
    const name = typeof wanted === "string" ? wanted : wanted.name;
    const known = this.#loaders.get(name);
    if (known === undefined) {
      const what = typeof wanted === "string" ? wanted : modelIdOf(wanted);
      const reason = `Model ${what} not found; register it first`;
      throw new PortError("PitOperationFailed", "allocate_model", reason);
    }
    const spec = typeof wanted === "string" ? known.spec : wanted;
    let versions = this.#models.get(name);
    if (versions === undefined) this.#models.set(name, versions = new Map());
    let entry = versions.get(spec.version);
    if (entry === undefined) {
      entry = new PooledModel(spec, known.loader, this.#options);
      for (const listener of this.#listeners) entry.lifecycle.onTransition(listener);
      versions.set(spec.version, entry);
    }
    return entry;
  }

  /** Calls the function after each change of any model; the result ends that. */
  watch(listener: TransitionListener): () => void {
    this.#listeners.add(listener);
    for (const { lifecycle } of this.all()) lifecycle.onTransition(listener);
    return () => {
      this.#listeners.delete(listener);
      for (const { lifecycle } of this.all()) lifecycle.offTransition(listener);
    };
  }

  /** All that were ever asked for. */
  all(): PooledModel[] {
    return [...this.#models.values()].flatMap((versions) => [...versions.values()]);
  }
}
