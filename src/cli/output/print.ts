import { visibleLines } from '../../lib/input/display-text.js';

/** Prints text of one or more lines on standard output, with control characters made visible. */
export function print(text: string): void {
  process.stdout.write(`${visibleLines(text)}\n`);
}

/** Prints on standard error, which never holds results, like {@link print}. */
export function printNote(text: string): void {
  process.stderr.write(`${visibleLines(text)}\n`);
}

/**
 * Handles failed writes to standard output and standard error.
 *
 * A reader that stops early (`bellwether schema | head`) is not an error: the command still finishes and closes what
 * it opened. Any other failure, such as a full disk, sets exit code 1.
 */
export function handleOutputErrors(): void {
  let isReported = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || isReported) return;
      isReported = true;
      process.exitCode = 1;
      if (stream === process.stdout) {
        printNote(`bellwether: The output cannot be written: ${error.message}.`);
      }
    });
  }
}
