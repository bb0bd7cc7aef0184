import { z } from 'zod';
import { RULE_LIMITS } from '../domain/pricing/limits';
import { checkRule, type PriceRule, type Selector } from '../domain/pricing/rule';
import { fail, ok, type Result } from '../domain/result';
import { priceRule } from '../shared/pricing-schemas';
import { id, type Frozen } from '../shared/zod';
import { canonicalJson } from './entry';
import { foldWords } from './fold';
import { isSignedBy } from './identity';

const FORMAT = 'trestle-rule-set-1';

/** What a set says, whoever signs it. */
const ruleSet = z.object({
  setId: id,
  version: z.int().min(1),
  name: z.string().max(80),
  /** ISO 4217: amounts of another mean something else. */
  currency: z.string().length(3),
  rules: z.array(priceRule.omit({ setId: true, setVersion: true })).max(RULE_LIMITS.rules),
});
const signedRuleSet = ruleSet.extend({
  format: z.literal(FORMAT),
  /** Public key (Ed25519, SPKI DER in base64). */
  signedBy: z.string().max(200),
  /** Over the canonical JSON (RFC 8785) of all the rest. */
  signature: z.string().max(200),
});
export type RuleSet = Frozen<z.infer<typeof ruleSet>>;
export type SignedRuleSet = Frozen<z.infer<typeof signedRuleSet>>;
export type RuleSetProblem = 'bad-rule-set' | 'bad-rule';

/**
 * A rule set as the text of a file, signed.
 * @param signer its public key (Ed25519, SPKI DER in base64), and what signs a text with it, base64
 */
export function writeRuleSet(
  set: RuleSet,
  signer: { readonly publicKey: string; readonly sign: (text: string) => string },
): string {
  const content = { format: FORMAT, ...set, signedBy: signer.publicKey } as const;
  return `${JSON.stringify({ ...content, signature: signer.sign(canonicalJson(content)) }, null, 1)}\n`;
}

/**
 * Reads a rule set and checks all of it. Its words come back folded, as the names of goods are.
 * @param isTrusted whether this stall takes rules of the holder of a public key
 */
export function readRuleSet(
  text: string,
  isTrusted: (publicKey: string) => boolean,
): Result<SignedRuleSet, RuleSetProblem> {
  const parsed = signedRuleSet.safeParse(parseJson(text));
  if (!parsed.success) return unreadable(parsed.error);
  const { signature, ...content } = parsed.data;
  if (!isTrusted(content.signedBy)) {
    return fail('bad-rule-set', 'This rule set is signed by nobody this stall knows: no till of it and no hub.');
  }
  if (!isSignedBy(canonicalJson(content), signature, content.signedBy)) {
    return fail('bad-rule-set', 'The signature does not fit: this rule set was changed after it was signed.');
  }
  const checked = checkRuleSet(content);
  return checked.ok ? ok({ ...parsed.data, rules: checked.value.rules }) : checked;
}

/** Reads a rule set that nobody has signed yet, or not with a key that counts here, and checks all its rules. */
export function readUnsignedRuleSet(text: string): Result<RuleSet, RuleSetProblem> {
  const parsed = ruleSet.safeParse(parseJson(text));
  return parsed.success ? checkRuleSet(parsed.data) : unreadable(parsed.error);
}

/** The rules of a set as they are kept. */
export function rulesOfSet({ setId, version, rules }: RuleSet): PriceRule[] {
  return rules.map((rule) => ({ ...rule, setId, setVersion: version }));
}

/** A rule with its words as names are searched by: what a person types is never more than words. */
export function withFoldedWords(rule: PriceRule): PriceRule {
  const { what, effect } = rule;
  return {
    ...rule,
    what: folded(what),
    effect:
      effect.kind === 'bundle'
        ? { ...effect, parts: effect.parts.map((part) => ({ ...part, what: folded(part.what) })) }
        : effect,
  };
}

function folded(what: Selector): Selector {
  return what.kind === 'words' ? { kind: 'words', words: [...new Set(what.words.flatMap(foldWords))] } : what;
}

function checkRuleSet(set: RuleSet): Result<RuleSet, RuleSetProblem> {
  const ids = new Set<string>();
  const rules: PriceRule[] = [];
  for (const rule of set.rules) {
    const checked = checkRule(withFoldedWords(rule));
    if (!checked.ok) return fail('bad-rule', `“${rule.name}”: ${checked.error.message}`);
    if (rule.origin !== 'rule') return fail('bad-rule-set', `“${rule.name}” is of a drop or a price test.`);
    if (ids.has(rule.ruleId)) return fail('bad-rule-set', `The rule ${rule.ruleId} is in it twice.`);
    ids.add(rule.ruleId);
    rules.push(checked.value);
  }
  return ok({ ...set, rules });
}

function unreadable({ issues: [issue] }: z.ZodError): Result<never, RuleSetProblem> {
  const where = issue?.path.join('.') ?? '';
  const why = where === '' ? 'the file is cut short or something else' : `${where}: ${issue?.message}`;
  return fail('bad-rule-set', `This is no rule set a till can read: ${why}.`);
}

/** @returns null for what is no JSON: no rule set either */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
