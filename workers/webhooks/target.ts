import ipaddr from 'ipaddr.js';

/** A webhook's URL that this service won't call, with the reason. */
export class WebhookTargetError extends Error {
  constructor(url: string, reason: string) {
    super(`the webhook URL ${JSON.stringify(url)} is refused: ${reason}`);
    this.name = 'WebhookTargetError';
  }
}

/** Addresses of a host name; an empty list if it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Suffixes that name machines of a private network, whatever they resolve to. */
const PRIVATE_SUFFIXES = [
  'localhost',
  'local',
  'internal',
  'lan',
  'home',
  'corp',
  'intranet',
  'home.arpa',
];

/** NAT64 prefixes (RFC 6052, RFC 8215): the last four bytes are an IPv4 address that a gateway would call. */
const NAT64 = [ipaddr.IPv6.parseCIDR('64:ff9b::/96'), ipaddr.IPv6.parseCIDR('64:ff9b:1::/48')];

/**
 * Whether an address is reachable on the public internet: not private, loopback, link-local, shared,
 * multicast, reserved, and not one of those wrapped in IPv6 (mapped, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv6') {
    const v6 = address as ipaddr.IPv6;
    if (v6.isIPv4MappedAddress()) return isPublicAddress(v6.toIPv4Address().toString());
    if (NAT64.some((range) => v6.match(range))) return false;
    // Only 2000::/3 is global unicast; the rest is unassigned or internal.
    if (((v6.parts[0] ?? 0) & 0xe000) !== 0x2000) return false;
  }
  return address.range() === 'unicast';
}

export interface TargetOptions {
  /** Development only: lets http and private addresses through. */
  readonly allowPrivate: boolean;
  /** Resolves host names; without it only the URL itself is judged. */
  readonly resolve?: Resolve;
}

/**
 * Checks that a URL may be called on a user's behalf: https, no credentials, public addresses only.
 * Called when a webhook is made and again before every delivery, because names change what they resolve to.
 * @throws {WebhookTargetError}
 */
export async function checkTarget(text: string, options: TargetOptions): Promise<URL> {
  const refuse = (reason: string) => new WebhookTargetError(text, reason);
  if (!URL.canParse(text)) throw refuse('it is not a URL');
  const url = new URL(text);
  if (url.username || url.password) throw refuse('it carries a user name or a password');
  if (options.allowPrivate) {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('only http and https');
    return url;
  }
  if (url.protocol !== 'https:') throw refuse('only https is called');
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  // The URL parser has already turned 0x7f.1, 2130706433 and the like into dotted form.
  if (ipaddr.isValid(host)) {
    if (!isPublicAddress(host)) throw refuse(`${host} is not a public address`);
    return url;
  }
  if (!host.includes('.')) throw refuse('the host has no domain');
  if (PRIVATE_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`))) {
    throw refuse('the host belongs to a private network');
  }
  if (options.resolve) {
    const addresses = await options.resolve(host);
    if (addresses.length === 0) throw refuse('the host has no address');
    const inner = addresses.find((address) => !isPublicAddress(address));
    if (inner !== undefined) throw refuse(`the host resolves to ${inner}, which is not public`);
  }
  return url;
}

const DNS_TYPES = { A: 1, AAAA: 28 } as const;

/** Resolves over DNS-over-HTTPS (RFC 8484, JSON form), the only resolver a worker has. */
export function dnsOverHttps(endpoint: string, fetcher: typeof fetch = fetch): Resolve {
  return async (host) => {
    const answers = await Promise.all(
      Object.entries(DNS_TYPES).map(async ([type, number]) => {
        const url = `${endpoint}?name=${encodeURIComponent(host)}&type=${type}`;
        const response = await fetcher(url, { headers: { accept: 'application/dns-json' } });
        if (!response.ok) throw new Error(`DNS answered ${response.status} for ${host}`);
        const body = (await response.json()) as { Answer?: { type: number; data: string }[] };
        return (body.Answer ?? []).filter((row) => row.type === number).map((row) => row.data);
      }),
    );
    return answers.flat();
  };
}
