import { pino, type Logger } from 'pino';
import { build as pinoPretty } from 'pino-pretty';

export type { Logger } from 'pino';

/** Creates a logger that writes JSON lines with ISO times, or colored lines for a terminal. */
export function createLogger(level: string, output: { pretty: boolean; fd: 1 | 2 }): Logger {
  const destination = output.pretty
    ? pinoPretty({ destination: output.fd, sync: true, translateTime: 'SYS:HH:MM:ss' })
    : pino.destination({ dest: output.fd, sync: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
