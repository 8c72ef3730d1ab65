/** Preloaded into the measured gateway. Profiles it between two messages of the parent, and replies to each. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

export type ProfileMessage =
  { readonly profile: 'start' } | { readonly profile: 'stop'; readonly file: string };

const SAMPLING_MICROS = 250;
const session = new Session();

process.on('message', (message: ProfileMessage) => {
  void handle(message).then(() => process.send?.('done'));
});
process.channel?.unref();

async function handle(message: ProfileMessage): Promise<void> {
  if (message.profile === 'start') {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS });
    await session.post('Profiler.start');
  } else {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    writeFileSync(message.file, JSON.stringify(profile));
  }
}
