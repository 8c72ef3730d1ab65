import { expect, it } from 'vitest';
import { databaseName } from '../../src/cli/database-name.js';

it.each([
  [undefined, 'the embedded database in .bellwether'],
  [
    'postgresql://ada:secret@db.example.org:5433/site?sslmode=require',
    'the database site on db.example.org:5433',
  ],
  ['postgres://db.example.org/site', 'the database site on db.example.org'],
  ['postgresql:///site?host=/var/run/postgresql', 'the database site on /var/run/postgresql'],
  ['postgresql://ada:secret@one:1,two:2/site', 'the database of DATABASE_URL'],
])('the database of %j is named without credentials', (databaseUrl, name) => {
  expect(databaseName({ databaseUrl, dataDir: '.bellwether' })).toBe(name);
});
