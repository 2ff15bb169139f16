/**
 * What can be a model: anything that can be invoked.
 * @module
 */
import type { ModelSpec } from "../ports.ts";

/** A model as an object. What it has is used; each may be asynchronous. */
export interface ModelObject {
  /** Does its work. */
  invoke?(input: unknown): unknown;
  /** Keeps what it has learnt; before it is released. */
  save?(): unknown;
  /** Gives up what it holds. */
  release?(): unknown;
  /** How it is: `false`, an error, or a report. */
  healthCheck?(): unknown;
}

/** A model: an object, or a function that is its `invoke`. */
// deno-lint-ignore no-explicit-any -- a model takes what it takes
export type Model = ModelObject | ((input: any) => unknown);

/** With what a loader is called, besides the spec. */
export interface LoadContext {
  /** Aborted when nobody waits for the model any more. */
  readonly signal: AbortSignal;
}

/** Makes a model. */
export type ModelLoader = (spec: ModelSpec, context: LoadContext) => Model | PromiseLike<Model>;

/** Whether a value must be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" && value !== null || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Names and versions as they are shown, and told apart. */
export function modelIdOf({ name, version }: Pick<ModelSpec, "name" | "version">): string {
  return `${name}@${version}`;
}

/** A model that was loaded, asked once what it can. */
export class LoadedModel {
  /** What the loader gave. */
  readonly model: Model;
  /** Whether it can be saved. */
  readonly canSave: boolean;
  /** Whether it knows how it is. */
  readonly canCheck: boolean;
  readonly #invoke: ((input: unknown) => unknown) | undefined;
  readonly #canRelease: boolean;

  /** Takes what a loader gave; throws a TypeError for what can be no model. */
  constructor(given: unknown) {
    const usable = typeof given === "function" || typeof given === "object" && given !== null;
    if (!usable) {
      throw new TypeError(`a model is a function or an object with invoke(), not ${String(given)}`);
    }
    const model = given as ModelObject;
    this.model = given as Model;
    this.canSave = typeof model.save === "function";
    this.canCheck = typeof model.healthCheck === "function";
    this.#canRelease = typeof model.release === "function";
    if (typeof model.invoke === "function") this.#invoke = (input) => model.invoke!(input);
    else if (typeof given === "function") this.#invoke = given as (input: unknown) => unknown;
  }

  /** Its work; throws a TypeError where it has none. */
  invoke(input: unknown): unknown {
    if (this.#invoke) return this.#invoke(input);
    throw new TypeError("the model has no invoke() and is no function");
  }

  /** Keeps what it has learnt, where it can. */
  save(): unknown {
    return this.canSave ? (this.model as ModelObject).save!() : undefined;
  }

  /** Gives up what it holds, where it can. */
  release(): unknown {
    return this.#canRelease ? (this.model as ModelObject).release!() : undefined;
  }

  /** How it is, in its own words; `undefined` where it does not know. */
  healthCheck(): unknown {
    return this.canCheck ? (this.model as ModelObject).healthCheck!() : undefined;
  }
}
