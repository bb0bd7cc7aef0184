import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from './files';

/** Who this device is. The private half never leaves the data folder. */
export interface DeviceIdentity {
  readonly deviceId: string;
  /** What its order numbers begin with: `T1`. */
  readonly prefix: string;
  /** Ed25519, SPKI DER in base64. */
  readonly publicKey: string;
  /** Ids this folder wrote under before its store was damaged, oldest first. */
  readonly formerDeviceIds: readonly string[];
}

interface IdentityFile extends DeviceIdentity {
  /** PKCS 8 DER in base64. */
  readonly privateKey: string;
}

const fileName = 'device.json';

/** Moves a key file that cannot be read out of the way. */
export function setIdentityAside(dataDir: string): void {
  renameSync(join(dataDir, fileName), join(dataDir, `${fileName}.unreadable`));
}

/**
 * The identity kept in a data folder, or null when there is none.
 * @throws when the file is there but unreadable
 */
export function loadIdentity(dataDir: string): DeviceIdentity | null {
  const file = readIdentityFile(dataDir);
  if (file === null) return null;
  const { deviceId, prefix, publicKey, formerDeviceIds } = file;
  return { deviceId, prefix, publicKey, formerDeviceIds };
}

/**
 * Makes a key pair and keeps it in the data folder, readable by its owner alone. A device whose journal may have lost
 * entries continues under a new identity, so that no sequence and no order number is ever used twice.
 */
export function createIdentity(
  dataDir: string,
  options: { readonly deviceId: string; readonly prefix: string; readonly formerDeviceIds: readonly string[] },
): DeviceIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const identity: DeviceIdentity = {
    ...options,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
  const file: IdentityFile = {
    ...identity,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
  writeFileDurably(join(dataDir, fileName), `${JSON.stringify(file, null, 2)}\n`, 0o600);
  return identity;
}

/** The newest entry of a device's chain, put under its key: nobody can cut the end off unnoticed. */
export interface SignedHead {
  readonly device: string;
  readonly seq: number;
  readonly hash: string;
  /** Ed25519 over `device seq hash`, base64. */
  readonly signature: string;
}

/** Signs the head of this device's chain with the key in the data folder. */
export function signHead(dataDir: string, head: Omit<SignedHead, 'signature'>): SignedHead {
  const file = readIdentityFile(dataDir);
  if (file === null) throw new Error('this data folder has no device key');
  const key = createPrivateKey({ key: Buffer.from(file.privateKey, 'base64'), format: 'der', type: 'pkcs8' });
  return { ...head, signature: sign(null, headBytes(head), key).toString('base64') };
}

/** Whether a head was signed by the holder of this public key. */
export function isHeadSignedBy(head: SignedHead, publicKey: string): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return verify(null, headBytes(head), key, Buffer.from(head.signature, 'base64'));
}

function headBytes({ device, seq, hash }: Omit<SignedHead, 'signature'>): Buffer {
  return Buffer.from(`${device} ${seq} ${hash}`);
}

function readIdentityFile(dataDir: string): IdentityFile | null {
  const path = join(dataDir, fileName);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as IdentityFile) : null;
}
