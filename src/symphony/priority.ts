/**
 * What comes first where messages wait.
 * @module
 */
import { MessageError, shown } from "./message_error.ts";

const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;

/**
 * What comes first where messages wait: a whole number of 32 bits, of which five have names. Higher is earlier;
 * `<` and `>` compare them as their levels.
 *
 * @example
 * ```ts
 * import { Priority } from "pyduet/symphony";
 * Priority.CRITICAL > Priority.custom(7); // true
 * String(Priority.custom(7)); // "Custom(7)"
 * ```
 */
export class Priority {
  /** 1000: before all else. */
  static readonly CRITICAL: Priority = new Priority(1000, "Critical");
  /** 100 */
  static readonly HIGH: Priority = new Priority(100, "High");
  /** 0: what a message has if nothing else is said. */
  static readonly NORMAL: Priority = new Priority(0, "Normal");
  /** -100 */
  static readonly LOW: Priority = new Priority(-100, "Low");
  /** -1000: when there is nothing else to do. */
  static readonly BACKGROUND: Priority = new Priority(-1000, "Background");

  /** The number. */
  readonly level: number;
  readonly #name: string;

  private constructor(level: number, name: string) {
    this.level = level;
    this.#name = name;
    Object.freeze(this);
  }

  /** The priority of a level; of one of the five that very object. Throws a {@link MessageError}. */
  static custom(level: number): Priority {
    const named = NAMED.get(level);
    if (named) return named;
    if (Number.isInteger(level) && level >= LEAST && level <= MOST) {
      return new Priority(level, "Custom");
    }
    throw new MessageError(
      "InvalidPriority",
      `a priority must be a whole number from ${LEAST} to ${MOST}, not ${shown(level)}`,
      { field: "priority" },
    );
  }

  /** A priority itself, or that of a level. Throws a {@link MessageError}. */
  static of(priority: Priority | number): Priority {
    return priority instanceof Priority ? priority : Priority.custom(priority);
  }

  /** The five that have names, the highest first. */
  static all(): Priority[] {
    return [...NAMED.values()];
  }

  /** Whether it is one of the five that have names. */
  get isSystemLevel(): boolean {
    return NAMED.has(this.level);
  }

  /** Negative where this comes later than the other, 0 where they are the same. */
  compare(other: Priority): number {
    return this.level - other.level;
  }

  /** Whether both have the same level. */
  equals(other: unknown): boolean {
    return other instanceof Priority && other.level === this.level;
  }

  /** The level, so that `<` and `>` compare. */
  valueOf(): number {
    return this.level;
  }

  /** `"Critical(1000)"`, `"Custom(7)"` */
  toString(): string {
    return `${this.#name}(${this.level})`;
  }

  /** The level. */
  toJSON(): number {
    return this.level;
  }
}

const { CRITICAL, HIGH, NORMAL, LOW, BACKGROUND } = Priority;
const NAMED: ReadonlyMap<number, Priority> = new Map(
  [CRITICAL, HIGH, NORMAL, LOW, BACKGROUND].map((priority) => [priority.level, priority]),
);
