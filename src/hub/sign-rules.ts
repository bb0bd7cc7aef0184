import { ok, type Result } from '../domain/result';
import { readUnsignedRuleSet, writeRuleSet, type RuleSet, type RuleSetProblem } from '../journal/rule-set';
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
export function signRules(
  text: string,
  hub: Pick<HubIdentity, 'publicKey' | 'sign'>,
  { now, name, setId }: SignAs & { readonly now: Date },
): Result<{ readonly text: string; readonly set: RuleSet }, RuleSetProblem> {
  const read = readUnsignedRuleSet(text);
  if (!read.ok) return read;
  const given = read.value;
  const set: RuleSet = {
    setId: setId ?? given.setId,
    // Seconds count up by themselves wherever it is signed.
    version: Math.max(given.version + 1, Math.floor(now.getTime() / 1_000)),
    name: name ?? given.name,
    currency: given.currency,
    rules: given.rules,
  };
  return ok({ text: writeRuleSet(set, hub), set });
}
