/**
 * What control nodes and outputs do by themselves.
 * @module
 */
import type { RunFunction } from "./dag_runner.ts";
import type { WorkflowNode } from "./workflow.ts";

/** How a Loop goes on: by its node's configuration. */
interface LoopConfiguration {
  /** So many times. */
  readonly times?: number;
  /** Once for each item of the input of that name. */
  readonly over?: string;
  /** Until this says so of the last output. */
  readonly until?: (output: unknown) => unknown;
  /** At most so many times. Default: 1000. */
  readonly max?: number;
}

const MOST = 1000;

/** What runs a node: its own way, or the runner of its type; `undefined` where it needs one and has none. */
export function runOf(
  node: WorkflowNode,
  runner: RunFunction | undefined,
): RunFunction | undefined {
  if (node.kind === "Output") return runner ?? ((_, inputs) => onlyOrAll(inputs));
  if (node.kind !== "Control") return runner;
  switch (node.control) {
    case "Loop":
      return runner && loop(runner);
    case "Merge":
      return runner ?? ((_, inputs) => Object.values(inputs)[0]);
    case "Join":
      return runner ?? ((_, inputs) => inputs);
    default:
      return runner ?? ((_, inputs) => onlyOrAll(inputs));
  }
}

/** One input stands for itself. */
function onlyOrAll(inputs: Record<string, unknown>): unknown {
  const values = Object.values(inputs);
  return values.length === 1 ? values[0] : inputs;
}

/** Runs one after the other, each with `index`, `item` and the output of the one before as `previous`. */
function loop(runner: RunFunction): RunFunction {
  return async (node, inputs, context) => {
    const { times, over, until, max = MOST } = node.configuration as LoopConfiguration;
    for (const [name, given] of Object.entries({ times, max })) {
      if (typeof given === "number" && given >= 0 || (given ?? null) === null) continue;
      const text = `${name} must be a number from 0, not ${JSON.stringify(given)}`;
      throw new TypeError(`the loop ${JSON.stringify(node.id)}: ${text}`);
    }
    const items = over === undefined ? undefined : itemsOf(inputs[over], node.id, over);
    const most = Math.min(max, times ?? Infinity, items?.length ?? Infinity);
    if (most === max && items === undefined && times === undefined && until === undefined) {
      throw new TypeError(
        `the loop ${JSON.stringify(node.id)} needs times, over or until in its configuration`,
      );
    }
    const outputs: unknown[] = [];
    for (let index = 0; index < most; index++) {
      context.signal.throwIfAborted();
      const given = {
        ...inputs,
        index,
        ...(items === undefined ? {} : { item: items[index] }),
        previous: outputs.at(-1) ?? null,
      };
      outputs.push(await runner(node, given, context));
      if (until?.(outputs.at(-1))) return outputs;
    }
    const wanted = items?.length ?? times ?? Infinity;
    if (most < wanted) {
      throw new RangeError(
        `the loop ${
          JSON.stringify(node.id)
        } was not at its end after ${max} times; set max in its configuration`,
      );
    }
    return outputs;
  };
}

function itemsOf(value: unknown, id: string, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(
    `the loop ${JSON.stringify(id)} goes over ${JSON.stringify(name)}, which is no array`,
  );
}
