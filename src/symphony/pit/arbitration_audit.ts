/**
 * What was decided, kept for whoever asks later.
 * @module
 */

/** What became of a request. */
export type AuditOutcome = "granted" | "denied" | "deferred" | "released";

/** One line of the log. */
export interface AuditRecord {
  /** The number of the line, from 1. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Which decision, from 1; 0 for what was none. */
  readonly decision: number;
  /** Which request. */
  readonly requestId: string;
  /** Whose. */
  readonly userId: string;
  /** What became of it. */
  readonly outcome: AuditOutcome;
  /** By which strategy. */
  readonly strategy: string;
  /** Why. */
  readonly reason: string;
}

/** Which lines are wanted; all that is said must fit. */
export interface AuditQuery {
  /** Whose. */
  readonly userId?: string;
  /** Of which request. */
  readonly requestId?: string;
  /** What became of it. */
  readonly outcome?: AuditOutcome;
  /** By which strategy. */
  readonly strategy?: string;
  /** Not before, in milliseconds since 1970. */
  readonly since?: number;
  /** Not after, in milliseconds since 1970. */
  readonly until?: number;
  /** No more than so many: the last ones. */
  readonly limit?: number;
}

/** A log to which is only added. When it is full, the oldest lines leave. */
export class AuditLog {
  readonly #limit: number;
  readonly #records: AuditRecord[] = [];
  #sequence = 0;

  /** Takes how many lines it keeps. */
  constructor(limit: number) {
    if (!(limit >= 1)) throw new RangeError(`The audit log keeps at least 1 line, not ${limit}`);
    this.#limit = limit;
  }

  /** How many lines there are. */
  get size(): number {
    return this.#records.length;
  }

  /** Adds a line. */
  append(record: Omit<AuditRecord, "sequence">): AuditRecord {
    const made = Object.freeze({ sequence: ++this.#sequence, ...record });
    this.#records.push(made);
    if (this.#records.length > this.#limit) this.#records.shift();
    return made;
  }

  /** The lines that are wanted, the oldest first. */
  query(
    { limit = Infinity, since = -Infinity, until = Infinity, ...same }: AuditQuery = {},
  ): AuditRecord[] {
    const wanted = Object.entries(same).filter(([, value]) => value !== undefined);
    const found = this.#records.filter((record) =>
      record.at >= since && record.at <= until &&
      wanted.every(([key, value]) => record[key as keyof AuditRecord] === value)
    );
    return limit === 0 ? [] : found.slice(-limit);
  }

  /** The wanted lines as JSON Lines. */
  toJsonLines(query: AuditQuery = {}): string {
    return this.query(query).map((record) => `${JSON.stringify(record)}\n`).join("");
  }
}
