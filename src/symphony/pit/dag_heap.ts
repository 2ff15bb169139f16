/**
 * What comes next, by priority.
 * @module
 */

/** A heap of numbered nodes: the one with the highest priority comes first, of equals the one that came in first. */
export class PriorityHeap {
  readonly #items: number[] = [];
  readonly #priorities: number[] = [];
  readonly #turns: number[] = [];
  #turn = 0;

  /** How many there are. */
  get size(): number {
    return this.#items.length;
  }

  /** Puts one in. */
  push(item: number, priority: number): void {
    let at = this.#items.length;
    this.#set(at, item, priority, this.#turn++);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the first one out. */
  pop(): number | undefined {
    const first = this.#items[0];
    if (first === undefined) return undefined;
    const last = this.#items.length - 1;
    this.#swap(0, last);
    this.#items.pop();
    this.#priorities.pop();
    this.#turns.pop();
    for (let at = 0;;) {
      let best = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < last && this.#before(child, best)) best = child;
      }
      if (best === at) return first;
      this.#swap(at, best);
      at = best;
    }
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#priorities[a]!, this.#priorities[b]!];
    return one === other ? this.#turns[a]! < this.#turns[b]! : one > other;
  }

  #set(at: number, item: number, priority: number, turn: number): void {
    this.#items[at] = item;
    this.#priorities[at] = priority;
    this.#turns[at] = turn;
  }

  #swap(a: number, b: number): void {
    const [item, priority, turn] = [this.#items[a]!, this.#priorities[a]!, this.#turns[a]!];
    this.#set(a, this.#items[b]!, this.#priorities[b]!, this.#turns[b]!);
    this.#set(b, item, priority, turn);
  }
}
