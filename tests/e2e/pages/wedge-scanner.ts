import type { Page } from '@playwright/test';

/** How a US keyboard makes the characters of our codes. */
function keyOf(character: string): { readonly code: string; readonly keyCode: number; readonly shift: boolean } {
  const upper = character.toUpperCase();
  if (/^\d$/.test(character)) return { code: `Digit${character}`, keyCode: character.charCodeAt(0), shift: false };
  if (/^[A-Z]$/.test(upper)) return { code: `Key${upper}`, keyCode: upper.charCodeAt(0), shift: upper === character };
  if (character === '-') return { code: 'Minus', keyCode: 189, shift: false };
  if (character === ':') return { code: 'Semicolon', keyCode: 186, shift: true };
  throw new Error(`No label here has a ${character}`);
}

const SHIFT = 8;

/** How far ahead the keys are dated: a busy machine may deliver them this late and their rhythm still stands. */
const AHEAD_SECONDS = 1;

/**
 * Types a code as a keyboard-wedge scanner does: key after key, faster than any hand, and Enter. Every key carries the
 * time it is meant for, so that a busy machine does not break their rhythm.
 *
 * @param keyMs from key to key; scanners take 2 to 30
 */
export async function typeCode(page: Page, code: string, keyMs = 5): Promise<void> {
  const session = await page.context().newCDPSession(page);
  try {
    const sent: Promise<unknown>[] = [];
    let timestamp = Date.now() / 1000 + AHEAD_SECONDS;
    const press = (key: string, text: string, name: string, keyCode: number, shift: boolean): void => {
      const common = { key, code: name, windowsVirtualKeyCode: keyCode, modifiers: shift ? SHIFT : 0, timestamp };
      timestamp += keyMs / 1000;
      sent.push(session.send('Input.dispatchKeyEvent', { type: 'keyDown', text, ...common }));
      sent.push(session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...common }));
    };
    for (const character of code) {
      const { code: name, keyCode, shift } = keyOf(character);
      press(character, character, name, keyCode, shift);
    }
    press('Enter', '\r', 'Enter', 13, false);
    await Promise.all(sent);
  } finally {
    await session.detach();
  }
}
