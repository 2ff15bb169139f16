import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pyFunction, t, type Type } from "../../mod.ts";
import { body, imports, text } from "../fixtures/stubs/written.ts";

/** A function of one parameter and a result of that type. */
function both(type: Type): string {
  return body(pyFunction("f", { params: { x: type }, returns: type }, () => null))
    .replace(/^def f\(x: (.*)\) -> (.*): \.\.\.\n/, "$1 -> $2");
}

describe("generateStubs() types", () => {
  const plain: Record<string, [Type, string]> = {
    any: [t.any, "Any -> Any"],
    none: [t.none, "None -> None"],
    bool: [t.bool, "bool -> bool"],
    int: [t.int, "int -> int"],
    bigint: [t.bigint, "int -> int"],
    float: [t.float, "float -> float"],
    str: [t.str, "str -> str"],
    bytes: [t.bytes, "bytes -> bytes"],
    object: [t.object, "object -> Any"],
    callable: [t.callable, "Callable[..., Any] -> Callable[..., Any]"],
    list: [t.list(t.int), "list[int] -> list[int]"],
    tuple: [t.tuple(t.int, t.str), "tuple[int, str] -> tuple[int, str]"],
    "empty tuple": [t.tuple(), "tuple[()] -> tuple[()]"],
    dict: [t.dict(t.str, t.list(t.any)), "dict[str, list[Any]] -> dict[str, list[Any]]"],
    set: [t.set(t.int), "set[int] | frozenset[int] -> set[int]"],
    optional: [t.optional(t.str), "str | None -> str | None"],
    union: [t.union(t.int, t.union(t.str, t.bigint)), "int | str -> int | str"],
    "union with object": [t.union(t.int, t.object), "object -> int | Any"],
    literal: [
      t.literal("a'", 1, 2n, Uint8Array.of(0, 65)),
      `Literal["a'", 1, 2, b"\\x00A"] -> Literal["a'", 1, 2, b"\\x00A"]`,
    ],
    "literal of None": [t.literal("a", null), 'Literal["a"] | None -> Literal["a"] | None'],
    "literal with quotes": [t.literal('b"'), "Literal['b\"'] -> Literal['b\"']"],
    "literal of a truth value": [t.literal(true, 1), "Literal[True, 1] -> Literal[True, 1]"],
    "literal of a float": [t.literal(1, 1.5), "Literal[1] | float -> Literal[1] | float"],
    buffer: [t.buffer("d"), "Buffer -> memoryview"],
    awaitable: [t.awaitable(t.int), "Awaitable[int] -> Awaitable[int]"],
    asyncIterator: [t.asyncIterator(t.int), "AsyncIterable[int] -> AsyncIterator[int]"],
    datetime: [t.datetime, "datetime.datetime -> datetime.datetime"],
    timedelta: [t.timedelta, "datetime.timedelta -> datetime.timedelta"],
    path: [t.path, "str | os.PathLike[str] -> pathlib.Path"],
    decimal: [t.decimal, "decimal.Decimal -> decimal.Decimal"],
    uuid: [t.uuid, "uuid.UUID -> uuid.UUID"],
    "paths in a list": [t.list(t.path), "list[str | os.PathLike[str]] -> list[pathlib.Path]"],
    "objects in a list": [t.list(t.object), "list[Any] -> list[Any]"],
    "a class that is not declared": [t.instance(class A {}), "JsObject -> JsObject"],
    "an Error": [t.instance(RangeError), "JsError -> JsError"],
    "a class that crosses as a value": [t.instance(Map), "Any -> Any"],
    "an unknown Error": [t.instance(class extends Error {}), "JsError -> JsError"],
  };
  for (const [name, [type, expected]] of Object.entries(plain)) {
    it(`writes ${name}`, () => assert.equal(both(type), expected));
  }

  it("imports what is used alone, in groups", () => {
    assert.equal(
      imports(
        pyFunction("f", {
          params: { a: t.path, b: t.callable, c: t.instance(class A {}), d: t.buffer() },
          returns: t.decimal,
        }, () => "1"),
      ),
      text(`
import decimal
import os
from collections.abc import Callable
from typing import Any

from pyduet import JsObject
from typing_extensions import Buffer`),
    );
    assert.equal(imports(pyFunction("f", { params: {}, returns: t.int }, () => 1)), "");
  });

  it("writes a record as a TypedDict that only type checkers have", () => {
    const point = t.record("Point", { x: t.float, name: t.optional(t.str).default(null) });
    const f = pyFunction(
      "f",
      { params: { at: point, to: point.default(null) }, returns: point },
      () => (
        { x: 1, name: null }
      ),
    );
    assert.equal(
      body(f),
      text(`
@type_check_only
class Point(TypedDict):
    x: float
    name: NotRequired[str | None]

def f(at: Point, to: Point | None = None) -> Point: ...
`),
    );
  });

  it("writes a record with keys that are no names, and two records of one name", () => {
    const from = t.record("Span", { from: t.int, to: t.int.default(1) });
    const other = t.record("f", { to: t.list(from) });
    assert.equal(
      body(pyFunction("f", { params: { span: from, f: other } }, () => null)),
      text(`
_Span = TypedDict(
    "_Span",
    {"from": int, "to": NotRequired[int]},
)

@type_check_only
class f2(TypedDict):
    to: list[_Span]

def f(span: _Span, f: f2) -> Any: ...
`),
    );
  });
});

describe("generateStubs() functions", () => {
  const of = (params: Record<string, Type>, returns: Type = t.none): string =>
    body(pyFunction("f", { params, returns }, () => null as never));

  it("writes parameters of all kinds", () => {
    assert.equal(
      of({ a: t.int.positionalOnly(), b: t.int, c: t.int.keywordOnly() }),
      "def f(a: int, /, b: int, *, c: int) -> None: ...\n",
    );
    assert.equal(
      of({ a: t.args(t.int), b: t.int, c: t.kwargs(t.str) }),
      "def f(*a: int, b: int, **c: str) -> None: ...\n",
    );
    assert.equal(of({ a: t.int.positionalOnly() }), "def f(a: int, /) -> None: ...\n");
    assert.equal(of({ a: t.int.keywordOnly() }), "def f(*, a: int) -> None: ...\n");
    assert.equal(of({}, t.str), "def f() -> str: ...\n");
    assert.equal(
      body(pyFunction("f", {}, () => 1)),
      "def f(*args: Any, **kwargs: Any) -> Any: ...\n",
    );
    assert.equal(
      body(function plain(a: unknown) {
        return a;
      }),
      "def plain(*args: Any, **kwargs: Any) -> Any: ...\n",
    );
  });

  const defaults: [Type, string][] = [
    [t.int.default(-3), "int = -3"],
    [t.bigint.default(2n ** 64n), "int = 18446744073709551616"],
    [t.float.default(1), "float = 1.0"],
    [t.float.default(-0), "float = -0.0"],
    [t.float.default(1e21), "float = 1e21"],
    [t.float.default(Infinity), "float = ..."],
    [t.any.default(1.5), "Any = 1.5"],
    [t.any.default([]), "Any = ..."],
    [t.any.default(null), "Any = None"],
    [t.object.default(null), "object = None"],
    [t.str.default("a\n\u2028\ud800é"), 'str = "a\\n\\u2028\\ud800é"'],
    [t.str.default('say "hi"'), `str = 'say "hi"'`],
    [t.str.default(null), "str | None = None"],
    [t.optional(t.str).default(null), "str | None = None"],
    [t.bool.default(false), "bool = False"],
    [t.bytes.default(Uint8Array.of(1)), "bytes = ..."],
    [t.literal("a", 1).default(1), 'Literal["a", 1] = 1'],
    [t.union(t.float, t.int).default(1), "float | int = 1.0"],
    [t.union(t.path, t.str).default("a"), "str | os.PathLike[str] = ..."],
    [t.path.default("a"), "str | os.PathLike[str] = ..."],
    [t.list(t.int).default([1]), "list[int] = ..."],
  ];
  for (const [type, expected] of defaults) {
    it(`writes the default of ${expected}`, () => {
      assert.equal(of({ x: type }), `def f(x: ${expected}) -> None: ...\n`);
    });
  }

  it("writes docstrings", () => {
    const doc = (doc: string): string =>
      body(pyFunction("f", { doc, params: {}, returns: t.none }, () => {}))
        .replace("def f() -> None:", "").slice(1);
    assert.equal(doc("One line."), '    """One line."""\n');
    assert.equal(doc('A \\ and """ and "'), '    """A \\\\ and \\"\\"\\" and " """\n');
    assert.equal(doc("Nul \0"), '    """Nul \\x00"""\n');
    assert.equal(
      doc("\n    First.\n\n      Second.  \n    "),
      text(`
    """First.

      Second.
    """
`),
    );
    assert.equal(doc("x".repeat(90)), `    """${"x".repeat(90)}\n    """\n`);
    assert.equal(doc("  "), "...\n");
  });

  it("breaks long lines as formatters do", () => {
    const word = t.literal("a rather long word", "another rather long word", "a third one");
    const long = t.dict(
      t.str,
      t.tuple(t.datetime, t.timedelta, t.decimal, t.uuid, t.list(t.bigint)),
    );
    assert.equal(
      of({ two: t.args(long), one: word }),
      text(`
_Literal1 = Literal["a rather long word", "another rather long word", "a third one"]

def f(
    *two: dict[
        str,
        tuple[
            datetime.datetime,
            datetime.timedelta,
            decimal.Decimal,
            uuid.UUID,
            list[int],
        ],
    ],
    one: _Literal1,
) -> None: ...
`),
    );
    assert.equal(
      of({ one: t.int }, long),
      text(`
def f(
    one: int,
) -> dict[
    str,
    tuple[datetime.datetime, datetime.timedelta, decimal.Decimal, uuid.UUID, list[int]],
]: ...
`),
    );
    const name = "f".repeat(82);
    assert.equal(
      body(pyFunction(name, { params: {}, returns: t.optional(t.int) }, () => 1)),
      `def ${name}() -> (\n    int | None\n): ...\n`,
    );
  });

  it("writes overloads instead of the signature", () => {
    const f = (...overloads: { params: Record<string, Type>; returns: Type }[]): string =>
      body(pyFunction("f", { doc: "D.", params: { a: t.any }, overloads }, () => null));
    const one = { params: { a: t.int }, returns: t.int };
    const two = { params: { a: t.str }, returns: t.str };
    assert.equal(f(one), 'def f(a: int) -> int:\n    """D."""\n');
    assert.equal(
      f(one, two),
      text(`
@overload
def f(a: int) -> int:
    """D."""

@overload
def f(a: str) -> str: ...
`),
    );
  });

  it("writes async functions as such", () => {
    const signature = { params: {}, returns: t.awaitable(t.int) };
    assert.equal(
      body(
        pyFunction("a", signature, async () => await Promise.resolve(1)),
        pyFunction("b", signature, () => Promise.resolve(1)),
      ),
      "async def a() -> int: ...\ndef b() -> Awaitable[int]: ...\n",
    );
  });
});

describe("pyFunction() overloads", () => {
  const f = (overloads: unknown) => () =>
    pyFunction("f", { overloads: overloads as [] }, () => null);
  it("are checked", () => {
    assert.throws(f(1), {
      message: 'pyFunction("f"): overloads must be an array of signatures, not 1',
    });
    assert.throws(f([{ parms: {} }]), {
      message: 'pyFunction("f"): overload 1 has no option "parms"; ' +
        "there are doc, params, returns, signal, overloads, blocking",
    });
    assert.throws(f([{}, { overloads: [{}] }]), {
      message:
        'pyFunction("f"): overload 2 has overloads of its own; put them into the list beside it',
    });
  });
});
