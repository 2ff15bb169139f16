/**
 * Plain values of a quest: what functions return, and what the environment is made of.
 * @module
 */

/** What JSON can hold. */
export type QuestValue =
  | string
  | number
  | boolean
  | null
  | readonly QuestValue[]
  | { readonly [key: string]: QuestValue };

/** Values by their names. */
export type QuestValues = Readonly<Record<string, QuestValue>>;

/** JSON in which the keys stand in order: equal values have equal texts. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1),
    );
  }) ?? "null";
}

/** Whether two values are equal, by their contents. */
export function sameValue(one: QuestValue | undefined, other: QuestValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one === other || canonicalText(one) === canonicalText(other);
}
