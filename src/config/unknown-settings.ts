import { nearName } from './near-name.js';

const OURS = /^bellwether_/i;

/** Variables that Kubernetes sets in every container beside a service called bellwether or bellwether-something. */
const SERVICE_LINK =
  /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_URL = /^(tcp|udp|sctp):\/\//;

/** Sentences about the variables that look like settings of the gateway and are none. */
export function unknownSettings(
  given: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  const ours = known.filter((name) => OURS.test(name));
  return Object.entries(given)
    .filter(([name, value = '']) => OURS.test(name) && !known.includes(name) && !isServiceLink(name, value))
    .map(([name]) => {
      const near = nearName(name, ours);
      return near === undefined
        ? `${name} is unknown: known are ${ours.join(', ')}.`
        : `${name} is unknown: did you mean ${near}?`;
    });
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_URL.test(value));
}
