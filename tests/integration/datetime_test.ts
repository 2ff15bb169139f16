import { describe, it } from "node:test";
import { prints } from "../fixtures/program.ts";

/** Local times are those of the process, so each zone takes a program of its own. */
const LOCAL = `
const py = startPython();
const make = py.run("import datetime\\nlambda *a, fold=0: [datetime.datetime(*a, fold=fold)]");
const iso = (fold, ...parts) => make(...parts, kw({ fold })).$.toJs()[0].toISOString();
`;

async function locally(zone: string, rows: [string, string][]): Promise<void> {
  const program = rows.map(([args]) => `console.log(iso(${args}));`).join("\n");
  const stdout = rows.map(([, text]) => text + "\n").join("");
  await prints(LOCAL + program, stdout, { env: { TZ: zone } });
}

describe("a naive datetime as a Date", () => {
  it("is local time, on the right side of a fold and of a gap", () =>
    locally("Europe/Berlin", [
      ["0, 2020, 1, 2, 3, 4, 5, 678901", "2020-01-02T02:04:05.678Z"],
      ["0, 2020, 10, 25, 2, 30", "2020-10-25T00:30:00.000Z"],
      ["1, 2020, 10, 25, 2, 30, 0, 999999", "2020-10-25T01:30:00.999Z"],
      ["1, 2020, 7, 1", "2020-06-30T22:00:00.000Z"],
      ["1, 1969, 12, 31, 23, 59, 59, 1500", "1969-12-31T22:59:59.001Z"],
      ["0, 2020, 3, 29, 2, 30", "2020-03-29T01:30:00.000Z"],
      ["1, 2020, 3, 29, 2, 30", "2020-03-29T00:30:00.000Z"],
      // In 2000 the clocks skipped that hour on the 26th.
      ["0, 2020, 3, 26, 2, 30", "2020-03-26T01:30:00.000Z"],
      ["0, 9999, 12, 31, 23, 59, 59, 999999", "9999-12-31T22:59:59.999Z"],
    ]));

  it("is right where midnight is skipped, and at the ends of the calendar", () =>
    locally("America/Sao_Paulo", [
      ["0, 2018, 11, 4, 12", "2018-11-04T14:00:00.000Z"],
      ["0, 2018, 11, 4", "2018-11-04T03:00:00.000Z"],
      ["0, 9999, 12, 31", "9999-12-31T03:00:00.000Z"],
    ]));

  it("is the same whatever the year, in UTC", () =>
    locally("UTC", [
      ["0, 1, 1, 1", "0001-01-01T00:00:00.000Z"],
      ["1, 1, 1, 1", "0001-01-01T00:00:00.000Z"],
      ["0, 4, 2, 29, 1", "0004-02-29T01:00:00.000Z"],
      ["0, 99, 12, 31, 23, 59, 59, 999999", "0099-12-31T23:59:59.999Z"],
      ["1, 9999, 12, 31, 23, 59, 59, 999999", "9999-12-31T23:59:59.999Z"],
    ]));
});

describe("Python's date modules", () => {
  it("are not imported before a date crosses, nor zoneinfo before a zone does", async () => {
    await prints(
      `
const py = startPython({ args: ["-I", "-S"] });
const loaded = py.run("import sys\\nlambda: [n in sys.modules for n in ('datetime', 'zoneinfo')]");
const seen = () => console.log(loaded().$.toJs().join());
class Other {}
py.builtins.id(new Other());
py.toPython([1, "a", null]);
seen();
py.toPython([new Date(0), Temporal.Now.plainDateISO()]).$.toJs({ dates: "temporal" });
seen();
`,
      "false,false\ntrue,false\n",
    );
  });

  it("give Temporal values, or an error, as the runtime has Temporal from the start", async () => {
    await prints(
      `
const py = startPython();
const list = py.run("import datetime\\n[datetime.date(2020, 1, 2)]");
const read = () => {
  try {
    return String(list.$.toJs({ dates: "temporal" })[0]);
  } catch (error) {
    return error.message;
  }
};
const { Temporal } = globalThis;
delete globalThis.Temporal;
console.log(read());
globalThis.Temporal = { PlainDate: { from: (text) => "a polyfill's " + text } };
console.log(read());
console.log(py.builtins.repr(new (class Other {})()));
`,
      'Cannot convert $[0]: this runtime has no Temporal; use dates: "date" or "iso"\n' +
        "a polyfill's 2020-01-02\n<js a value of class Other>\n",
    );
  });
});
