import { Refusal, revoked, type Appended, type ExchangeStore, type KnownDevice } from './exchange-store';
import { isSignedHead, type ReadBatch } from './read-batch';

/**
 * Takes a batch from a device of the stall, its own or one it passes on, whether it came over the network or on a stick.
 * @throws Refusal `bad-signature`, `not-enrolled`, `revoked`, and those of `ExchangeStore.append`
 */
export async function acceptBatch(
  store: ExchangeStore,
  { stallId, deviceId, ...broughtBy }: KnownDevice,
  { introduction, isSignedByBringer, ...batch }: ReadBatch,
): Promise<Appended> {
  const { head } = batch;
  const known = head.device === deviceId ? broughtBy : await store.device(stallId, head.device);
  if (known?.isRevoked) throw revoked();
  const { publicKey = '' } = known ?? introduction ?? {};
  if (!(isSignedByBringer ?? isSignedHead(head, publicKey))) {
    throw known || introduction
      ? new Refusal('bad-signature', 'The head of the batch is not signed by the key of its device.')
      : new Refusal('not-enrolled', 'The device of these entries is unknown here: begin with its first entry.');
  }
  return store.append({ ...batch, stallId, broughtBy: deviceId, introduction: known ? null : introduction });
}
