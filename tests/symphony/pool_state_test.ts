import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import {
  canTransition,
  MODEL_STATES,
  ModelLifecycle,
  type SymphonyError,
} from "../../src/symphony/mod.ts";

describe("ModelLifecycle", () => {
  const allowed = "Cold>Warming Warming>Hot Warming>Failed Hot>Cooling Hot>Failed Cooling>Cold " +
    "Cooling>Failed Failed>Cold";

  it("canTransition() allows the machine's steps and no other", () => {
    const pairs = MODEL_STATES.flatMap((from) => MODEL_STATES.map((to) => [from, to] as const));
    assert.equal(
      pairs.filter(([from, to]) => canTransition(from, to)).map((each) => each.join(">")).join(" "),
      allowed,
    );
  });

  it("transition() refuses the others, and names both states", () => {
    const paths = {
      Cold: [],
      Warming: ["Warming"],
      Hot: ["Warming", "Hot"],
      Cooling: ["Warming", "Hot", "Cooling"],
      Failed: ["Warming", "Failed"],
    } as const;
    let refused = 0;
    for (const from of MODEL_STATES) {
      for (const to of MODEL_STATES) {
        const lifecycle = new ModelLifecycle("m@1");
        paths[from].forEach((state) => lifecycle.transition(state, "UserRequest"));
        if (allowed.split(" ").includes(`${from}>${to}`)) {
          assert.equal(lifecycle.transition(to, "UserRequest").to, to);
        } else {
          refused++;
          assert.throws(() => lifecycle.transition(to, "UserRequest"), (error: SymphonyError) => {
            assert.equal(error.kind, "Validation");
            assert.ok(error.message.startsWith(`Model m@1 cannot go from ${from} to ${to}; from `));
            return true;
          });
          assert.equal(lifecycle.currentState, from);
        }
      }
    }
    assert.equal(refused, 17);
    assert.throws(() => new ModelLifecycle("m@1").transition("Hot", "UserRequest"), {
      message: "Model m@1 cannot go from Cold to Hot; from Cold it goes to Warming",
    });
  });

  it("history keeps the last changes, with their reasons and times", () => {
    let time = 0;
    const lifecycle = new ModelLifecycle("m@1", { now: () => time += 5, historyLimit: 2 });
    assert.equal(lifecycle.lastTransition, undefined);
    const error = new Error("broken");
    lifecycle.transition("Warming", "PredictivePrewarm");
    lifecycle.transition("Failed", "PredictivePrewarm", error);
    lifecycle.transition("Cold", "ErrorRecovery");
    assert.deepEqual(lifecycle.history, [
      {
        modelId: "m@1",
        from: "Warming",
        to: "Failed",
        reason: "PredictivePrewarm",
        at: 10,
        error,
      },
      { modelId: "m@1", from: "Failed", to: "Cold", reason: "ErrorRecovery", at: 15 },
    ]);
    assert.equal(lifecycle.transitionCount, 3);
    assert.equal(lifecycle.failureCount, 1);
    assert.equal(lifecycle.lastTransition, 15);
  });

  it("onTransition() tells until it is ended, and one listener's error stops nobody", () => {
    const lifecycle = new ModelLifecycle("m@1");
    const heard: string[] = [];
    const warned: unknown[] = [];
    const { emitWarning } = process;
    process.emitWarning = (warning: unknown) => void warned.push(warning);
    try {
      lifecycle.onTransition(() => {
        throw new Error("deaf");
      });
      const off = lifecycle.onTransition(({ to }) => heard.push(to));
      lifecycle.transition("Warming", "UserRequest");
      off();
      lifecycle.transition("Hot", "UserRequest");
    } finally {
      process.emitWarning = emitWarning;
    }
    assert.deepEqual(heard, ["Warming"]);
    assert.deepEqual(warned.map(String), ["Error: deaf", "Error: deaf"]);
  });
});
