/** Processor time and memory of other processes. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Seconds of processor time that a process has used; undefined where the system does not report it. */
export async function cpuSecondsOf(pid: number): Promise<number | undefined> {
  return ticksOf(pid).then(
    ({ own }) => own / 100,
    () => undefined,
  );
}

/** Hundredths of a second of a process, and of its children that ended; proc(5) numbers the fields from 1. */
export async function ticksOf(pid: number): Promise<{ own: number; dead: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name that may have spaces.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const field = (number: number): number => fields[number - 3] ?? NaN;
  return { own: field(14) + field(15), dead: field(16) + field(17) };
}

/** Resident memory of a process in megabytes. */
export async function residentMegabytes(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) / 1_024;
}
