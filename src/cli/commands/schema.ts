import { Command, Option } from 'commander';
import { ROLES, type Role } from '../../auth/viewer.js';
import { printSdl } from '../../graphql/print-sdl.js';
import { createSchema } from '../../graphql/schema.js';
import { examplesHelp } from '../command-options.js';

/** `bellwether schema`: prints the GraphQL schema. */
export function schemaCommand(): Command {
  const role = new Option('--role <role>', 'print only what this role may use; default: everything').choices(
    ROLES,
  );
  return new Command('schema')
    .summary('print the GraphQL schema')
    .description('Print the GraphQL schema (SDL). It needs no database.')
    .addOption(role)
    .addHelpText('after', examplesHelp('schema > schema.graphql', 'schema --role CLIENT > client.graphql'))
    .action((options: { readonly role?: Role }) => {
      process.stdout.write(printSdl(createSchema(), options.role));
    });
}
