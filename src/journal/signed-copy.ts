import { signedCopyText, type ReadCopy } from '../domain/order-copy';
import { isSignedBy } from './identity';

/** Whether the holder of a public key (Ed25519, SPKI DER in base64) signed the copy of an order. */
export function isCopySignedBy({ signed, signature }: ReadCopy, publicKey: string): boolean {
  return isSignedBy(signedCopyText(signed), Buffer.from(signature).toString('base64'), publicKey);
}
