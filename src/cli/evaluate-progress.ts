import type { WriteStream } from 'node:tty';
import { progress, type ProgressResult } from '@clack/prompts';

const BAR_STEPS = 1000;
const LINE_EVERY_MS = 5000;
const INTERRUPTED_EXIT_CODE = 130;

/** Shows how much of a task is done: a bar on a terminal, a line every five seconds elsewhere. */
export class EvaluateProgressView {
  readonly #output: WriteStream;
  #task = '';
  #share = 0;
  #bar: ProgressResult | undefined;
  #barStep = 0;
  #lines: NodeJS.Timeout | undefined;

  constructor(output: WriteStream) {
    this.#output = output;
  }

  /** @param share 0–1; starts again with each task. */
  show(task: string, share: number): void {
    const isAnotherTask = task !== this.#task;
    if (isAnotherTask) this.finish();
    this.#task = task;
    this.#share = share;
    if (this.#output.isTTY) this.#drawBar(isAnotherTask);
    else
      this.#lines ??= setInterval(() => this.#output.write(`${this.#sentence()}\n`), LINE_EVERY_MS).unref();
  }

  finish(): void {
    this.#bar?.stop(this.#sentence());
    this.#letGo();
  }

  fail(): void {
    this.#bar?.error(this.#sentence());
    this.#letGo();
  }

  #drawBar(isAnotherTask: boolean): void {
    if (isAnotherTask) {
      process.on('exit', tellInterruption);
      this.#bar = progress({ max: BAR_STEPS, output: this.#output, onCancel: leave });
      this.#barStep = 0;
      this.#bar.start(this.#sentence());
    }
    const step = Math.floor(BAR_STEPS * this.#share);
    if (step > this.#barStep) this.#bar?.advance(step - this.#barStep, this.#sentence());
    this.#barStep = step;
  }

  #sentence(): string {
    return `${this.#task}: ${Math.floor(100 * this.#share)} %`;
  }

  #letGo(): void {
    clearInterval(this.#lines);
    this.#lines = undefined;
    process.removeListener('exit', tellInterruption);
    this.#bar = undefined;
  }
}

/** While the bar is drawn, the prompt library takes signals to itself: without this they would not end the program. */
function leave(): never {
  process.exit(INTERRUPTED_EXIT_CODE);
}

/** It also answers Ctrl-C by leaving with 0, as if all were done. */
function tellInterruption(): void {
  process.exitCode = INTERRUPTED_EXIT_CODE;
}
