import { z } from 'zod';

/** Where a browser keeps what proves that it was paired. It opens the display's role at this stall and nothing else. */
const TOKEN_KEY = 'trestle.display-token';

const paired = z.object({ token: z.string().min(1).max(200) });

/** What this browser was given when it was paired, or null. */
export function keptToken(): string | null {
  return localStorage.getItem(TOKEN_KEY);
}

export function forgetToken(): void {
  localStorage.removeItem(TOKEN_KEY);
}

/**
 * What the address brings: the code of the picture on the till, `#pair=CODE`, or on the till's own machine its token,
 * `#token=TOKEN`. A code is taken out of the address: it is good once.
 */
export function readAddress(): { readonly code: string | null; readonly token: string | null } {
  const given = new URLSearchParams(window.location.hash.slice(1));
  const code = given.get('pair');
  if (code !== null) history.replaceState(null, '', window.location.pathname);
  return { code, token: given.get('token') };
}

/**
 * Exchanges a code that the till shows for a token of this browser's own, and keeps it.
 * @returns the token, or null when the code is not right any more
 * @throws when the till cannot be reached
 */
export async function pair(code: string): Promise<string | null> {
  const response = await fetch('/display/pair', {
    method: 'POST',
    body: new URLSearchParams({ code, name: browserName(navigator.userAgent) }),
  });
  if (!response.ok) return null;
  const { token } = paired.parse(await response.json());
  localStorage.setItem(TOKEN_KEY, token);
  return token;
}

/** What the till calls a screen until somebody calls it otherwise. */
function browserName(userAgent: string): string {
  const systems = ['iPad', 'iPhone', 'Android', 'CrOS', 'Windows', 'Macintosh', 'Linux'];
  return systems.find((system) => userAgent.includes(system)) ?? '';
}
