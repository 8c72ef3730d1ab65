/** Starts the load process and gives it work. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CorePlan } from './cores.ts';
import type { LoadResult, LoadSpec } from './load-process.ts';

export class LoadProcess {
  readonly #process: ChildProcess;
  #seed = 0;

  constructor({ load }: CorePlan) {
    const file = fileURLToPath(new URL('load-process.ts', import.meta.url));
    const commandLine: string[] = [...load, process.execPath, file];
    const [command = '', ...rest] = commandLine;
    this.#process = spawn(command, rest, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
  }

  /** Each run draws other users and events, in the same order for every suite. */
  async run(spec: Omit<LoadSpec, 'seed'>): Promise<LoadResult> {
    const exited = new AbortController();
    const onExit = (): void => exited.abort(new Error('The load process ended.'));
    this.#process.once('exit', onExit);
    try {
      const answer = once(this.#process, 'message', { signal: exited.signal }) as Promise<[LoadResult]>;
      this.#process.send({ ...spec, seed: (this.#seed += 1) } satisfies LoadSpec);
      return (await answer)[0];
    } finally {
      this.#process.off('exit', onExit);
    }
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }
}
