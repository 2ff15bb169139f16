/**
 * What Python itself says of the types of special methods.
 * @module
 */

import type { StubTypes } from "./stub_types.ts";

/** What stands where nothing was declared; asked for only there, so that nothing unused is imported. */
export interface FixedTypes {
  /** The type of the parameter at a position. */
  param(i: number): string | undefined;
  returns(): string;
  readonly isAsync: boolean;
}

/** A word of the table below as an annotation. */
function spell(word: string, types: StubTypes): string {
  const { names } = types;
  const optional = (text: string): string => `${text} | None`;
  switch (word) {
    case "None":
      return "None";
    case "Any":
      return types.any;
    case "Self":
      return names.from("typing_extensions", "Self");
    case "texts":
      return `${names.from("collections.abc", "Iterable")}[${names.builtin("str")}]`;
    case "Iterator":
    case "AsyncIterator":
    case "Awaitable":
      return `${names.from("collections.abc", word)}[${types.any}]`;
    case "Generator":
      return `${names.from("collections.abc", word)}[${Array(3).fill(types.any).join(", ")}]`;
    case "class?":
      return optional(`${names.builtin("type")}[${names.builtin("BaseException")}]`);
    case "exception?":
      return optional(names.builtin("BaseException"));
    case "traceback?":
      return optional(`${names.module("types")}.TracebackType`);
    case "bool?":
      return optional(names.builtin("bool"));
    default:
      return names.builtin(word);
  }
}

/** By name: the result, then the parameters. */
const FIXED: Readonly<Record<string, string>> = {
  __repr__: "str",
  __str__: "str",
  __bytes__: "bytes",
  __format__: "str str",
  __fspath__: "str",
  __hash__: "int",
  __bool__: "bool",
  __sizeof__: "int",
  __dir__: "texts",
  __eq__: "bool object",
  __ne__: "bool object",
  __lt__: "bool",
  __le__: "bool",
  __gt__: "bool",
  __ge__: "bool",
  __len__: "int",
  __length_hint__: "int",
  __contains__: "bool object",
  __iter__: "Iterator",
  __reversed__: "Iterator",
  __setitem__: "None",
  __delitem__: "None",
  __int__: "int",
  __float__: "float",
  __complex__: "complex",
  __index__: "int",
  __enter__: "Self",
  __exit__: "bool? class? exception? traceback?",
  __aenter__: "async Self",
  __aexit__: "async bool? class? exception? traceback?",
  __aiter__: "AsyncIterator",
  __anext__: "Awaitable",
  __await__: "Generator",
  __getattr__: "Any str",
  __getattribute__: "Any str",
  __setattr__: "None str Any",
  __delattr__: "None str",
  __set__: "None",
  __delete__: "None",
  __set_name__: "None type str",
  __buffer__: "memoryview int",
  __release_buffer__: "None memoryview",
  __setstate__: "None",
};

/** What Python fixes for a special method. */
export function fixedTypes(name: string, types: StubTypes): FixedTypes | undefined {
  const words = FIXED[name]?.split(" ");
  if (!words) return undefined;
  const isAsync = words[0] === "async";
  if (isAsync) words.shift();
  const [result, ...params] = words;
  return {
    isAsync,
    returns: () => spell(result!, types),
    param: (i) => params[i] === undefined ? undefined : spell(params[i], types),
  };
}
