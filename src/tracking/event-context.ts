import { z } from 'zod';
import { isStorableText, NOT_STORABLE } from '../lib/input/storable.js';

const MAX_BYTES = 4_096;
const TOO_LARGE = 'must be at most 4 KB of JSON';

/** A JSON object of at most 4 KB, stored with the event and not interpreted. */
export const contextSchema = z
  .record(z.string(), z.unknown(), { error: 'must be a JSON object' })
  .superRefine((context, check) => {
    const fault = faultOf(context);
    if (fault !== undefined) check.addIssue({ code: 'custom', message: fault });
  });

/** Does not recurse: an imported file, unlike a request, may nest deeper than the stack. */
function faultOf(context: Readonly<Record<string, unknown>>): string | undefined {
  const rest: unknown[] = [context];
  for (let seen = 0; rest.length > 0; seen++) {
    // Each value takes at least one byte, so more values than bytes cannot fit.
    if (seen > MAX_BYTES) return TOO_LARGE;
    const value = rest.pop();
    if (typeof value === 'string' && !isStorableText(value)) return NOT_STORABLE;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!isStorableText(key)) return NOT_STORABLE;
      rest.push(inner);
    }
  }
  return Buffer.byteLength(JSON.stringify(context)) <= MAX_BYTES ? undefined : TOO_LARGE;
}
