import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  ArbitrationEngine,
  PRIORITY_LEVELS,
  type ResourceRequest,
  STRATEGIES,
} from "../../src/symphony/mod.ts";

function ask(
  id: string,
  userId: string,
  models = 1,
  more: Partial<ResourceRequest> = {},
): ResourceRequest {
  return { id, userId, needs: { models }, ...more };
}

const amount = fc.integer({ min: 0, max: 12 }).map((n) => n / 4);
const requests = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    userId: fc.constantFrom("ann", "bob", "cid"),
    priority: fc.constantFrom(...Object.values(PRIORITY_LEVELS)),
    needs: fc.record({ models: amount, memoryMb: amount, cpuCores: amount, cost: amount }),
    requestedAt: fc.nat(100_000),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);
const options = fc.record({
  capacity: fc.record({ models: amount, memoryMb: amount, cpuCores: amount, cost: amount }),
  strategy: fc.constantFrom(...STRATEGIES),
  seed: fc.nat(),
  otherwise: fc.constantFrom("defer" as const, "deny" as const),
});

describe("ArbitrationEngine, whatever is asked", () => {
  it("decides each request once, and never grants more than there is", () => {
    fc.assert(fc.property(
      options,
      fc.array(fc.tuple(requests, fc.nat()), { minLength: 1, maxLength: 5 }),
      (given, rounds) => {
        let now = 100_000;
        const engine = new ArbitrationEngine({ ...given, now: () => now });
        const needs = new Map<string, ResourceRequest["needs"]>();
        for (const [round, which] of rounds) {
          now += 500;
          const fresh = round.filter(({ id }) => !engine.held.includes(id));
          const asked = new Set([...fresh.map(({ id }) => id), ...engine.waiting]);
          fresh.forEach((each) => needs.set(each.id, each.needs));
          const { granted, denied, deferred } = engine.arbitrate(fresh);
          const answered = [...granted, ...denied.map(([id]) => id), ...deferred.map(([id]) => id)];
          assert.deepEqual([...answered].sort(), [...asked].sort());
          for (const name of ["models", "memoryMb", "cpuCores", "cost"] as const) {
            const taken = engine.held.reduce((sum, id) => sum + needs.get(id)![name]!, 0);
            assert.ok(taken <= given.capacity[name], `${name}: ${taken}`);
          }
          if (engine.held.length > 0) engine.release(engine.held[which % engine.held.length]!);
        }
      },
    ));
  });

  it("decides the same for the same seed and requests, however they are listed", () => {
    fc.assert(fc.property(options, requests, fc.nat(), (given, asked, turn) => {
      const at = turn % Math.max(1, asked.length);
      const turned = [...asked.slice(at), ...asked.slice(0, at)];
      const decide = (list: ResourceRequest[]) =>
        new ArbitrationEngine({ ...given, now: () => 100_000 }).arbitrate(list);
      assert.deepEqual(decide(asked), decide(turned));
    }));
  });

  it("RoundRobin gives users who ask alike alike, within a tenth", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (users, models) => {
          const engine = new ArbitrationEngine({
            capacity: { models },
            strategy: "RoundRobin",
            now: () => 0,
          });
          const grants = new Map<string, number>();
          for (let round = 0; round < 120; round++) {
            const asked = Array.from(
              { length: users },
              (_, u) => ask(`${u}-${round}`, `user ${u}`),
            );
            for (const id of engine.arbitrate(asked).granted) {
              const user = id.split("-")[0]!;
              grants.set(user, (grants.get(user) ?? 0) + 1);
              engine.release(id);
            }
          }
          const mean = 120 * Math.min(models, users) / users;
          for (const count of grants.values()) assert.ok(Math.abs(count - mean) / mean < 0.1);
          assert.equal(grants.size, users);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("no strategy lets anyone starve who could be served", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STRATEGIES),
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        (strategy, seed, size) => {
          let now = 0;
          const engine = new ArbitrationEngine({
            capacity: { models: 4 },
            strategy,
            seed,
            now: () => now,
            starvation: { starvingAfter: 5000 },
          });
          engine.arbitrate([
            ask("poor", "zoe", size, { priority: -1000, value: { userImpact: 0 } }),
          ]);
          if (engine.held.includes("poor")) engine.release("poor");
          engine.arbitrate(
            [0, 1, 2, 3].map((i) => ask(`first ${i}`, "ann", 1, { priority: 1000 })),
          );
          engine.arbitrate([ask("waits", "zoe", size, { priority: -1000 })]);
          // Others come all the time, more urgent and smaller, and something is always taken.
          for (let round = 0; round < 40 && !engine.held.includes("waits"); round++) {
            now += 500;
            engine.release(engine.held[0]!);
            engine.arbitrate([ask(`r${round}`, `user ${round % 3}`, 1, { priority: 1000 })]);
          }
          assert.ok(engine.held.includes("waits"), `${strategy}: ${engine.waiting.length} wait`);
        },
      ),
      { numRuns: 60 },
    );
  });
});
