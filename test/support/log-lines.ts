import { pino } from 'pino';
import type { Logger } from '../../src/lib/logger.js';

/** A logger, and what it has written so far. */
export function recordingLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { logger: pino({ level: 'trace' }, { write }), lines };
}
