/** Processors on which the processes of the suite run. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface CorePlan {
  /** Command that starts a process on the core of the measured server; empty if it is not pinned. */
  readonly server: readonly string[];
  /** Command that starts the load process. */
  readonly load: readonly string[];
  /** Command that starts processes of the servers, such as the job worker, on the cores of PostgreSQL. */
  readonly others: readonly string[];
  /** The processors of this process, and so of PostgreSQL, which it starts; undefined if not pinned. */
  readonly own: string | undefined;
  readonly description: string;
}

/** @param pin false: the system places all processes. */
export async function planCores(pin: boolean): Promise<CorePlan> {
  const cores = pin ? await usableCores() : [];
  if (cores.length < 2) {
    const reason = !pin ? 'as requested' : 'it needs taskset and two cores';
    const description = `No process is pinned (${reason}), so all share ${availableParallelism()} cores.`;
    return { server: [], load: [], others: [], own: undefined, description };
  }
  const [server, load, ...rest] = cores;
  const others = rest.length === 0 ? String(load) : rest.join(',');
  const pinnedTo = (list: string): string[] => ['taskset', '-c', list];
  return {
    server: pinnedTo(String(server)),
    load: pinnedTo(String(load)),
    others: pinnedTo(others),
    own: others,
    description: `Measured server on core ${server}, load on core ${load}, PostgreSQL and jobs on core ${others}.`,
  };
}

/** Moves this process, and processes that it starts from now on. */
export async function pinSelf({ own }: CorePlan): Promise<void> {
  if (own !== undefined) await run('taskset', ['-acp', own, String(process.pid)]);
}

/** One processor of each physical core that this process may use; none where processes cannot be pinned. */
async function usableCores(): Promise<number[]> {
  try {
    await run('taskset', ['-cp', String(process.pid)]);
    const status = await readFile('/proc/self/status', 'utf8');
    const allowed = listed(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
    const siblings = await Promise.all(
      allowed.map((core) =>
        readFile(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8').then(
          (list) => listed(list.trim())[0],
          () => core,
        ),
      ),
    );
    const physical = allowed.filter((_, index) => siblings.indexOf(siblings[index]) === index);
    return physical.length >= 2 ? physical : allowed;
  } catch {
    return [];
  }
}

/** The numbers of a list such as `0-3,8`. */
function listed(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
