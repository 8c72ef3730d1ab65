import type { WriteStream } from 'node:tty';
import { progress, type ProgressResult } from '@clack/prompts';
import type { ImportProgress } from '../catalogue/import-run.js';

const barSteps = 1000;
const lineEveryMs = 5000;
const interruptedExitCode = 130;

/** Shows how much of the source has been read: a bar on a terminal, a line every five seconds elsewhere. */
export class ImportProgressView {
  readonly #output: WriteStream;
  #shown: ImportProgress | undefined;
  #bar: ProgressResult | undefined;
  #barStep = 0;
  #lines: NodeJS.Timeout | undefined;

  constructor(output: WriteStream) {
    this.#output = output;
  }

  show(state: ImportProgress): void {
    const entersPhase = this.#shown?.phase !== state.phase;
    this.#shown = state;
    if (this.#output.isTTY) this.#drawBar(state, entersPhase);
    else this.#lines ??= setInterval(() => this.#writeLine(), lineEveryMs).unref();
  }

  finish(): void {
    this.#bar?.stop(this.#shown ? sentence(this.#shown) : '');
    this.#letGo();
  }

  fail(): void {
    this.#bar?.error(this.#shown ? sentence(this.#shown) : '');
    this.#letGo();
  }

  #drawBar(state: ImportProgress, entersPhase: boolean): void {
    if (entersPhase) {
      if (this.#bar) this.#bar.stop('The markets are read.');
      else process.on('exit', tellInterruption);
      this.#bar = progress({ max: barSteps, output: this.#output, onCancel: leave });
      this.#barStep = 0;
      this.#bar.start(sentence(state));
    }
    const step = Math.floor((barSteps * state.bytesRead) / Math.max(1, state.totalBytes));
    if (step > this.#barStep) this.#bar?.advance(step - this.#barStep, sentence(state));
    this.#barStep = step;
  }

  #writeLine(): void {
    if (this.#shown) this.#output.write(`${sentence(this.#shown)}\n`);
  }

  #letGo(): void {
    clearInterval(this.#lines);
    process.removeListener('exit', tellInterruption);
    this.#bar = undefined;
  }
}

/** While the bar is drawn, the prompt library takes signals to itself: without this they would not end the program. */
function leave(): never {
  process.exit(interruptedExitCode);
}

/** It also answers Ctrl-C by leaving with 0, as if all were done. */
function tellInterruption(): void {
  process.exitCode = interruptedExitCode;
}

function sentence({ phase, bytesRead, totalBytes }: ImportProgress): string {
  const percent = Math.floor((100 * bytesRead) / Math.max(1, totalBytes));
  return `Reading ${phase}: ${percent} % of ${megabytes(totalBytes)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
