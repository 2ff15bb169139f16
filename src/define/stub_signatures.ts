/**
 * Signatures as Python's `def`.
 * @module
 */

import type { Callable } from "./function.ts";
import { isAsyncFunction } from "./make_function.ts";
import type { Parameter } from "./parameters.ts";
import type { FixedTypes } from "./stub_dunders.ts";
import { alternatives, type StubTypes } from "./stub_types.ts";
import { docLines, fitted, INDENT, listed, WIDTH } from "./stub_text.ts";
import { defaultText } from "./stub_values.ts";

/** One `def` of a stub. */
export interface Definition {
  readonly name: string;
  readonly callable: Callable;
  /** What runs, if it is known: an async function is written as one. */
  readonly implementation?: unknown;
  /** `self` or `cls`. */
  readonly receiver?: string;
  /** Without the `@`. */
  readonly decorators?: readonly string[];
  /** What Python fixes, where nothing was declared. */
  readonly fixed?: FixedTypes | undefined;
}

/** The lines of a function or method, with its overloads. */
export function definitionLines(
  types: StubTypes,
  indent: string,
  definition: Definition,
): string[] {
  const { callable } = definition;
  if (callable.overloads.length === 0) return defLines(types, indent, definition);
  const decorators = definition.decorators ?? [];
  // One alone is no overload to type checkers.
  const marked = callable.overloads.length > 1
    ? [types.names.from("typing", "overload"), ...decorators]
    : decorators;
  return spaced(callable.overloads.map((each, i) =>
    defLines(types, indent, {
      ...definition,
      decorators: marked,
      callable: i === 0 ? { ...each, doc: each.doc ?? callable.doc } : each,
    })
  ));
}

/** Functions one after the other: an empty line follows a docstring. */
export function spaced(functions: readonly (readonly string[])[]): string[] {
  return functions.flatMap((lines, i) => {
    const above = functions[i - 1]?.at(-1);
    return above === undefined || /\.\.\.( {2}#.*)?$/.test(above) ? lines : ["", ...lines];
  });
}

function defLines(types: StubTypes, indent: string, definition: Definition): string[] {
  const { name, callable, decorators = [], fixed } = definition;
  const open = callable.returns.kind === "any";
  const awaited = callable.returns.kind === "awaitable" &&
    isAsyncFunction(definition.implementation);
  const isAsync = awaited || (open && fixed?.isAsync);
  const returns = open && fixed
    ? fixed.returns()
    : types.given(awaited ? callable.returns.parts[0]! : callable.returns);
  const doc = docLines(callable.doc, indent + INDENT);
  const end = doc.length > 0 ? ":" : ": ...";
  const head = `${isAsync ? "async " : ""}def ${name}(`;
  return [
    ...decorators.map((each) => `${indent}@${each}`),
    ...headLines(indent, head, parameterTexts(types, definition), { returns, end }),
    ...doc,
  ];
}

/** The line that says it all, or several: the parameters are broken first, then the result. */
function headLines(
  indent: string,
  head: string,
  params: readonly string[],
  { returns, end }: { returns: string; end: string },
): string[] {
  const lines = listed(indent, head, params, `) -> ${returns}${end}`);
  const last = lines.pop()!;
  if (last.length <= WIDTH) return [...lines, last];
  const before = last.slice(0, -`${returns}${end}`.length);
  const parts = alternatives(returns);
  if (parts.length === 1 && returns.includes("[")) {
    return [...lines, ...fitted(indent, last.slice(indent.length))];
  }
  const whole = indent + INDENT + returns;
  const inner = whole.length <= WIDTH
    ? [whole]
    : parts.flatMap((part, i) => fitted(indent + INDENT, `${i > 0 ? "| " : ""}${part}`));
  return [...lines, `${before}(`, ...inner, `${indent})${end}`];
}

function parameterTexts(types: StubTypes, definition: Definition): string[] {
  const { callable: { params }, receiver, fixed } = definition;
  if (params === undefined) {
    return [...(receiver ? [receiver] : []), `*args: ${types.any}`, `**kwargs: ${types.any}`];
  }
  const texts = params.map((parameter, i) =>
    parameterText(types, parameter, () => fixed?.param(i))
  );
  const afterPositional = params.findLastIndex(({ role }) => role === "positional") + 1;
  const keyword = params.findIndex(({ role }) => role === "keyword");
  if (keyword >= 0 && !params.some(({ role }) => role === "args")) texts.splice(keyword, 0, "*");
  if (afterPositional > 0) texts.splice(afterPositional, 0, "/");
  if (receiver === undefined) return texts;
  // A parameter of that name can only be given beside a receiver that has no name.
  const hidden = params.some(({ name }) => name === receiver);
  return [hidden ? `_${receiver}` : receiver, ...texts];
}

function parameterText(
  types: StubTypes,
  parameter: Parameter,
  fixed: () => string | undefined,
): string {
  const { name, type, role } = parameter;
  const plain = type.kind === "any" && type.parts.length === 0;
  const annotation = (plain ? fixed() : undefined) ?? types.taken(type);
  const stars = role === "args" ? "*" : role === "kwargs" ? "**" : "";
  const fallback = type.fallback ? ` = ${defaultText(type)}` : "";
  return `${stars}${name}: ${annotation}${fallback}`;
}
