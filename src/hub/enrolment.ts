import { Refusal, revoked, type Enrolment } from '../exchange/exchange-store';
import { prefixFor } from '../exchange/prefix';
import { badCode } from '../exchange/routes';
import type { Sql } from './database';

/** Enrols a device, as `ExchangeStore.enrol` says, within a transaction. */
export async function enrol(
  client: Sql,
  enrolment: Enrolment,
): Promise<{ readonly stallId: string; readonly prefix: string }> {
  const { codeHash, deviceId, publicKey, name } = enrolment;
  const stallId = codeHash === null ? await stallOfFormer(client, enrolment) : await stallOfCode(client, enrolment);
  // One enrolment at a time, so that no two get one prefix.
  await client.query('SELECT FROM stall WHERE stall_id = $1 FOR UPDATE', [stallId]);
  const { rows } = await client.query<{
    prefix: string;
    public_key: string;
    revoked_at: Date | null;
    introduced_by: string | null;
  }>('SELECT prefix, public_key, revoked_at, introduced_by FROM device WHERE stall_id = $1 AND device_id = $2', [
    stallId,
    deviceId,
  ]);
  const known = rows[0];
  if (known?.revoked_at) throw revoked();
  if (known && known.public_key !== publicKey) {
    throw new Refusal('bad-signature', 'A device of this id is enrolled with another key.');
  }
  // One that a neighbour introduced is kept under the prefix it gave itself at first, which another may have here.
  const prefix = known && known.introduced_by === null ? known.prefix : await freePrefix(client, enrolment, stallId);
  await client.query(
    `INSERT INTO device (stall_id, device_id, name, prefix, public_key, former_device_id) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (stall_id, device_id) DO UPDATE SET name = excluded.name, prefix = excluded.prefix, introduced_by = NULL`,
    [stallId, deviceId, name, prefix, publicKey, enrolment.former?.deviceId ?? null],
  );
  if (codeHash !== null) {
    await client.query('UPDATE enrol_code SET used_by = $3 WHERE stall_id = $1 AND code_hash = $2', [
      stallId,
      codeHash,
      deviceId,
    ]);
  }
  return { stallId, prefix };
}

async function stallOfCode(client: Sql, { codeHash, deviceId, stallId: wanted }: Enrolment): Promise<string> {
  const { rows } = await client.query<{ stall_id: string; used_by: string | null; is_over: boolean }>(
    'SELECT stall_id, used_by, expires_at < now() AS is_over FROM enrol_code WHERE code_hash = $1 FOR UPDATE',
    [codeHash],
  );
  const code = rows[0];
  // Whoever did not hear the answer asks again with the code it has used.
  if (!code || (code.used_by !== deviceId && (code.used_by !== null || code.is_over))) throw badCode();
  if (wanted === null || wanted === code.stall_id) return code.stall_id;
  const { rows: adopted } = await client.query<{ stall_id: string }>(
    // A stall that was only named so far becomes the one that its first device sells for already.
    `UPDATE stall SET stall_id = $2 WHERE stall_id = $1
  AND NOT EXISTS (SELECT FROM device WHERE stall_id = $1) AND NOT EXISTS (SELECT FROM stall WHERE stall_id = $2)
RETURNING stall_id`,
    [code.stall_id, wanted],
  );
  if (adopted.length === 0) {
    throw new Refusal('wrong-stall', 'The code is for another stall than the one this till sells for.');
  }
  return wanted;
}

async function stallOfFormer(client: Sql, { former, stallId: wanted }: Enrolment): Promise<string> {
  const { rows } = await client.query<{ stall_id: string; public_key: string; revoked_at: Date | null }>(
    'SELECT stall_id, public_key, revoked_at FROM device WHERE device_id = $1 ORDER BY revoked_at NULLS FIRST LIMIT 1',
    [former?.deviceId],
  );
  const device = rows[0];
  if (!device || !former) throw new Refusal('not-enrolled', 'The former device is not known here: enrol with a code.');
  if (device.revoked_at) throw revoked();
  if (!former.isSignedBy(device.public_key)) {
    throw new Refusal('bad-signature', 'The succession is not signed by the key of the former device.');
  }
  if (wanted !== null && wanted !== device.stall_id) {
    throw new Refusal('wrong-stall', 'The former device sells for another stall.');
  }
  return device.stall_id;
}

async function freePrefix(
  client: Sql,
  { deviceId, prefix, stallId: used }: Enrolment,
  stallId: string,
): Promise<string> {
  const { rows } = await client.query<{ prefix: string }>(
    'SELECT prefix FROM device WHERE stall_id = $1 AND device_id <> $2',
    [stallId, deviceId],
  );
  const { rows: epochs } = await client.query<{ epoch: number }>('SELECT max(epoch) AS epoch FROM epoch');
  const taken = rows.map((row) => row.prefix);
  return prefixFor({ wanted: prefix, isUsed: used !== null, taken, epoch: epochs[0]?.epoch ?? 1 });
}
