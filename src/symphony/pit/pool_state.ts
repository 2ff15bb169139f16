/**
 * The states of a model in the pool, and what leads from one to another.
 * @module
 */
import process from "node:process";
import { SymphonyError } from "../error.ts";

/** How a model is in the pool. */
export type ModelState = "Cold" | "Warming" | "Hot" | "Cooling" | "Failed";

/** Why a model changed its state. */
export type TransitionReason =
  | "UserRequest"
  | "AutomaticTimeout"
  | "HealthCheckFailure"
  | "ResourcePressure"
  | "PredictivePrewarm"
  | "ScheduledCooldown"
  | "ErrorRecovery";

/** One change of state. */
export interface Transition {
  /** Whose: name and version. */
  readonly modelId: string;
  /** The state before. */
  readonly from: ModelState;
  /** The state after. */
  readonly to: ModelState;
  /** Why. */
  readonly reason: TransitionReason;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The error that led to `Failed`. */
  readonly error?: unknown;
}

/** What is called after each change of state. */
export type TransitionListener = (transition: Transition) => void;

const NEXT: Readonly<Record<ModelState, readonly ModelState[]>> = {
  Cold: ["Warming"],
  Warming: ["Hot", "Failed"],
  Hot: ["Cooling", "Failed"],
  Cooling: ["Cold", "Failed"],
  Failed: ["Cold"],
};

/** All states. */
export const MODEL_STATES: readonly ModelState[] = ["Cold", "Warming", "Hot", "Cooling", "Failed"];

/** Whether a model may go from one state to the other. */
export function canTransition(from: ModelState, to: ModelState): boolean {
  return NEXT[from].includes(to);
}

/** What a lifecycle is made with. */
export interface LifecycleOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** How many changes `history` keeps: the last ones. Default: 100. */
  readonly historyLimit?: number;
}

/** The life of one model in the pool. */
export class ModelLifecycle {
  /** Name and version. */
  readonly modelId: string;
  /** When it was last used, in milliseconds since 1970. */
  lastUsed: number | undefined;
  /** How often it was invoked. */
  totalInvocations = 0;
  readonly #now: () => number;
  readonly #limit: number;
  readonly #history: Transition[] = [];
  readonly #listeners = new Set<TransitionListener>();
  #state: ModelState = "Cold";
  #transitions = 0;
  #failures = 0;
  #last: number | undefined;

  /** A cold model. */
  constructor(modelId: string, options: LifecycleOptions = {}) {
    this.modelId = modelId;
    this.#now = options.now ?? Date.now;
    this.#limit = options.historyLimit ?? 100;
  }

  /** How it is now. */
  get currentState(): ModelState {
    return this.#state;
  }

  /** When it last changed, in milliseconds since 1970. */
  get lastTransition(): number | undefined {
    return this.#last;
  }

  /** How often it changed. */
  get transitionCount(): number {
    return this.#transitions;
  }

  /** How often it failed. */
  get failureCount(): number {
    return this.#failures;
  }

  /** The last changes, the oldest first. */
  get history(): readonly Transition[] {
    return this.#history;
  }

  /** Goes to another state; throws a `SymphonyError` that names both where the one does not follow the other. */
  transition(to: ModelState, reason: TransitionReason, error?: unknown): Transition {
    const from = this.#state;
    if (!canTransition(from, to)) {
      throw new SymphonyError(
        "Validation",
        `Model ${this.modelId} cannot go from ${from} to ${to}; from ${from} it goes to ${
          NEXT[from].join(" or ")
        }`,
      );
    }
    const at = this.#now();
    const made = {
      modelId: this.modelId,
      from,
      to,
      reason,
      at,
      ...(error !== undefined && { error }),
    };
    this.#state = to;
    this.#last = at;
    this.#transitions++;
    if (to === "Failed") this.#failures++;
    this.#history.push(made);
    if (this.#history.length > this.#limit) this.#history.shift();
    for (const listener of [...this.#listeners]) tell(listener, made);
    return made;
  }

  /** Calls the function after each change; the result ends that. */
  onTransition(listener: TransitionListener): () => void {
    this.#listeners.add(listener);
    return () => this.offTransition(listener);
  }

  /** Calls the function no more. */
  offTransition(listener: TransitionListener): void {
    this.#listeners.delete(listener);
  }
}

/** What a listener throws must not stop the pool: it is a warning of the process. */
function tell(listener: TransitionListener, transition: Transition): void {
  try {
    listener(transition);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
