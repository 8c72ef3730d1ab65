import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { docsScript } from '../../support/docs-code.js';
import { hasChromium, startChromium } from '../../support/chromium.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

describe.skipIf(!hasChromium)('the recipe of docs/tracking.md (needs chromium on the PATH)', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    gateway = await startTestGateway();
    await gateway.addMarkets({ id: 'm1', probability: 0.4 });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    const script = await docsScript('docs/tracking.md', 'track-events.ts');
    await context.route('**/track-events.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    );
    await context.route('**/site/*', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<script type="module">import * as recipe from '/track-events.js'; window.recipe = recipe;</script>`,
      }),
    );
    await page.goto(`${gateway.url}/site/first`);
  });
  afterEach(() => context.close());

  /** Queues events in the page in one task. */
  const track = (userKey: string, count: number) =>
    page.evaluate(
      ([user, total]) => {
        const { recipe } = globalThis as unknown as { recipe: { track: (event: object) => void } };
        for (let index = 0; index < total; index++) {
          recipe.track({
            userKey: user,
            marketId: 'm1',
            eventType: 'CLICK',
            feedId: '0197f0a8-0000-7000-8000-000000000000',
            context: { button: `Yes of the card number ${index} in the grid below the hero` },
          });
        }
      },
      [userKey, count] as const,
    );

  const flush = () =>
    page.evaluate(() =>
      (globalThis as unknown as { recipe: { flush: () => Promise<boolean> } }).recipe.flush(),
    );

  const stored = async (userKey: string): Promise<unknown> => {
    const { data } = await gateway.query(
      'query ($userKey: String!) { userProfile(userKey: $userKey) { totalInteractions } }',
      { userKey },
    );
    return (data?.['userProfile'] as { totalInteractions: number }).totalInteractions;
  };

  it('records each of 500 events once when the user leaves the page immediately', async () => {
    await track('ada', 500);
    await page.goto(`${gateway.url}/site/second`);

    await expect.poll(() => stored('ada'), { timeout: 20_000 }).toBe(500);
    await page.goto(`${gateway.url}/site/third`);
    await page.waitForLoadState('networkidle');
    expect(await stored('ada')).toBe(500);
  }, 40_000);

  it('retries events after the gateway was unavailable, and records none twice', async () => {
    let failures = 0;
    await context.route('**/track', async (route) => {
      // The first report is recorded, but its response is lost; the second is not recorded.
      if (failures++ === 0) await route.fetch();
      await (failures <= 2 ? route.fulfill({ status: 503, body: '{}' }) : route.continue());
    });
    await track('bea', 10);

    expect([await flush(), await flush(), await flush()]).toEqual([false, false, true]);
    expect(await stored('bea')).toBe(10);
  });

  it('queues at most 2,000 events while the gateway is unreachable', async () => {
    await context.route('**/track', (route) => route.abort());
    await track('cid', 2_100);
    await context.unroute('**/track');
    await page.goto(`${gateway.url}/site/second`);

    await expect.poll(() => stored('cid'), { timeout: 20_000 }).toBe(2_000);
  }, 40_000);
});
