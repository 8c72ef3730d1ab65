import { pino, type Logger } from 'pino';
import { build as pinoPretty } from 'pino-pretty';

export type { Logger } from 'pino';

/** A log: JSON lines with ISO times, or the same in colour for a person at a terminal. */
export function createLogger(level: string, to: { pretty: boolean; fd: 1 | 2 }): Logger {
  const destination = to.pretty
    ? pinoPretty({ destination: to.fd, sync: true, translateTime: 'SYS:HH:MM:ss' })
    : pino.destination({ dest: to.fd, sync: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
