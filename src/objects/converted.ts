/**
 * The program's converters at work in one interpreter.
 * @module
 */

import type { TypeKey } from "../capi/layout.ts";
import type { New, Ref } from "../capi/reference.ts";
import { PyConversionError } from "../errors.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { describe, Reason } from "../convert/path.ts";
import { NO_SCALAR, type Rules } from "../convert/rules.ts";
import { conversions, NOT_CONVERTED } from "./converters.ts";
import type { PyObject } from "./py_object.ts";

/** What it needs of its floor. */
export interface ConvertedParts {
  readonly interpreter: Interpreter;
  readonly rules: Rules;
  toPython(value: unknown): New;
  /** A PyObject with a reference of its own. */
  wrap(object: Ref): PyObject;
  /** Tells Python the numbers and names of the types that have converters, the latest first. */
  announce(names: [number, string][]): void;
  /** The numbers of the converters for the object's type. */
  matching(object: Ref): number[];
}

/** Converters towards Python. Each throws a {@link Reason}; `null` where no converter takes the value. */
export interface Converted {
  /** Whether plain objects have to be shown to a predicate. */
  eager(): boolean;
  toPython(value: object): New | null;
  /** For what would else become a `JsObject`. */
  lastToPython(value: object | symbol): New | null;
  /** Takes over the converters that are registered. Attached. */
  settle(): void;
}

/** A converter may make a value of which another one makes a third, but not for ever. */
const MOST_NESTED = 50;

/** Puts the converters between the rules and the program. */
export function byConverters(parts: ConvertedParts): Converted {
  const { interpreter, rules } = parts;
  const byType = new Map<TypeKey, number[]>();
  let nested = 0;
  let announced = false;

  const all = conversions(() => {
    if (interpreter.lease.closed) return;
    interpreter.attach();
    settle();
  });

  function settle(): void {
    byType.clear();
    if (all.named().length === 0 && !announced) return;
    announced = true;
    rules.resort();
    parts.announce(all.named());
  }

  rules.setConverter((object, type, asked) => {
    let numbers = byType.get(type);
    if (!numbers) byType.set(type, numbers = parts.matching(object));
    let wrapped: PyObject | undefined;
    const value = all.toJs(numbers, () => wrapped ??= parts.wrap(object), asked);
    return value === NOT_CONVERTED ? NO_SCALAR : value;
  });

  function crossing(made: unknown): New | null {
    if (made === NOT_CONVERTED) return null;
    if (nested === MOST_NESTED) {
      throw new Reason(`what its converters make of it, ${describe(made)} in the end, has no end`);
    }
    nested++;
    try {
      return parts.toPython(made);
    } catch (error) {
      // The place is that of the program's value, not one inside what a converter made of it.
      if (nested > 1 || !(error instanceof PyConversionError)) throw error;
      throw new Reason(error.message.replace("Cannot convert $: ", ""), { cause: error });
    } finally {
      nested--;
    }
  }

  return {
    eager: () => all.eager(),
    toPython: (value) => crossing(all.toPython(value)),
    lastToPython: (value) => typeof value === "object" ? crossing(all.toPythonLast(value)) : null,
    settle,
  };
}
