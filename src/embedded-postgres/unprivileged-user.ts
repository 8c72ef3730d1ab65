import { spawn } from 'node:child_process';
import { chown, readFile, stat } from 'node:fs/promises';
import type { SpawnOptions } from 'node:child_process';
import { OperatorError } from '../lib/errors.js';

/** A way to start a program under a user that PostgreSQL accepts; it refuses to run as root. */
export interface RunAs {
  /** Program and arguments put before the program, such as `unshare … --`. */
  readonly prefix: readonly string[];
  /** The user that the child process changes to. */
  readonly childUser: Account | undefined;
  /** The user that files must belong to, where that is not ours. */
  readonly fileOwner: Account | undefined;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

const asOurselves: RunAs = { prefix: [], childUser: undefined, fileOwner: undefined };

/**
 * The ways worth trying, best first.
 *
 * Not as root: plainly; else, for a user whom this system gives no name, as initdb wants one, in a user namespace.
 * As root: a user namespace in which our files seem to belong to an ordinary user, so that the folder may lie
 * anywhere that root can reach; else an ordinary user that keeps one capability of root, to pass folders like
 * /root; else just an ordinary user. A container may forbid any of them.
 *
 * @param dataDirectory an existing cluster must be run by its owner; if missing, every way is open.
 * @throws {OperatorError} if the cluster belongs to a user that we can not become.
 */
export async function waysToRun(dataDirectory: string): Promise<readonly RunAs[]> {
  const ownUid = process.getuid?.();
  const owner = await stat(dataDirectory).catch(() => undefined);
  if (ownUid === undefined) return [asOurselves];
  if (ownUid !== 0) {
    if (owner !== undefined && owner.uid !== ownUid) {
      throw new OperatorError(
        `The database in ${dataDirectory} belongs to another user (uid ${owner.uid}). Start as that user, ` +
          'set BELLWETHER_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL (15 or newer).',
      );
    }
    return process.platform === 'linux'
      ? [asOurselves, inNamespaceOf(await ordinaryAccount())]
      : [asOurselves];
  }
  const account = await ordinaryAccount();
  if (owner?.uid === 0) return [inNamespaceOf(account)];
  if (owner !== undefined) return [keepingFileAccess(owner), changingTo(owner)];
  return [inNamespaceOf(account), keepingFileAccess(account), changingTo(account)];
}

function inNamespaceOf({ uid, gid }: Account): RunAs {
  return {
    ...asOurselves,
    prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'],
  };
}

function keepingFileAccess(account: Account): RunAs {
  const { uid, gid } = account;
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  // initdb asks access(2) about its programs, which without that security bit answers as if there were no capability.
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

/** An account that this system knows, because initdb asks for the name of its user. */
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
 * Starts a program that way, in a fixed environment: nothing that happens to be set for us (PGPORT, LC_ALL, TZ)
 * shall change what the database does.
 */
export function spawnAs(runAs: RunAs, command: readonly [string, ...string[]], options: SpawnOptions) {
  const [program, ...args] = [...runAs.prefix, ...command] as [string, ...string[]];
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };
  return spawn(program, args, { ...options, ...runAs.childUser, env });
}
