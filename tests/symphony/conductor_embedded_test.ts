import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import { PythonError } from "../../mod.ts";
import {
  EmbeddedConductor,
  installConductor,
  MockPit,
  PitAccess,
  PortError,
} from "../../src/symphony/mod.ts";
import { rejection } from "../fixtures/conductor_events.ts";
import { evaluate, forGood, py, test, testWith } from "../fixtures/python.ts";

const CONTEXT = { contextType: "route", data: { load: 0.5 }, options: ["left", "right"] };

// The package's modules and the declared class live as long as Python.
forGood(() => {
  installConductor(py);
  evaluate("import symphony_conductor._calls");
  evaluate("pit is None", { pit: new PitAccess(new MockPit()) });
});

/** A conductor that runs while it is used. */
async function running(
  options: ConstructorParameters<typeof EmbeddedConductor>[0],
  use: (conductor: EmbeddedConductor) => Promise<void>,
): Promise<void> {
  const conductor = new EmbeddedConductor({ py, policy: "mock", ...options });
  await conductor.startConductor();
  try {
    await use(conductor);
  } finally {
    await conductor.stopConductor();
  }
}

describe("EmbeddedConductor", () => {
  test("answers as a ConductorPort", () =>
    running({}, async (conductor) => {
      await conductor.startConductor();
      assert.strictEqual(await conductor.getConductorStatus(), "Running");
      const { id, ...decision } = await conductor.submitDecision(CONTEXT);
      assert.match(id, /^[0-9a-f-]{36}$/);
      assert.deepStrictEqual(decision, { choice: "left", confidence: 0.85 });
      await conductor.submitFeedback({ decisionId: id, score: 0.5 });
      await conductor.submitFeedback({ decisionId: id, score: -1, message: "bad" });
      assert.deepStrictEqual(await conductor.getLearningMetrics(), {
        totalDecisions: 1,
        averageConfidence: 0.85,
        successRate: 0.05,
        learningRate: 0.1,
      });
      const policy = { id: "p", name: "P", rules: { deny: ["left"], more: { n: [1, null] } } };
      await conductor.updatePolicy(policy);
      assert.deepStrictEqual(await conductor.getActivePolicies(), [policy]);
      assert.strictEqual((await conductor.submitDecision(CONTEXT)).choice, "right");
      const [newest, oldest, ...rest] = await conductor.getDecisionHistory(5);
      assert.deepStrictEqual(rest, []);
      assert.strictEqual(newest!.decision.choice, "right");
      assert.deepStrictEqual({ ...oldest, timestamp: 0 }, {
        id,
        context: CONTEXT,
        decision: { id, ...decision },
        timestamp: 0,
      });
      assert.deepStrictEqual(
        (await conductor.getDecisionHistory(1)).map((record) => record.id),
        [newest!.id],
      );
    }));

  test("fails with the port's errors, whose cause is Python's", () =>
    running({}, async (conductor) => {
      const error = await rejection(conductor.submitFeedback({ decisionId: "?", score: 1 }));
      assert.ok(error instanceof PortError);
      assert.strictEqual(error.kind, "ConductorOperationFailed");
      assert.strictEqual(error.operation, "submit_feedback");
      assert.strictEqual(error.message, "submit_feedback: Decision not found");
      assert.ok(error.cause instanceof PythonError);
      assert.strictEqual(
        (await rejection(conductor.submitDecision({ ...CONTEXT, options: [] }))).message,
        "submit_decision: no options were given",
      );
      assert.strictEqual(
        (await rejection(conductor.submitFeedback({ decisionId: "?", score: 2 }))).message,
        "submit_feedback: score must be from -1 to 1, not 2",
      );
    }));

  test("says that it does not run, and what could not begin", async () => {
    const conductor = new EmbeddedConductor({ py, factory: "nowhere" });
    assert.strictEqual(await conductor.getConductorStatus(), "Stopped");
    assert.strictEqual(
      (await rejection(conductor.getLearningMetrics())).message,
      "get_learning_metrics: it does not run (Stopped); start it first",
    );
    assert.strictEqual(
      (await rejection(conductor.startConductor())).message,
      "start_conductor: factory must be 'module:Class', not 'nowhere'",
    );
    assert.strictEqual(await conductor.getConductorStatus(), "Failed");
    await conductor.stopConductor();
    assert.strictEqual(await conductor.getConductorStatus(), "Stopped");
  });

  test("runs a Conductor that Python code made, whose decide() uses the Pit", async () => {
    const own = new MockPit();
    const made = evaluate(
      `
import asyncio
from symphony_conductor import Conductor
class Mine(Conductor):
    def decide(self, context, options):
        self.kept = asyncio.ensure_future(self.pit.store_artifact(b"decided", "text/plain", {}))
        return options[-1]
Mine(policy="mock", pit=pit)`,
      { pit: new PitAccess(own) },
    );
    await running({ instance: made }, async (conductor) => {
      assert.strictEqual((await conductor.submitDecision(CONTEXT)).choice, "right");
      const { content } = await own.retrieveArtifact(await made.kept);
      assert.strictEqual(new TextDecoder().decode(content), "decided");
    });
    await running({ instance: made }, async (conductor) => {
      assert.strictEqual((await conductor.getLearningMetrics()).totalDecisions, 1);
    });
    const pit = new MockPit();
    await running({ pit }, (conductor) => {
      assert.strictEqual(conductor.pit, pit);
      const seen = evaluate("conductor.pit is not None", { conductor: conductor.instance });
      assert.strictEqual(seen, true);
      return Promise.resolve();
    });
  });

  testWith(["numpy"], "learns, and takes up what it learned", async () => {
    const path = mkdtempSync(join(tmpdir(), "pyduet-test-"));
    try {
      await running({ policy: "linucb", seed: 1, path }, async (conductor) => {
        for (let i = 0; i < 30; i++) {
          const { id, choice } = await conductor.submitDecision(CONTEXT);
          await conductor.submitFeedback({ decisionId: id, score: choice === "right" ? 1 : -1 });
        }
      });
      await running({ policy: "linucb", seed: 1, path }, async (conductor) => {
        const { choice, reasoning } = await conductor.submitDecision(CONTEXT);
        assert.strictEqual(choice, "right");
        assert.match(
          reasoning!,
          /^linucb expects 0\.9\d+, give or take 0\.\d+, of 'right' among 2, /,
        );
        assert.strictEqual((await conductor.getLearningMetrics()).totalDecisions, 31);
      });
      writeFileSync(join(path, "journal.jsonl"), "damaged\n");
      const damaged = new EmbeddedConductor({ py, path });
      assert.match(
        (await rejection(damaged.startConductor())).message,
        /^start_conductor: .*journal\.jsonl is damaged in line 1: .* Mend or remove the line$/,
      );
    } finally {
      rmSync(path, { recursive: true });
    }
  });
});
