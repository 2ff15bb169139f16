/**
 * JS stacks read as frames, and split where Python ran in between.
 * @module
 */

/** One frame, of either language. */
export interface StackFrame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** As the runtime wrote it. */
  readonly text: string;
}

/** `at name (file:line:column)` or `at file:line:column`, as V8 and JavaScriptCore (in Bun) write it. */
const LINE = /^\s+at (?:(.*?) \()?((?:file:\/\/)?\/?[^()]*?):(\d+):\d+\)?$/;

/** The folder of the library's own code: its frames are where Python ran. */
const LIBRARY: string = pathOf(new URL("..", import.meta.url).href);

/** The program's frames, innermost first; a new group begins wherever Python ran between two. */
export function segmentsOf(stack: string): StackFrame[][] {
  const segments: StackFrame[][] = [];
  let open: StackFrame[] | null = null;
  for (const text of stack.split("\n")) {
    const match = LINE.exec(text);
    if (!match) continue;
    const file = pathOf(match[2]!);
    if (file.startsWith(LIBRARY)) {
      open = null;
      continue;
    }
    if (!file.startsWith("/") && !/^[A-Za-z]:/.test(file)) continue; // the runtime's own
    if (!open) segments.push(open = []);
    open.push({ name: match[1] || "<anonymous>", file, line: Number(match[3]), text });
  }
  return segments;
}

function pathOf(url: string): string {
  if (!url.startsWith("file:")) return url;
  try {
    const path = decodeURIComponent(new URL(url).pathname);
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
  } catch {
    return url;
  }
}
