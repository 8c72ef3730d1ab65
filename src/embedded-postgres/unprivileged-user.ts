import { spawn } from 'node:child_process';
import { chown, readFile, stat } from 'node:fs/promises';
import type { SpawnOptions } from 'node:child_process';
import { OperatorError } from '../lib/errors.js';

/** How to start a program under a user that PostgreSQL accepts: it does not run as root. */
export interface RunAs {
  /** Program and arguments that precede the command, such as `unshare … --`. */
  readonly prefix: readonly string[];
  /** The user that the child process changes to. */
  readonly childUser: Account | undefined;
  /** The user that must own the files, if it is not the current one. */
  readonly fileOwner: Account | undefined;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

const asCurrentUser: RunAs = { prefix: [], childUser: undefined, fileOwner: undefined };

/**
 * Returns the options to try, best first. A container may forbid any of them.
 *
 * Not as root:
 * 1. the current user;
 * 2. a user namespace, because initdb requires a user name, and the system may have none for the current user.
 *
 * As root:
 * 1. a user namespace in which the files appear to belong to an ordinary user, so that the data folder may be anywhere that
 *    root can reach;
 * 2. an ordinary user with one capability of root, to reach files below folders like /root;
 * 3. an ordinary user.
 *
 * @param dataDirectory an existing cluster must run under its owner; if missing, every option is allowed.
 * @throws {OperatorError} if the cluster belongs to a user that this process cannot change to.
 */
export async function runAsOptions(dataDirectory: string): Promise<readonly RunAs[]> {
  const ownUid = process.getuid?.();
  const owner = await stat(dataDirectory).catch(() => undefined);
  if (ownUid === undefined) return [asCurrentUser];
  if (ownUid !== 0) {
    if (owner !== undefined && owner.uid !== ownUid) {
      throw new OperatorError(
        `The database in ${dataDirectory} belongs to another user (uid ${owner.uid}). Start as that user, ` +
          'set BELLWETHER_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL (15 or newer).',
      );
    }
    return process.platform === 'linux'
      ? [asCurrentUser, inNamespaceOf(await ordinaryAccount())]
      : [asCurrentUser];
  }
  const account = await ordinaryAccount();
  if (owner?.uid === 0) return [inNamespaceOf(account)];
  if (owner !== undefined) return [keepingFileAccess(owner), changingTo(owner)];
  return [inNamespaceOf(account), keepingFileAccess(account), changingTo(account)];
}

function inNamespaceOf({ uid, gid }: Account): RunAs {
  return {
    ...asCurrentUser,
    prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'],
  };
}

function keepingFileAccess(account: Account): RunAs {
  const { uid, gid } = account;
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  // initdb checks its programs with access(2), which ignores the capability without this security bit.
  const capability = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=+dac_override',
  ];
  return { prefix: ['setpriv', ...identity, ...capability, '--'], childUser: undefined, fileOwner: account };
}

function changingTo({ uid, gid }: Account): RunAs {
  return { prefix: [], childUser: { uid, gid }, fileOwner: { uid, gid } };
}

/** Returns an account from /etc/passwd, because initdb requires a user name. */
async function ordinaryAccount(): Promise<Account> {
  const lines = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const accounts = lines.split('\n').map((line) => {
    const [name, , uid, gid] = line.split(':');
    return { name, uid: Number(uid), gid: Number(gid) };
  });
  const preferred = ['postgres', 'nobody'].map((name) => accounts.find((account) => account.name === name));
  return preferred.find((account) => account !== undefined) ?? { uid: 65_534, gid: 65_534 };
}

export async function giveFile(file: string, runAs: RunAs): Promise<void> {
  if (runAs.fileOwner !== undefined) await chown(file, runAs.fileOwner.uid, runAs.fileOwner.gid);
}

/**
 * Starts a program in a fixed environment, so that variables of this process (PGPORT, LC_ALL, TZ) do not affect the
 * database.
 */
export function spawnAs(runAs: RunAs, command: readonly [string, ...string[]], options: SpawnOptions) {
  const [program, ...args] = [...runAs.prefix, ...command] as [string, ...string[]];
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };
  return spawn(program, args, { ...options, ...runAs.childUser, env });
}
