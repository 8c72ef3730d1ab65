import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** Stops a process with SIGSTOP, and resolves when all its threads are stopped. */
export async function freezeProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const threads = `/proc/${pid}/task`;
  // Without /proc, as on macOS, the threads cannot be checked.
  if (!existsSync(threads)) return;
  const stopped = async (): Promise<boolean> => {
    const states = await Promise.all(
      (await readdir(threads)).map((thread) => readFile(`${threads}/${thread}/stat`, 'utf8')),
    );
    // The state follows the name in parentheses.
    return states.every((stat) => stat.slice(stat.lastIndexOf(')') + 2).startsWith('T'));
  };
  for (let tries = 0; tries < 500 && !(await stopped()); tries++) await wait(2);
}
