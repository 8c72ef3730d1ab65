/** Maximum nesting of objects and lists in a request. Recursive code exhausts the stack only at far more levels. */
export const MAX_JSON_DEPTH = 64;

/** The error message for a request that nests deeper. */
export const TOO_DEEP = `The request nests objects and lists more than ${MAX_JSON_DEPTH} levels deep.`;

/** Whether a parsed JSON value nests objects and lists deeper than {@link MAX_JSON_DEPTH}. Does not recurse. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const below: unknown[] = [];
    for (const outer of level) {
      if (typeof outer !== 'object' || outer === null) continue;
      if (depth === MAX_JSON_DEPTH) return true;
      for (const inner of Object.values(outer)) below.push(inner);
    }
    level = below;
  }
  return false;
}
