/**
 * When models are used, and what will be used next.
 * @module
 */

/** One use of a model. */
export interface Usage {
  /** Which model. */
  readonly modelId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** In which workflow, if in one. */
  readonly workflowId?: string;
}

/** What is expected. */
export interface Prediction {
  /** Which model. */
  readonly modelId: string;
  /** How likely it is, 0 to 1. */
  readonly probability: number;
}

/** On what a prediction is based. */
export interface PredictionContext {
  /** For when, in milliseconds since 1970. */
  readonly at: number;
  /** What was used last in the workflow in question. */
  readonly lastModelId?: string;
}

/** Learns from uses, and says what comes next: the likeliest first. */
export interface Predictor {
  /** Takes one use in. */
  learn(usage: Usage): void;
  /** What is likely. */
  predict(context: PredictionContext): Prediction[];
}

const HOUR = 3_600_000;

/** How a {@link TimeBasedPredictor} divides time. */
export interface TimeDivision {
  /** Milliseconds after which time repeats itself. Default: a day. */
  readonly period?: number;
  /** Milliseconds of one slot. Default: an hour. */
  readonly slot?: number;
}

/** What is used at a certain time of the day is used then again: of the days seen, on how many it was. */
export class TimeBasedPredictor implements Predictor {
  readonly #period: number;
  readonly #slot: number;
  /** By slot and model: the days on which it was used. */
  readonly #used = new Map<number, Map<string, Set<number>>>();
  readonly #days = new Set<number>();

  /** By hours of the day in UTC, unless told else. */
  constructor({ period = 24 * HOUR, slot = HOUR }: TimeDivision = {}) {
    if (!(slot > 0 && period >= slot)) {
      throw new RangeError(`A slot of ${slot} ms does not fit a period of ${period} ms`);
    }
    this.#period = period;
    this.#slot = slot;
  }

  /** Takes one use in. */
  learn({ modelId, at }: Usage): void {
    const day = Math.floor(at / this.#period);
    this.#days.add(day);
    const slot = this.#slotOf(at);
    const models = this.#used.get(slot) ?? new Map<string, Set<number>>();
    this.#used.set(slot, models);
    models.set(modelId, (models.get(modelId) ?? new Set()).add(day));
  }

  /** What was used at that time of the day. */
  predict({ at }: PredictionContext): Prediction[] {
    const models = this.#used.get(this.#slotOf(at)) ?? new Map<string, Set<number>>();
    return likeliest([...models].map(([modelId, days]) => ({
      modelId,
      probability: days.size / this.#days.size,
    })));
  }

  #slotOf(at: number): number {
    return Math.floor((((at % this.#period) + this.#period) % this.#period) / this.#slot);
  }
}

/** What followed a model in workflows follows it again: of the times that something followed, how often it was this. */
export class WorkflowPredictor implements Predictor {
  readonly #last = new Map<string, string>();
  readonly #followed = new Map<string, Map<string, number>>();

  /** Takes one use in; one outside any workflow says nothing. */
  learn({ modelId, workflowId }: Usage): void {
    if (workflowId === undefined) return;
    const before = this.#last.get(workflowId);
    this.#last.set(workflowId, modelId);
    if (before === undefined) return;
    const next = this.#followed.get(before) ?? new Map<string, number>();
    this.#followed.set(before, next);
    next.set(modelId, (next.get(modelId) ?? 0) + 1);
  }

  /** The workflow has ended: nothing follows. */
  end(workflowId: string): void {
    this.#last.delete(workflowId);
  }

  /** What followed the model that was used last. */
  predict({ lastModelId }: PredictionContext): Prediction[] {
    const next = lastModelId === undefined ? undefined : this.#followed.get(lastModelId);
    if (next === undefined) return [];
    const all = [...next.values()].reduce((sum, each) => sum + each, 0);
    return likeliest([...next].map(([modelId, times]) => ({ modelId, probability: times / all })));
  }
}

function likeliest(predictions: Prediction[]): Prediction[] {
  return predictions.sort((a, b) =>
    b.probability - a.probability || (a.modelId < b.modelId ? -1 : 1)
  );
}
