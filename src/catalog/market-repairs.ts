import { hasDisplayControls, onOneLine, VISIBLE } from '../lib/input/control-characters.js';
import { drop, type Repair } from '../lib/input/parse-with-repairs.js';
import { truncated } from '../lib/input/truncate.js';

/** Longest values, in UTF-16 code units. */
export const MAX_LENGTH = {
  id: 128,
  title: 500,
  description: 100_000,
  label: 100,
  url: 2_000,
  editorialDescription: 5_000,
  eventKey: 256,
  source: 100,
} as const;

export const MAX_TAGS = 64;

/** What a PostgreSQL `integer` holds. */
export const MAX_PARTICIPANTS = 2_147_483_647;

/** What PostgreSQL cannot hold: NUL, and half of a surrogate pair. */
const NOT_STORABLE = /[\0\p{Cs}]/u;
const EACH_NOT_STORABLE = new RegExp(NOT_STORABLE, 'gu');

/**
 * Repairs of the fields that a market can do without. A text is shortened, a list keeps its valid entries, a number is
 * brought into range; whatever cannot be saved is dropped, and the stored value stays.
 */
export const marketRepairs: Readonly<Record<string, Repair>> = {
  title: (value) => line(value, MAX_LENGTH.title),
  description: (value) => text(value, MAX_LENGTH.description),
  category: (value) => line(value, MAX_LENGTH.label),
  tags: (value) =>
    Array.isArray(value)
      ? value.flatMap((tag) => line(tag, MAX_LENGTH.label) ?? []).slice(0, MAX_TAGS)
      : undefined,
  volume24h: drop,
  volumeTotal: drop,
  participantCount: wholeCount,
  imageUrl: httpsUrl,
  url: httpsUrl,
  editorialDescription: (value) => text(value, MAX_LENGTH.editorialDescription),
  eventKey: drop,
  source: drop,
};

const windows1252 = new TextDecoder('windows-1252');

/** Dashes and quotes of Windows-1252 arrive as control characters where a site has taken its text for Latin-1. */
function withoutLatin1Controls(value: string): string {
  return value.replace(/[\u0080-\u009F]/g, (control) =>
    windows1252.decode(Uint8Array.of(control.charCodeAt(0))),
  );
}

/** A text with other control characters is dropped: without them it could still be meant to deceive. */
function line(value: unknown, most: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = onOneLine(withoutLatin1Controls(value)).trim();
  return !VISIBLE.test(clean) || hasDisplayControls(clean) || NOT_STORABLE.test(clean)
    ? undefined
    : truncated(clean, most);
}

function text(value: unknown, most: number): string | undefined {
  return typeof value === 'string' ? truncated(value.replace(EACH_NOT_STORABLE, ''), most) : undefined;
}

function wholeCount(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0)) return undefined;
  return Math.min(MAX_PARTICIPANTS, Math.round(value));
}

/** Sites write addresses of images without their scheme. */
function httpsUrl(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const address = value.trim();
  return /^\/\/[^/\\\s]/.test(address) ? `https:${address}` : address;
}
