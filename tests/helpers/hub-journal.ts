/** A device that writes a journal of its own and hands it to a hub's store, for tests of what the hub makes of it. */
import { generateKeyPairSync } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { examineEntries } from '../../src/exchange/entry-check';
import type { Appended, ExchangeStore } from '../../src/exchange/exchange-store';
import { HybridClock } from '../../src/journal/clock';
import { canonicalJson, seal, ZERO_HASH, type SealedEntry } from '../../src/journal/entry';
import type { EntryDraft } from '../../src/journal/kinds';

export class JournalWriter {
  readonly device = uuid();
  readonly #clock: HybridClock;
  readonly #publicKey: string;
  readonly #entries: SealedEntry[] = [];
  #sent = 0;

  constructor(
    readonly prefix: string,
    readonly now: () => Date,
  ) {
    const { publicKey } = generateKeyPairSync('ed25519');
    this.#publicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    this.#clock = new HybridClock(this.device, now, null);
    this.write({
      kind: 'device.registered',
      body: { deviceId: this.device, prefix, publicKey: this.#publicKey },
    });
  }

  /** Writes a fact. @returns the entry */
  write(draft: EntryDraft): SealedEntry {
    return this.writeText(draft.kind, canonicalJson(draft.body));
  }

  /** Writes an entry of any kind and any body, as no till does. */
  writeText(kind: string, body: string): SealedEntry {
    const last = this.#entries.at(-1);
    const seq = (last?.seq ?? 0) + 1;
    const at = this.#clock.next();
    const entry = seal(
      { device: this.device, seq, id: uuid(), kind, at, event: null, actor: null, body },
      last?.hash ?? ZERO_HASH,
    );
    this.#entries.push(entry);
    return entry;
  }

  /** Hands over what is new, or everything again. */
  async send(store: ExchangeStore, stallId: string, from: 'new' | 'beginning' = 'new'): Promise<Appended | null> {
    const entries = this.#entries.slice(from === 'new' ? this.#sent : 0).map((entry) => ({ ...entry }));
    const last = entries.at(-1);
    if (!last) return null;
    const appended = await store.append({
      stallId,
      broughtBy: this.device,
      entries,
      head: { device: this.device, seq: last.seq, hash: last.hash, signature: 'AAAA' },
      introduction: { publicKey: this.#publicKey, prefix: this.prefix },
      findings: examineEntries(entries, entries[0]?.prev ?? ZERO_HASH, this.now().getTime()),
      nowMs: this.now().getTime(),
    });
    this.#sent = last.seq;
    return appended;
  }
}
