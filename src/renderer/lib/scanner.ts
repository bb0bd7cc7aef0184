import {
  createKeyboardWedge,
  DEFAULT_WEDGE_OPTIONS,
  type WedgeAction,
  type WedgeKey,
} from '../../shared/keyboard-wedge';

/** One scan, and how else its keys may be read. */
export interface Scan {
  readonly code: string;
  readonly alternatives: readonly string[];
}

export interface ScanListener {
  onScan(scan: Scan): void;
  /** A code longer than any symbology holds was thrown away. */
  onTooLong(): void;
}

/** A busy machine may deliver the keys of one scan with a pause; only scanners that send no Enter wait this out. */
const END_GAP_MS = 250;

/**
 * Hears a keyboard-wedge scanner wherever the focus is, before any field sees a key; what turns out to be typing is given
 * back to the field. Returns what stops it.
 */
export function listenForScans(listener: ScanListener): () => void {
  const wedge = createKeyboardWedge({ ...DEFAULT_WEDGE_OPTIONS, endGapMs: END_GAP_MS });
  let timer: ReturnType<typeof setTimeout> | undefined;

  function act(actions: readonly WedgeAction[]): void {
    for (const action of actions) {
      if (action.kind === 'replay') action.keys.forEach(giveBack);
      else if (action.kind === 'scanned') listener.onScan(action);
      else listener.onTooLong();
    }
    clearTimeout(timer);
    const deadlineMs = wedge.deadlineMs();
    if (deadlineMs !== null) {
      timer = setTimeout(() => act(wedge.flush(performance.now())), Math.max(1, deadlineMs - performance.now()));
    }
  }

  function hear(event: KeyboardEvent): void {
    // What we give back ourselves is not heard again; a field's own composing is not for us.
    if (!event.isTrusted || event.isComposing) return;
    const { hold, actions } = wedge.handle(keyOf(event));
    act(actions);
    if (hold) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }

  function cancelScannedInput(event: InputEvent): void {
    if (event.isTrusted && wedge.isScanning()) event.preventDefault();
  }

  const capture = { capture: true };
  window.addEventListener('keydown', hear, capture);
  window.addEventListener('keyup', hear, capture);
  window.addEventListener('beforeinput', cancelScannedInput, capture);
  return () => {
    clearTimeout(timer);
    window.removeEventListener('keydown', hear, capture);
    window.removeEventListener('keyup', hear, capture);
    window.removeEventListener('beforeinput', cancelScannedInput, capture);
  };
}

function keyOf(event: KeyboardEvent): WedgeKey {
  const { key, code, timeStamp, shiftKey, ctrlKey, altKey, metaKey, repeat, type } = event;
  return {
    type: type === 'keydown' ? 'down' : 'up',
    key,
    code,
    timeStampMs: timeStamp,
    shift: shiftKey,
    ctrl: ctrlKey,
    alt: altKey,
    meta: metaKey,
    capsLock: event.getModifierState('CapsLock'),
    repeat,
    targetIsEditable: isEditable(event.target),
  };
}

function isEditable(target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/** Does with a key what the browser would have done, had it not been held back. */
function giveBack({ key, code, shift, ctrl, alt, meta }: WedgeKey): void {
  const target = document.activeElement ?? document.body;
  const modifiers = { shiftKey: shift, ctrlKey: ctrl, altKey: alt, metaKey: meta };
  const event = new KeyboardEvent('keydown', { key, code, ...modifiers, bubbles: true, cancelable: true });
  if (!target.dispatchEvent(event)) return;
  // What a key of more than one character does, the till's own listeners have done by now.
  if ([...key].length > 1 || (ctrl && !alt) || meta) return;
  if (isEditable(target)) {
    // The one way to type into a field that keeps its undo, its selection and its length limit.
    document.execCommand('insertText', false, key);
  } else if (key === ' ' && target instanceof HTMLElement) {
    target.click();
  }
}
