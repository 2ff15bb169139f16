/**
 * The floors of `src/`, read from the one list in `src/README.md`, and the rule that goes with them.
 * @module
 */
import path from "node:path";

/** The list of floors: for each file its place, counted from the bottom. */
export interface Floors {
  /** The listed files in order, relative to the project; a folder of tables as `folder/*`. */
  readonly files: readonly string[];
  /** The listed floors in order: folders with a slash at the end, or single files. */
  readonly floors: readonly string[];
}

/** These are built on the public contract alone: below them they see only this file. */
const PUBLIC = "mod.ts";
const ON_PUBLIC_ALONE = ["src/symphony/", "src/x0x/", "src/hms/"];

/**
 * Reads the block that is marked `floors` in a Markdown text. A line that starts at the margin names
 * a floor, and may say what it is; the indented lines after it name its files, lowest first.
 */
export function readFloors(markdown: string): Floors {
  const block = /^```floors\n([\s\S]*?)^```/m.exec(markdown)?.[1];
  if (block === undefined) throw new Error("src/README.md has no block marked ```floors");
  const files: string[] = [];
  const floors: string[] = [];
  for (const line of block.split("\n").filter((line) => line.trim() !== "")) {
    const words = line.trim().split(/\s+/);
    if (/^\s/.test(line)) {
      files.push(...words.map((word) => floors.at(-1) + word));
    } else {
      const floor = path.posix.normalize(`src/${words[0]}`);
      floors.push(floor);
      if (!floor.endsWith("/")) files.push(floor);
    }
  }
  return { files, floors };
}

/** The entry of the list under which a file falls; `undefined` when it is not listed. */
export function entryOf(floors: Floors, file: string): string | undefined {
  return floors.files.find((entry) => entry === file) ??
    floors.files.find((entry) =>
      entry.endsWith("/*") && path.posix.dirname(file) === entry.slice(0, -2)
    );
}

/** Why `from` may not import `to`; `null` when it may. Both are listed. */
export function refusal(floors: Floors, from: string, to: string): string | null {
  const place = (file: string) => floors.files.indexOf(entryOf(floors, file) ?? "");
  if (place(to) >= place(from)) {
    const same = place(to) === place(from) ? "stands beside it" : "stands above it";
    return `${from} imports ${to}, which ${same}`;
  }
  const own = ON_PUBLIC_ALONE.find((floor) => from.startsWith(floor));
  if (own && to !== PUBLIC && !to.startsWith(own)) {
    return `${from} imports ${to}, but is built on ${PUBLIC} alone`;
  }
  return null;
}
