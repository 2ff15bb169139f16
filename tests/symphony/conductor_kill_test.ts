import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConductorProcessError } from "../../src/symphony/mod.ts";
import { killed, withProcess } from "../fixtures/conductor_events.ts";
import { inFolder, ROOT } from "../fixtures/program.ts";
import { fromEnvironment } from "../fixtures/python.ts";
import { Random } from "../fixtures/random_choice.ts";

const KILLS = Math.max(12, fromEnvironment("PYDUET_RUNS", 12));
/** Answers between two kills, at most; a snapshot is made after a few. */
const BETWEEN = 60;
const SNAPSHOT_AFTER = 100;

describe("A Conductor's process that is killed", () => {
  it(`loses nothing that it answered, ${KILLS} times at random moments`, {
    timeout: 120_000 + KILLS * 5000,
  }, () =>
    inFolder(async (path) => {
      const random = new Random(20261121);
      const options = {
        restart: { maxRestarts: KILLS + 1, delay: 0, factor: 1 },
        conductor: { path, factory: "remembering:Remembering", historyLimit: 1_000_000 },
        python: { pythonPath: [`${ROOT}tests/fixtures`] },
        data: { snapshotAfter: SNAPSHOT_AFTER },
      };
      await withProcess(options, async (conductor) => {
        await conductor.start();
        const decided: string[] = [];
        const rated: number[] = [];
        const asked = { decisions: 0, feedback: 0 };
        let [left, until] = [KILLS, random.below(BETWEEN)];
        const answered = <T>(list: T[], one: T): void => {
          list.push(one);
          if (until-- > 0 || left === 0) return;
          left -= 1;
          until = random.below(BETWEEN);
          killed(conductor.processId);
        };
        const work = async (): Promise<void> => {
          while (left > 0) {
            try {
              const number = ++asked.decisions;
              const context = { contextType: "route", data: { number }, options: ["left"] };
              const { id } = await conductor.submitDecision(context);
              answered(decided, id);
              asked.feedback += 1;
              await conductor.submitFeedback({ decisionId: id, score: 1 });
              answered(rated, number);
            } catch (error) {
              assert.ok(error instanceof ConductorProcessError, String(error));
              assert.strictEqual(error.problem, "Died");
            }
          }
        };
        await Promise.all(Array.from({ length: 8 }, work));
        const history = await conductor.getDecisionHistory(1_000_000);
        const known = new Set(history.map(({ id }) => id));
        assert.deepStrictEqual(decided.filter((id) => !known.has(id)), []);
        assert.strictEqual(known.size, history.length);
        const code = "conductor.policy.seen";
        const seen = await conductor.call("run", { code }) as number[];
        const learned = new Set(seen);
        assert.deepStrictEqual(rated.filter((number) => !learned.has(number)), []);
        assert.strictEqual(learned.size, seen.length, "nothing is learned twice");
        assert.ok(known.size <= asked.decisions && seen.length <= asked.feedback);
        assert.strictEqual((await conductor.getLearningMetrics()).totalDecisions, known.size);
        assert.ok(decided.length > KILLS && rated.length > 0);
        await conductor.stop();
      });
    }));
});
