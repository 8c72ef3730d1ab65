import { Command } from 'commander';
import { createSchema, printSdl } from '../graphql/schema.js';

/** `bellwether schema`: the GraphQL schema as it runs. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('Print the GraphQL schema (SDL) to standard output.')
    .action(() => void process.stdout.write(printSdl(createSchema())));
}
