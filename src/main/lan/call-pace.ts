import type { CallResult } from '../../shared/errors';
import type { StallLink } from './stall-link';

/** Of all phones together, one after the other, so that a sale never waits for more than one of them. */
const MOST_PER_SECOND = 250;
/** What comes beyond is told to come back. */
const MOST_WAITING = 400;

/** Lets shoppers' calls through to the kiosk one at a time and so many a second; displays are few and wait for nobody. */
export function pacedLink(link: StallLink, nowMs: () => number = () => performance.now()): StallLink {
  const waiting: (() => void)[] = [];
  let isUnderWay = false;
  let allowed = MOST_PER_SECOND / 10;
  let atMs = nowMs();
  let timer: NodeJS.Timeout | null = null;

  function next(): void {
    const now = nowMs();
    allowed = Math.min(MOST_PER_SECOND / 10, allowed + ((now - atMs) / 1000) * MOST_PER_SECOND);
    atMs = now;
    if (isUnderWay || waiting.length === 0) return;
    if (allowed >= 1) {
      allowed -= 1;
      isUnderWay = true;
      waiting.shift()?.();
    } else if (timer === null) {
      timer = setTimeout(
        () => {
          timer = null;
          next();
        },
        Math.ceil(((1 - allowed) / MOST_PER_SECOND) * 1000),
      );
      timer.unref();
    }
  }

  async function paced(message: unknown): Promise<CallResult<unknown>> {
    if (waiting.length >= MOST_WAITING) return tooMany;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      next();
    });
    try {
      return await link.dispatch('shopper', message);
    } finally {
      isUnderWay = false;
      next();
    }
  }

  return { ...link, dispatch: (role, message) => (role === 'shopper' ? paced(message) : link.dispatch(role, message)) };
}

const tooMany: CallResult<never> = {
  ok: false,
  error: { code: 'disconnected', message: 'Too many people ask at once.', retryable: true },
};
