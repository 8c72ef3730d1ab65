import { createHash } from 'node:crypto';
import type { InteractionDraft } from './market-draft.js';

/**
 * The client's event id of an imported interaction that has none: a SHA-256 of who did what with
 * which market and when, so that the same file imported twice counts once. Identical lines are one
 * event. 50 characters.
 *
 * @param interaction as the file has it, before any shift in time.
 */
export function importedEventId(interaction: InteractionDraft): string {
  const { userKey, marketId, eventType, occurredAt } = interaction;
  const identity = JSON.stringify([userKey, marketId, eventType, occurredAt]);
  return `import:${createHash('sha256').update(identity).digest('base64url')}`;
}
