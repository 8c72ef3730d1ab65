import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ClusterFiles } from '../../src/embedded-postgres/postgres-cluster.js';
import { findPostmaster } from '../../src/embedded-postgres/postmaster.js';

/**
 * Stops every process of a PostgreSQL where it stands: connections stay open, new ones are made by the system,
 * and no process responds.
 *
 * @returns lets them go on.
 */
export async function freezeServer(cluster: ClusterFiles): Promise<() => void> {
  const postmaster = await findPostmaster(cluster);
  if (postmaster === undefined) throw new Error('There is no PostgreSQL to freeze.');
  // The main process first, so that it makes no further ones.
  process.kill(postmaster.pid, 'SIGSTOP');
  const children = await childrenOf(postmaster.pid);
  for (const pid of children) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of [...children, postmaster.pid]) process.kill(pid, 'SIGCONT');
  };
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []));
}
