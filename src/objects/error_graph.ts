/**
 * Python exceptions for JS errors with all that they refer to: causes and the errors of groups, each
 * error once, in cycles too.
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Rules } from "../convert/rules.ts";
import type { ToPython } from "../convert/to_python.ts";
import type { HostTable } from "./host_table.ts";
import type { PythonSide } from "./python_side.ts";
import { factsOfThrown, isError, safely, type ThrownFacts } from "./thrown.ts";
import type { Tied } from "./tied.ts";

/** What it needs of its floor. */
export interface ErrorGraphParts {
  readonly interpreter: Interpreter;
  readonly rules: Rules;
  readonly python: PythonSide;
  readonly hosts: HostTable;
  readonly toPython: ToPython;
  readonly tied: Tied;
  /** `make_error(realm, reference, class, …)` of python/pyduet/_kinds.py. */
  makeError(number: number, held: Ref, ...parts: Ref[]): New;
  /** The class of the JsObject of what was thrown. Borrowed. */
  classOfThrown(thrown: unknown): Ref;
  /** The exception that is there already for a value which is, or stands for, one of Python's. */
  live(value: unknown): New | null;
  /** The exception for an error of a declared class; `null` for any other. */
  declared(error: Error): New | null;
}

/** Errors caused by errors caused by …: further ones stay behind, in `.js`. */
const DEEPEST = 16;

/** Exceptions made in one go. */
interface Making {
  /** Owned until the end: what was made for each value. */
  readonly made: Map<unknown, New>;
  /** Errors that are being made. */
  readonly open: Set<unknown>;
  /** Causes that lead back to an error which was being made. */
  readonly late: [error: unknown, cause: unknown][];
}

/** Binds the making to an interpreter: the exception for anything thrown, a new reference. Needs the GIL. */
export function createErrorGraph(parts: ErrorGraphParts): (thrown: unknown) => New {
  const { interpreter, rules, python, hosts, toPython, tied } = parts;
  const { none } = interpreter;
  const { Py_DecRef } = interpreter.library.object;

  function exceptionOf(thrown: unknown): New {
    const making: Making = { made: new Map(), open: new Set(), late: [] };
    try {
      const exception = interpreter.share(make(thrown, making, 0));
      for (const [error, cause] of making.late) {
        const [from, to] = [making.made.get(error), making.made.get(cause)];
        if (from && to) Py_DecRef(python.call("_kinds", "link", from, to));
      }
      return exception;
    } finally {
      for (const each of making.made.values()) Py_DecRef(each);
    }
  }

  /** Borrowed from `making`. */
  function make(thrown: unknown, making: Making, depth: number): Ref {
    const known = making.made.get(thrown);
    if (known) return known;
    const made = parts.live(thrown) ?? declared(thrown, making, depth) ??
      (isError(thrown) ? hosts.find(thrown) : null) ?? makeNew(thrown, making, depth);
    // Code of the program's own may have made it meanwhile: the first stays.
    const first = making.made.get(thrown);
    if (!first) making.made.set(thrown, made);
    else Py_DecRef(made);
    return first ?? made;
  }

  /** The exception of a declared class, which its declaration makes; its cause is known only here. */
  function declared(thrown: unknown, making: Making, depth: number): New | null {
    const made = isError(thrown) ? parts.declared(thrown) : null;
    if (!made) return null;
    const cause = safely(() => (thrown as Error).cause);
    if (cause === undefined || cause === null || depth === DEEPEST) return made;
    making.open.add(thrown);
    try {
      if (!making.open.has(cause)) make(cause, making, depth + 1);
      making.late.push([thrown, cause]);
    } finally {
      making.open.delete(thrown);
    }
    return made;
  }

  function makeNew(thrown: unknown, making: Making, depth: number): New {
    const facts = factsOfThrown(thrown);
    making.open.add(thrown);
    try {
      const inner = facts.inner === null || depth === DEEPEST
        ? none
        : rules.listOf(facts.inner.map((each) => member(each, making, depth)));
      try {
        return enter(thrown, facts, inner, causeOf(thrown, facts, making, depth));
      } finally {
        if (inner !== none) Py_DecRef(inner as New);
      }
    } finally {
      making.open.delete(thrown);
    }
  }

  /** An error of a group. Groups cannot hold themselves: something plain takes the place of one that would. */
  function member(each: unknown, making: Making, depth: number): New {
    if (!making.open.has(each)) return interpreter.share(make(each, making, depth + 1));
    return enter(each, { ...factsOfThrown(each), code: null, inner: null }, none, none, false);
  }

  /** Borrowed. */
  function causeOf(thrown: unknown, { cause }: ThrownFacts, making: Making, depth: number): Ref {
    if (cause === undefined || cause === null || depth === DEEPEST) return none;
    if (!making.open.has(cause)) return make(cause, making, depth + 1);
    making.late.push([thrown, cause]);
    return none;
  }

  function enter(
    thrown: unknown,
    facts: ThrownFacts,
    inner: Ref,
    cause: Ref,
    single: boolean = isError(thrown),
  ): New {
    const bare = single ? tied.toPython(thrown as Error) : null;
    if (typeof bare !== "string") return hold(thrown, facts, inner, cause, single, bare);
    // Not the one by which the error is found again: its tie may do better the next time.
    const plain = hold(thrown, facts, inner, cause, false, null);
    const reason = toPython(bare);
    try {
      return python.call("_ties", "refuse", reason, plain);
    } finally {
      Py_DecRef(reason);
      Py_DecRef(plain);
    }
  }

  function hold(
    thrown: unknown,
    { kind, name, message, stack, code, path, dest }: ThrownFacts,
    inner: Ref,
    cause: Ref,
    single: boolean,
    bare: New | null,
  ): New {
    const texts: New[] = [];
    const held = parts.classOfThrown(thrown);
    try {
      for (const each of [kind, name, message, stack, code, path, dest]) texts.push(toPython(each));
      return hosts.add(
        thrown,
        single,
        (number) => parts.makeError(number, held, ...texts, inner, cause, bare ?? none),
      );
    } finally {
      for (const text of texts) Py_DecRef(text);
      if (bare) Py_DecRef(bare);
    }
  }

  return exceptionOf;
}
