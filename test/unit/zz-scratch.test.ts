import { it } from 'vitest';
import { z } from 'zod';
import { interactionInput } from '../../src/tracking/interaction-input.js';
it('x', () => {
  for (const occurredAt of ['yesterday', '2026-02-30T00:00:00Z', 5, '0000-01-01T00:00:00Z', '2026-02-20T00:00:00Z'])
  try { const r = interactionInput.safeParse({ userKey: 'a', marketId: 'b', eventType: 'CLICK', occurredAt }); console.log(occurredAt, r.success, JSON.stringify(r.error?.issues.map((i) => i.message))); } catch (e) { console.log(occurredAt, 'THROWS', String(e)); }
  const instant = z.union([z.date(), z.iso.datetime({ offset: true, abort: true })], { error: 'must be an ISO 8601 instant' }).refine((g) => new Date(g).getTime() > 0, 'range');
  for (const v of ['yesterday', 5, new Date(NaN), '1000-01-01T00:00:00Z']) console.log(JSON.stringify(instant.safeParse(v).error?.issues.map((i) => i.message)));
});
