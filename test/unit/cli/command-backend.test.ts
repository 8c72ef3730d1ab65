import { expect, it } from 'vitest';
import { databaseName } from '../../../src/cli/command-backend.js';

it.each([
  [undefined, 'the embedded database in .bellwether'],
  [
    'postgresql://ada:secret@db.example.org:5433/site?sslmode=require',
    'the database site at db.example.org:5433',
  ],
  ['postgres://db.example.org/site', 'the database site at db.example.org:5432'],
  ['postgres://[::1]:5433/site?schema=bellwether', 'the database site at [::1]:5433, schema bellwether'],
  ['postgresql:///site?host=/var/run/postgresql', 'the database site at /var/run/postgresql'],
])('databaseName names %j without credentials', (databaseUrl, name) => {
  expect(databaseName({ databaseUrl, dataDir: '.bellwether' })).toBe(name);
});
