/**
 * A Python function as a function of a quest.
 * @module
 */
import { byValue, isPyObject, type Python, type PyValue } from "../../../mod.ts";
import { SymphonyError } from "../error.ts";
import {
  type FunctionDeclaration,
  type QuestEffect,
  type QuestView,
  SymphonyModelFunction,
} from "../quest/function.ts";
import type { QuestValue, QuestValues } from "../quest/value.ts";
import { pythonTypeOf } from "./dict_reader.ts";

/** What Python's function does not say itself. */
export interface FromPythonOptions extends Omit<FunctionDeclaration, "name" | "execute"> {
  /** Default: `__name__`. */
  readonly name?: string;
}

/** What a function is shown of a quest, by Python's names. */
export interface PythonQuestView {
  /** What is held. */
  readonly inventory: readonly string[];
  /** How the world is. */
  readonly environment_state: QuestValues;
  /** What each function returned when it last succeeded. */
  readonly current_return_values: QuestValues;
}

/** The view by TypeScript's names. */
export function viewFromPython(view: PythonQuestView): QuestView {
  return {
    inventory: view.inventory,
    environmentState: view.environment_state,
    currentReturnValues: view.current_return_values,
  };
}

function viewToPython(view: QuestView): PythonQuestView {
  return {
    inventory: view.inventory,
    environment_state: view.environmentState,
    current_return_values: view.currentReturnValues,
  };
}

/**
 * A function of a quest that is Python. It is called with a dict of `inventory`, `environment_state` and
 * `current_return_values`, and gives a dict of `returns`, `gains`, `loses` and `environment`, all but the first optional.
 * What it raises makes the call a failure. Its docstring is the description.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { functionFromPython } from "pyduet/symphony";
 * const py = startPython();
 * py.run(`
 * def find_key(view):
 *     "Looks for a key."
 *     return {"returns": "rusty_key", "gains": ["rusty_key"]}
 * `);
 * const findKey = functionFromPython(py, py.globals.find_key, { expectedReturn: "rusty_key" });
 * findKey.description; // "Looks for a key."
 * ```
 */
export function functionFromPython(
  py: Python,
  callable: PyValue,
  options: FromPythonOptions = {},
): SymphonyModelFunction {
  const { name, description } = py.scope(() => ({
    name: options.name ?? String(callable.$.attr("__name__")),
    description: options.description ?? (callable.$.attr("__doc__") as string | null ?? "").trim(),
  }));
  return new SymphonyModelFunction({
    ...options,
    name,
    description,
    execute: (view) =>
      py.scope(() => {
        const effect = callable(byValue(viewToPython(view)));
        return effectOf(name, isPyObject(effect) ? effect.$.toJs() : effect);
      }),
  });
}

/** What Python's function gave. Nothing of it is taken for something else: a `str` is no list of letters. */
function effectOf(name: string, given: unknown): QuestEffect {
  if (!isRecord(given) || !Object.hasOwn(given, "returns")) {
    throw mistaken(name, 'a dict with "returns"', given);
  }
  const { returns, environment } = given;
  if (!isPlain(returns)) {
    throw mistaken(name, '"returns" as None, bool, int, float, str, list or dict', returns);
  }
  const [gains, loses] = (["gains", "loses"] as const).map((field) => {
    const items = given[field] instanceof Set ? [...given[field]] : given[field] ?? [];
    if (Array.isArray(items) && items.every((item) => typeof item === "string")) return items;
    throw mistaken(name, `"${field}" as a list of str`, items);
  });
  if ((environment ?? null) !== null && !(isRecord(environment) && isPlain(environment))) {
    throw mistaken(name, '"environment" as a dict of plain values', environment);
  }
  const world = (environment ?? {}) as QuestValues;
  return { returns, gains: gains!, loses: loses!, environment: world };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !isPyObject(value) &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

function isPlain(value: unknown): value is QuestValue {
  if (Array.isArray(value)) return value.every(isPlain);
  if (isRecord(value)) return Object.values(value).every(isPlain);
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function mistaken(name: string, wanted: string, given: unknown): SymphonyError {
  const text = isPlain(given) ? JSON.stringify(given) : pythonTypeOf(given);
  const shown = given === null ? "None" : text;
  return new SymphonyError("Validation", `${name}() of Python must give ${wanted}, not ${shown}`);
}
