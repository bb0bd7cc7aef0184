import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import type { Clip, ClipKind } from '../../shared/clip-schemas';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import { findClip, type ClipFile } from './clips';
import { CLIP_EXTENSIONS } from '../../shared/clip-schemas';
import { requireStaff, type CoreContext } from './core-context';

interface ClipHooks {
  readonly dataDir: string;
  /** Hears that clips are others than they were, or that the bytes of one arrived. */
  readonly onChanged: () => void;
}

/** The clips of the stall: which there are, what they say, and their files. */
export class ClipService {
  readonly #core: CoreContext;
  readonly #hooks: ClipHooks;
  #version = 1;

  constructor(core: CoreContext, hooks: ClipHooks) {
    this.#core = core;
    this.#hooks = hooks;
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
    return findClip(
      this.#hooks.dataDir,
      file,
      (clip): ClipKind | null => this.#core.store.clips.get(clip)?.kind ?? null,
    );
  }

  /** Changes what a clip says and which item it belongs to. */
  change({ clip, caption, itemId }: CallInput<'clips.change'>, context: CallContext): Record<string, never> {
    if (itemId !== null && this.#core.store.catalogue.item(itemId) === null) {
      throw new CallFailure('unknown-item', 'That item is not in the catalogue any more.');
    }
    const changed = { ...this.#clip(clip), caption: caption.trim(), itemId };
    this.#commit({ kind: 'clip.put', body: { clip: changed } }, context);
    return {};
  }

  /** Takes a clip off. Its file stays until another clip needs the room. */
  remove({ clip }: CallInput<'clips.remove'>, context: CallContext): Record<string, never> {
    this.#clip(clip);
    this.#commit({ kind: 'clip.removed', body: { clip } }, context);
    return {};
  }

  state(): TopicState<'clips'> {
    return { version: this.#version };
  }

  /** Clips came from another device, or their bytes did. */
  received(): void {
    this.#version += 1;
    this.#core.topics.mark('clips');
    this.#hooks.onChanged();
  }

  #clip(clip: string): Clip {
    const found = this.#core.store.clips.get(clip);
    if (found === null) throw new CallFailure('unknown-clip', 'That clip was removed. Look at the list again.');
    return found;
  }

  #commit(draft: Parameters<CoreContext['store']['commit']>[0]['drafts'][number], { requestId, staffId }: CallContext) {
    this.#core.store.commit({ requestId, actor: requireStaff(staffId), drafts: [draft], result: {} });
    this.received();
  }
}
