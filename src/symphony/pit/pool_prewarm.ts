/**
 * Loading models before they are asked for.
 * @module
 */
import type { PoolManager } from "./pool.ts";
import {
  type Prediction,
  type PredictionContext,
  type Predictor,
  TimeBasedPredictor,
  type Usage,
  WorkflowPredictor,
} from "./pool_usage.ts";

/** What a prewarmer is made with. */
export interface PrewarmOptions {
  /** How likely a model must be to be loaded. Default: 0.5. */
  readonly threshold?: number;
  /** Milliseconds within which a predicted model must be used for the prediction to be right. Default: an hour. */
  readonly window?: number;
  /** Default: by the time of the day, and by workflows. */
  readonly predictors?: readonly Predictor[];
}

/** How good the predictions were. */
export interface PrewarmStats {
  /** How many there were. */
  readonly predictions: number;
  /** How many came true within their window. */
  readonly correct: number;
  /** How many did not. */
  readonly wrong: number;
  /** How many may still come true. */
  readonly pending: number;
  /** The share of correct ones among the decided, 0 to 1; 0 before the first was. */
  readonly accuracy: number;
  /** How many models were loaded for a prediction. */
  readonly prewarmed: number;
}

/** Learns which models are used when, and loads them before. */
export class Prewarmer {
  readonly #threshold: number;
  readonly #window: number;
  readonly #predictors: readonly Predictor[];
  readonly #pending = new Map<string, number>();
  #correct = 0;
  #wrong = 0;
  #prewarmed = 0;

  /** Nothing is known at first. */
  constructor({ threshold = 0.5, window = 3_600_000, predictors }: PrewarmOptions = {}) {
    this.#threshold = threshold;
    this.#window = window;
    this.#predictors = predictors ?? [new TimeBasedPredictor(), new WorkflowPredictor()];
  }

  /** Takes one use in. */
  record(usage: Usage): void {
    this.#settle(usage.at);
    if (this.#pending.delete(usage.modelId)) this.#correct++;
    for (const predictor of this.#predictors) predictor.learn(usage);
  }

  /** Takes every allocation of the pool in; the result ends that. */
  watch(pool: PoolManager): () => void {
    return pool.onAllocation((modelId, at) => this.record({ modelId, at }));
  }

  /** What is likely, by whichever predictor is surest; the likeliest first. */
  predict(context: PredictionContext): Prediction[] {
    const best = new Map<string, number>();
    for (
      const { modelId, probability } of this.#predictors.flatMap((each) => each.predict(context))
    ) {
      best.set(modelId, Math.max(probability, best.get(modelId) ?? 0));
    }
    return [...best].map(([modelId, probability]) => ({ modelId, probability })).sort((a, b) =>
      b.probability - a.probability || (a.modelId < b.modelId ? -1 : 1)
    );
  }

  /** Loads what is likely enough, as far as there is room; the ids of what is or will be hot. */
  async prewarm(pool: PoolManager, context: PredictionContext): Promise<string[]> {
    this.#settle(context.at);
    const likely = this.predict(context).filter((each) => each.probability >= this.#threshold);
    const warmed: string[] = [];
    for (const { modelId } of likely) {
      const known = pool.lifecycle(modelId);
      if (!known) continue;
      if (!this.#pending.has(modelId)) this.#pending.set(modelId, context.at + this.#window);
      const wasCold = known.currentState === "Cold";
      // What cannot be loaded now is loaded, or fails, when it is asked for.
      const warm = await new Promise<boolean>((resolve) => resolve(pool.prewarmById(modelId)))
        .catch(() => false);
      if (!warm) continue;
      warmed.push(modelId);
      if (wasCold) this.#prewarmed++;
    }
    return warmed;
  }

  /** How good the predictions were, as far as known at that time. */
  stats(at: number): PrewarmStats {
    this.#settle(at);
    const [correct, wrong, pending] = [this.#correct, this.#wrong, this.#pending.size];
    const decided = correct + wrong;
    return {
      predictions: decided + pending,
      correct,
      wrong,
      pending,
      accuracy: decided === 0 ? 0 : correct / decided,
      prewarmed: this.#prewarmed,
    };
  }

  #settle(at: number): void {
    for (const [modelId, until] of this.#pending) {
      if (until >= at) continue;
      this.#pending.delete(modelId);
      this.#wrong++;
    }
  }
}
