import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { entryOf, readFloors, refusal } from "./floors.ts";
import { importsOf, ourFiles, read, wordsOf } from "./source_files.ts";

const FLOORS_FILE = "src/README.md";
const sources = ourFiles(".ts").filter((file) => file === "mod.ts" || file.startsWith("src/"));

function none(problems: string[]): void {
  if (problems.length > 0) assert.fail(problems.join("\n"));
}

describe("the floors of src", () => {
  const floors = readFloors(read(FLOORS_FILE));

  it("list every file, and no file that is not there", () => {
    const missing = sources.filter((file) => entryOf(floors, file) === undefined)
      .map((file) => `${file} is not in the list of ${FLOORS_FILE}: name it after what it imports`);
    const stale = floors.files.filter((entry) =>
      !sources.some((file) => entryOf(floors, file) === entry)
    )
      .map((entry) => `${entry} is in the list of ${FLOORS_FILE}, but there is no such file`);
    none([...missing, ...stale]);
  });

  it("are never left upward by an import", () => {
    const problems: string[] = [];
    for (const file of sources) {
      for (const target of importsOf(read(file)).filter((name) => name.startsWith("."))) {
        const to = path.posix.join(path.posix.dirname(file), target);
        if (to.startsWith("python/")) continue;
        if (!sources.includes(to)) {
          problems.push(`${file} imports ${target}, which is no file of src`);
        } else if (entryOf(floors, file) && entryOf(floors, to)) {
          const problem = refusal(floors, file, to);
          if (problem) problems.push(problem);
        }
      }
    }
    none(problems);
  });

  it("take nothing from outside but Node's modules", () => {
    const problems: string[] = [];
    for (const file of sources) {
      const allowed = file.startsWith("src/ffi/") ? /^(\.|node:|bun:)/ : /^(\.|node:)/;
      for (const name of importsOf(read(file))) {
        if (!allowed.test(name)) {
          problems.push(`${file} imports ${name}: the library has no dependencies`);
        }
      }
    }
    none(problems);
  });

  it("keep the runtimes' names in src/ffi", () => {
    const problems: string[] = [];
    for (const file of sources.filter((file) => !file.startsWith("src/ffi/"))) {
      for (const { word, line } of wordsOf(read(file))) {
        if (/(Deno|Bun)(?![a-z])|^bun:/.test(word)) {
          problems.push(`${file}:${line} says "${word}": only src/ffi knows the runtimes`);
        }
      }
    }
    none(problems);
  });
});

/** Stubs are written by the command, as tests/symphony/stubs_test.ts sees. */
const WRITTEN = /^python\/_?symphony_\w+\/__init__\.pyi$/;

describe("the files", () => {
  it("are not longer than 500 lines", () => {
    const problems: string[] = [];
    for (const file of ourFiles(".ts", ".mjs", ".py", ".pyi")) {
      if (WRITTEN.test(file)) continue;
      const lines = read(file).split("\n");
      if (lines.length > 501 && !/\b(table|generated)\b/i.test(lines[0] ?? "")) {
        problems.push(
          `${file} has ${
            lines.length - 1
          } lines: split it, or say "table" or "generated" in line 1`,
        );
      }
    }
    none(problems);
  });

  it("have names in snake_case that say what is in them", () => {
    // src/define/types.ts holds `t`, the types of Python's side: there the word is the subject.
    const vague = /\/(utils?|helpers?|types|index|common|misc)\.(ts|py|mjs)$/;
    none(
      ourFiles(".ts", ".mjs", ".py", ".pyi")
        .filter((file) => file !== "src/define/types.ts")
        .filter((file) =>
          !/^[a-z0-9_]+(\.d)?\.(ts|mjs|pyi?)$/.test(path.posix.basename(file)) || vague.test(file)
        )
        .map((file) => `${file} needs another name`),
    );
  });
});

describe("deno.json and package.json", () => {
  const deno = JSON.parse(read("deno.json"));
  const npm = JSON.parse(read("package.json"));

  it("have the same exports", () => assert.deepEqual(deno.exports, npm.exports));
  it("have the same version", () => assert.equal(deno.version, npm.version));
  it("have the same license", () => assert.equal(deno.license, npm.license));
  it("have the same commands", () => assert.deepEqual(deno.tasks, npm.scripts));
});

describe("refusal()", () => {
  const sample = readFloors(
    [
      ...["```floors", "errors.ts", "ffi/   the runtimes", "  backend.ts select.ts"],
      ...["capi/", "  symbols/*", "  library.ts", "../mod.ts", "symphony/", "  bus.ts", "```", ""],
    ].join("\n"),
  );

  it("names an import from a higher floor", () => {
    assert.equal(
      refusal(sample, "src/ffi/select.ts", "src/capi/library.ts"),
      "src/ffi/select.ts imports src/capi/library.ts, which stands above it",
    );
  });

  it("names an import against the order of a floor", () => {
    assert.match(
      refusal(sample, "src/ffi/backend.ts", "src/ffi/select.ts") ?? "",
      /stands above it/,
    );
  });

  it("names an import from one table by another", () => {
    assert.match(
      refusal(sample, "src/capi/symbols/long.ts", "src/capi/symbols/list.ts") ?? "",
      /stands beside it/,
    );
  });

  it("names what reaches past mod.ts", () => {
    assert.match(refusal(sample, "src/symphony/bus.ts", "src/errors.ts") ?? "", /mod.ts alone/);
    assert.equal(refusal(sample, "src/symphony/bus.ts", "mod.ts"), null);
  });

  it("lets a file see lower floors and what is above it in its own list", () => {
    assert.equal(refusal(sample, "src/capi/library.ts", "src/errors.ts"), null);
    assert.equal(refusal(sample, "src/capi/library.ts", "src/capi/symbols/long.ts"), null);
  });
});

describe("importsOf()", () => {
  it("sees every form of import", () => {
    const text = `import a from "./a.ts"; import type { B } from "./b.ts"; export * from "./c.ts";
      export type { D } from "./d.ts"; const e = await import("./e.ts"); let f: import("./f.ts").F;
      import "./g.ts"; // import "./not.ts"`;
    assert.deepEqual(
      importsOf(text),
      ["a", "b", "c", "d", "e", "f", "g"].map((name) => `./${name}.ts`),
    );
  });
});
