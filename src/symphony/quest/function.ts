/**
 * A model of Symphony as a function of a quest: called in the right order, such functions win a level.
 * @module
 */
import { SymphonyError } from "../error.ts";
import { type QuestValue, type QuestValues, sameValue } from "./value.ts";

/** What a function is shown of a quest. */
export interface QuestView {
  /** What has been found and not been lost. */
  readonly inventory: readonly string[];
  /** The world: `{ door: "closed" }` */
  readonly environmentState: QuestValues;
  /** What each function returned last. */
  readonly currentReturnValues: QuestValues;
}

/** What a call did. A function tells it; the quest does it. */
export interface QuestEffect {
  /** What the function returns. */
  readonly returns: QuestValue;
  /** What comes into the inventory. */
  readonly gains?: readonly string[];
  /** What leaves the inventory. */
  readonly loses?: readonly string[];
  /** What changes in the world. */
  readonly environment?: QuestValues;
}

/** When a function may be called. */
export interface UsageConstraints {
  /** These must be in the inventory. */
  readonly needs?: readonly string[];
  /** These must not be in the inventory. */
  readonly lacks?: readonly string[];
  /** The world must be so. */
  readonly where?: QuestValues;
  /** It succeeds so often at most. */
  readonly times?: number;
}

/** What a {@link SymphonyModelFunction} is made of. */
export interface FunctionDeclaration {
  /** What it is called by: `"find_key"`. */
  readonly name: string;
  /** What it does, in words. */
  readonly description?: string;
  /** What it returns when all is well; another value makes the call a failure. Default: anything. */
  readonly expectedReturn?: QuestValue;
  /** Functions that must have succeeded before. */
  readonly dependencies?: readonly string[];
  /** When it may be called. */
  readonly usageConstraints?: UsageConstraints;
  /**
   * Does the work. It must give the same for the same view, and change nothing itself. What it throws makes the call
   * a failure. Default: returns `expectedReturn`.
   */
  readonly execute?: (view: QuestView) => QuestEffect;
}

/** One model, as a function that the Conductor calls. */
export class SymphonyModelFunction {
  /** What it is called by. */
  readonly name: string;
  /** What it does, in words. */
  readonly description: string;
  /** What it returns when all is well; `undefined`: anything. */
  readonly expectedReturn: QuestValue | undefined;
  /** Functions that must have succeeded before. */
  readonly dependencies: readonly string[];
  /** When it may be called. */
  readonly usageConstraints: UsageConstraints;
  readonly #execute: ((view: QuestView) => QuestEffect) | undefined;

  /** Takes what it is made of. */
  constructor(declaration: FunctionDeclaration) {
    const { name, expectedReturn, usageConstraints = {}, execute } = declaration;
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new SymphonyError(
        "Validation",
        `A function's name must be one word of letters, digits and "_", not ${
          JSON.stringify(name)
        }`,
      );
    }
    const { times } = usageConstraints;
    if (times !== undefined && !(Number.isSafeInteger(times) && times > 0)) {
      throw new SymphonyError(
        "Validation",
        `${name}: usageConstraints.times must be a whole number above 0, not ${times}`,
      );
    }
    if (execute === undefined && expectedReturn === undefined) {
      throw new SymphonyError(
        "Validation",
        `${name} needs execute, or an expectedReturn that it can return`,
      );
    }
    this.name = name;
    this.description = declaration.description ?? "";
    this.expectedReturn = expectedReturn;
    this.dependencies = declaration.dependencies ?? [];
    this.usageConstraints = usageConstraints;
    this.#execute = execute;
  }

  /** What calling it does; throws where it fails, or returns another value than is expected. */
  execute(view: QuestView): QuestEffect {
    const { name, expectedReturn } = this;
    const effect = this.#execute?.(view) ?? { returns: expectedReturn as QuestValue };
    if (expectedReturn !== undefined && !sameValue(effect.returns, expectedReturn)) {
      throw new SymphonyError(
        "Validation",
        `${name}() returned ${JSON.stringify(effect.returns)}, expected ${
          JSON.stringify(expectedReturn)
        }`,
      );
    }
    return effect;
  }

  /**
   * Why it cannot be called now; `null` if it can. `successes` says how often it succeeded.
   */
  obstacle(view: QuestView, successes: number): string | null {
    const { name, dependencies, usageConstraints: { needs, lacks, where, times } } = this;
    const missing = dependencies.find((each) => !Object.hasOwn(view.currentReturnValues, each));
    if (missing !== undefined) return `${name}() depends on ${missing}(), which has not succeeded`;
    const needed = needs?.find((item) => !view.inventory.includes(item));
    if (needed !== undefined) return `${name}() needs ${needed}, which is not in the inventory`;
    const held = lacks?.find((item) => view.inventory.includes(item));
    if (held !== undefined) return `${name}() cannot be called with ${held} in the inventory`;
    for (const [key, value] of Object.entries(where ?? {})) {
      const now = view.environmentState[key];
      if (sameValue(now, value)) continue;
      return `${name}() needs ${key} to be ${JSON.stringify(value)}, not ${
        now === undefined ? "nothing" : JSON.stringify(now)
      }`;
    }
    if (times !== undefined && successes >= times) {
      return `${name}() can be called ${times === 1 ? "once" : `${times} times`} only`;
    }
    return null;
  }
}
