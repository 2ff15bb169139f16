/**
 * What a program would write by itself: plain `python3 -c` that reads a line of JSON and answers with one.
 * @module
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const PROGRAM = `
import json, sys, uuid
for line in sys.stdin:
    asked = json.loads(line)
    choice = asked["context"]["options"][0]
    answer = {"id": str(uuid.uuid4()), "choice": choice, "confidence": 0.85}
    sys.stdout.write(json.dumps({"id": asked["id"], "decision": answer}) + "\\n")
    sys.stdout.flush()
`;

/** A Python at the other end of two pipes. */
export interface JsonPeer {
  /** Sends a line, and gives the decision of the line that comes back. */
  decide(context: unknown): Promise<unknown>;
  /** Ends it. */
  end(): void;
}

/** Starts one. */
export function startPeer(python: string): JsonPeer {
  const child = spawn(python, ["-c", PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, (decision: unknown) => void>();
  let latest = 0;
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const { id, decision } = JSON.parse(line);
    waiting.get(id)?.(decision);
    waiting.delete(id);
  });
  return {
    decide(context) {
      const id = ++latest;
      child.stdin!.write(`${JSON.stringify({ id, context })}\n`);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    end: () => void child.stdin!.end(),
  };
}
