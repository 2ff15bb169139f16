/**
 * Python's functions as runners of workflows' nodes.
 * @module
 */
import { isPyObject, type PyObject } from "../../../mod.ts";
import type { RunFunction } from "../pit/dag_runner.ts";
import type { WorkflowNode } from "../pit/workflow.ts";

/** How a Python function runs nodes. */
export interface PythonRunnerOptions {
  /** Off the JS thread, for what computes or waits long. Default: `false`. */
  readonly thread?: boolean;
}

/** What Python calls containers that are plain data in TypeScript too. */
const CONTAINERS: readonly string[] = ["list", "tuple", "dict", "set", "frozenset"];

/**
 * A runner of a Python function, `async def` or not, that takes a node and its inputs, both as dicts; or of an object
 * with such a method `run`. What a coroutine awaits is cancelled when its result is no longer wanted. Lists, dicts and
 * sets that it gives are plain data then; anything else passes as it is, arrays of numpy without a copy.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { DagTracker, pythonRunner } from "pyduet/symphony";
 * const py = startPython();
 * const add = py.run("def add(node, inputs): return sum(inputs.values()) + node['configuration']['plus']\nadd");
 * const tracker = new DagTracker();
 * tracker.register("add", pythonRunner(add));
 * tracker.register("one", () => 1);
 * const id = tracker.createWorkflow({
 *   name: "w",
 *   version: "1",
 *   steps: [
 *     { name: "a", stepType: "one", configuration: {} },
 *     { name: "b", stepType: "add", configuration: { plus: 2 } },
 *   ],
 *   dependencies: [{ from: "a", to: "b", dependencyType: "Hard" }],
 * });
 * (await tracker.executeWorkflow(id)).data.b; // 3
 * ```
 */
export function pythonRunner(
  runner: PyObject,
  { thread = false }: PythonRunnerOptions = {},
): RunFunction {
  const run: PyObject = runner.$.hasAttr("run") ? runner.$.attr("run") : runner;
  return (node, inputs, { signal }) => {
    const told = nodeToDict(node);
    if (thread) return run.$.inThread([told, inputs], {}, { signal }).then(plainOutput);
    const result: unknown = run(told, inputs);
    if (!isPyObject(result) || typeof result.then !== "function") return plainOutput(result);
    return result.$.promise({ signal }).then(plainOutput);
  };
}

/** A node as Python's runners see it. */
function nodeToDict(node: WorkflowNode): Record<string, unknown> {
  const { id, kind, type, control = null, configuration, priority = 0 } = node;
  return { name: id, kind, step_type: type, control, configuration, priority };
}

function plainOutput(value: unknown): unknown {
  if (!isPyObject(value) || !CONTAINERS.includes(value.$.type)) return value;
  const data: unknown = value.$.toJs();
  if (data !== value) value.$.release();
  return data;
}
