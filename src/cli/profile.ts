import { Command } from 'commander';
import type { Backend } from '../app/open-backend.js';
import { OperatorError } from '../lib/errors.js';
import { print, printNote } from './print.js';
import { withCommandBackend } from './command-backend.js';

const USERS_AT_ONCE = 500;

/** `bellwether profile`: what is remembered of people. */
export function profileCommand(): Command {
  return new Command('profile').description('Look after profiles.').addCommand(
    new Command('rebuild')
      .description(
        'Make a profile anew from the events that are stored, or all of them. What was learned of events that retention has removed since is lost.',
      )
      .argument('[userKey]', "the site's own key of the person")
      .option('--all', 'every person', false)
      .action(async (userKey: string | undefined, { all }: { all: boolean }) => {
        if ((userKey === undefined) !== all) throw new OperatorError('Name one person, or give --all.');
        await withCommandBackend({ holdCatalog: false }, async (backend) => {
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
  let last = '';
  for (;;) {
    const { userKeys, hasMore } = await backend.store.profileRewrites.pageAfter(
      last,
      USERS_AT_ONCE,
      Infinity,
    );
    count += await rebuild(backend, userKeys);
    last = userKeys.at(-1) ?? last;
    if (!hasMore) return count;
    printNote(`${count} so far`);
  }
}

async function rebuild(backend: Backend, userKeys: readonly string[]): Promise<number> {
  for (const userKey of userKeys) await backend.rebuildProfile(userKey);
  return userKeys.length;
}
