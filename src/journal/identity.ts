import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
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
  /** Keys of former ids, with which their succession is signed. Files of older versions have none. */
  readonly formerKeys?: readonly { readonly deviceId: string; readonly privateKey: string }[];
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
  const former = options.formerDeviceIds.length > 0 ? readIdentityFile(dataDir) : null;
  const file: IdentityFile = {
    ...identity,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    formerKeys: former
      ? [...(former.formerKeys ?? []), { deviceId: former.deviceId, privateKey: former.privateKey }]
      : [],
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
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(headText(head)), key, Buffer.from(head.signature, 'base64'));
  } catch {
    // What is no key has signed nothing.
    return false;
  }
}

function headText({ device, seq, hash }: Omit<SignedHead, 'signature'>): string {
  return `${device} ${seq} ${hash}`;
}

function readIdentityFile(dataDir: string): IdentityFile | null {
  const path = join(dataDir, fileName);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as IdentityFile) : null;
}
