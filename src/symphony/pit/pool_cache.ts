/**
 * A cache that keeps what was used last, within a count and a size.
 * @module
 */

/** One value in the cache. */
export interface CacheEntry<V> {
  /** Its key. */
  readonly key: string;
  /** The value. */
  readonly value: V;
  /** Its size, in whatever the cache counts. */
  readonly size: number;
}

/** How well a cache serves. */
export interface CacheMetrics {
  /** How often what was asked for was there. */
  readonly hits: number;
  /** How often it was not. */
  readonly misses: number;
  /** How many were put in. */
  readonly insertions: number;
  /** How many had to leave. */
  readonly evictions: number;
  /** How many are there. */
  readonly size: number;
  /** What they take. */
  readonly memory: number;
  /** The share of hits, 0 to 1; 0 before anything was asked for. */
  readonly hitRate: number;
}

/** What a cache is made with. */
export interface CacheOptions<V> {
  /** How many there may be. */
  readonly capacity: number;
  /** How much they may take together. Default: without limit. */
  readonly maxMemory?: number;
  /** What may not leave now: it is in use. Default: everything may. */
  readonly isPinned?: (value: V) => boolean;
}

/** An entry in a ring of entries, which begins and ends at the cache's own: moving one needs no search. */
class Node<V> implements CacheEntry<V> {
  next: Node<V> = this;
  previous: Node<V> = this;
  constructor(readonly key: string, readonly value: V, readonly size: number) {}
}

/**
 * Keeps what was used last. What is put in takes the place of what was unused for longest.
 *
 * @example
 * ```ts
 * import { ModelCache } from "pyduet/symphony";
 * const cache = new ModelCache<string>({ capacity: 2, maxMemory: 100 });
 * cache.insert("a", "first", 40);
 * cache.insert("b", "second", 40);
 * cache.get("a");
 * cache.insert("c", "third", 10).map(({ key }) => key); // ["b"]
 * cache.hitRate; // 1
 * ```
 */
export class ModelCache<V> {
  /** How many there may be. */
  readonly capacity: number;
  /** How much they may take together. */
  readonly maxMemory: number;
  readonly #isPinned: (value: V) => boolean;
  readonly #nodes = new Map<string, Node<V>>();
  readonly #ring = new Node<V>("", undefined as V, 0);
  #memory = 0;
  #hits = 0;
  #misses = 0;
  #insertions = 0;
  #evictions = 0;

  /** Takes the limits. */
  constructor({ capacity, maxMemory = Infinity, isPinned = () => false }: CacheOptions<V>) {
    if (!(capacity >= 1)) throw new RangeError(`capacity must be at least 1, not ${capacity}`);
    if (!(maxMemory >= 0)) throw new RangeError(`maxMemory must be at least 0, not ${maxMemory}`);
    this.capacity = capacity;
    this.maxMemory = maxMemory;
    this.#isPinned = isPinned;
  }

  /** How many are there. */
  get size(): number {
    return this.#nodes.size;
  }

  /** What they take together. */
  get memory(): number {
    return this.#memory;
  }

  /** The share of hits, 0 to 1; 0 before anything was asked for. */
  get hitRate(): number {
    const asked = this.#hits + this.#misses;
    return asked === 0 ? 0 : this.#hits / asked;
  }

  /** All numbers at once. */
  get metrics(): CacheMetrics {
    return {
      hits: this.#hits,
      misses: this.#misses,
      insertions: this.#insertions,
      evictions: this.#evictions,
      size: this.size,
      memory: this.#memory,
      hitRate: this.hitRate,
    };
  }

  /** Whether it is there; counts as no use. */
  has(key: string): boolean {
    return this.#nodes.has(key);
  }

  /** The value, as the one used last from now on; `undefined` if it is not there. */
  get(key: string): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) {
      this.#misses++;
      return undefined;
    }
    this.touch(node);
    return node.value;
  }

  /** The entry; counts as no use. */
  entry(key: string): CacheEntry<V> | undefined {
    return this.#nodes.get(key);
  }

  /** A hit of an entry that the caller has kept: {@link get} without the look-up. */
  touch(entry: CacheEntry<V>): void {
    this.#hits++;
    const node = entry as Node<V>;
    if (this.#ring.next === node) return;
    unlink(node);
    this.#link(node);
  }

  /** Counts a miss that the caller has seen without asking. */
  missed(): void {
    this.#misses++;
  }

  /** Keys, the one used last first. */
  keys(): string[] {
    const keys: string[] = [];
    for (let at = this.#ring.next; at !== this.#ring; at = at.next) keys.push(at.key);
    return keys;
  }

  /** What may leave, the one unused for longest first. */
  *idle(): Generator<CacheEntry<V>> {
    for (let at = this.#ring.previous; at !== this.#ring;) {
      const { previous } = at;
      if (!this.#isPinned(at.value)) yield at;
      at = previous;
    }
  }

  /** Whether one more of that size can be put in, once what may leave has left. */
  fits(size: number): boolean {
    let [count, memory] = [this.size, this.#memory];
    if (count < this.capacity && memory + size <= this.maxMemory) return true;
    for (const entry of this.idle()) {
      count--;
      memory -= entry.size;
      if (count < this.capacity && memory + size <= this.maxMemory) return true;
    }
    return false;
  }

  /** Whether one more of that size can be put in as it is. */
  hasRoom(size: number): boolean {
    return this.size < this.capacity && this.#memory + size <= this.maxMemory;
  }

  /**
   * Puts a value in, in place of one with the same key; what had to leave for it. Throws a RangeError where there is
   * no room, and nothing has left then.
   */
  insert(key: string, value: V, size: number): CacheEntry<V>[] {
    if (!(size >= 0)) throw new RangeError(`The size of ${key} must be at least 0, not ${size}`);
    const old = this.#nodes.get(key);
    if (old) this.delete(key);
    if (!this.fits(size)) {
      if (old) this.#put(old);
      throw new RangeError(
        `There is no room for ${key} of size ${size}: ${this.size} of ${this.capacity} are in, with a ` +
          `size of ${this.#memory} of ${this.maxMemory}, and in use`,
      );
    }
    const evicted: CacheEntry<V>[] = [];
    while (!this.hasRoom(size)) evicted.push(this.evictLru()!);
    this.#put(new Node(key, value, size));
    this.#insertions++;
    return evicted;
  }

  /** Takes out the one unused for longest that may leave; `undefined` if none may. */
  evictLru(): CacheEntry<V> | undefined {
    for (const entry of this.idle()) {
      this.delete(entry.key);
      this.#evictions++;
      return entry;
    }
    return undefined;
  }

  /** Takes out what was unused for longest until the rest takes no more than that; what left. */
  evictToMemory(memory: number): CacheEntry<V>[] {
    const evicted: CacheEntry<V>[] = [];
    while (this.#memory > memory) {
      const entry = this.evictLru();
      if (entry === undefined) break;
      evicted.push(entry);
    }
    return evicted;
  }

  /** Takes a value out; whether it was there. */
  delete(key: string): boolean {
    const node = this.#nodes.get(key);
    if (node === undefined) return false;
    this.#nodes.delete(key);
    unlink(node);
    this.#memory -= node.size;
    return true;
  }

  #put(node: Node<V>): void {
    this.#nodes.set(node.key, node);
    this.#memory += node.size;
    this.#link(node);
  }

  #link(node: Node<V>): void {
    const { next } = this.#ring;
    node.next = next;
    node.previous = this.#ring;
    next.previous = node;
    this.#ring.next = node;
  }
}

function unlink<V>(node: Node<V>): void {
  node.previous.next = node.next;
  node.next.previous = node.previous;
}
