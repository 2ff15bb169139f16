/**
 * The classes that `src/python_types.ts` describes: a table.
 * @module
 */

/** How one of them is written; `A` and `B` are its first and second argument. */
export interface KnownClass {
  /** As what comes back. */
  readonly out: string;
  /** As what may be passed. */
  readonly in: string;
  /** The name in python_types.ts that a class extends, and its members. */
  readonly members: readonly string[];
  /** Whether it is iterable. */
  readonly iterable: boolean;
}

const COLLECTION = "__len__ __contains__";
const SEQUENCE =
  `${COLLECTION} $ length count index at concat entries every filter find findIndex ` +
  "flatMap forEach includes join map reduce reduceRight slice some";
const MUTABLE = `${SEQUENCE} append extend insert pop remove reverse clear`;
const MAPPING = "$ __len__ __contains__ get keys values items";
const MUTABLE_MAPPING = `${MAPPING} pop popitem setdefault update clear`;
const FROZEN = `${COLLECTION} isdisjoint copy union intersection difference issubset issuperset`;
const SET = `${FROZEN} add discard remove pop update clear`;

const ROWS: readonly (readonly [string, string, string, string?])[] = [
  ["builtins.list", "PyList<A>", "ListLike<A>", `${MUTABLE} copy sort`],
  ["builtins.dict", "PyDict<A, B>", "MappingLike<A, B>", `${MUTABLE_MAPPING} copy`],
  ["builtins.set", "PySet<A>", "SetLike<A>", SET],
  ["builtins.frozenset", "PyFrozenSet<A>", "SetLike<A>", FROZEN],
  ["builtins.complex", "PyComplex", "ComplexLike", "real imag conjugate"],
  [
    "builtins.BaseException",
    "PyException",
    "PyException | PyObject",
    "args add_note with_traceback",
  ],
  ["builtins.bytearray", "PyBuffer", "BytesLike", "__len__"],
  ["builtins.memoryview", "PyBuffer", "BufferLike", "__len__"],
  ["collections.abc.Buffer", "PyBuffer", "BufferLike", "__len__"],
  ["collections.abc.ByteString", "PyBuffer", "BytesLike", "__len__"],
  ["collections.abc.Iterable", "PyIterable<A>", "Iterable<A>"],
  ["collections.abc.Iterator", "PyIterator<A>", "Iterable<A>", "next"],
  ["collections.abc.Reversible", "PyIterable<A>", "Iterable<A>"],
  ["collections.abc.Generator", "PyGenerator<A, B, C>", "Iterable<A>", "next return throw close"],
  ["collections.abc.Collection", "PyCollection<A>", "Iterable<A>", COLLECTION],
  ["collections.abc.Container", "PyInstance", "Iterable<A>"],
  ["collections.abc.Sized", "PyInstance", "Iterable<unknown>"],
  ["collections.abc.Sequence", "PySequence<A>", "ArrayLike<A>", SEQUENCE],
  ["collections.abc.MutableSequence", "PyMutableSequence<A>", "ListLike<A>", MUTABLE],
  ["collections.abc.Mapping", "PyMapping<A, B>", "MappingLike<A, B>", MAPPING],
  [
    ...["collections.abc.MutableMapping", "PyMutableMapping<A, B>", "MappingLike<A, B>"] as const,
    MUTABLE_MAPPING,
  ],
  ["collections.abc.Set", "PyAbstractSet<A>", "SetLike<A>", `${COLLECTION} isdisjoint`],
  ["collections.abc.MutableSet", "PySet<A>", "SetLike<A>", SET],
  ["collections.abc.MappingView", "PyInstance", "PyInstance | PyObject"],
  ["collections.abc.KeysView", "PyKeys<A>", "SetLike<A>", `${COLLECTION} isdisjoint`],
  ["collections.abc.ItemsView", "PyKeys<PyTuple<[A, B]>>", "Iterable<readonly [A, B]>", COLLECTION],
  ["collections.abc.ValuesView", "PyCollection<A>", "Iterable<A>", COLLECTION],
  ["collections.abc.dict_keys", "PyKeys<A>", "SetLike<A>", `${COLLECTION} isdisjoint`],
  [
    "collections.abc.dict_items",
    "PyKeys<PyTuple<[A, B]>>",
    "Iterable<readonly [A, B]>",
    COLLECTION,
  ],
  ["collections.abc.dict_values", "PyCollection<B>", "Iterable<B>", COLLECTION],
  ["collections.abc.Awaitable", "PyAwaitable<A>", "AwaitableLike<A>", "then"],
  ["collections.abc.Coroutine", "PyCoroutine<C>", "AwaitableLike<C>", "then close"],
  ["collections.abc.AsyncIterable", "PyAsyncIterable<A>", "AsyncIterableLike<A>"],
  ["collections.abc.AsyncIterator", "PyAsyncIterable<A>", "AsyncIterableLike<A>"],
  ["collections.abc.AsyncGenerator", "PyAsyncIterable<A>", "AsyncIterableLike<A>"],
  [
    ...["contextlib.AbstractContextManager", "PyContextManager<A>"] as const,
    ...["ContextManagerLike<A>", "__enter__ __exit__"] as const,
  ],
  [
    ...["contextlib.AbstractAsyncContextManager", "PyAsyncContextManager<A>"] as const,
    ...["PyAsyncContextManager<A> | PyObject", "__aenter__ __aexit__"] as const,
  ],
  ...["Enum", "Flag"].map((name) =>
    [`enum.${name}`, "PyEnum", "PyEnum | PyObject", "name value"] as const
  ),
];

/** The table, by module and name. */
export const KNOWN_CLASSES: ReadonlyMap<string, KnownClass> = new Map(
  ROWS.map(([name, out, into, members = ""]) => [name, {
    out,
    in: into,
    members: members.split(" ").filter((each) => each !== ""),
    iterable: /Iter|Gener|Coll|Sequence|Mapping|Set|List|Dict|Keys|FrozenSet/.test(out) &&
      !out.startsWith("PyAsync"),
  }]),
);

/** What a class extends that is a subclass of a value that crosses. */
export const SCALAR_BASES: Readonly<Record<string, readonly [string, string]>> = {
  int: ["PyInt", "__int__ bit_length"],
  bool: ["PyInt", "__int__ bit_length"],
  float: ["PyFloat", "__float__ is_integer"],
  str: ["PyStr", "encode upper"],
  bytes: ["PyBuffer", "__len__"],
};

/** Every name that python_types.ts exports and a declaration may use. */
export const SUPPORT_NAMES: ReadonlySet<string> = new Set(
  [
    ...ROWS.flatMap(([, out, into]) => `${out} ${into}`.match(/\w{4,}/g) ?? []),
    ..."Back BufferLike BytesLike ClassLike Dollar FloatLike IntLike KeywordArguments".split(" "),
    ..."NumpyArrayLike NumpyArrayOf PyBuffer PyClass PyClassBase PyFloat PyInstance PyInt".split(
      " ",
    ),
    ..."PyObject PyStr PyTuple StrLike".split(" "),
  ].filter((name) => !["Iterable", "ArrayLike", "unknown", "readonly"].includes(name)),
);
