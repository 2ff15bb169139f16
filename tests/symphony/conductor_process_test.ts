import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  ConductorProcessError,
  PortError,
  RemoteError,
  RemotePit,
} from "../../src/symphony/mod.ts";
import { names, next, rejection, said, withProcess } from "../fixtures/conductor_events.ts";
import { StillClock } from "../fixtures/still_clock.ts";
import { inFolder, PYTHON } from "../fixtures/program.ts";

const CONTEXT = { contextType: "route", data: { load: 0.5 }, options: ["left", "right"] };
const SLOW = { timeout: 120_000 };

describe("ConductorProcess", () => {
  it(
    "start() is ready, stop() ends the child by itself; both may be called twice",
    SLOW,
    async () => {
      await withProcess({}, async (conductor) => {
        const seen = names(conductor);
        assert.strictEqual(conductor.status, "Stopped");
        const starting = conductor.start();
        assert.strictEqual(conductor.status, "Starting");
        await Promise.all([starting, conductor.start()]);
        await conductor.start();
        assert.strictEqual(conductor.status, "Running");
        assert.strictEqual(await conductor.getConductorStatus(), "Running");
        const stopped = next(conductor, "Stopped");
        const { processId } = conductor;
        await Promise.all([conductor.stop(), conductor.stop()]);
        assert.deepStrictEqual(await stopped, { processId, forced: false });
        assert.strictEqual(conductor.status, "Stopped");
        await conductor.stop();
        assert.deepStrictEqual(seen, ["Started", "Stopped"]);
      });
    },
  );

  it("answers as a ConductorPort", SLOW, async () => {
    await withProcess({}, async (conductor) => {
      await conductor.startConductor();
      const decision = await conductor.submitDecision(CONTEXT);
      assert.deepStrictEqual({ ...decision, id: "" }, { id: "", choice: "left", confidence: 0.85 });
      await conductor.submitFeedback({ decisionId: decision.id, score: 1, message: "good" });
      const { successRate, ...metrics } = await conductor.getLearningMetrics();
      assert.deepStrictEqual(metrics, {
        totalDecisions: 1,
        averageConfidence: 0.85,
        learningRate: 0.1,
      });
      assert.strictEqual(successRate, 0.1);
      const policy = { id: "p", name: "P", rules: { deny: ["left"] } };
      await conductor.updatePolicy(policy);
      assert.deepStrictEqual(await conductor.getActivePolicies(), [policy]);
      assert.strictEqual((await conductor.submitDecision(CONTEXT)).choice, "right");
      const history = await conductor.getDecisionHistory(10);
      assert.deepStrictEqual(history.map((record) => record.decision.choice), ["right", "left"]);
      assert.deepStrictEqual(history[1]!.context, CONTEXT);
      assert.ok(Math.abs(history[1]!.timestamp - Date.now()) < 600_000, "milliseconds since 1970");
      const error = await rejection(conductor.submitFeedback({ decisionId: "?", score: 1 }));
      assert.ok(error instanceof PortError);
      assert.strictEqual(error.kind, "ConductorOperationFailed");
      assert.strictEqual(error.message, "submit_feedback: Decision not found");
      await conductor.stopConductor();
    });
  });

  it(
    "setup() gets Python, the Pit, data and the conversation; both sides may ask",
    SLOW,
    async () => {
      await withProcess({ data: { episodes: [1, 2] } }, async (conductor) => {
        await conductor.start();
        conductor.handle("question", (params) => [params, "answered"]);
        assert.deepStrictEqual(await conductor.call("data"), { episodes: [1, 2] });
        assert.deepStrictEqual(await conductor.call("ask", { n: 1 }), [{ n: 1 }, "answered"]);
        assert.deepStrictEqual(await conductor.call("run", { code: "{'a': (1, None)}" }), {
          a: [1, null],
        });
        const kept = createHash("sha256").update("kept").digest("hex");
        assert.deepStrictEqual(await conductor.call("pit"), [kept, "Ready", "kept", {
          theName: { a: [1] },
        }]);
        const pit = new RemotePit(conductor);
        const artifact = await pit.retrieveArtifact(kept);
        assert.deepStrictEqual([...artifact.content], [...new TextEncoder().encode("kept")]);
        assert.match(
          (await rejection(pit.getWorkflowStatus("w"))).message,
          /^get_workflow_status: Workflow w not found$/,
        );
        const mode = await conductor.call("run", {
          code: "import os\nos.environ['SYMPHONY_BRIDGE_MODE']",
        });
        assert.strictEqual(mode, "subprocess");
        const error = await rejection(conductor.call("run", { code: "{}['x']" }));
        assert.ok(error instanceof RemoteError);
        assert.strictEqual(error.message, "run: KeyError: 'x'");
        assert.strictEqual(error.remote.type, "KeyError");
        assert.match(error.remote.traceback!, /^Traceback [\s\S]*KeyError: 'x'\n$/);
        await conductor.stop();
      });
    },
  );

  it("call() takes 1000 at once, and large messages both ways", SLOW, async () => {
    await withProcess({}, async (conductor) => {
      await conductor.start();
      const many = Array.from({ length: 1000 }, (_, n) => n);
      const answers = await Promise.all(many.map((n) => conductor.call("echo", [n])));
      assert.deepStrictEqual(answers, many.map((n) => [n]));
      const decisions = await Promise.all(many.map(() => conductor.submitDecision(CONTEXT)));
      assert.strictEqual(new Set(decisions.map(({ id }) => id)).size, 1000);
      assert.strictEqual((await conductor.getLearningMetrics()).totalDecisions, 1000);
      const large = "ä".repeat(1_000_000);
      const echoes = await Promise.all([1, 2, 3].map(() => conductor.call("echo", large)));
      assert.ok(echoes.every((echo) => echo === large));
      await conductor.stop();
    });
  });

  it("call() ends by its signal and by its timeout, and the child is told", SLOW, async () => {
    const clock = new StillClock();
    await withProcess({ clock }, async (conductor) => {
      await conductor.start();
      const controller = new AbortController();
      const waiting = said(conductor, "waiting");
      const aborted = rejection(conductor.call("never", {}, { signal: controller.signal }));
      await waiting;
      const givenUp = said(conductor, "given up");
      const reason = new Error("enough");
      controller.abort(reason);
      assert.strictEqual(await aborted, reason);
      await givenUp;
      const late = rejection(conductor.call("never", {}, { timeout: 1234 }));
      await clock.timer(1234);
      clock.advance(1234);
      const error = await late;
      assert.ok(error instanceof PortError);
      assert.strictEqual(error.kind, "Timeout");
      assert.strictEqual(
        error.message,
        "never: no answer within 1234 ms; a longer `timeout` waits longer",
      );
      await conductor.stop();
    });
  });

  it("call() says what cannot be sent, and that nothing runs", SLOW, async () => {
    await withProcess({ maxLineBytes: 2000 }, async (conductor) => {
      assert.strictEqual(
        (await rejection(conductor.call("echo"))).message,
        "echo: NotRunning: the Conductor's process: it does not run (Stopped); start it first",
      );
      await conductor.start();
      const tooLong = (what: string): RegExp =>
        new RegExp(`^${what}: a message of \\d+ bytes is longer than \`maxLineBytes\`, 2000; `);
      assert.match(
        (await rejection(conductor.call("echo", "x".repeat(2000)))).message,
        tooLong("echo"),
      );
      const answer = await rejection(conductor.call("run", { code: "'x' * 2000" }));
      assert.match(answer.message, tooLong("run"));
      assert.strictEqual(
        (await rejection(conductor.call("echo", { a: [new Set()] }))).message,
        "echo: cannot be sent as JSON: params.a[0] is of the class Set, which JSON cannot hold; use [...set], " +
          "or in Python a list",
      );
      assert.strictEqual(
        (await rejection(conductor.call("run", { code: "{'a': float('nan')}" }))).message,
        "run: cannot be sent as JSON: result.a is NaN, which JSON cannot hold",
      );
      assert.deepStrictEqual(await conductor.call("echo", [2n ** 70n, 1e300]), [2n ** 70n, 1e300]);
      assert.match(
        (await rejection(conductor.call("nothing"))).message,
        /^nothing: there is no method "nothing"; there are ask, data, echo, /,
      );
      await conductor.stop();
    });
  });

  it("start() gives up after the startup timeout", SLOW, async () => {
    const clock = new StillClock();
    await inFolder(async (folder) => {
      const setup = join(folder, "hang.ts");
      writeFileSync(setup, "export default () => new Promise(() => {});\n");
      await withProcess({ clock, setup }, async (conductor) => {
        const started = rejection(conductor.start());
        await clock.timer(30_000);
        clock.advance(30_000);
        const error = await started;
        assert.ok(error instanceof ConductorProcessError);
        assert.strictEqual(error.problem, "StartupTimeout");
        assert.strictEqual(
          error.message.replace(/\d+: it/, "N: it"),
          "start_conductor: StartupTimeout: the Conductor's process N: it was not ready within 30000 ms; " +
            "a longer `python.startupTimeout`, in Python `startup_timeout`, waits longer",
        );
        assert.strictEqual(conductor.status, "Failed");
      });
    });
  });

  it("start() says why a child could not begin", SLOW, async () => {
    await withProcess({ python: { python: "/nowhere/python" } }, async (conductor) => {
      const error = await rejection(conductor.start());
      assert.ok(error instanceof ConductorProcessError);
      assert.strictEqual(error.problem, "SpawnFailed");
      assert.match(error.message, /^start_conductor: SpawnFailed: .*\/nowhere\/python/);
      assert.strictEqual(conductor.status, "Failed");
    });
    await withProcess({ python: { workingDirectory: "/nowhere" } }, async (conductor) => {
      const error = await rejection(conductor.start());
      assert.match(error.message, /^start_conductor: SpawnFailed: the Conductor's process.*: it /);
    });
    await inFolder(async (folder) => {
      const setup = join(folder, "empty.ts");
      writeFileSync(setup, "export const nothing = 1;\n");
      await withProcess({ setup }, async (conductor) => {
        assert.match(
          (await rejection(conductor.start())).message,
          /: .*empty\.ts has no default export that is a function: \(context\) => void$/,
        );
      });
    });
  });

  it("PythonConfig reaches the child", SLOW, async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, "only_here.py"), "ANSWER = 42\n");
      const python = {
        pythonPath: [folder],
        args: ["-O"],
        workingDirectory: folder,
        // In another folder the tests' venv is not found by itself.
        environment: { FROM_TEST: "yes", PYDUET_PYTHON: PYTHON },
      };
      await withProcess({ python }, async (conductor) => {
        await conductor.start();
        const code = "import only_here, os, sys\n" +
          "[only_here.ANSWER, os.environ['FROM_TEST'], sys.flags.optimize, os.path.samefile(os.getcwd(), folder)]";
        const seen = await conductor.call("run", { code, names: { folder } });
        assert.deepStrictEqual(seen, [42, "yes", 1, true]);
        await conductor.stop();
      });
    });
  });

  it("stop() kills a child that does not end, after its grace", SLOW, async () => {
    const clock = new StillClock();
    await withProcess({ clock }, async (conductor) => {
      await conductor.start();
      const { processId } = conductor;
      const computing = said(conductor, "computing");
      const code = "import os\nos.write(1, b'computing\\n')\nwhile True: pass";
      const call = rejection(conductor.call("run", { code }, { timeout: Infinity }));
      await computing;
      const event = next(conductor, "Stopped");
      const stopping = conductor.stop();
      assert.strictEqual(conductor.status, "Stopping");
      assert.match(
        (await rejection(conductor.call("echo"))).message,
        /it does not run \(Stopping\); start it first$/,
      );
      await clock.timer(10_000);
      clock.advance(10_000);
      await stopping;
      assert.deepStrictEqual(await event, { processId, forced: true });
      const error = await call;
      assert.ok(error instanceof ConductorProcessError);
      assert.strictEqual(error.problem, "Stopped");
      assert.strictEqual(
        error.message,
        `run: Stopped: the Conductor's process ${processId}: it did not end within 10000 ms after it was asked ` +
          "to stop, before it answered. Whether it did what it was asked is not known; only calls " +
          "that are `idempotent` are made again",
      );
    });
  });

  it("stop() lets the child finish what it was asked", SLOW, async () => {
    await withProcess({}, async (conductor) => {
      await conductor.start();
      let release = (): void => {};
      const asked = new Promise<void>((resolve) => {
        conductor.handle("question", () => {
          resolve();
          return new Promise<string>((answer) => release = () => answer("at last"));
        });
      });
      const call = conductor.call("ask");
      await asked;
      const stopping = conductor.stop();
      release();
      assert.strictEqual(await call, "at last");
      await stopping;
    });
  });

  it("stop() ends a child that is starting", SLOW, async () => {
    await withProcess({}, async (conductor) => {
      const started = rejection(conductor.start());
      await conductor.stop();
      assert.match(
        (await started).message,
        /^start_conductor: Stopped: the Conductor's process \d+: it was stopped while it started$/,
      );
      assert.strictEqual(conductor.status, "Stopped");
      await conductor.start();
      assert.strictEqual(await conductor.call("echo", 1), 1);
      await conductor.restart();
      assert.strictEqual(await conductor.call("echo", 2), 2);
      await conductor.stop();
    });
  });
});
