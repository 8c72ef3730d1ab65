import { residentMegabytes } from '../../processes.ts';
import { whole } from '../format.ts';
import type { MeasuredGateway } from '../gateway.ts';
import type { Report, Scenario, Suite } from '../suite.ts';

const MAX_MEGABYTES = 700;
/** More than the default, to get through the users sooner. */
const CONNECTIONS = 32;

/** Resident memory once the profile of every user is cached. */
export const memory: Scenario = {
  name: 'memory',
  description:
    'resident memory with every user in the profile cache; the target is for 20,000 markets, 100,000 users',
  run: async (suite) =>
    suite.withGateways([await suite.stateOf(suite.options.markets)], async ([gateway]) => {
      if (gateway === undefined) throw new Error('There is no gateway.');
      const { users, markets, seconds } = suite.options;
      const atStart = await residentMegabytes(gateway.pid);
      await serveEachUser(suite, gateway);
      const withAllUsers = await residentMegabytes(gateway.pid);
      suite.begin('memory', seconds);
      await suite.run(gateway, { seconds });
      suite.end();
      const afterLoad = await residentMegabytes(gateway.pid);
      return {
        head: ['resident memory', 'MB'],
        rows: [
          ['after the start', whole(atStart)],
          [`after a feed of each of ${whole(users)} users`, whole(withAllUsers)],
          [`after ${seconds} s of feeds and events`, whole(afterLoad)],
        ],
        notes: [`${whole(markets)} open markets.`],
        ratios: {},
        numbers: { atStart, withAllUsers, afterLoad },
        targets: [
          {
            what: `Memory with ${whole(markets)} markets and ${whole(users)} users`,
            value: `${whole(afterLoad)} MB`,
            ...{ target: `at most ${MAX_MEGABYTES} MB`, met: afterLoad <= MAX_MEGABYTES },
          },
        ],
      } satisfies Report;
    }),
};

async function serveEachUser(suite: Suite, gateway: MeasuredGateway): Promise<void> {
  const { users, seconds } = suite.options;
  const { traffic } = gateway;
  if (traffic.type !== 'feed') throw new TypeError('The gateway has no feed traffic.');
  for (let firstUser = 0; firstUser < users;) {
    suite.begin(`memory, ${whole(firstUser)} of ${whole(users)} users`, seconds);
    const { answered } = await suite.run(gateway, {
      ...{ seconds, connections: CONNECTIONS, mayShed: true },
      traffic: { ...traffic, firstUser },
    });
    suite.end();
    const served = answered.feed?.count ?? 0;
    if (served === 0) throw new Error('The gateway returned no feed.');
    firstUser += served;
  }
}
