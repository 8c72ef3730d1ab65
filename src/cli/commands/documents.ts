import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { specifiedRules, validate } from 'graphql';
import { fileErrorReason } from '../../config/file-error.js';
import { limitRules } from '../../graphql/rules/limits.js';
import { createSchema } from '../../graphql/schema.js';
import { buildManifest, readDocuments } from '../../graphql/trusted-documents/manifest.js';
import { OperatorError } from '../../lib/errors.js';
import { examplesHelp } from '../command-options.js';

/** `bellwether documents`: prepares the documents that a gateway trusts. */
export function documentsCommand(): Command {
  return new Command('documents')
    .summary('build a manifest of trusted documents')
    .description('Build the manifest of trusted documents for TRUSTED_DOCUMENTS_FILE.')
    .addCommand(
      new Command('build')
        .summary('build a manifest of trusted documents')
        .description(
          'Print the manifest of the operations in the .graphql files of a folder and its subfolders: a JSON object of ' +
            'documents by id. An id is the SHA-256 that the GraphQL Code Generator computes for persisted documents. ' +
            'It needs no database.',
        )
        .argument('<folder>', 'folder of the operations and fragments')
        .option('-o, --output <file>', 'write the manifest to a file')
        .addHelpText(
          'after',
          examplesHelp(
            'documents build schema/operations',
            'documents build web/operations --output trusted-documents.json',
          ),
        )
        .action(build),
    );
}

async function build(folder: string, { output }: { readonly output?: string }): Promise<void> {
  const json = `${JSON.stringify(await manifestOf(folder), null, 2)}\n`;
  if (output === undefined) {
    process.stdout.write(json);
    return;
  }
  await writeFile(output, json).catch((error: unknown) => {
    throw new OperatorError(`${output} cannot be written: ${fileErrorReason(error)}.`);
  });
}

async function manifestOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const document = await readDocuments(folder).catch((error: unknown) => {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${folder} cannot be read: ${fileErrorReason(error)}.`);
  });
  const errors = validate(createSchema(), document, [...specifiedRules, ...limitRules]);
  if (errors.length > 0) {
    const lines = errors.map(({ message }) => `  ${message}`);
    throw new OperatorError(`The operations in ${folder} are invalid:\n${lines.join('\n')}`);
  }
  const manifest = buildManifest(document);
  if (Object.keys(manifest).length === 0) {
    throw new OperatorError(`${folder} has no operations in files with the extension .graphql or .gql.`);
  }
  return manifest;
}
