/**
 * Of which artifacts others were made.
 * @module
 */
import { ArtifactError } from "./artifact.ts";

/** Parents and children; never a cycle. */
export class Lineage {
  readonly #parents = new Map<string, Set<string>>();
  readonly #children = new Map<string, Set<string>>();

  /** Throws where `child` cannot be made of `parent`. */
  check(parent: string, child: string): void {
    const path = parent === child ? [child] : this.#path(child, parent);
    if (path === null) return;
    const short = [...path, child].map((id) => id.slice(0, 12)).join(" -> ");
    const reason = `cannot be a child of ${parent}, which would be made of itself: ${short}`;
    throw new ArtifactError("link_artifacts", child, reason);
  }

  /** `child` was made of `parent`. */
  add(parent: string, child: string): void {
    set(this.#parents, child).add(parent);
    set(this.#children, parent).add(child);
  }

  /** Takes that back. */
  remove(parent: string, child: string): void {
    this.#parents.get(child)?.delete(parent);
    this.#children.get(parent)?.delete(child);
  }

  /** Of what it was made. */
  parents(id: string): string[] {
    return [...this.#parents.get(id) ?? []];
  }

  /** What was made of it. */
  children(id: string): string[] {
    return [...this.#children.get(id) ?? []];
  }

  /** Of what it was made, and those of what, and so on: the nearest first. */
  ancestors(id: string): string[] {
    return reached(this.#parents, id);
  }

  /** What was made of it, and of those, and so on: the nearest first. */
  descendants(id: string): string[] {
    return reached(this.#children, id);
  }

  /** All links, as pairs of parent and child. */
  *links(): Generator<[string, string]> {
    for (const [child, parents] of this.#parents) {
      for (const parent of parents) yield [parent, child];
    }
  }

  /** From one down to another. */
  #path(from: string, to: string): string[] | null {
    const cameFrom = new Map<string, string>();
    const queue = [from];
    for (const id of queue) {
      for (const child of this.#children.get(id) ?? []) {
        if (cameFrom.has(child) || child === from) continue;
        cameFrom.set(child, id);
        queue.push(child);
        if (child !== to) continue;
        const path = [to];
        while (path[0] !== from) path.unshift(cameFrom.get(path[0]!)!);
        return path;
      }
    }
    return null;
  }
}

function set(map: Map<string, Set<string>>, key: string): Set<string> {
  let found = map.get(key);
  if (found === undefined) map.set(key, found = new Set());
  return found;
}

function reached(links: ReadonlyMap<string, ReadonlySet<string>>, from: string): string[] {
  const found = new Set([from]);
  // A Set gives what is added while it is walked.
  for (const id of found) for (const next of links.get(id) ?? []) found.add(next);
  found.delete(from);
  return [...found];
}
