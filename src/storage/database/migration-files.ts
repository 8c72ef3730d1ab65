import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** One `prisma/migrations/<yyyymmddhhmmss>_<name>/migration.sql`. */
export interface MigrationFile {
  /** Name of its folder. */
  readonly name: string;
  readonly sql: string;
}

/** Beside `src` and `dist` alike. */
export const migrationsFolder = new URL('../../../prisma/migrations/', import.meta.url);

/** In the order in which they are to be applied. */
export async function readMigrationFiles(folder: URL): Promise<MigrationFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      sql: await readFile(new URL(`${name}/migration.sql`, folder), 'utf8'),
    })),
  );
}

/** As Prisma records it: SHA-256 of the file, in hexadecimal. */
export function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

/** Whether the checksum is of this file, if need be with the line ends of another operating system. */
export function matchesChecksum({ sql }: MigrationFile, checksum: string): boolean {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((text) => checksumOf(text) === checksum);
}
