import { Command } from 'commander';
import type { Backend } from '../../app/backend.js';
import { OperatorError } from '../../lib/errors.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp } from '../command-options.js';
import { print, printNote } from '../output/print.js';

const USERS_PER_PAGE = 500;

/** `bellwether profile`: maintenance of profiles. */
export function profileCommand(): Command {
  return new Command('profile')
    .summary('rebuild profiles')
    .description('Rebuild profiles.')
    .addCommand(
      new Command('rebuild')
        .summary('rebuild profiles from stored events')
        .description(
          'Rebuild the profile of one user, or of all users, from stored events. The effect of events that retention has deleted is lost.',
        )
        .argument('[userKey]', 'user key')
        .option('--all', 'rebuild the profiles of all users')
        .addHelpText('after', examplesHelp('profile rebuild sample-politics-001', 'profile rebuild --all'))
        .action(async (userKey: string | undefined, { all = false }: { all?: boolean }) => {
          if ((userKey === undefined) !== all) throw new OperatorError('Name one user, or pass --all.');
          await withCommandBackend({ loadCatalog: false }, async (backend) => {
            const count =
              userKey === undefined ? await rebuildAll(backend) : await rebuildOne(backend, userKey);
            print(`Rebuilt ${count} ${count === 1 ? 'profile' : 'profiles'}.`);
          });
        }),
    );
}

async function rebuildOne(backend: Backend, userKey: string): Promise<number> {
  const [stored] = await backend.store.profiles.load([userKey]);
  // Every recorded event raises the version, so 0 means that no event of this user was ever recorded.
  if (stored === undefined || stored.version === 0) {
    throw new OperatorError(
      `There is no user ${JSON.stringify(userKey)}. Check the key; nothing was rebuilt.`,
    );
  }
  return rebuild(backend, [userKey]);
}

async function rebuildAll(backend: Backend): Promise<number> {
  let count = 0;
  let lastKey = '';
  for (;;) {
    const { userKeys, hasMore } = await backend.store.profileRewrites.pageAfter(
      lastKey,
      USERS_PER_PAGE,
      Infinity,
    );
    count += await rebuild(backend, userKeys);
    lastKey = userKeys.at(-1) ?? lastKey;
    if (!hasMore) return count;
    printNote(`${count} profiles rebuilt so far`);
  }
}

async function rebuild(backend: Backend, userKeys: readonly string[]): Promise<number> {
  for (const userKey of userKeys) await backend.rebuildProfile(userKey);
  return userKeys.length;
}
