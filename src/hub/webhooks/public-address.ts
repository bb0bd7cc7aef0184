import { lookup as lookUp } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** What is no address of the public internet: IANA's special-purpose registries (RFC 6890), as of 2026. */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Of version 6 only this is public, less what is set aside or carries a version 4 address inside. */
const PUBLIC_V6 = '2000::/3';
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function listOf(ranges: readonly string[], type: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), type);
  }
  return list;
}

const notPublicV4 = listOf(NOT_PUBLIC_V4, 'ipv4');
const publicV6 = listOf([PUBLIC_V6], 'ipv6');
const notPublicV6 = listOf(NOT_PUBLIC_V6, 'ipv6');

/** Whether an IP address is one of the public internet, and not of this machine, its network or a cloud's insides. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublicV4.check(address, 'ipv4');
    case 6:
      return publicV6.check(address, 'ipv6') && !notPublicV6.check(address, 'ipv6');
    default:
      return false;
  }
}

/**
 * Looks a name up as a connection is made, and refuses when any answer is not public: what was checked is what is connected
 * to, whatever the name says a moment later.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    const inside = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (inside || !first) return callback(new Error(`${hostname} is not on the public internet`), '');
    if (options.all) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};

/**
 * Why a webhook may not go to an address, or null. Names are looked up later, by `publicLookup`.
 * @param allowPrivate the operator's word that addresses of their own network are wanted, and plain HTTP with them
 */
export function addressProblem(address: string, allowPrivate: boolean): string | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return 'This is no address: write it as https://example.com/hook.';
  }
  if (url.username !== '' || url.password !== '') return 'Leave name and password out: the signature says who sends.';
  if (allowPrivate) return ['https:', 'http:'].includes(url.protocol) ? null : 'Only https and http can be sent to.';
  if (url.protocol !== 'https:') return 'Only https can be sent to.';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && !isPublicAddress(host) ? 'This address is not on the public internet.' : null;
}
