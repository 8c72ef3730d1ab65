import type { z } from 'zod';

/** Turns an invalid value into one that its field accepts; undefined when nothing can be saved. */
export type Repair = (value: unknown) => unknown;

/** A field whose value was invalid and not worth rejecting the whole record for. */
export interface RepairNote {
  readonly field: string;
  /** Whether the field was left out, rather than brought into a valid form. */
  readonly dropped: boolean;
  /** What was wrong with the value. */
  readonly reason: string;
}

export type ParsedWithRepairs<Output> =
  | { readonly data: Output; readonly repairs: readonly RepairNote[]; readonly error?: never }
  | { readonly error: z.ZodError };

/** Discards the value. */
export const drop: Repair = () => undefined;

/**
 * Parses an object. An invalid field that has a repair is repaired, or left out if that does not help; any other
 * invalid field is an error.
 */
export function parseWithRepairs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  repairs: Readonly<Record<string, Repair>>,
): ParsedWithRepairs<z.output<Schema>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { data: parsed.data, repairs: [] };
  const faults = faultsByField(parsed.error);
  if ([...faults.keys()].some((field) => !Object.hasOwn(repairs, field))) return { error: parsed.error };
  const repaired = { ...(value as Record<string, unknown>) };
  for (const field of faults.keys()) repaired[field] = repairs[field]?.(repaired[field]);
  const again = schema.safeParse(repaired);
  const hopeless = again.success ? new Map<string, string>() : faultsByField(again.error);
  for (const field of hopeless.keys()) repaired[field] = undefined;
  const last = schema.safeParse(repaired);
  if (!last.success) return { error: last.error };
  return {
    data: last.data,
    repairs: [...faults].map(([field, reason]) => ({
      field,
      dropped: repaired[field] === undefined,
      reason,
    })),
  };
}

/** One sentence for people, naming the field. */
export function repairText({ field, dropped, reason }: RepairNote): string {
  return `${field}: ${dropped ? 'dropped' : 'repaired'} (${reason})`;
}

/** The first fault of each field; the field is empty for a fault of the whole value. */
function faultsByField(error: z.ZodError): Map<string, string> {
  const faults = new Map<string, string>();
  for (const { path, message } of error.issues) {
    const field = String(path[0] ?? '');
    if (!faults.has(field)) faults.set(field, message);
  }
  return faults;
}
