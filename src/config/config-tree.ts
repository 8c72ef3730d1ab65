/** A YAML or JSON mapping whose shape is not known yet. */
export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * One config over another: mappings are merged key by key, everything else is replaced, lists as a whole.
 * Keys such as `__proto__` are keys like any other.
 */
export function mergeTrees(base: unknown, over: unknown): unknown {
  if (!isTree(base) || !isTree(over)) return over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    merged.set(key, merged.has(key) ? mergeTrees(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}
