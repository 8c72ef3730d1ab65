import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-test-'));
  const file = path.join(folder, 'ranking.yaml');
  await writeFile(file, 'country: { headers: [x-country, cf-ipcountry] }');
  gateway = await startTestGateway({ BELLWETHER_CONFIG: file });
  await gateway.addMarkets({ id: 'everywhere' }, { id: 'not-in-israel', blockedCountries: ['IL'] });
});

afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

async function countItems(headers: Record<string, string>, args = 'limit: 10'): Promise<number> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: `{ feed(${args}) { hero { rank } grid { rank } } }` }),
  });
  const { data } = (await response.json()) as { data: { feed: { hero: object | null; grid: object[] } } };
  return (data.feed.hero === null ? 0 : 1) + data.feed.grid.length;
}

it('uses the first header of the config with a valid country', async () => {
  expect(await countItems({ 'cf-ipcountry': 'il' })).toBe(1);
  expect(await countItems({ 'x-country': 'US', 'cf-ipcountry': 'IL' })).toBe(2);
  expect(await countItems({ 'x-country': 'XX', 'cf-ipcountry': 'IL' })).toBe(1);
});

it('prefers the country argument, and ignores headers that are not in the config', async () => {
  expect(await countItems({ 'cf-ipcountry': 'IL' }, 'country: "US", limit: 10')).toBe(2);
  expect(await countItems({ 'x-other-country': 'IL' })).toBe(2);
});
