import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  NotImplemented,
  pyClass,
  pyEnum,
  pyFunction,
  pyModule,
  pyRecord,
  raise,
  t,
} from "../../mod.ts";
import { collectedTo } from "../fixtures/collected.ts";
import { evaluate, forGood, py, testWith } from "../fixtures/python.ts";

interface Entry {
  name: string;
  price: number;
  count: number;
}

class SoldOut extends Error {}

class Cart {
  currency: string;
  state = "new";
  readonly entries: Entry[] = [];
  constructor(currency: string) {
    this.currency = currency;
  }
  add(entry: Entry): void {
    if (entry.name === "gold") throw new SoldOut("gold is sold out");
    this.entries.push(entry);
  }
  priceOf(entry: Entry): number {
    return entry.price * entry.count;
  }
  get total(): number {
    return this.entries.reduce((sum, entry) => sum + this.priceOf(entry), 0);
  }
  plus(other: unknown): Cart | typeof NotImplemented {
    if (!(other instanceof Cart)) return NotImplemented;
    const both = new Cart(this.currency);
    both.entries.push(...this.entries, ...other.entries);
    return both;
  }
  static ofCurrency(this: new (currency: string) => Cart, currency: string): Cart {
    return new this(currency);
  }
}

const Item = pyRecord("Item", {
  fields: { name: t.str, price: t.float, count: t.int.default(1) },
});
const item = t.instance(Item);
const State = pyEnum("State", { Open: "open", Closed: "closed" });
const PyCart = pyClass(Cart, {
  doc: "What somebody buys.",
  init: { currency: t.literal("EUR", "USD") },
  properties: { currency: t.str, state: t.str, total: t.float },
  methods: {
    add: { params: { item } },
    priceOf: { params: { item }, returns: t.float },
  },
  classMethods: { ofCurrency: { params: { currency: t.str } } },
  dunders: {
    __len__: (self) => self.entries.length,
    __iter__: { call: (self: Cart) => self.entries, returns: t.list(item) },
    __contains__: (self: Cart, name) => self.entries.some((entry) => entry.name === name),
    __getitem__: {
      params: { name: t.str },
      returns: item,
      call: (self: Cart, name: string) =>
        self.entries.find((entry) => entry.name === name) ?? raise(py.builtins.KeyError, name),
    },
    __add__: "plus",
    __eq__: (self, other) => self === other,
    __enter__(this: Cart) {
      this.state = "open";
      return this;
    },
    __exit__(this: Cart) {
      this.state = "closed";
    },
  },
});
const shop = pyModule("declared_shop", {
  doc: "A shop.",
  members: [
    pyFunction("total", {
      doc: "What it all costs.",
      params: { prices: t.list(t.float), tax: t.float.default(0).keywordOnly() },
      returns: t.float,
    }, (prices, tax) => prices.reduce((a, b) => a + b, 0) + (tax ?? 0)),
    pyFunction(
      "describe",
      { params: { cart: t.instance(Cart) }, returns: t.str },
      (cart) => `${cart.constructor.name} of ${cart.entries.length}`,
    ),
    pyFunction(
      "same",
      { params: { cart: t.instance(Cart) }, returns: t.instance(Cart) },
      (cart) => cart,
    ),
    pyFunction("each", {
      params: { values: t.list(t.any), call: t.callable },
      returns: t.int,
    }, (values, call) => {
      for (const value of values) call(value);
      return values.length;
    }),
    pyClass(SoldOut, { init: { message: t.str } }),
    PyCart,
    Item,
    State,
  ],
  constants: { CURRENCIES: ["EUR", "USD"] },
});

// Its classes are there before anything is counted: they live as long as Python.
forGood(() => py.register(shop)());

describe("pytest inside this process", () => {
  testWith(["pytest"], "passes over a declared module", async () => {
    const before = py.debug.counts().hostValues;
    py.scope(() => {
      const leave = py.register(shop);
      const { code, passed, other } = evaluate(
        `
import sys, types
import pytest

class Count:
    passed = 0
    other = ()

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.passed:
            self.passed += 1
        elif not report.passed:
            self.other += (str(report.longrepr),)

    def pytest_collectreport(self, report):
        if not report.passed:
            self.other += (str(report.longrepr),)

count = Count()
code = pytest.main(
    [folder, "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:terminal", "-p", "no:anyio"],
    plugins=[count],
)
sys.modules.pop("test_declared_shop", None)
types.SimpleNamespace(code=int(code), passed=count.passed, other="\\n".join(count.other))
`,
        { folder: "tests/python/test_declared_shop.py" },
      );
      leave();
      assert.strictEqual(other, "");
      assert.strictEqual(code, 0);
      assert.strictEqual(passed, 19);
    });
    await collectedTo(before);
  });
});
