// A process that uses a bus as the gateway does. Start it with `fork` and the URL of a server. It creates a bus and sends
// 'connected'. On any message, it creates another bus, publishes a key, closes both, sends the kinds of resources that they
// left open, and exits.
import { once } from 'node:events';
import { registerHooks } from 'node:module';
import { pino } from 'pino';

// Node strips the types of src. This resolves imports of x.js to x.ts.
registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const isSource = specifier.startsWith('.') && context.parentURL?.includes('/node_modules/') !== true;
    return nextResolve(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});

const [url = ''] = process.argv.slice(2);
const createBus = url.startsWith('redis')
  ? (await import('../../src/bus/redis-bus.js')).createRedisBus
  : (await import('../../src/bus/postgres-bus.js')).createPostgresBus;

function create(origin: string, onConnected: () => void) {
  return createBus({
    url,
    channel: 'bellwether_profiles',
    origin,
    handler: {
      onInvalidated: () => undefined,
      onPrivacyChanges: () => undefined,
      onGap: onConnected,
      onReliabilityChange: () => undefined,
    },
    logger: pino({ level: 'silent' }),
    random: Math.random,
  });
}

const before = process.getActiveResourcesInfo();
const early = create('early', () => process.send?.('connected'));
await once(process, 'message');
const late = create('late', () => undefined);
early.publish(['ada']);
await Promise.all([early.close(), late.close()]);
await new Promise(setImmediate);
const leftOpen = process.getActiveResourcesInfo();
process.send?.(leftOpen.filter((kind) => !before.includes(kind)));
process.disconnect();
