import { pino } from 'pino';
import { expect, it } from 'vitest';
import { errorMessage } from '../../../src/lib/errors.js';
import { openDatabase } from '../../../src/storage/database/client.js';
import { createTestDatabase } from '../../support/test-database.js';

it('returns the message of the database without the text that Prisma adds', async () => {
  const testDatabase = await createTestDatabase();
  const database = openDatabase({ url: testDatabase.url, logger: pino({ level: 'silent' }), poolSize: 1 });
  const { prisma } = database;
  const failed = await prisma.$executeRaw`delete from nowhere`.catch((error: unknown) => error);
  const inTransaction = await prisma
    .$transaction((tx) => tx.$queryRaw`select 1 / 0`)
    .catch((error: unknown) => error);
  await database.close();
  await testDatabase.drop();
  expect(errorMessage(failed)).toBe('relation "nowhere" does not exist');
  expect(errorMessage(inTransaction)).toBe('division by zero');
});
