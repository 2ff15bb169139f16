/**
 * Cycles in a graph.
 * @module
 */

/**
 * A cycle, as its nodes in their order with the first one again at the end; `null` where there is none. Each node and
 * each edge is looked at once, and no depth is too deep.
 *
 * @param next for each node the nodes that follow it, all by their numbers
 */
export function findCycle(next: readonly (readonly number[])[]): number[] | null {
  // 0: not met, 1: on the path, 2: done.
  const state = new Uint8Array(next.length);
  const path: number[] = [];
  const taken: number[] = [];
  for (let start = 0; start < next.length; start++) {
    if (state[start] !== 0) continue;
    path.push(start);
    taken.push(0);
    state[start] = 1;
    while (path.length > 0) {
      const node = path[path.length - 1]!;
      const i = taken[taken.length - 1]!++;
      const to = next[node]![i];
      if (to === undefined) {
        state[node] = 2;
        path.pop();
        taken.pop();
      } else if (state[to] === 1) {
        return [...path.slice(path.indexOf(to)), to];
      } else if (state[to] === 0) {
        state[to] = 1;
        path.push(to);
        taken.push(0);
      }
    }
  }
  return null;
}
