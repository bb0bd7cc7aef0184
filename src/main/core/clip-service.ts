import { rmSync } from 'node:fs';
import type { EntryDraft } from '../../journal/kinds';
import { CLIP_EXTENSIONS, CLIP_KINDS, type Clip } from '../../shared/clip-schemas';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import { ClipUploads } from './clip-uploads';
import { clipPath, findClip, type ClipFile } from './clips';
import { requireStaff, type CoreContext } from './core-context';
import { findPhoto } from './photos';

interface ClipHooks {
  readonly dataDir: string;
  /** Hears that clips are others than they were, or that the bytes of one arrived. */
  readonly onChanged: () => void;
}

/** How often it is looked whether clips of other devices have arrived, while some have not. */
const LOOK_EVERY_MS = 5_000;

/** The clips of the stall: which there are, what they say, and their files. */
export class ClipService {
  readonly #core: CoreContext;
  readonly #hooks: ClipHooks;
  readonly #uploads: ClipUploads;
  #version = 1;
  #looking: ReturnType<typeof setInterval> | null = null;
  /** How many clips had not arrived when it was last looked. */
  #missing = 0;

  constructor(core: CoreContext, hooks: ClipHooks) {
    this.#core = core;
    this.#hooks = hooks;
    this.#uploads = new ClipUploads(hooks.dataDir, () => core.newId());
  }

  start(): void {
    for (const clip of this.#core.store.clips.removed()) {
      for (const kind of CLIP_KINDS) rmSync(clipPath(this.#hooks.dataDir, clip, kind), { force: true });
    }
    this.#look();
  }

  async stop(): Promise<void> {
    if (this.#looking !== null) clearInterval(this.#looking);
    await this.#uploads.close();
  }

  /** Every clip, the first added first. */
  list(): CallOutput<'clips.list'> {
    return { clips: this.#core.store.clips.all().map((clip) => ({ ...clip, isHere: this.isHere(clip) })) };
  }

  /** Whether the bytes of a clip are on this device. */
  isHere({ clip, kind }: Pick<Clip, 'clip' | 'kind'>): boolean {
    return findClip(this.#hooks.dataDir, `${clip}.${CLIP_EXTENSIONS[kind]}`, () => kind) !== null;
  }

  /** @param file `<sha256>.mp4` or `.webm`, as in the address */
  find(file: string): ClipFile | null {
    return findClip(this.#hooks.dataDir, file, (clip) => this.#core.store.clips.get(clip)?.kind ?? null);
  }

  open({ totalBytes }: CallInput<'clips.open'>): Promise<CallOutput<'clips.open'>> {
    return this.#uploads.open(totalBytes);
  }

  append({ uploadId, offset, base64 }: CallInput<'clips.append'>): Promise<CallOutput<'clips.append'>> {
    return this.#uploads.append(uploadId, offset, Buffer.from(base64, 'base64'));
  }

  async keep(
    { uploadId, poster, caption, itemId }: CallInput<'clips.keep'>,
    context: CallContext,
  ): Promise<CallOutput<'clips.keep'>> {
    const actor = requireStaff(context.staffId);
    this.#requireItem(itemId);
    if (poster !== null && findPhoto(this.#hooks.dataDir, poster) === null) {
      throw new CallFailure('bad-photo', 'That photo is not on this till. Choose it again.');
    }
    const { clip, kind, durationMs, width, height } = await this.#uploads.keep(uploadId);
    const added: Clip = { clip, kind, durationMs, width, height, poster, caption: caption.trim(), itemId };
    this.#commit({ kind: 'clip.put', body: { clip: added } }, { ...context, staffId: actor }, { clip });
    return { clip };
  }

  async cancel({ uploadId }: CallInput<'clips.cancel'>): Promise<Record<string, never>> {
    await this.#uploads.cancel(uploadId);
    return {};
  }

  /** Changes what a clip says and which item it belongs to. */
  change({ clip, caption, itemId }: CallInput<'clips.change'>, context: CallContext): Record<string, never> {
    this.#requireItem(itemId);
    const changed = { ...this.#clip(clip), caption: caption.trim(), itemId };
    return this.#commit({ kind: 'clip.put', body: { clip: changed } }, context, {});
  }

  /** Takes a clip off. Its file goes with the next start: a display may be showing it. */
  remove({ clip }: CallInput<'clips.remove'>, context: CallContext): Record<string, never> {
    this.#clip(clip);
    return this.#commit({ kind: 'clip.removed', body: { clip } }, context, {});
  }

  state(): TopicState<'clips'> {
    return { version: this.#version };
  }

  /** Clips came from another device. */
  received(): void {
    this.#version += 1;
    this.#core.topics.mark('clips');
    this.#hooks.onChanged();
    this.#look();
  }

  /** While clips are named whose bytes are not here, looks for them: the exchange brings them when it has time. */
  #look(): void {
    const missing = this.#core.store.clips.all().filter((clip) => !this.isHere(clip)).length;
    const hasCome = missing < this.#missing;
    this.#missing = missing;
    if (missing === 0 && this.#looking !== null) {
      clearInterval(this.#looking);
      this.#looking = null;
    }
    if (missing > 0 && this.#looking === null) {
      this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
      this.#looking.unref();
    }
    if (hasCome) this.received();
  }

  #requireItem(itemId: string | null): void {
    if (itemId !== null && this.#core.store.catalogue.item(itemId) === null) {
      throw new CallFailure('unknown-item');
    }
  }

  #clip(clip: string): Clip {
    const found = this.#core.store.clips.get(clip);
    if (found === null) throw new CallFailure('unknown-clip');
    return found;
  }

  #commit<T>(draft: EntryDraft, { requestId, staffId }: CallContext, result: T): T {
    this.#core.store.commit({ requestId, actor: requireStaff(staffId), drafts: [draft], result });
    this.received();
    return result;
  }
}
