/**
 * Artifacts under a name, one after the other.
 * @module
 */

/** One of the artifacts that had a name. */
export interface ArtifactVersion {
  /** Its number; the first one is 1. */
  readonly version: number;
  /** The artifact. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** What changed, in words. */
  readonly message?: string;
  /** The version from which it was made; the one before, unless said otherwise. */
  readonly parent?: number;
}

/** The versions of all names. */
export class VersionTable {
  readonly #names = new Map<string, ArtifactVersion[]>();
  readonly #uses = new Map<string, number>();

  /** Adds what comes after the others. */
  add(name: string, version: ArtifactVersion): void {
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, [version]);
    else known.push(version);
    this.#uses.set(version.hash, (this.#uses.get(version.hash) ?? 0) + 1);
  }

  /** Forgets a name. */
  delete(name: string): void {
    for (const { hash } of this.list(name)) {
      const uses = this.#uses.get(hash)! - 1;
      if (uses === 0) this.#uses.delete(hash);
      else this.#uses.set(hash, uses);
    }
    this.#names.delete(name);
  }

  /** All of a name, the oldest first. */
  list(name: string): readonly ArtifactVersion[] {
    return this.#names.get(name) ?? [];
  }

  /** The names. */
  names(): string[] {
    return [...this.#names.keys()];
  }

  /** Whether some name has this artifact among its versions. */
  has(hash: string): boolean {
    return this.#uses.has(hash);
  }

  /** A name that has this artifact among its versions. */
  nameOf(hash: string): string | undefined {
    if (!this.has(hash)) return undefined;
    return this.names().find((name) => this.list(name).some((each) => each.hash === hash));
  }
}
