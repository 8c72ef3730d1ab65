import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { access, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../lib/errors.js';
import { errorMessage } from '../storage/database/error-message.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { giveFile, spawnAs, waysToRun } from './unprivileged-user.js';
import type { RunAs } from './unprivileged-user.js';

/** The one superuser of an embedded cluster. */
export const embeddedUser = 'bellwether';

/** Where an embedded cluster keeps its files; absolute paths. */
export interface ClusterFiles {
  readonly folder: string;
  /** What PostgreSQL calls its data directory. */
  readonly dataDirectory: string;
  readonly passwordFile: string;
  readonly logFile: string;
}

export function clusterFiles(dataDir: string): ClusterFiles {
  const root = path.resolve(dataDir);
  return { ...filesIn(path.join(root, 'postgres')), logFile: path.join(root, 'postgres.log') };
}

function filesIn(folder: string) {
  return { folder, dataDirectory: path.join(folder, 'data'), passwordFile: path.join(folder, 'password') };
}

export async function readPassword({ passwordFile }: ClusterFiles): Promise<string> {
  return (await readFile(passwordFile, 'utf8')).trim();
}

/**
 * Makes the cluster if there is none. It is made aside and renamed into place, so that neither a second process
 * doing the same nor a crash half-way can leave half a cluster.
 * @throws {OperatorError} with the words of initdb, if no way of running it works here.
 */
export async function ensureCluster(files: ClusterFiles, binaries: PostgresBinaries): Promise<void> {
  if (await isCluster(files)) return;
  const failures = new Set<string>();
  const aside = filesIn(`${files.folder}.new-${randomBytes(6).toString('hex')}`);
  for (const runAs of await waysToRun(files.dataDirectory)) {
    try {
      await initialise(aside, binaries, runAs);
      await putInPlace(aside.folder, files);
      return;
    } catch (error) {
      await rm(aside.folder, { recursive: true, force: true });
      if (await isCluster(files)) return;
      failures.add(errorMessage(error));
    }
  }
  throw new OperatorError(
    `The embedded PostgreSQL could not create its database in ${files.folder}:\n` +
      `${[...failures].join('\n')}\n` +
      'Mend that, or set DATABASE_URL to a PostgreSQL (15 or newer).',
  );
}

async function isCluster({ dataDirectory }: ClusterFiles): Promise<boolean> {
  return access(path.join(dataDirectory, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

async function initialise(aside: ReturnType<typeof filesIn>, binaries: PostgresBinaries, runAs: RunAs) {
  await mkdir(aside.dataDirectory, { recursive: true });
  await writeFile(aside.passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  await giveFile(aside.dataDirectory, runAs);
  await giveFile(aside.passwordFile, runAs);
  const files = [`--pgdata=${aside.dataDirectory}`, `--pwfile=${aside.passwordFile}`];
  // The built-in locale depends on nothing that the operating system may lack or change.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
  const access = [`--username=${embeddedUser}`, '--auth=scram-sha-256'];
  const child = spawnAs(runAs, [binaries.initdb, ...files, ...locale, ...access], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [[exitCode], errors] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    child.stderr === null ? '' : text(child.stderr),
  ]);
  if (exitCode !== 0) throw new Error(errors.trim() || `initdb ended with ${String(exitCode)}`);
}

async function putInPlace(folder: string, files: ClusterFiles): Promise<void> {
  await rename(folder, files.folder);
  const parent = path.dirname(files.folder);
  const directory = await open(parent);
  await directory.sync().finally(() => directory.close());
  // What others were making, or left behind in a crash, is of no use from here on.
  const leftovers = (await readdir(parent)).filter((name) => name.startsWith('postgres.new-'));
  await Promise.all(
    leftovers.map((name) => rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 3 })),
  );
}
