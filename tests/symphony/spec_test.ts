import assert from "node:assert/strict";
import { describe } from "node:test";
import { pyFunction, type PyValue, t } from "../../mod.ts";
import { PortError, SymphonyError } from "../../src/symphony/mod.ts";
import {
  asPython,
  PitErrorFace,
  ResourceExhaustedFace,
} from "../../src/symphony/python/error_face.ts";
import * as spec from "../../src/symphony/python/spec.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

const DICT = t.dict(t.str, t.any);
/** Reads a dict of Python and writes it again. */
const again = <V>(name: string, read: (given: unknown) => V, write: (value: V) => spec.Dict) =>
  pyFunction(name, { params: { given: DICT }, returns: DICT }, (given) => write(read(given)));
const NAMES = {
  model_spec: again("model_spec", spec.readModelSpec, spec.modelSpecToDict),
  decision_context: again(
    "decision_context",
    spec.readDecisionContext,
    spec.decisionContextToDict,
  ),
  decision: again("decision", spec.readDecision, spec.decisionToDict),
  policy: again("policy", spec.readPolicy, spec.policyToDict),
  workflow: again("workflow", spec.readWorkflowDefinition, spec.workflowDefinitionToDict),
  execution: again("execution", spec.readExecutionContext, spec.executionContextToDict),
};
const PREPARED = `
SPEC = {"name": "gpt", "version": "1.0", "model_type": "Language", "configuration": {"deep": [1, {"a": None}]},
        "resource_requirements": {"memory_mb": 512, "cpu_cores": 1.5, "gpu_memory_mb": 64, "network_access": True}}
FLOW = {"name": "f", "version": "1", "steps": [{"name": "a", "step_type": "run", "configuration": {}}],
        "dependencies": [{"from": "a", "to": "b", "dependency_type": "Soft"}], "timeout": 1.5}
def without(given, *path):
    given = dict(given)
    if len(path) > 1: given[path[0]] = without(given[path[0]], *path[1:])
    else: del given[path[0]]
    return given
def said(work):
    try: return work()
    except Exception as error: return "%s: %s" % (type(error).__name__, error)
`;
forGood(() => Object.values(NAMES).forEach((each) => evaluate("f", { f: each })));

const run = (code: string): PyValue => evaluate(`${PREPARED}\n${code}`, { ...NAMES });

describe("spec.ts", () => {
  test("readModelSpec() and the others give what they were given", () => {
    assert.equal(run("model_spec(SPEC) == SPEC"), true);
    assert.equal(run("workflow(FLOW) == FLOW"), true);
    assert.equal(
      run("c = dict(context_type='x', data={'a': (1, 2)}, options=['a'])\ndecision_context(c)") !==
        null,
      true,
    );
    assert.equal(
      run(
        "decision_context(c) == dict(context_type='x', data={'a': [1]}, options=('a',))"
          .replace("(c)", "(dict(context_type='x', data={'a': [1]}, options=['a']))")
          .replace("('a',)", "['a']"),
      ),
      true,
    );
    assert.equal(
      run("d = dict(id='1', choice='a', confidence=0.5, reasoning=None)\ndecision(d) == d"),
      true,
    );
    assert.equal(
      run("p = dict(id='1', name='a', rules={'strategy': 'Queue'})\npolicy(p) == p"),
      true,
    );
    assert.equal(
      run("e = dict(variables={'x': 1}, user_id='ada', timeout=0.25)\nexecution(e) == e"),
      true,
    );
  });

  test("readModelSpec() keeps what is no data as it is", () => {
    assert.equal(
      run(
        "f = lambda: 1\nmodel_spec(dict(SPEC, configuration={'f': f}))['configuration']['f'] is f",
      ),
      true,
    );
  });

  test("readModelSpec() and the others fill in what may be left out", () => {
    assert.deepEqual(
      run(
        "s = model_spec(dict(without(SPEC, 'configuration'), " +
          "resource_requirements=dict(memory_mb=1, cpu_cores=0)))\n" +
          "[s['configuration'], s['resource_requirements']]",
      ).$.toJs(),
      [{}, { memory_mb: 1, cpu_cores: 0, gpu_memory_mb: null, network_access: false }],
    );
    assert.deepEqual(run("execution({})").$.toJs(), {
      variables: {},
      user_id: null,
      timeout: null,
    });
    const flow = "workflow(dict(name='f', version='1', steps=[dict(name='a', step_type='b')]))";
    assert.deepEqual(run(flow).$.toJs(), {
      name: "f",
      version: "1",
      steps: [{ name: "a", step_type: "b", configuration: {} }],
      dependencies: [],
      timeout: null,
    });
    assert.equal(
      run(
        "workflow(dict(FLOW, dependencies=[{'from': 'a', 'to': 'b'}]))" +
          "['dependencies'][0]['dependency_type']",
      ),
      "Hard",
    );
  });

  test("DictReader says which field is missing, by a KeyError", () => {
    const missing = (code: string): unknown =>
      run(`
try: ${code}
except KeyError as error: caught = [type(error) is KeyError, error.args[0]]
caught`).$.toJs();
    for (const name of ["name", "version", "model_type", "resource_requirements"]) {
      assert.deepEqual(missing(`model_spec(without(SPEC, '${name}'))`), [
        true,
        `Missing '${name}' field`,
      ]);
    }
    assert.deepEqual(
      missing("model_spec(without(SPEC, 'resource_requirements', 'memory_mb'))"),
      [true, "Missing 'resource_requirements.memory_mb' field"],
    );
    assert.deepEqual(missing("workflow(dict(FLOW, steps=[{'name': 'a'}]))"), [
      true,
      "Missing 'steps[0].step_type' field",
    ]);
    assert.deepEqual(missing("decision_context({'context_type': 'a'})"), [
      true,
      "Missing 'options' field",
    ]);
  });

  test("DictReader refuses other values, by Python's errors", () => {
    const cases: Record<string, string> = {
      "model_spec([1])":
        "TypeError: model_spec() argument 'given' must be dict[str, object], not list",
      "model_spec(dict(SPEC, name=3))": "TypeError: 'name' must be str, not int",
      "model_spec(dict(SPEC, name=None))": "TypeError: 'name' must be str, not NoneType",
      "model_spec(dict(SPEC, model_type='Taste'))":
        "ValueError: 'model_type' must be one of 'Language', 'Vision', 'Audio', 'Multimodal', " +
        "'Custom', not 'Taste'",
      "model_spec(dict(SPEC, resource_requirements=[1]))":
        "TypeError: 'resource_requirements' must be a dict with str keys, not list",
      "model_spec(dict(SPEC, configuration={1: 2}))":
        "TypeError: 'configuration' must be a dict with str keys, not one with other keys",
      "model_spec(dict(SPEC, configuration='x'))":
        "TypeError: 'configuration' must be a dict with str keys, not str",
      "model_spec(dict(SPEC, resource_requirements=dict(memory_mb=True, cpu_cores=1)))":
        "TypeError: 'resource_requirements.memory_mb' must be int, not bool",
      "model_spec(dict(SPEC, resource_requirements=dict(memory_mb=1.5, cpu_cores=1)))":
        "TypeError: 'resource_requirements.memory_mb' must be int, not float",
      "model_spec(dict(SPEC, resource_requirements=dict(memory_mb=-1, cpu_cores=1)))":
        "ValueError: 'resource_requirements.memory_mb' must be at least 0, not -1",
      "model_spec(dict(SPEC, resource_requirements=dict(memory_mb=1, cpu_cores=float('nan'))))":
        "ValueError: Invalid float value",
      "model_spec(dict(SPEC, resource_requirements=dict(memory_mb=1, cpu_cores=1, network_access=1)))":
        "TypeError: 'resource_requirements.network_access' must be bool, not int",
      "decision_context(dict(context_type='x', options='ab'))":
        "TypeError: 'options' must be list, not str",
      "decision_context(dict(context_type='x', options=['a', 1]))":
        "TypeError: 'options[1]' must be str, not int",
      "decision(dict(id='1', choice='a', confidence=2))":
        "ValueError: 'confidence' must be at most 1, not 2",
      "workflow(dict(FLOW, dependencies=[{'from': 'a', 'to': 'b', 'dependency_type': 'Weak'}]))":
        "ValueError: 'dependencies[0].dependency_type' must be one of 'Hard', 'Soft', 'Optional', " +
        "'Parallel', not 'Weak'",
      "execution(dict(timeout=-1))": "ValueError: 'timeout' must be at least 0, not -1",
    };
    for (const [code, text] of Object.entries(cases)) {
      assert.equal(run(`said(lambda: ${code})`), text);
    }
  });
});

const ERRORS = {
  exhausted: () =>
    new PortError("ResourceExhausted", "allocate_model", "No available model instances"),
  late: () => new PortError("Timeout", "allocate_model", "Model allocation timed out"),
  failed: () => new PortError("PitOperationFailed", "retrieve_artifact", "Artifact a not found"),
  invalid: () => new SymphonyError("Validation", "a name is needed"),
  foreign: () => new TypeError("not ours"),
};
const fail = pyFunction(
  "fail",
  { params: { name: t.str }, returns: t.none },
  (name) =>
    asPython(() => {
      throw ERRORS[name as keyof typeof ERRORS]();
    }),
);
const failLater = pyFunction(
  "fail_later",
  { params: { name: t.str }, returns: t.awaitable(t.none) },
  async (name) => {
    await asPython(() => Promise.reject(ERRORS[name as keyof typeof ERRORS]()));
  },
);
const EXPECTED = {
  exhausted: ["RuntimeError", "No available model instances"],
  late: ["TimeoutError", "Model allocation timed out"],
  failed: [
    "RuntimeError",
    "Port operation failed: retrieve_artifact: Artifact a not found",
  ],
  invalid: ["ValueError", "a name is needed"],
  foreign: ["TypeError", "TypeError: not ours"],
};
forGood(() => {
  evaluate("import asyncio\n[f, g]", { f: fail, g: failLater });
  [PitErrorFace, ResourceExhaustedFace].forEach((each) => py.toPython(each));
});

describe("asPython()", () => {
  test("raises what Python's users expect", () => {
    for (const [name, [type, text]] of Object.entries(EXPECTED)) {
      const seen = evaluate(
        `try: fail(name)\nexcept ${type} as error: seen = str(error)\nseen`,
        { fail, name },
      );
      assert.equal(seen, text);
    }
  });

  test("raises the same from what is awaited", async () => {
    for (const [name, [type, text]] of Object.entries(EXPECTED)) {
      const seen = await evaluate(
        `async def run():\n  try: await fail(name)\n  except ${type} as error: return str(error)\nrun`,
        { fail: failLater, name },
      )();
      assert.equal(seen, text);
    }
  });

  test("raises a PitError that names kind, operation and the error behind it", () => {
    const seen = evaluate(
      `
try: fail('exhausted')
except RuntimeError as error:
    seen = [type(error).__name__, type(error).__mro__[1].__name__, error.kind, error.operation,
            str(error.__cause__)]
seen`,
      { fail },
    ).$.toJs();
    assert.deepEqual(seen, [
      "ResourceExhausted",
      "PitError",
      "ResourceExhausted",
      "allocate_model",
      "PortError: allocate_model: No available model instances",
    ]);
  });
});
