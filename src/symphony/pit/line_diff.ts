/**
 * What changed from one text to another, line by line: the shortest way, by E. W. Myers ("An O(ND) Difference
 * Algorithm and Its Variations", 1986).
 * @module
 */

/** Lines that are the same, were added or removed. */
export interface DiffPart {
  /** What became of them. */
  readonly kind: "same" | "added" | "removed";
  /** The lines, without their ends. */
  readonly lines: readonly string[];
}

/** More changes than this are not looked for one by one: the whole middle is replaced. */
const MOST_CHANGES = 1000;

/** The parts of which both texts can be made again. */
export function diffLines(before: string, after: string): DiffPart[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) {
    end++;
  }
  const changes = middle(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const parts: { kind: DiffPart["kind"]; lines: string[] }[] = [];
  const add = (kind: DiffPart["kind"], line: string): void => {
    const last = parts.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else parts.push({ kind, lines: [line] });
  };
  for (const line of a.slice(0, start)) add("same", line);
  for (const [kind, line] of changes) add(kind, line);
  for (const line of a.slice(a.length - end)) add("same", line);
  return parts;
}

/** An empty text has no line; a line break at the end is a last, empty line. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

type Change = readonly [DiffPart["kind"], string];

function middle(a: readonly string[], b: readonly string[]): Change[] {
  const most = Math.min(a.length + b.length, MOST_CHANGES);
  /** For each diagonal how far down `a` one comes, after so many changes. */
  const reached: Int32Array[] = [];
  let now = new Int32Array(2 * most + 3);
  for (let changes = 0; changes <= most; changes++) {
    for (let k = -changes; k <= changes; k += 2) {
      const down = k === -changes || k !== changes && now[most + k]! < now[most + k + 2]!;
      let x = down ? now[most + k + 2]! : now[most + k]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      now[most + k + 1] = x;
      if (x >= a.length && x - k >= b.length) return wayBack(a, b, { reached, changes, most });
    }
    reached.push(now.slice());
    now = now.slice();
  }
  return [
    ...a.map((line) => ["removed", line] as const),
    ...b.map((line) => ["added", line] as const),
  ];
}

function wayBack(
  a: readonly string[],
  b: readonly string[],
  { reached, changes, most }: { reached: Int32Array[]; changes: number; most: number },
): Change[] {
  const way: Change[] = [];
  let [x, y] = [a.length, b.length];
  for (let left = changes; left > 0; left--) {
    const before = reached[left - 1]!;
    const k = x - y;
    const down = k === -left || k !== left && before[most + k]! < before[most + k + 2]!;
    const from = down ? before[most + k + 2]! : before[most + k]!;
    const fromY = from - (down ? k + 1 : k - 1);
    while (x > from + (down ? 0 : 1) && y > fromY + (down ? 1 : 0)) {
      way.push(["same", a[--x]!]);
      y--;
    }
    if (down) way.push(["added", b[--y]!]);
    else way.push(["removed", a[--x]!]);
  }
  while (x > 0) way.push(["same", a[--x]!]);
  return way.reverse();
}
