import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Tokens } from '../../../src/exchange/tokens';

const bearer = { deviceId: 'till-a', stallId: 'stall-a' };

test('a token is good until it runs out, however often it was shown', async () => {
  let nowMs = Date.parse('2026-11-22T09:00:00.000Z');
  const tokens = new Tokens({ secret: randomBytes(32), serverId: 'hub', now: () => new Date(nowMs) });
  const { text, expiresAt } = await tokens.token(bearer);
  expect(await tokens.bearer(text)).toEqual(bearer);
  nowMs = expiresAt.getTime() - 1;
  expect(await tokens.bearer(text)).toEqual(bearer);
  nowMs = expiresAt.getTime();
  await expect(tokens.bearer(text)).rejects.toMatchObject({ code: 'token-expired' });
  // Also for a server that has not seen it yet.
  const other = new Tokens({ secret: randomBytes(32), serverId: 'hub', now: () => new Date(nowMs - 1_000) });
  await expect(other.bearer(text)).rejects.toMatchObject({ code: 'token-expired' });
});
