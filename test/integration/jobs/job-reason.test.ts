import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/storage/database/client.js';
import { reasonOf } from '../../../src/jobs/reason-of.js';
import { createTestDatabase } from '../../support/test-database.js';

it('is what the database said, without what Prisma puts around it', async () => {
  const test = await createTestDatabase();
  const database = openDatabase({ url: test.url, logger: pino({ level: 'silent' }), poolSize: 1 });
  const { prisma } = database;
  const failed = await prisma.$executeRaw`delete from nowhere`.catch((error: unknown) => error);
  const inTransaction = await prisma
    .$transaction((tx) => tx.$queryRaw`select 1 / 0`)
    .catch((error: unknown) => error);
  await database.close();
  await test.drop();
  expect(reasonOf(failed)).toBe('relation "nowhere" does not exist');
  expect(reasonOf(inTransaction)).toBe('division by zero');
  expect(reasonOf(new Error('no luck'))).toBe('no luck');
  expect(reasonOf('just words')).toBe('just words');
});
