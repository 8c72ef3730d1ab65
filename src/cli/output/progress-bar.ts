import type { WriteStream } from 'node:tty';

const LINE_INTERVAL_MS = 5_000;
const BAR_CELLS = 24;
const CLEAR_TO_END = '\u001b[K';

/** Shows the progress of a task: a redrawn bar on a terminal, otherwise a line every 5 seconds. */
export class ProgressBar {
  readonly #output: WriteStream;
  #task: string | undefined;
  #status = '';
  #drawn = '';
  #lineTimer: NodeJS.Timeout | undefined;

  constructor(output: WriteStream) {
    this.#output = output;
  }

  /**
   * @param task such as `Reading`; a different task starts a new bar.
   * @param share 0–1.
   * @param total what the share refers to, such as `2.5 MB`.
   */
  show(task: string, share: number, total?: string): void {
    if (task !== this.#task) this.end();
    this.#task = task;
    this.#status = `${task}: ${Math.floor(100 * share)}%${total === undefined ? '' : ` of ${total}`}`;
    if (this.#output.isTTY) this.#draw(share);
    else {
      this.#lineTimer ??= setInterval(
        () => this.#output.write(`${this.#status}\n`),
        LINE_INTERVAL_MS,
      ).unref();
    }
  }

  /** Ends the task at any share. The next output starts on its own line. */
  end(): void {
    clearInterval(this.#lineTimer);
    this.#lineTimer = undefined;
    if (this.#drawn !== '') this.#output.write('\n');
    this.#drawn = '';
    this.#task = undefined;
  }

  #draw(share: number): void {
    const filled = Math.floor(BAR_CELLS * share);
    const bar = '━'.repeat(filled) + '─'.repeat(BAR_CELLS - filled);
    const line = `${bar} ${this.#status}`.slice(0, this.#output.columns - 1);
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#output.write(`\r${line}${CLEAR_TO_END}`);
  }
}
