/**
 * What waits, in the order in which it goes on.
 * @module
 */

interface Entry<T> {
  readonly value: T;
  readonly level: number;
  readonly order: number;
}

/** What waits: the highest level first, and of one level what came first. */
export class Waiting<T> {
  /** A heap: each entry goes before those at 2i + 1 and 2i + 2. */
  readonly #heap: Entry<T>[] = [];
  #latest = 0;
  #earliest = 0;

  /** How many wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** One more. `order` where its caller counts itself what came first: lower goes first. */
  push(value: T, level: number, order: number = ++this.#latest): void {
    this.#add({ value, level, order });
  }

  /** One that was taken, and goes before all others of its level. */
  pushBack(value: T, level: number): void {
    this.#add({ value, level, order: --this.#earliest });
  }

  /** Takes the next one. */
  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink(0);
    }
    return first.value;
  }

  /** Takes the one that came first of those of the lowest level. */
  dropOldest(): T | undefined {
    let found = -1;
    for (const [i, { level, order }] of this.#heap.entries()) {
      const other = this.#heap[found];
      if (!other || level < other.level || (level === other.level && order < other.order)) {
        found = i;
      }
    }
    const dropped = this.#heap[found];
    if (dropped === undefined) return undefined;
    const last = this.#heap.pop()!;
    if (last !== dropped) {
      this.#heap[found] = last;
      this.#sink(found);
      this.#rise(found);
    }
    return dropped.value;
  }

  /** Forgets all; what waited, in no order. */
  clear(): T[] {
    return this.#heap.splice(0).map(({ value }) => value);
  }

  #add(entry: Entry<T>): void {
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a]!, this.#heap[b]!];
    return x.level > y.level || (x.level === y.level && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }

  #rise(at: number): void {
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#before(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #sink(at: number): void {
    for (;;) {
      let first = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < this.#heap.length && this.#before(below, first)) first = below;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }
}
