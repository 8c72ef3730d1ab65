/** Parts of all peers: servers that return one constant feed for every request. */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [feedFile = '', schemaFile = ''] = process.argv.slice(2);

/** The constant feed: what the gateway returned for one request. */
export const feed = JSON.parse(readFileSync(feedFile, 'utf8'));

/** The schema of the gateway. The peers resolve only `feed`. */
export const typeDefs = readFileSync(schemaFile, 'utf8');

export const HOST = '127.0.0.1';

/** Prints the address of the peer, which the benchmark reads. */
export function announce(port) {
  process.stdout.write(`ready: http://${HOST}:${port}\n`);
}
