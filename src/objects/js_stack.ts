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

/**
 * `at name (place:line:column)` or `at place:line:column`, as V8 and JavaScriptCore write it. Names and
 * paths may hold blanks and brackets: a place begins like a path or a URL, and the numbers end it.
 */
const LINE =
  /^\s+at (?:async )?(?:(.*?) \()?((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+):\d+\)?$/;

/** The folder of the library's own code: its frames are where Python ran. */
const LIBRARY: string | null = libraryFolder(import.meta.url);

/** Bundled into one file with a program, the library's frames cannot be told from the program's. */
function libraryFolder(self: string): string | null {
  return /\/objects\/js_stack\.\w+$/.test(self) ? pathOf(decoded(new URL("..", self).href)) : null;
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** The program's frames, innermost first; a new group begins wherever Python ran between two. */
export function segmentsOf(stack: string): StackFrame[][] {
  const segments: StackFrame[][] = [];
  let open: StackFrame[] | null = null;
  for (const text of stack.split("\n")) {
    const match = text.includes("(eval at ") ? null : LINE.exec(text);
    if (!match) continue; // no frame, or the runtime's own, which has no file
    const file = pathOf(match[2]!);
    if (LIBRARY !== null && file.startsWith(LIBRARY)) {
      open = null;
      continue;
    }
    if (!open) segments.push(open = []);
    open.push({ name: match[1] || "<anonymous>", file, line: Number(match[3]), text });
  }
  return segments;
}

/** A file's path, which an editor can open; of another place its URL. Stacks hold no percent encoding. */
function pathOf(place: string): string {
  return place.startsWith("file://") ? place.slice(7).replace(/^\/(?=[A-Za-z]:)/, "") : place;
}
