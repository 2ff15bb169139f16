import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { generateStubs, pyModule } from "../../mod.ts";
import {
  installConductor,
  PyConductorError,
  PyConductorManager,
  PyConductorStatus,
  PyDecision,
  PyDecisionRecord,
  PyLearningMetrics,
  PyPitAccess,
  PyPolicy,
} from "../../src/symphony/mod.ts";
import { inFolder, PYTHON, spawned } from "../fixtures/program.ts";
import { PitErrorFace } from "../../src/symphony/python/error_face.ts";
import { evaluate, forGood, py, test, testWith } from "../fixtures/python.ts";

const module = pyModule("symphony_conductor_face", {
  members: [
    ...[PyConductorManager, PyConductorError, PyConductorStatus, PyPitAccess],
    ...[PyDecision, PyDecisionRecord, PyPolicy, PyLearningMetrics],
  ],
});
forGood(() => {
  installConductor(py);
  py.register(module);
  py.toPython(PitErrorFace);
  evaluate("import symphony_conductor._calls, asyncio");
});

const CODE = `
from symphony_conductor_face import *
async def use(mode):
    manager = ConductorManager(mode, policy="mock")
    seen = [await manager.status()]
    await manager.start_conductor()
    seen.append(await manager.status())
    await manager.restart()
    try:
        decision = await manager.submit_decision("route", ["left", "right"], {"theLoad": [1, {"a": None}]})
        seen.append((decision.choice, decision.confidence, decision.reasoning))
        await manager.submit_feedback(decision.id, 1.0)
        try:
            await manager.submit_feedback("?", 0.5)
        except ConductorError as error:
            seen.append((str(error), error.kind, error.operation, isinstance(error, RuntimeError)))
        await manager.update_policy("p", "P", {"deny": ["left"], "theirOwn": 1})
        seen.append(await manager.get_active_policies() == [Policy("p", "P", {"deny": ["left"], "theirOwn": 1})])
        record = (await manager.get_decision_history())[0]
        seen.append((record.id == decision.id, record.decision == decision, sorted(record.context.items())))
        metrics = await manager.get_learning_metrics()
        seen.append((metrics.total_decisions, metrics.average_confidence, round(metrics.success_rate, 6), metrics.learning_rate))
        pit = manager.get_pit_access()
        kept = await pit.store_artifact(b"\\0kept", "text/plain", {"theName": 1})
        seen.append(sorted((await pit.retrieve_artifact(kept)).items()))
        workflow = await pit.create_workflow({"name": "w", "version": "1", "steps": [], "dependencies": []})
        result = await pit.execute_workflow(workflow, {"variables": {"aB": 1}})
        seen.append((result["workflow_id"] == workflow, result["status"], result["data"], result["duration"] >= 0))
        for wrong in [
            lambda: pit.allocate_model({"name": "m"}),
            lambda: pit.create_workflow({"name": "w", "version": 1}),
            lambda: pit.execute_workflow(workflow, {"variables": []}),
            lambda: pit.submit_decision({}),
        ]:
            try:
                await wrong()
            except (KeyError, TypeError) as error:
                seen.append((type(error).__name__, error.args[0]))
        for missing in [pit.get_model_status("?"), pit.delete_artifact("no id")]:
            try:
                await missing
            except RuntimeError as error:
                seen.append((type(error).__name__, error.kind, str(error)))
    finally:
        await manager.stop()
    seen.append(await manager.status())
    return [repr(one) for one in seen]
use`;

const EXPECTED = [
  "<ConductorStatus.STOPPED: 'Stopped'>",
  "<ConductorStatus.RUNNING: 'Running'>",
  "('left', 0.85, None)",
  "('submit_feedback: Decision not found', 'ConductorOperationFailed', 'submit_feedback', True)",
  "True",
  "(True, True, [('context_type', 'route'), ('data', {'theLoad': [1, {'a': None}]}), ('options', ['left', 'right'])])",
  "(1, 0.85, 0.1, 0.1)",
  "[('content', b'\\x00kept'), ('content_type', 'text/plain'), ('metadata', {'theName': 1})]",
  "(True, 'Completed', {}, True)",
  `('KeyError', "Missing 'version' field")`,
  `('TypeError', "'version' must be str, not int")`,
  `('TypeError', "'variables' must be a dict with str keys, not list")`,
  `('KeyError', "Missing 'context_type' field")`,
  "('PitError', 'PitOperationFailed', 'Port operation failed: get_model_status: Model ? not found')",
  "('PitError', 'PitOperationFailed', 'Port operation failed: delete_artifact: an artifact\\'s id has 64 hexadecimal " +
  'digits in lower case, not "no id"\')',
  "<ConductorStatus.STOPPED: 'Stopped'>",
];

describe("ConductorManager", () => {
  for (const mode of ["embedded", "subprocess"]) {
    test(`is the same in Python, ${mode}`, async () => {
      const use = evaluate(CODE);
      const seen = (await use(mode)).$.toJs();
      assert.deepStrictEqual(seen, EXPECTED);
    });
  }

  testWith(
    ["mypy"],
    "has stubs that mypy --strict accepts, with a program that uses them",
    () =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, "symphony_conductor_face.pyi"), generateStubs(module));
        writeFileSync(
          join(folder, "program.py"),
          `
from symphony_conductor_face import ConductorManager, ConductorStatus, Decision
async def use(manager: ConductorManager) -> Decision:
    await manager.start_conductor()
    status: ConductorStatus = await manager.status()
    kept: str = await manager.get_pit_access().store_artifact(b"")
    return await manager.submit_decision(kept, [status.value], {"a": 1})
ConductorManager("subprocess", policy="mock", seed=1, path=None, startup_timeout=5, max_restarts=2)
`,
        );
        writeFileSync(join(folder, "pyduet.pyi"), "class JsError(Exception): ...\n");
        const args = ["-m", "mypy", "--strict", "--cache-dir", join(folder, "cache"), "program.py"];
        const { code, stdout, stderr } = await spawned(PYTHON, args, { cwd: folder, seconds: 110 });
        assert.strictEqual(stdout, "Success: no issues found in 1 source file\n", stderr);
        assert.strictEqual(code, 0);
      }),
  );
});
