import { Command } from 'commander';
import { createSchema, printSdl } from '../../graphql/schema.js';
import { examplesHelp } from '../command-options.js';

/** `bellwether schema`: prints the GraphQL schema. */
export function schemaCommand(): Command {
  return new Command('schema')
    .summary('print the GraphQL schema')
    .description('Print the GraphQL schema (SDL). It needs no database.')
    .addHelpText('after', examplesHelp('schema > schema.graphql'))
    .action(() => void process.stdout.write(printSdl(createSchema())));
}
