import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder, writeFileDurably } from './files';

/** Who this device is. The private half never leaves the data folder. */
export interface DeviceIdentity {
  readonly deviceId: string;
  /** What its order numbers begin with: `T1`. */
  readonly prefix: string;
  /** Ed25519, SPKI DER in base64. */
  readonly publicKey: string;
  /** Ids this folder wrote under before its store was damaged or its name taken, oldest first. */
  readonly formerDeviceIds: readonly string[];
}

interface IdentityFile extends DeviceIdentity {
  /** PKCS 8 DER in base64. */
  readonly privateKey: string;
  /** Keys of former ids, with which their succession is signed. Files of older versions have none. */
  readonly formerKeys?: readonly { readonly deviceId: string; readonly privateKey: string }[];
}

const FILE = 'device.json';
const NEXT_FILE = 'device.json.next';

/** Moves a key file that cannot be read out of the way. */
export function setIdentityAside(dataDir: string): void {
  renameSync(join(dataDir, FILE), join(dataDir, `${FILE}.unreadable`));
}

/** Whether a data folder has a key file, readable or not. */
export function hasIdentity(dataDir: string): boolean {
  return existsSync(join(dataDir, FILE));
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

/** A key pair, before it is anybody's. */
export interface KeyPair {
  /** SPKI DER, base64. */
  readonly publicKey: string;
  /** PKCS 8 DER, base64. */
  readonly privateKey: string;
}

/** A new Ed25519 key pair. */
export function newKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

/**
 * Keeps an identity in the data folder, readable by its owner alone, with the keys of the one before. A device whose
 * journal may have lost entries, or whose name another one took, continues under a new identity, so that no sequence and
 * no order number is ever used twice.
 */
export function saveIdentity(dataDir: string, identity: DeviceIdentity, privateKey: string): void {
  writeIdentityFile(dataDir, FILE, succeed(dataDir, identity, privateKey));
}

/** Keeps an identity beside the one that counts, until `settleNextIdentity` says which of the two is true. */
export function proposeIdentity(dataDir: string, identity: DeviceIdentity, privateKey: string): void {
  writeIdentityFile(dataDir, NEXT_FILE, succeed(dataDir, identity, privateKey));
}

/** Makes a proposed identity the one that counts when the journal has entries of it, and drops it when it has none. */
export function settleNextIdentity(dataDir: string, hasEntriesOf: (deviceId: string) => boolean): void {
  const next = readIdentityFile(dataDir, NEXT_FILE);
  if (next === null) return;
  if (hasEntriesOf(next.deviceId)) renameSync(join(dataDir, NEXT_FILE), join(dataDir, FILE));
  else rmSync(join(dataDir, NEXT_FILE));
  syncFolder(dataDir);
}

/** Changes what the order numbers of this device begin with. */
export function savePrefix(dataDir: string, prefix: string): void {
  const file = readIdentityFile(dataDir);
  if (file !== null && file.prefix !== prefix) writeIdentityFile(dataDir, FILE, { ...file, prefix });
}

/** What a device that goes on as its own successor puts before its order numbers: `T1R2` after `T1`, then `T1R3`. */
export function successorPrefix(prefix: string): string {
  const [, base, count] = /^(.*?)(?:R(\d+))?$/.exec(prefix) ?? [];
  return `${base ?? prefix}R${Number(count ?? 1) + 1}`;
}

function succeed(dataDir: string, identity: DeviceIdentity, privateKey: string): IdentityFile {
  const former = readIdentityFile(dataDir);
  const formerKeys =
    former === null ? [] : [...(former.formerKeys ?? []), { deviceId: former.deviceId, privateKey: former.privateKey }];
  return { ...identity, privateKey, formerKeys };
}

function writeIdentityFile(dataDir: string, name: string, file: IdentityFile): void {
  writeFileDurably(join(dataDir, name), `${JSON.stringify(file, null, 2)}\n`, 0o600);
}

/** The newest entry of a device's chain, put under its key: nobody can cut the end off unnoticed. */
export interface SignedHead {
  readonly device: string;
  readonly seq: number;
  readonly hash: string;
  /** Ed25519 over `device seq hash`, base64. */
  readonly signature: string;
}

/** Signs with the keys of a data folder: this device's, and those it had before its store was damaged or its name taken. */
export class DeviceKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>;

  private constructor(keys: ReadonlyMap<string, KeyObject>) {
    this.#keys = keys;
  }

  /** @throws when the folder has no readable key file */
  static load(dataDir: string): DeviceKeys {
    const file = readIdentityFile(dataDir);
    if (file === null) throw new Error('this data folder has no device key');
    return new DeviceKeys(
      new Map(
        [file, ...(file.formerKeys ?? [])].map(({ deviceId, privateKey }) => [
          deviceId,
          createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' }),
        ]),
      ),
    );
  }

  /** Whether there is a key of this id. */
  has(deviceId: string): boolean {
    return this.#keys.has(deviceId);
  }

  /**
   * Ed25519 over a text, base64.
   * @throws when there is no key of this id
   */
  sign(deviceId: string, text: string): string {
    const key = this.#keys.get(deviceId);
    if (key === undefined) throw new Error(`this data folder has no key of ${deviceId}`);
    return sign(null, Buffer.from(text), key).toString('base64');
  }

  /** Signs an entry of a chain of its own as the head, for whoever gets the chain up to there. */
  signHead(head: Omit<SignedHead, 'signature'>): SignedHead {
    return { ...head, signature: this.sign(head.device, headText(head)) };
  }
}

/** Whether a head was signed by the holder of this public key. */
export function isHeadSignedBy(head: SignedHead, publicKey: string): boolean {
  return isSignedBy(headText(head), head.signature, publicKey);
}

/** Whether the holder of a public key (Ed25519, SPKI DER in base64) signed a text. */
export function isSignedBy(text: string, signature: string, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
  } catch {
    // What is no key has signed nothing.
    return false;
  }
}

/** The text under the signature of a head, in a store, in the exchange and in a carried file. */
export function headText({ device, seq, hash }: Omit<SignedHead, 'signature'>): string {
  return `${device} ${seq} ${hash}`;
}

function readIdentityFile(dataDir: string, name = FILE): IdentityFile | null {
  const path = join(dataDir, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as IdentityFile) : null;
}
