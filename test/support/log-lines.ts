import { pino } from 'pino';
import type { Logger } from '../../src/lib/logger.js';

/** Creates a logger that records its lines. */
export function recordingLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { logger: pino({ level: 'trace' }, { write }), lines };
}
