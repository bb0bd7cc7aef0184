import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { headText } from '../journal/identity';

/** Ed25519 over a text, base64. */
export type SignText = (text: string) => string;

/** Parsing a key costs about as much as checking a signature; the same few devices come again and again. */
const MAX_PARSED_KEYS = 5_000;
const parsedKeys = new Map<string, KeyObject | null>();

/** Whether the holder of a public key (Ed25519, SPKI DER in base64) signed a text. A key that is none has signed nothing. */
export function isSignedBy(text: string, signature: string, publicKey: string): boolean {
  const key = parsedKey(publicKey);
  return key !== null && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
}

/** Whether a text is a public key as the exchange writes them. */
export function isPublicKey(publicKey: string): boolean {
  return parsedKey(publicKey) !== null;
}

function parsedKey(publicKey: string): KeyObject | null {
  const known = parsedKeys.get(publicKey);
  if (known !== undefined) return known;
  if (parsedKeys.size >= MAX_PARSED_KEYS) parsedKeys.clear();
  let key: KeyObject | null = null;
  try {
    key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ed25519') key = null;
  } catch {
    // What cannot be parsed is no key.
  }
  parsedKeys.set(publicKey, key);
  return key;
}

/** The texts under the signatures of the exchange, as src/shared/exchange.ts says them. */
export const signedTexts = {
  head: headText,
  enrol: (code: string | null, deviceId: string, publicKey: string) => `enrol ${code ?? ''} ${deviceId} ${publicKey}`,
  succeed: (formerDeviceId: string, deviceId: string, publicKey: string) =>
    `succeed ${formerDeviceId} ${deviceId} ${publicKey}`,
  token: (challenge: string, nonce: string) => `token ${challenge} ${nonce}`,
  server: (nonce: string, deviceId: string, epoch: number) => `server ${nonce} ${deviceId} ${epoch}`,
  acknowledgement: (device: string, head: { readonly seq: number; readonly hash: string }, epoch: number) =>
    `ack ${device} ${head.seq} ${head.hash} ${epoch}`,
};
