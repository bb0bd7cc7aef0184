import { ok, type Result } from '../domain/result';
import { readUnsignedRuleSet, writeRuleSet, type RuleSet, type RuleSetProblem } from '../journal/rule-set';
import type { Database } from './database';
import type { HubIdentity } from './hub-record';

/** What whoever signs says of a set besides what stands in it. */
export interface SignAs {
  readonly name?: string | undefined;
  /** Which set this is a version of: tills take each in beside the others. */
  readonly setId?: string | undefined;
}

/**
 * Signs a rule set with the hub's key, which every till that has joined the hub knows. The set is what a till exported or what
 * somebody wrote; a signature in it is left out. All of it is checked first, as a till will. One without rules takes off those of
 * the version before.
 * @returns the text of the signed file, and the set as it is signed: a version above the one it had, and above any signed before
 */
export async function signRules(
  text: string,
  { database, identity }: { readonly database: Database; readonly identity: Pick<HubIdentity, 'publicKey' | 'sign'> },
  { now, name, setId }: SignAs & { readonly now: Date },
): Promise<Result<{ readonly text: string; readonly set: RuleSet }, RuleSetProblem>> {
  const read = readUnsignedRuleSet(text);
  if (!read.ok) return read;
  const given = read.value;
  const signedId = setId ?? given.setId;
  // Seconds count up by themselves wherever it is signed.
  const least = Math.max(given.version + 1, Math.floor(now.getTime() / 1_000));
  const set: RuleSet = {
    setId: signedId,
    version: await nextVersion(database, signedId, least),
    name: name ?? given.name,
    currency: given.currency,
    rules: given.rules,
  };
  return ok({ text: writeRuleSet(set, identity), set });
}

/** Two of one version would be two sets under one name, of which each till keeps the one it saw first. */
async function nextVersion(database: Database, setId: string, least: number): Promise<number> {
  const [row] = await database.query<{ version: number }>(
    {
      name: 'next-rule-set-version',
      text: `INSERT INTO signed_rule_set AS last (set_id, version) VALUES ($1, $2)
ON CONFLICT (set_id) DO UPDATE SET version = greatest(excluded.version, last.version + 1) RETURNING version`,
    },
    [setId, least],
  );
  if (!row) throw new Error('the version of a rule set was not written');
  return row.version;
}
