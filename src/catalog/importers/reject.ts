import type { ZodError } from 'zod';
import { truncated } from '../../lib/input/truncate.js';
import type { RejectRecord } from './market-draft.js';

const rawLength = 500;

/** A reason may quote the value at fault. */
const REASON_LENGTH = 300;

/** A record that could not be read, with as much of it as a person needs to find it again. */
export function reject(line: number, reason: string, raw: unknown): RejectRecord {
  return { kind: 'reject', line, reason: truncated(reason, REASON_LENGTH), raw: rawText(raw) };
}

/** The first fault that a schema found, as `field: what is wrong`. */
export function schemaReason(error: ZodError, parent = ''): string {
  const issue = error.issues[0];
  if (!issue) return `${parent}: is not as expected`;
  const field = issue.path.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    return path === '' ? String(key) : `${path}.${String(key)}`;
  }, parent);
  const message = issue.message.replace(/^Invalid input: /, '');
  return field === '' ? message : `${field}: ${message}`;
}

function rawText(raw: unknown): string {
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  return text.slice(0, rawLength);
}
