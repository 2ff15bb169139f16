import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { POSIX_PATHS, WINDOWS_PATHS } from "../../src/capi/locate_paths.ts";

const name = fc.constantFrom("a", "python3.12", "lib", "..", ".", "Program Files", "é", ".venv");

/** Paths of one system: absolute and relative, with doubled separators and one at the end. */
function pathsOf(roots: string[], separators: string[]): fc.Arbitrary<string> {
  return fc.tuple(
    fc.constantFrom(...roots),
    fc.array(fc.tuple(name, fc.constantFrom(...separators)), { minLength: 1, maxLength: 6 }),
    fc.boolean(),
  ).map(([root, parts, open]) => {
    const text = root + parts.map(([part, separator]) => part + separator).join("");
    return open ? text : text.replace(/[\\/]+$/, "");
  });
}

const systems = [
  {
    title: "POSIX_PATHS",
    ours: POSIX_PATHS,
    theirs: path.posix,
    paths: pathsOf(["", "/", "//"], ["/", "//"]),
  },
  {
    title: "WINDOWS_PATHS",
    ours: WINDOWS_PATHS,
    theirs: path.win32,
    paths: pathsOf(["", "C:\\", "c:/", "\\", "\\\\server\\share\\"], ["\\", "/", "\\\\"]),
  },
];

for (const { title, ours, theirs, paths } of systems) {
  /** Our normal form has no separator at its end; theirs keeps one that was written. */
  const withoutEnd = (text: string): string =>
    theirs.parse(text).root.length >= text.length ? text : text.replace(/[\\/]+$/, "");

  describe(title, () => {
    it("join() normalises as node:path does", () => {
      fc.assert(fc.property(paths, name, (folder, part) => {
        assert.equal(ours.join(folder, part), withoutEnd(theirs.join(folder, part)));
      }));
    });

    it("isAbsolute() and basename() agree with node:path", () => {
      fc.assert(fc.property(paths, (text) => {
        assert.equal(ours.isAbsolute(text), theirs.isAbsolute(text));
        assert.equal(ours.basename(text), theirs.basename(text));
      }));
    });

    it("dirname() of a joined path agrees with node:path", () => {
      fc.assert(fc.property(paths, name, (folder, part) => {
        const text = ours.join(folder, part);
        assert.equal(ours.dirname(text), theirs.dirname(text));
      }));
    });

    it("resolve() keeps an absolute path and joins a relative one", () => {
      assert.equal(ours.resolve(theirs.sep + "work", "a"), theirs.join(theirs.sep, "work", "a"));
      fc.assert(fc.property(paths, (text) => {
        fc.pre(theirs.isAbsolute(text));
        assert.equal(ours.resolve("elsewhere", text), withoutEnd(theirs.normalize(text)));
      }));
    });
  });
}
