import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { apiKeyHash, createApiKey } from '../../auth/api-key.js';
import type { Role } from '../../auth/viewer.js';
import { OperatorError } from '../../lib/errors.js';
import { visible } from '../../lib/input/display-text.js';
import { isStorableText } from '../../lib/input/text-schemas.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp } from '../command-options.js';
import { instant } from '../output/format.js';
import { print, printNote } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

const KEY_ROLES = ['SERVICE', 'MONITOR', 'ADMIN', 'SUPERADMIN'] as const satisfies readonly Role[];

const MAX_NAME_LENGTH = 100;
const ID_BYTES = 6;
const ENDING_LENGTH = 4;

/** `bellwether keys`: creates, lists, and revokes API keys. */
export function keysCommand(): Command {
  return new Command('keys')
    .summary('create, list, and revoke API keys')
    .description(
      'Create, list, and revoke API keys. From the first key on, the gateway requires credentials for all but public data.',
    )
    .addCommand(
      new Command('create')
        .summary('create an API key')
        .description('Create an API key and print it. It is not stored, so it cannot be printed again.')
        .argument('<name>', `who uses the key, 1–${MAX_NAME_LENGTH} characters`, parseName)
        .addOption(
          new Option('--role <role>', 'what the key may do').choices(KEY_ROLES).makeOptionMandatory(),
        )
        .addHelpText('after', examplesHelp('keys create "site backend" --role SERVICE'))
        .action(create),
    )
    .addCommand(
      new Command('list')
        .summary('list the API keys')
        .description('List the API keys, oldest first, with the revoked ones.')
        .option('--json', 'print one JSON object per line')
        .addHelpText('after', examplesHelp('keys list'))
        .action(list),
    )
    .addCommand(
      new Command('revoke')
        .summary('revoke an API key')
        .description('Revoke an API key. Every gateway rejects it within 5 seconds.')
        .argument('<id>', 'id of the key, as in "bellwether keys list"')
        .addHelpText('after', examplesHelp('keys revoke 3f9a0c12b7de'))
        .action(revoke),
    );
}

function parseName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > MAX_NAME_LENGTH || !isStorableText(name)) {
    throw new InvalidArgumentError(`It must have 1–${MAX_NAME_LENGTH} characters.`);
  }
  return name;
}

async function create(name: string, { role }: { readonly role: (typeof KEY_ROLES)[number] }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ store }) => {
    const key = createApiKey();
    const id = randomBytes(ID_BYTES).toString('hex');
    await store.apiKeys.add({
      ...{ id, name, role, hash: apiKeyHash(key) },
      ...{ ending: key.slice(-ENDING_LENGTH), createdAt: new Date() },
    });
    printNote(`Created the key ${id} with the role ${role}. It is shown only once:`);
    print(key);
  });
}

async function list({ json }: { json?: true }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ store }) => {
    const keys = await store.apiKeys.list();
    if (json) {
      for (const key of keys) print(JSON.stringify({ ...key, hash: undefined }));
      return;
    }
    if (keys.length === 0) {
      print('There are no API keys.');
      return;
    }
    const table = new TextTable({
      head: ['id', 'name', 'role', 'ends with', 'created', 'revoked'],
      optional: ['ends with', 'created'],
    });
    for (const { id, name, role, ending, createdAt, revokedAt } of keys) {
      table.add([id, name, role, ending, instant(createdAt), revokedAt === null ? '' : instant(revokedAt)]);
    }
    print(table.toString());
  });
}

async function revoke(id: string): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ store }) => {
    if (!(await store.apiKeys.revoke(id, new Date()))) {
      throw new OperatorError(
        `There is no valid key with the id "${visible(id)}". "bellwether keys list" shows the ids.`,
      );
    }
    print(`Revoked ${id}. Every gateway rejects it within 5 seconds.`);
  });
}
