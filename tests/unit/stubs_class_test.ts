import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateStubs, pyClass, pyEnum, pyFunction, pyModule, pyRecord, t } from "../../mod.ts";
import { body, stub, text } from "../fixtures/stubs/written.ts";

describe("generateStubs() classes", () => {
  it("writes members of all kinds", () => {
    class A {
      static B = 1;
      field = 1;
      get size(): number {
        return 1;
      }
      run(): void {}
      static make(): A {
        return new this();
      }
      static help(): void {}
    }
    const a = pyClass(A, {
      doc: "An A.",
      init: { params: { field: t.int.default(1) } },
      constants: { B: 1, NAMES: ["a"], LIMITS: { a: 1.5 } },
      properties: { field: { type: t.path, doc: "F." }, size: t.int },
      methods: { run: { name: "go", doc: "G.", params: { to: t.int }, returns: t.none } },
      staticMethods: { help: { params: {}, returns: t.none } },
      classMethods: { make: { params: {}, returns: t.instance(A) } },
    });
    assert.equal(
      body(a),
      text(`
class A:
    """An A."""

    B: ClassVar[int]
    NAMES: ClassVar[list[str]]
    LIMITS: ClassVar[dict[str, float]]

    def __init__(self, field: int = 1) -> None: ...
    @property
    def field(self) -> pathlib.Path:
        """F."""

    @field.setter
    def field(self, value: str | os.PathLike[str]) -> None: ...
    @property
    def size(self) -> int: ...
    def go(self, to: int) -> None:
        """G."""

    @staticmethod
    def help() -> None: ...
    @classmethod
    def make(cls) -> A: ...
`),
    );
  });

  it("refuses to make what Python cannot make", () => {
    class A {}
    assert.equal(
      body(pyClass(A, { init: false })),
      "class A:\n    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...\n",
    );
  });

  it("writes the types that special methods have by themselves", () => {
    class A {}
    const nothing = (): null => null;
    const names =
      "repr str bytes format bool len contains iter next getitem setitem delitem int float index " +
      "lt add iadd neg call enter exit aenter aexit aiter anext await getattr setattr delattr";
    const dunders = Object.fromEntries(names.split(" ").map((name) => [`__${name}__`, nothing]));
    assert.equal(
      body(pyClass(A, { dunders })).replace(/^.*\n.*__init__.*\n/, ""),
      text(`
    def __repr__(self) -> str: ...
    def __str__(self) -> str: ...
    def __bytes__(self) -> bytes: ...
    def __format__(self, format_spec: str, /) -> str: ...
    def __bool__(self) -> bool: ...
    def __len__(self) -> int: ...
    def __contains__(self, item: object, /) -> bool: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __next__(self) -> Any: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __delitem__(self, key: Any, /) -> None: ...
    def __int__(self) -> int: ...
    def __float__(self) -> float: ...
    def __index__(self) -> int: ...
    def __lt__(self, other: Any, /) -> bool: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __iadd__(self, other: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: types.TracebackType | None,
        /,
    ) -> bool | None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: types.TracebackType | None,
        /,
    ) -> bool | None: ...
    def __aiter__(self) -> AsyncIterator[Any]: ...
    def __anext__(self) -> Awaitable[Any]: ...
    def __await__(self) -> Generator[Any, Any, Any]: ...
    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...
    def __delattr__(self, name: str, /) -> None: ...
`),
    );
  });

  it("takes hashing away with __eq__, once", () => {
    class A {}
    class B extends A {}
    class C extends B {}
    const equal = { __eq__: () => true };
    const all = body(
      pyClass(A, { dunders: equal }),
      pyClass(B, { dunders: equal }),
      pyClass(C, { dunders: { ...equal, __hash__: () => 1 } }),
    );
    assert.equal(
      all.replaceAll("    def __init__(self) -> None: ...\n", ""),
      text(`
class A:
    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __eq__(self, other: object, /) -> bool: ...

class B(A):
    def __eq__(self, other: object, /) -> bool: ...

class C(B):
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...  # type: ignore[override]
`),
    );
  });

  it("writes bases: a declared class first, then Python's, then Generic", () => {
    class A {}
    class B extends A {}
    class C extends Error {}
    const a = pyClass(A, { generic: ["T", "_U"] });
    const b = pyClass(B, {
      generic: ["T"],
      bases: ["collections.abc.Sized", "fractions.Fraction"],
    });
    const c = pyClass(C, { init: {}, bases: ["collections.abc.Mapping"] });
    assert.equal(
      stub(a, b, c).replaceAll("    def __init__(self) -> None: ...\n", ""),
      text(`
from collections.abc import Mapping, Sized
from typing import Any, Generic, TypeVar

import fractions
from pyduet import JsError

__all__ = ["A", "B", "C"]

_T = TypeVar("_T")
_U = TypeVar("_U")

class A(Generic[_T, _U]):
    def __class_getitem__(cls, item: Any, /) -> Any: ...

class B(A[Any, Any], Sized, fractions.Fraction, Generic[_T]):
    def __class_getitem__(cls, item: Any, /) -> Any: ...

class C(JsError, Mapping[Any, Any]):
`),
    );
  });

  it("names a class wherever it is declared", () => {
    class Mine {}
    class Other {}
    class Hidden {}
    class Derived extends Mine {}
    const f = pyFunction("f", {
      params: { a: t.instance(() => Mine), b: t.instance(Other), c: t.instance(Derived) },
      returns: t.instance(Hidden),
    }, () => new Hidden());
    const module = pyModule("here", { members: [f, pyClass(Mine)] });
    pyModule("top", { members: [pyModule("there", { members: [pyClass(Other)] })] });
    pyClass(Hidden);
    assert.equal(
      generateStubs(module),
      text(`
from typing import type_check_only

from top.there import Other

__all__ = ["Mine", "f"]

class Mine:
    def __init__(self) -> None: ...

@type_check_only
class Hidden:
    def __init__(self) -> None: ...

def f(a: Mine, b: Other, c: Mine) -> Hidden: ...
`),
    );
  });

  it("imports what another module declares, under the same name", () => {
    class Note {}
    class Score {
      first(): Note {
        return new Note();
      }
    }
    const note = pyClass(Note);
    const Key = pyEnum("Key", { Major: 1 });
    const play = pyFunction("_play", { params: { key: t.instance(Key) } }, () => 1);
    pyModule("notes", { members: [note, Key, play] });
    const score = pyClass(Score, { methods: { first: { params: {}, returns: t.instance(Note) } } });
    assert.equal(
      generateStubs(pyModule("scores", { members: [score, Note, Key, play] })),
      text(`
from notes import Key as Key
from notes import Note as Note
from notes import _play as _play

__all__ = ["Key", "Note", "Score"]

class Score:
    def __init__(self) -> None: ...
    def first(self) -> Note: ...
`),
    );
    // Made anew, a module of that name still declares what it has.
    const again = generateStubs(pyModule("notes", { members: [note, Key, play] }));
    assert.match(again, /^class Note:$/m);
    assert.doesNotMatch(again, /from notes/);
  });

  it("lets no name hide another", () => {
    class Any {
      get list(): number[] {
        return [];
      }
      get datetime(): Date {
        return new Date();
      }
      get property(): number {
        return 1;
      }
    }
    const any = pyClass(Any, {
      properties: { list: t.list(t.int), datetime: t.datetime, property: t.instance(Any) },
      constants: { Any: 1 },
    });
    assert.equal(
      stub(any, pyFunction("int", {}, () => 1)),
      text(`
import builtins
import datetime as _datetime
from typing import ClassVar
from typing import Any as _Any2

__all__ = ["Any", "int"]

class Any:
    Any: ClassVar[builtins.int]

    def __init__(self) -> None: ...
    @builtins.property
    def list(self) -> builtins.list[builtins.int]: ...
    @builtins.property
    def datetime(self) -> _datetime.datetime: ...
    @builtins.property
    def property(self) -> _Any: ...

def int(*args: _Any2, **kwargs: _Any2) -> _Any2: ...

_Any = Any
`),
    );
  });
});

describe("generateStubs() enums, records, modules", () => {
  it("writes enums", () => {
    enum Level {
      Low = 1,
      High = 2,
    }
    assert.equal(
      body(
        pyEnum("Level", Level, { doc: "L." }),
        pyEnum("Word", { A: "a", B: 1.5 }),
        pyEnum("Bits", { X: 1, Y: 2n ** 70n }, { kind: "IntFlag" }),
      ),
      text(`
class Level(Enum):
    """L."""

    Low = 1
    High = 2

class Word(Enum):
    A = "a"
    B = 1.5

class Bits(IntFlag):
    X = 1
    Y = 1180591620717411303424
`),
    );
  });

  it("writes records", () => {
    const fields = {
      x: t.float,
      y: t.float.default(0),
      p: t.path.default("a"),
      o: t.object.default(1),
    };
    assert.equal(
      body(
        pyRecord("A", { doc: "R.", fields }),
        pyRecord("B", { fields: {}, frozen: true }),
      ),
      text(`
@dataclass
class A:
    """R."""

    x: float
    y: float = 0.0
    p: str | os.PathLike[str] = ...
    o: Any = 1

@dataclass(frozen=True)
class B: ...
`),
    );
  });

  it("writes constants by their values, and lazy members", () => {
    class A {}
    class B {}
    const declared = pyClass(A);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const module = pyModule("m", {
      doc: "A module.\n\nMore.",
      members: [declared, class Undeclared {}],
      constants: {
        a: "s",
        b: 1,
        c: 1.5,
        d: -0,
        e: 2n,
        f: true,
        g: null,
        h: [1, "a", null],
        i: [],
        j: new Map([[1, [2]]]),
        k: new Set(["a"]),
        l: { x: { y: 1 } },
        m: Uint8Array.of(1),
        n: Float64Array.of(1),
        o: new Date(0),
        p: new A(),
        q: new B(),
        r: declared,
        s: () => 1,
        t: new Error("x"),
        u: cycle,
        v: A,
      },
      lazy: { w: () => 1 },
    });
    assert.equal(
      generateStubs(module).split("]\n\n")[1],
      text(`
a: str
b: int
c: float
d: float
e: int
f: bool
g: None
h: list[int | str | None]
i: list[Any]
j: dict[int, list[int]]
k: set[str]
l: dict[str, dict[str, int]]
m: bytes
n: memoryview
o: datetime.datetime
p: A
q: JsObject
r: type[A]
s: Callable[..., Any]
t: JsError
u: list[Any]
v: type[A]
w: Any
Undeclared: Any

class A:
    def __init__(self) -> None: ...
`),
    );
    assert.ok(generateStubs(module).startsWith('"""A module.\n\nMore.\n"""\n\nimport datetime\n'));
  });

  it("imports submodules", () => {
    const child = pyModule("child", { members: [pyFunction("f", { params: {} }, () => 1)] });
    assert.equal(
      generateStubs(pyModule("m", { members: [child] })),
      "from . import child as child\n\n__all__: list[str] = []\n",
    );
    assert.equal(child.fullName, "m.child");
  });

  it("writes an empty module", () => {
    assert.equal(generateStubs(pyModule("m")), "__all__: list[str] = []\n");
  });

  it("refuses what is no module", () => {
    assert.throws(() => generateStubs({} as never), {
      name: "TypeError",
      message: "generateStubs() takes a module made by pyModule(), not a value of class Object",
    });
  });
});
