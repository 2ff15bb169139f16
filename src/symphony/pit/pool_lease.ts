/**
 * An allocated model in the hands of who allocated it.
 * @module
 */
import type { ModelSpec, ModelStatus } from "../ports.ts";
import type { PooledModel } from "./pool_entry.ts";
import type { LoadedModel, Model } from "./pool_model.ts";

/** What a lease asks of its pool. */
export interface LeaseOwner {
  /** A UUID by which the pool finds the lease. */
  identify(lease: ModelLease): string;
  /** How the model is for this lease. */
  statusOf(lease: ModelLease): ModelStatus;
  /** Lets the model work. */
  invokeFor(lease: ModelLease, input: unknown): unknown;
  /** Takes the lease back. */
  takeBack(lease: ModelLease): void;
}

/**
 * An allocated model. Give it back by {@link deallocate}, or by `using`. Making one costs next to nothing: its id is
 * made when it is first asked for, since a random UUID costs many times as much as the allocation.
 */
export class ModelLease {
  /** The model's record in the pool. */
  readonly entry: PooledModel;
  /** The model that was loaded when this was allocated. */
  readonly loaded: LoadedModel;
  /** Whether it was given back. */
  returned = false;
  readonly #owner: LeaseOwner;
  #id: string | undefined;

  /** Made by the pool. */
  constructor(owner: LeaseOwner, entry: PooledModel, loaded: LoadedModel) {
    this.#owner = owner;
    this.entry = entry;
    this.loaded = loaded;
  }

  /** A UUID, by which the pool knows it too. */
  get id(): string {
    return this.#id ??= this.#owner.identify(this);
  }

  /** The id, if it was ever asked for. */
  get knownId(): string | undefined {
    return this.#id;
  }

  /** Which model was asked for. */
  get spec(): ModelSpec {
    return this.entry.spec;
  }

  /** What the loader gave. */
  get model(): Model {
    return this.loaded.model;
  }

  /** How the model is. */
  get status(): ModelStatus {
    return this.#owner.statusOf(this);
  }

  /** Lets the model work: what it returns, a Promise where it is asynchronous. */
  invoke(input?: unknown): unknown {
    return this.#owner.invokeFor(this, input);
  }

  /** Gives the model back. A second time is a PortError, as for any handle that is not there. */
  deallocate(): void {
    this.#owner.takeBack(this);
  }

  /** Gives the model back, if that was not done yet. */
  [Symbol.dispose](): void {
    if (!this.returned) this.#owner.takeBack(this);
  }
}
