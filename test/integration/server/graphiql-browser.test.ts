import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSample } from '../../../src/cli/sample-data.js';
import { exampleQueries } from '../../../src/server/graphiql.js';
import { hasChromium, startChromium } from '../../support/chromium.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const MARKET = 'tel-aviv-derby-winner';

const examples = await exampleQueries();
const names = examples.map(({ query }) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1] ?? '');

describe.skipIf(!hasChromium)('GraphiQL (needs chromium on the PATH)', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let page: Page;
  const requestedHosts = new Set<string>();

  beforeAll(async () => {
    gateway = await startTestGateway();
    await loadSample(gateway.backend, TEST_NOW_MS);
    browser = await startChromium();
    // Large enough to show every line of an example, because Monaco renders markers only for visible lines.
    page = await browser.newPage({ viewport: { width: 2400, height: 1800 } });
    page.on('request', (request) => {
      const url = new URL(request.url());
      requestedHosts.add(url.protocol === 'blob:' ? new URL(url.pathname).host : url.host);
    });
    await page.goto(`${gateway.url}/graphiql`);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  /** Clicks a tab with pointer movement, mouse down, and mouse up, as a user does. */
  async function clickTab(tab: Locator): Promise<void> {
    const box = await tab.boundingBox();
    if (box === null) throw new Error('The tab is not visible.');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 3 });
    await page.mouse.down();
    await page.mouse.up();
  }

  /**
   * Expects an editor without error markers. To make sure that validation has run, it types a syntax error, waits for
   * its marker, and deletes the error.
   */
  async function expectNoMarkers(editor: Locator): Promise<void> {
    const markers = editor.locator('.squiggly-error, .squiggly-warning');
    const lines = editor.locator('.view-lines').first();
    await lines.click({ position: { x: 5, y: 5 } });
    await page.keyboard.press('Control+End');
    await page.keyboard.type('}');
    await expect.poll(() => markers.count(), { timeout: 10_000 }).toBeGreaterThan(0);
    await page.keyboard.press('Backspace');
    await expect.poll(() => markers.count(), { timeout: 10_000 }).toBe(0);
  }

  it.each(names)(
    'opens the tab %s on a click, shows no error marker, and runs the query',
    async (name) => {
      const tab = page.getByRole('tab').filter({ has: page.getByRole('button', { name, exact: true }) });
      await clickTab(tab);
      await expect.poll(() => tab.getAttribute('aria-selected')).toBe('true');

      await expectNoMarkers(page.locator('.graphiql-query-editor'));
      await expectNoMarkers(page.locator('.graphiql-editor-tool'));

      const response = page.locator('.result-window .view-lines');
      await page.locator('.graphiql-execute-button').click();
      if (name === 'MarketsMoved' || name === 'FeedChanged') {
        await page.locator('.graphiql-execute-button[aria-label^="Stop"]').waitFor();
        await triggerMessage(name);
      }
      await expect.poll(() => response.innerText(), { timeout: 10_000 }).toContain('"data"');
      expect(await response.innerText()).not.toContain('"errors"');
    },
    60_000,
  );

  /** Repeats the change that an example subscription waits for until the page shows a message. */
  async function triggerMessage(name: string): Promise<void> {
    let probability = 0.2;
    const response = page.locator('.result-window .view-lines');
    await expect
      .poll(
        async () => {
          probability += 0.01;
          await (name === 'MarketsMoved'
            ? gateway.addMarkets({ id: MARKET, probability })
            : gateway.query(
                `mutation { trackInteraction(input: { userKey: "sample-politics-001", marketId: "${MARKET}", eventType: CLICK }) { status } }`,
              ));
          return response.innerText();
        },
        { timeout: 10_000, interval: 250 },
      )
      .toContain('"data"');
  }

  it('requests nothing from another host', () => {
    expect([...requestedHosts]).toEqual([new URL(gateway.url).host]);
  });
});
