// Writes the next migration: the SQL that changes the result of the existing migrations to prisma/schema.prisma.
//
//   npm run migration -- add_market_language    writes prisma/migrations/<time>_add_market_language/migration.sql
//   npm run migration -- --check                exits with code 1 if the migrations do not result in the schema
//
// Needs no network: it applies the existing migrations to an embedded database. Prisma's schema engine, as WebAssembly,
// compares that database with the schema.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import { Pool, type QueryResult } from 'pg';
import { pino } from 'pino';
import { startEmbeddedServer } from '../dist/embedded-postgres/embedded-server.js';
import { applyMigrations } from '../dist/storage/database/migrations.js';

const schemaFile = new URL('schema.prisma', import.meta.url);
const migrationsFolder = new URL('migrations/', import.meta.url);
const logger = pino({ level: 'silent' });

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});

async function main([argument, ...rest]: string[]): Promise<number> {
  if (argument === undefined || rest.length > 0 || !/^(--check|[a-z][a-z0-9_]{0,60})$/.test(argument)) {
    console.error(
      'Give the migration a name of lower-case letters, digits, and underscores, or pass --check.',
    );
    return 1;
  }
  const sql = await withScratchDatabase(differenceFromSchema);
  if (argument === '--check') {
    if (sql === undefined) return 0;
    console.error(`The migrations do not result in prisma/schema.prisma. Missing:\n\n${sql}`);
    console.error('Run "npm run migration -- NAME" and commit the file that it writes.');
    return 1;
  }
  if (sql === undefined) {
    console.log('The migrations already result in prisma/schema.prisma; nothing was written.');
    return 0;
  }
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = new URL(`${time}_${argument}/`, migrationsFolder);
  await mkdir(folder);
  await writeFile(new URL('migration.sql', folder), sql);
  console.log(
    `Written: ${path.relative(process.cwd(), folder.pathname)}/migration.sql. Read it before you commit it.`,
  );
  return 0;
}

/** Runs work on an empty database with every migration applied, then removes the database. */
async function withScratchDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-migration-'));
  try {
    const server = await startEmbeddedServer({ dataDir, logger });
    try {
      await applyMigrations(server.url, { logger });
      return await work(server.url);
    } finally {
      await server.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Returns the SQL that changes the database to the schema; undefined if they are equal. */
async function differenceFromSchema(url: string): Promise<string | undefined> {
  await loadEngine();
  const schema = { path: schemaFile.pathname, content: await readFile(schemaFile, 'utf8') };
  const pool = new Pool({ connectionString: url });
  try {
    const schemaEngine = await engine.SchemaEngine.new(
      { datamodels: [[schema.path, schema.content]] },
      () => undefined,
      bindMigrationAwareSqlAdapterFactory(catalogReader(pool)),
    );
    const { exitCode, stdout } = await schemaEngine.diff({
      // The database that the adapter is connected to.
      from: { tag: 'schemaDatasource', files: [schema], configDir: path.dirname(schema.path) },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? undefined : (stdout ?? '');
  } finally {
    await pool.end();
  }
}

/**
 * Returns Prisma's adapter with support for the type `"char"` of PostgreSQL's catalogs, which the schema engine reads and the
 * adapter alone rejects.
 */
function catalogReader(pool: Pool): SqlMigrationAwareDriverAdapterFactory {
  const [internalCharType, textType] = [18, 25];
  const characterColumns = new Set<string>();
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<QueryResult>;
  const relabeled = async (...args: unknown[]): Promise<QueryResult> => {
    const result = await query(...args);
    for (const field of result.fields) {
      if (field.dataTypeID !== internalCharType) continue;
      field.dataTypeID = textType;
      characterColumns.add(field.name);
    }
    return result;
  };
  const factory = new PrismaPg(Object.assign(pool, { query: relabeled }));
  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter: SqlDriverAdapter = await factory.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (statement) => {
      const result = await queryRaw(statement);
      const columnTypes = result.columnNames.map((name, i) =>
        characterColumns.has(name)
          ? ColumnTypeEnum.Character
          : (result.columnTypes[i] ?? ColumnTypeEnum.Text),
      );
      return { ...result, columnTypes };
    };
    return adapter;
  };
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect,
    connectToShadowDb: () => factory.connectToShadowDb(),
  };
}

async function loadEngine(): Promise<void> {
  const module = import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = await readFile(new URL('schema_engine_bg.wasm', module));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
}
