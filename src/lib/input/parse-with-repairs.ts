import type { z } from 'zod';

/** Converts an invalid value to one that its field accepts; undefined if that is not possible. */
export type Repair = (value: unknown) => unknown;

/** A field with an invalid value that does not make the whole record invalid. */
export interface RepairNote {
  readonly field: string;
  /** Whether the value was dropped rather than repaired. */
  readonly dropped: boolean;
  /** What was wrong with the value. */
  readonly reason: string;
}

export type ParsedWithRepairs<Output> =
  | { readonly data: Output; readonly repairs: readonly RepairNote[]; readonly error?: never }
  | { readonly error: z.ZodError };

/** Drops the value. */
export const drop: Repair = () => undefined;

/**
 * Parses an object. An invalid field that has a repair is repaired, or dropped if its repair is invalid too. Any other
 * invalid field is an error.
 */
export function parseWithRepairs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  repairs: Readonly<Record<string, Repair>>,
): ParsedWithRepairs<z.output<Schema>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { data: parsed.data, repairs: [] };
  const issues = issuesByField(parsed.error);
  if ([...issues.keys()].some((field) => !Object.hasOwn(repairs, field))) return { error: parsed.error };
  const repaired = { ...(value as Record<string, unknown>) };
  for (const field of issues.keys()) repaired[field] = repairs[field]?.(repaired[field]);
  const again = schema.safeParse(repaired);
  const unrepaired = again.success ? new Map<string, string>() : issuesByField(again.error);
  for (const field of unrepaired.keys()) repaired[field] = undefined;
  const last = schema.safeParse(repaired);
  if (!last.success) return { error: last.error };
  return {
    data: last.data,
    repairs: [...issues].map(([field, reason]) => ({
      field,
      dropped: repaired[field] === undefined,
      reason,
    })),
  };
}

/** One sentence that names the field. */
export function repairText({ field, dropped, reason }: RepairNote): string {
  return `${field}: ${dropped ? 'dropped' : 'repaired'} (${reason})`;
}

/** The first issue of each field; the field is empty for an issue of the whole value. */
function issuesByField(error: z.ZodError): Map<string, string> {
  const issues = new Map<string, string>();
  for (const { path, message } of error.issues) {
    const field = String(path[0] ?? '');
    if (!issues.has(field)) issues.set(field, message);
  }
  return issues;
}
