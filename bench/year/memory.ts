/** Memory of the gateway and PostgreSQL; shared pages are counted once. NaN where the system does not tell. */
import { readFile } from 'node:fs/promises';
import type { BenchGateway } from '../bench-gateway.ts';

const LOOK_MS = 100;

async function memoryMegabytes({ pid, postmaster }: BenchGateway): Promise<number> {
  try {
    const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
    const pids = [pid, postmaster, ...children.trim().split(' ').map(Number)];
    const sizes = await Promise.all(pids.map((each) => proportionalKilobytes(each).catch(() => 0)));
    return sizes.reduce((sum, size) => sum + size, 0) / 1_024;
  } catch {
    return NaN;
  }
}

/** How much more memory was taken at the most during some work than before it, megabytes. */
export async function memoryGrowth(gateway: BenchGateway, work: () => Promise<unknown>): Promise<number> {
  const before = await memoryMegabytes(gateway);
  let most = before;
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(async () => {
      most = Math.max(most, await memoryMegabytes(gateway));
    });
  }, LOOK_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await looking;
  }
  return most - before;
}

async function proportionalKilobytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}
