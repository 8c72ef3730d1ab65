import type { WriteStream } from 'node:tty';

const LINE_EVERY_MS = 5_000;
const BAR_CELLS = 24;
const CLEAR_TO_END = '\u001b[K';

/** Shows how much of a task is done: a bar that is redrawn on a terminal, a line every five seconds elsewhere. */
export class ProgressView {
  readonly #output: WriteStream;
  #task: string | undefined;
  #sentence = '';
  #drawn = '';
  #lines: NodeJS.Timeout | undefined;

  constructor(output: WriteStream) {
    this.#output = output;
  }

  /**
   * @param task such as `Reading`; another task starts another bar.
   * @param share 0–1.
   * @param whole what the share is of, such as `2.5 MB`.
   */
  show(task: string, share: number, whole?: string): void {
    if (task !== this.#task) this.end();
    this.#task = task;
    this.#sentence = `${task}: ${Math.floor(100 * share)} %${whole === undefined ? '' : ` of ${whole}`}`;
    if (this.#output.isTTY) this.#draw(share);
    else this.#lines ??= setInterval(() => this.#output.write(`${this.#sentence}\n`), LINE_EVERY_MS).unref();
  }

  /** Ends the task, whatever its share: what is written next starts on its own line. */
  end(): void {
    clearInterval(this.#lines);
    this.#lines = undefined;
    if (this.#drawn !== '') this.#output.write('\n');
    this.#drawn = '';
    this.#task = undefined;
  }

  #draw(share: number): void {
    const filled = Math.floor(BAR_CELLS * share);
    const bar = '━'.repeat(filled) + '─'.repeat(BAR_CELLS - filled);
    const line = `${bar} ${this.#sentence}`.slice(0, this.#output.columns - 1);
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#output.write(`\r${line}${CLEAR_TO_END}`);
  }
}
