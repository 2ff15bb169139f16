/**
 * The Arbitration Engine for Python: `ArbitrationEngine`. Times are in seconds there.
 * @module
 */
import { type PyClass, pyClass, t, type Type } from "../../../mod.ts";
import { ArbitrationEngine } from "../pit/arbitration.ts";
import type { AuditQuery, AuditRecord } from "../pit/arbitration_audit.ts";
import type { RequestValue, ResourceRequest, Resources } from "../pit/arbitration_request.ts";
import { STRATEGIES, type Strategy } from "../pit/arbitration_strategy.ts";
import type { Policy } from "../ports.ts";
import { DictReader } from "./dict_reader.ts";
import { asPython, checkAtLeast } from "./error_face.ts";
import {
  decisionToDict,
  type Dict,
  policyToDict,
  readDecisionContext,
  readPolicy,
} from "./spec.ts";

const DICT = t.dict(t.str, t.any);

/** Reads a request for resources. Only `id`, `user_id` and `needs` must be there. */
export function readResourceRequest(given: unknown, at: string = ""): ResourceRequest {
  const fields = new DictReader(given, at);
  return {
    id: fields.text("id"),
    userId: fields.text("user_id"),
    needs: readResources(fields.inner("needs")),
    ...(fields.has("priority") && { priority: fields.number("priority") }),
    ...(fields.has("requested_at") && { requestedAt: fields.number("requested_at") * 1000 }),
    ...(fields.has("value") && { value: readValue(fields.inner("value")) }),
  };
}

/** What is not named is without limit, so that a wrong name must not pass. */
function readResources(fields: DictReader): Resources {
  fields.only(["models", "memory_mb", "cpu_cores", "cost"]);
  return {
    ...(fields.has("models") && { models: fields.number("models", 0) }),
    ...(fields.has("memory_mb") && { memoryMb: fields.number("memory_mb", 0) }),
    ...(fields.has("cpu_cores") && { cpuCores: fields.number("cpu_cores", 0) }),
    ...(fields.has("cost") && { cost: fields.number("cost", 0) }),
  };
}

function readValue(fields: DictReader): RequestValue {
  return {
    ...(fields.has("business_value") && { businessValue: fields.number("business_value") }),
    ...(fields.has("user_impact") && { userImpact: fields.number("user_impact") }),
    ...(fields.has("cost_efficiency") && { costEfficiency: fields.number("cost_efficiency") }),
    ...(fields.has("learning_value") && { learningValue: fields.number("learning_value") }),
  };
}

function readRequests(given: readonly unknown[]): ResourceRequest[] {
  return given.map((each, i) => readResourceRequest(each, `requests[${i}]`));
}

/** An engine as Python has it; give it one of TypeScript's to hand that over. */
export class PythonArbitrationEngine {
  /** The engine. */
  readonly engine: ArbitrationEngine;

  /** Takes the options, or an engine. */
  constructor(
    capacity: Dict | ArbitrationEngine,
    strategy: Strategy = "Priority",
    seed: number = 0,
    otherwise: "defer" | "deny" = "defer",
    queueTimeout: number | null = null,
    starvingAfter: number | null = null,
    auditLimit: number = 10_000,
  ) {
    checkAtLeast(0, { queue_timeout: queueTimeout, starving_after: starvingAfter });
    this.engine = capacity instanceof ArbitrationEngine
      ? capacity
      : asPython(() =>
        new ArbitrationEngine({
          capacity: readResources(new DictReader(capacity)),
          ...{ strategy, seed, otherwise, auditLimit },
          ...(queueTimeout !== null && { queueTimeout: queueTimeout * 1000 }),
          ...(starvingAfter !== null && { starvation: { starvingAfter: starvingAfter * 1000 } }),
        })
      );
  }

  /** See {@link ArbitrationEngine.arbitrate}. */
  arbitrate(requests: readonly unknown[]): {
    granted: string[];
    denied: [string, string][];
    deferred: [string, number][];
    strategy_used: string;
    rationale: string;
  } {
    const decision = asPython(() => this.engine.arbitrate(readRequests(requests)));
    return {
      granted: [...decision.granted],
      denied: decision.denied.map(([id, reason]) => [id, reason]),
      deferred: decision.deferred.map(([id, wait]) => [id, wait / 1000]),
      strategy_used: decision.strategyUsed,
      rationale: decision.rationale,
    };
  }

  /** See {@link ArbitrationEngine.conflicts}. */
  conflicts(requests: readonly unknown[]): Dict[] {
    return asPython(() => this.engine.conflicts(readRequests(requests))).map((
      { requestIds, ...rest },
    ) => ({ ...rest, request_ids: requestIds }));
  }

  /** See {@link ArbitrationEngine.release}. */
  release(id: string): void {
    asPython(() => this.engine.release(id));
  }

  /** See {@link ArbitrationEngine.cancel}. */
  cancel(id: string): boolean {
    return this.engine.cancel(id);
  }

  /** See {@link ArbitrationEngine.waiting}. */
  get waiting(): string[] {
    return this.engine.waiting;
  }

  /** See {@link ArbitrationEngine.held}. */
  get held(): string[] {
    return this.engine.held;
  }

  /** See {@link ArbitrationEngine.submitDecision}. */
  submitDecision(context: Dict): Dict {
    return asPython(() => decisionToDict(this.engine.submitDecision(readDecisionContext(context))));
  }

  /** See {@link ArbitrationEngine.getPolicy}. */
  getPolicy(id: string): Dict {
    return asPython(() => policyToDict(renamed(this.engine.getPolicy(id), "python")));
  }

  /** See {@link ArbitrationEngine.updatePolicy}. */
  updatePolicy(policy: Dict): void {
    asPython(() => {
      const read = readPolicy(policy);
      checkRules(new DictReader(read.rules, "rules"));
      this.engine.updatePolicy(renamed(read, "typescript"));
    });
  }

  /** See {@link ArbitrationEngine.policies}. */
  get policies(): Dict[] {
    return this.engine.policies.map((each) => policyToDict(renamed(each, "python")));
  }

  /** See {@link ArbitrationEngine.fairness}. */
  fairness(): Dict {
    const { gini, maxWait, averageWait, requestsByUser, resourcesByUser } = this.engine.fairness;
    return {
      gini,
      max_wait: maxWait / 1000,
      average_wait: averageWait / 1000,
      requests_by_user: requestsByUser,
      resources_by_user: Object.fromEntries(
        Object.entries(resourcesByUser).map(([user, { memoryMb, cpuCores, ...rest }]) => [
          user,
          { ...rest, memory_mb: memoryMb, cpu_cores: cpuCores },
        ]),
      ),
    };
  }

  /** See `AuditLog.query()`. */
  audit(...query: AuditArguments): Dict[] {
    return this.engine.audit.query(queryOf(query)).map(recordToDict);
  }

  /** See `AuditLog.toJsonLines()`: the same lines that {@link audit} gives. */
  auditJsonLines(...query: AuditArguments): string {
    return this.audit(...query).map((record) => `${JSON.stringify(record)}\n`).join("");
  }
}

/** Which lines of the audit log Python wants. */
export type AuditArguments = [
  userId: string | null,
  requestId: string | null,
  outcome: AuditRecord["outcome"] | null,
  since: number | null,
  until: number | null,
  limit: number | null,
];

function queryOf([userId, requestId, outcome, since, until, limit]: AuditArguments): AuditQuery {
  return {
    ...(userId !== null && { userId }),
    ...(requestId !== null && { requestId }),
    ...(outcome !== null && { outcome }),
    ...(since !== null && { since: since * 1000 }),
    ...(until !== null && { until: until * 1000 }),
    ...(limit !== null && { limit }),
  };
}

function recordToDict({ at, requestId, userId, ...rest }: AuditRecord): Dict {
  return { ...rest, at: at / 1000, request_id: requestId, user_id: userId };
}

/** The rules that have other names in Python: what is wrong with them is said by those. */
function checkRules(rules: DictReader): void {
  if (rules.has("denied_users")) rules.texts("denied_users");
  if (rules.has("max_cost")) rules.number("max_cost", 0);
  if (!rules.has("rate_limit")) return;
  const limit = rules.inner("rate_limit");
  for (const name of ["count", "window"]) limit.number(name, 0);
}

/** Names of rules in Python and in TypeScript. Others are the user's own, and stay. */
const RULES: readonly (readonly [string, string])[] = [
  ["denied_users", "deniedUsers"],
  ["max_cost", "maxCost"],
  ["rate_limit", "rateLimit"],
];

/** The policy with the other language's names; the window of a rate limit is in seconds in Python. */
function renamed(policy: Policy, to: "python" | "typescript"): Policy {
  const [from, into, factor] = to === "python" ? [1, 0, 1 / 1000] as const : [0, 1, 1000] as const;
  const rules = Object.entries(policy.rules).map(([key, value]) => {
    const name = RULES.find((pair) => pair[from] === key)?.[into] ?? key;
    const { window, ...rest } = Object(name === "rateLimit" || name === "rate_limit" ? value : {});
    return [name, typeof window === "number" ? { ...rest, window: window * factor } : value];
  });
  return { ...policy, rules: Object.fromEntries(rules) };
}

/** A decision among options, as a dict. */
export const CHOSEN: Type<Dict> = t.record("ChosenOption", {
  id: t.str,
  choice: t.str,
  confidence: t.float,
  reasoning: t.optional(t.str),
});
/** Who gets what, as a dict; waits are in seconds. */
export const RESOLUTION: Type<Dict> = t.record("ResolutionDecision", {
  granted: t.list(t.str),
  denied: t.list(t.tuple(t.str, t.str)),
  deferred: t.list(t.tuple(t.str, t.float)),
  strategy_used: t.str,
  rationale: t.str,
});
const REQUESTS = t.list(DICT);
const AUDIT = {
  user_id: t.str.default(null).keywordOnly(),
  request_id: t.str.default(null).keywordOnly(),
  outcome: t.literal("granted", "denied", "deferred", "released").default(null).keywordOnly(),
  since: t.float.default(null).keywordOnly(),
  until: t.float.default(null).keywordOnly(),
  limit: t.int.default(null).keywordOnly(),
};

/** `ArbitrationEngine`, for the modules that have it. */
export const ArbitrationEngineFace: PyClass<PythonArbitrationEngine> = pyClass(
  PythonArbitrationEngine,
  {
    name: "ArbitrationEngine",
    doc: "Decides who gets what there is too little of: models, memory_mb, cpu_cores and cost.",
    init: {
      params: {
        capacity: DICT,
        strategy: t.literal(...STRATEGIES).default("Priority"),
        seed: t.int.default(0).keywordOnly(),
        otherwise: t.literal("defer", "deny").default("defer").keywordOnly(),
        queue_timeout: t.float.default(null).keywordOnly(),
        starving_after: t.float.default(null).keywordOnly(),
        audit_limit: t.int.default(10_000).keywordOnly(),
      },
    },
    properties: {
      waiting: { type: t.list(t.str), doc: "The ids of the requests that wait.", readonly: true },
      held: {
        type: t.list(t.str),
        doc: "The ids of the requests that have what they want.",
        readonly: true,
      },
      policies: { type: t.list(DICT), doc: "All policies.", readonly: true },
    },
    methods: {
      arbitrate: {
        doc:
          "Decide about these requests, and about all that wait. A request is a dict with id, user_id, " +
          "needs, and perhaps priority, requested_at and value.",
        params: { requests: REQUESTS },
        returns: RESOLUTION,
      },
      conflicts: {
        doc: "What more is wanted of than there is.",
        params: { requests: REQUESTS },
        returns: t.list(DICT),
      },
      release: { doc: "Give back what was granted.", params: { id: t.str }, returns: t.none },
      cancel: { doc: "Wait no more; whether it did.", params: { id: t.str }, returns: t.bool },
      submitDecision: {
        doc: "A choice among the options of a context, by a policy.",
        params: { context: DICT },
        returns: CHOSEN,
      },
      getPolicy: { doc: "The policy of that id.", params: { id: t.str }, returns: DICT },
      updatePolicy: {
        doc: "Set the policy of that id: a dict with id, name and rules.",
        params: { policy: DICT },
        returns: t.none,
      },
      fairness: { doc: "How fairly was shared until now.", params: {}, returns: DICT },
      audit: {
        doc: "What was decided, line by line, the oldest first.",
        params: AUDIT,
        returns: t.list(DICT),
      },
      auditJsonLines: { doc: "The same as JSON Lines.", params: AUDIT, returns: t.str },
    },
  },
);
