/**
 * The Arbitration Engine: who gets what there is too little of.
 * @module
 */
import { randomUUID } from "node:crypto";
import { PortError, SymphonyError } from "../error.ts";
import type { Decision, DecisionContext, Policy } from "../ports.ts";
import { AuditLog, type AuditOutcome } from "./arbitration_audit.ts";
import {
  conflictsOf,
  type ConflictThresholds,
  type ResourceConflict,
} from "./arbitration_conflict.ts";
import { Fairness, type FairnessMetrics } from "./arbitration_fairness.ts";
import { choose, DEFAULT_POLICY, type PolicyRules, rulesOf } from "./arbitration_policy.ts";
import { RequestQueue } from "./arbitration_queue.ts";
import {
  checkResources,
  type ResourceRequest,
  type Resources,
  scoreOf,
  type ScoreWeights,
  Stock,
} from "./arbitration_request.ts";
import { PriorityRouter, type StarvationOptions } from "./arbitration_router.ts";
import { type Candidate, orderBy, type Strategy } from "./arbitration_strategy.ts";

/** Why a request was denied. */
export type DenialReason =
  | "LowerPriority"
  | "ResourceUnavailable"
  | "CostExceeded"
  | "RateLimited"
  | "PolicyViolation";

/** What became of all requests: each is in one of the three lists, once. */
export interface ResolutionDecision {
  /** Who got what it needs. */
  readonly granted: readonly string[];
  /** Who gets nothing, and why. */
  readonly denied: readonly (readonly [id: string, reason: DenialReason])[];
  /** Who waits, and for about how many milliseconds. */
  readonly deferred: readonly (readonly [id: string, milliseconds: number])[];
  /** How conflicts were resolved. */
  readonly strategyUsed: Strategy;
  /** Why so, in words. */
  readonly rationale: string;
}

/** What an engine is made with. */
export interface ArbitrationOptions {
  /** What there is; what is not named is without limit. */
  readonly capacity: Resources;
  /** How conflicts are resolved where the policy says nothing. Default: `Priority`. */
  readonly strategy?: Strategy;
  /** For chance. Default: 0. */
  readonly seed?: number;
  /** How waiting makes urgent. */
  readonly starvation?: StarvationOptions;
  /** From where on it is a conflict. */
  readonly thresholds?: ConflictThresholds;
  /** How much each kind of value counts. */
  readonly weights?: ScoreWeights;
  /** What becomes of those for whom there is nothing now: `defer` lets them wait, `deny` does not. Default: `defer`. */
  readonly otherwise?: "defer" | "deny";
  /** Milliseconds after which who waits is denied. Default: without limit. */
  readonly queueTimeout?: number;
  /** How many lines the audit log keeps. Default: 10 000. */
  readonly auditLimit?: number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
  /** Makes the ids of decisions. Default: random UUIDs. */
  readonly newId?: () => string;
}

/** Someone who has something. */
interface Holding {
  readonly userId: string;
  readonly needs: Resources;
  readonly since: number;
}

/**
 * Decides who gets what. What was granted is taken until {@link release}; who was deferred waits, and is part of the
 * next decision. The same requests, seed and history give the same decision.
 *
 * @example
 * ```ts
 * import { ArbitrationEngine } from "pyduet/symphony";
 * const engine = new ArbitrationEngine({ capacity: { models: 1 } });
 * const decision = engine.arbitrate([
 *   { id: "a", userId: "ann", needs: { models: 1 } },
 *   { id: "b", userId: "bob", needs: { models: 1 }, priority: 100 },
 * ]);
 * decision.granted; // ["b"]
 * decision.deferred; // [["a", 1000]]
 * engine.release("b");
 * engine.arbitrate([]).granted; // ["a"]
 * ```
 */
export class ArbitrationEngine {
  /** What was decided, line by line. */
  readonly audit: AuditLog;
  readonly #options: ArbitrationOptions;
  readonly #now: () => number;
  readonly #router: PriorityRouter;
  #stock: Stock;
  readonly #all: Stock;
  readonly #queue: RequestQueue<Candidate>;
  readonly #held = new Map<string, Holding>();
  readonly #fairness = new Fairness();
  readonly #granted = new Map<string, number>();
  /** When each user was granted something: for the rate limit. */
  readonly #times = new Map<string, number[]>();
  readonly #policies = new Map<string, Policy>([[DEFAULT_POLICY.id, DEFAULT_POLICY]]);
  #decisions = 0;

  /** Everything is there to be had. */
  constructor(options: ArbitrationOptions) {
    checkResources("capacity", options.capacity);
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#router = new PriorityRouter(options.starvation);
    this.#stock = new Stock(options.capacity);
    this.#all = new Stock(options.capacity);
    const { queueTimeout } = options;
    this.#queue = new RequestQueue(queueTimeout === undefined ? {} : { timeout: queueTimeout });
    this.audit = new AuditLog(options.auditLimit ?? 10_000);
  }

  /** The conflicts among these requests and those that wait, for what is left. */
  conflicts(requests: readonly ResourceRequest[]): ResourceConflict[] {
    return conflictsOf([...requests, ...this.#queue.all], this.#stock, this.#options.thresholds);
  }

  /**
   * Decides about these requests, and about all that wait. One that waits already may be asked for again. A
   * `SymphonyError` for two with the same id, and for one that has what it wants.
   */
  arbitrate(requests: readonly ResourceRequest[]): ResolutionDecision {
    const now = this.#now();
    const candidates = this.#candidates(requests, now);
    const rules = rulesOf(this.#policies.get(DEFAULT_POLICY.id)!);
    const strategy = rules.strategy ?? this.#options.strategy ?? "Priority";
    const conflicts = conflictsOf(candidates, this.#stock, this.#options.thresholds);
    const { order, rationale } = orderBy(strategy, candidates, {
      now,
      seed: this.#options.seed ?? 0,
      router: this.#router,
      grants: this.#fairness.grants,
    });
    const starving = order.filter((each) => this.#router.isStarving(each, now))
      .sort((a, b) => a.since - b.since);
    const rest = order.filter((each) => !starving.includes(each));
    const decision = this.#decide([...starving, ...rest], {
      rules,
      strategy,
      now,
      starving: new Set(starving),
    });
    const why = [
      conflicts.length === 0
        ? "no conflict"
        : conflicts.map(({ kind, requested, available }) => `${kind}: ${requested} of ${available}`)
          .join(", "),
      rationale,
      ...(starving.length > 0 ? [`${starving.length} waited too long and go first`] : []),
    ];
    return { ...decision, strategyUsed: strategy, rationale: why.join("; ") };
  }

  #candidates(requests: readonly ResourceRequest[], now: number): Candidate[] {
    const seen = new Set<string>();
    for (const { id, needs } of requests) {
      if (seen.has(id)) throw new SymphonyError("Validation", `There are two requests ${id}`);
      if (this.#held.has(id)) {
        throw new SymphonyError(
          "Validation",
          `Request ${id} was granted already; release it first`,
        );
      }
      checkResources(`Request ${id}`, needs, Number.MAX_VALUE);
      seen.add(id);
    }
    const fresh = requests.map((request): Candidate => {
      const waiting = this.#queue.get(request.id);
      if (!waiting) this.#fairness.asked(request.userId);
      return {
        id: request.id,
        userId: request.userId,
        needs: request.needs,
        priority: request.priority ?? 0,
        since: waiting?.since ?? request.requestedAt ?? now,
        score: scoreOf(request.value, this.#options.weights),
      };
    });
    return [...fresh, ...this.#queue.all.filter(({ id }) => !seen.has(id))];
  }

  #decide(
    order: readonly Candidate[],
    { rules, strategy, now, starving }: {
      readonly rules: PolicyRules;
      readonly strategy: Strategy;
      readonly now: number;
      readonly starving: ReadonlySet<Candidate>;
    },
  ): Pick<ResolutionDecision, "granted" | "denied" | "deferred"> {
    const decision = ++this.#decisions;
    const granted: string[] = [];
    const denied: [string, DenialReason][] = [];
    const waiting: Candidate[] = [];
    let passing = true;
    const note = ({ id, userId }: Candidate, outcome: AuditOutcome, reason: string): void =>
      void this.audit.append({
        ...{ at: now, decision, requestId: id, userId, outcome, strategy, reason },
      });
    const deny = (each: Candidate, reason: DenialReason): void => {
      denied.push([each.id, reason]);
      this.#queue.remove(each.id);
      note(each, "denied", reason);
    };
    for (const each of order) {
      const never = this.#neverReason(each, rules, now);
      if (never) deny(each, never);
      else if (passing && this.#stock.lacking(each.needs) === undefined) {
        this.#grant(each, now);
        granted.push(each.id);
        note(each, "granted", `after ${now - each.since} ms`);
      } else if (this.#queue.isOver(each, now)) deny(each, "ResourceUnavailable");
      else if (this.#options.otherwise === "deny") {
        deny(each, granted.length > 0 ? "LowerPriority" : this.#lackReason(each));
      } else {
        waiting.push(each);
        // Nobody passes who waited too long, or in a queue: a large need would never be met.
        if (strategy === "Queue" || starving.has(each)) passing = false;
      }
    }
    const deferred = waiting.map((each, place): [string, number] => {
      this.#queue.add(each);
      const wait = this.#queue.estimate(place, this.#held.size);
      note(each, "deferred", `for about ${wait} ms`);
      return [each.id, wait];
    });
    return { granted, denied, deferred };
  }

  /** Why it cannot be granted, whatever is given back. */
  #neverReason(each: Candidate, rules: PolicyRules, now: number): DenialReason | undefined {
    if (rules.deniedUsers?.includes(each.userId)) return "PolicyViolation";
    if ((each.needs.cost ?? 0) > (rules.maxCost ?? Infinity)) return "CostExceeded";
    const lacking = this.#all.lacking(each.needs);
    if (lacking !== undefined) return lacking === "cost" ? "CostExceeded" : "ResourceUnavailable";
    if (rules.rateLimit) {
      const { count, window } = rules.rateLimit;
      const recent = (this.#times.get(each.userId) ?? []).filter((at) => at > now - window);
      this.#times.set(each.userId, recent);
      if (recent.length >= count) return "RateLimited";
    }
    return undefined;
  }

  #lackReason(each: Candidate): DenialReason {
    return this.#stock.lacking(each.needs) === "cost" ? "CostExceeded" : "ResourceUnavailable";
  }

  #grant({ id, userId, needs, since }: Candidate, now: number): void {
    this.#stock.take(needs);
    this.#queue.remove(id);
    this.#held.set(id, { userId, needs, since: now });
    this.#fairness.granted(userId, needs, Math.max(0, now - since));
    this.#granted.set(userId, (this.#granted.get(userId) ?? 0) + 1);
    if (rulesOf(this.#policies.get(DEFAULT_POLICY.id)!).rateLimit) {
      this.#times.set(userId, [...this.#times.get(userId) ?? [], now]);
    }
  }

  /** Gives back what was granted. A PortError for a request that has nothing. */
  release(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) {
      throw new PortError("PitOperationFailed", "release_resources", `Request ${id} not found`);
    }
    const now = this.#now();
    this.#held.delete(id);
    // Counted anew: taking and putting back parts of one would not end where it began.
    this.#stock = new Stock(this.#options.capacity);
    for (const { needs } of this.#held.values()) this.#stock.take(needs);
    this.#queue.noteHold(now - held.since);
    const reason = `after ${now - held.since} ms`;
    const about = {
      at: now,
      decision: 0,
      requestId: id,
      userId: held.userId,
      strategy: "",
      reason,
    };
    this.audit.append({ ...about, outcome: "released" });
  }

  /** Waits no more; whether it did. */
  cancel(id: string): boolean {
    return this.#queue.remove(id);
  }

  /** The ids of what waits, in the order of asking. */
  get waiting(): string[] {
    return this.#queue.all.map(({ id }) => id);
  }

  /** The ids of what was granted and not given back. */
  get held(): string[] {
    return [...this.#held.keys()];
  }

  /** How fairly was shared until now. */
  get fairness(): FairnessMetrics {
    return this.#fairness.metrics(this.#granted);
  }

  /** The policy of that id; a PortError if there is none. The one called `default` is always there. */
  getPolicy(id: string): Policy {
    const policy = this.#policies.get(id);
    if (policy !== undefined) return policy;
    throw new PortError("PitOperationFailed", "get_policy", `Policy ${id} not found`);
  }

  /** Sets the policy of that id; a `SymphonyError` for rules that the engine knows and that make no sense. */
  updatePolicy(policy: Policy): void {
    rulesOf(policy);
    this.#policies.set(policy.id, policy);
  }

  /** All policies. */
  get policies(): Policy[] {
    return [...this.#policies.values()];
  }

  /**
   * A choice among options, by the policy that `data.policy` names, that is called as the context's type, or by the
   * one called `default`. A PortError where nothing may be chosen.
   */
  submitDecision(context: DecisionContext): Decision {
    const named = context.data["policy"];
    const policy = typeof named === "string"
      ? this.getPolicy(named)
      : this.#policies.get(context.contextType) ?? this.getPolicy(DEFAULT_POLICY.id);
    const id = (this.#options.newId ?? randomUUID)();
    return choose(context, policy, { seed: this.#options.seed ?? 0, id });
  }
}
