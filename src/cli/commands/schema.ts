import { Command, Option } from 'commander';
import { ROLES, type Role } from '../../graphql/directives.js';
import { printSdl } from '../../graphql/print-sdl.js';
import { createSchema } from '../../graphql/schema.js';
import { examplesHelp } from '../command-options.js';

/** `bellwether schema`: prints the GraphQL schema. */
export function schemaCommand(): Command {
  const role = new Option('--role <role>', 'print only what is meant for callers of this role')
    .choices(ROLES)
    .default('STAFF' satisfies Role, 'STAFF: everything');
  return new Command('schema')
    .summary('print the GraphQL schema')
    .description('Print the GraphQL schema (SDL). It needs no database.')
    .addOption(role)
    .addHelpText('after', examplesHelp('schema > schema.graphql', 'schema --role CLIENT > client.graphql'))
    .action((options: { readonly role: Role }) => {
      process.stdout.write(printSdl(createSchema(), options.role));
    });
}
