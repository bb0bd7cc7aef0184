/** Where a stall is joined, and the code that works once. */
export interface JoinLink {
  readonly address: string;
  readonly code: string;
}

/**
 * Reads the link that a join code's QR carries: `https://hub.example/join#7Q2K-9XMF`. Null for anything else.
 */
export function readJoinLink(text: string): JoinLink | null {
  if (!URL.canParse(text)) return null;
  const { protocol, origin, pathname, hash } = new URL(text);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return isWeb && pathname === '/join' && hash.length > 1 ? { address: origin, code: hash.slice(1) } : null;
}
