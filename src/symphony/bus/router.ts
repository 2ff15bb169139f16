/**
 * Which endpoints a name leads to.
 * @module
 */
import { BusError } from "./error.ts";
import { checkPattern, Glob } from "./glob.ts";

/** A pattern of names and the endpoint that they lead to. */
export interface Route {
  /** A name, or a pattern of {@link Glob}. */
  readonly pattern: string;
  /** Where it leads. */
  readonly endpoint: string;
  /** Higher is preferred. */
  readonly priority: number;
}

interface Entry {
  readonly route: Route;
  readonly glob: Glob;
}

interface Found {
  readonly candidates: readonly Route[];
  readonly all: readonly Route[];
}

/** Answers that are kept. */
const CACHED = 1000;

/** Routes by names and patterns. Answers are kept until a route changes. */
export class PatternRouter {
  readonly #names = new Map<string, Route[]>();
  #globs: Entry[] = [];
  readonly #cache = new Map<string, Found>();

  /** Adds a route. Refuses an empty pattern, and one that leads there already. */
  add(pattern: string, endpoint: string, priority = 0): Route {
    checkPattern(pattern);
    if (!Number.isFinite(priority)) {
      throw new BusError(
        "Router",
        `the priority of a route must be a number, not ${String(priority)}`,
      );
    }
    const glob = Glob.isGlob(pattern) ? new Glob(pattern) : null;
    const alike = glob ? this.#globs.map(({ route }) => route) : this.#names.get(pattern) ?? [];
    const known = alike.some((route) => route.pattern === pattern && route.endpoint === endpoint);
    if (known) {
      throw new BusError(
        "Router",
        `there is a route from ${JSON.stringify(pattern)} to ${endpoint} already`,
        { reason: "RouteAlreadyExists" },
      );
    }
    const route: Route = { pattern, endpoint, priority };
    if (glob) this.#globs.push({ route, glob });
    else this.#names.set(pattern, [...alike, route]);
    this.#cache.clear();
    return route;
  }

  /** Takes the routes of a pattern away, or the one that leads to that endpoint. */
  remove(pattern: string, endpoint?: string): void {
    const gone = this.#removeWhere((route) =>
      route.pattern === pattern && (endpoint === undefined || route.endpoint === endpoint)
    );
    if (gone > 0) return;
    const to = endpoint === undefined ? "" : ` to ${endpoint}`;
    throw new BusError("Router", `there is no route from ${JSON.stringify(pattern)}${to}`, {
      reason: "RouteNotFound",
    });
  }

  /** Takes all routes to an endpoint away; how many there were. */
  removeEndpoint(endpoint: string): number {
    return this.#removeWhere((route) => route.endpoint === endpoint);
  }

  #removeWhere(matches: (route: Route) => boolean): number {
    const before = this.count;
    for (const [name, routes] of this.#names) {
      const left = routes.filter((route) => !matches(route));
      if (left.length > 0) this.#names.set(name, left);
      else this.#names.delete(name);
    }
    this.#globs = this.#globs.filter(({ route }) => !matches(route));
    this.#cache.clear();
    return before - this.count;
  }

  /** The route that is preferred: one of that very name, else the pattern of the highest priority. */
  find(name: string): Route | undefined {
    return this.candidates(name)[0];
  }

  /** All routes of a name, preferred ones first: those of that very name come before patterns. */
  candidates(name: string): readonly Route[] {
    return this.#look(name).candidates;
  }

  /** All routes of a name, by priority alone. */
  findAll(name: string): readonly Route[] {
    return this.#look(name).all;
  }

  /** How many routes there are. */
  get count(): number {
    return this.routes().length;
  }

  /** All routes. */
  routes(): Route[] {
    return [...[...this.#names.values()].flat(), ...this.#globs.map(({ route }) => route)];
  }

  #look(name: string): Found {
    const known = this.#cache.get(name);
    if (known) return known;
    const byPriority = (a: Route, b: Route): number => b.priority - a.priority;
    const named = [...this.#names.get(name) ?? []].sort(byPriority);
    const matching = this.#globs.filter(({ glob }) => glob.matches(name))
      .map(({ route }) => route).sort(byPriority);
    const candidates = [...named, ...matching];
    const found = { candidates, all: [...candidates].sort(byPriority) };
    if (this.#cache.size >= CACHED) this.#cache.clear();
    this.#cache.set(name, found);
    return found;
  }
}
