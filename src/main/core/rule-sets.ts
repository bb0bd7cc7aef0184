import { z } from 'zod';
import { checkRule, type PriceRule } from '../../domain/pricing/rule';
import { RULE_LIMITS } from '../../domain/pricing/limits';
import { canonicalJson } from '../../journal/entry';
import { isSignedBy } from '../../journal/identity';
import { id, type Frozen } from '../../shared/zod';
import { priceRule } from '../../shared/pricing-schemas';
import { CallFailure } from './call-failure';

const FORMAT = 'trestle-rule-set-1';

const signedRuleSet = z.object({
  format: z.literal(FORMAT),
  setId: id,
  version: z.int().min(1),
  name: z.string().max(80),
  /** ISO 4217: amounts of another mean something else. */
  currency: z.string().length(3),
  rules: z.array(priceRule.omit({ setId: true, setVersion: true })).max(RULE_LIMITS.rules),
  /** Public key (Ed25519, SPKI DER in base64). */
  signedBy: z.string().max(200),
  /** Over the canonical JSON (RFC 8785) of all the rest. */
  signature: z.string().max(200),
});
export type SignedRuleSet = Frozen<z.infer<typeof signedRuleSet>>;

/** A rule set as the text of a file, signed. */
export function writeRuleSet(set: Omit<SignedRuleSet, 'format' | 'signature'>, sign: (text: string) => string): string {
  const content = { format: FORMAT, ...set } as const;
  return `${JSON.stringify({ ...content, signature: sign(canonicalJson(content)) }, null, 1)}\n`;
}

/**
 * Reads a rule set and checks all of it.
 * @param trusted public keys of this stall's devices and of its servers
 * @throws {CallFailure} `bad-rule-set` with the reason, or `bad-rule` naming the rule
 */
export function readRuleSet(
  text: string,
  { trusted, currency }: { readonly trusted: ReadonlySet<string>; readonly currency: string },
): SignedRuleSet {
  const parsed = signedRuleSet.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CallFailure(
      'bad-rule-set',
      `This is no rule set a till can read (${issue?.path.join('.')}: ${issue?.message}).`,
    );
  }
  const { signature, ...content } = parsed.data;
  if (!trusted.has(content.signedBy)) {
    throw new CallFailure(
      'bad-rule-set',
      'This rule set is signed by nobody this stall knows: no till of it and no hub.',
    );
  }
  if (!isSignedBy(canonicalJson(content), signature, content.signedBy)) {
    throw new CallFailure('bad-rule-set', 'The signature does not fit: this rule set was changed after it was signed.');
  }
  if (content.currency !== currency) {
    throw new CallFailure('bad-rule-set', `These prices are in ${content.currency}, and this stall’s in ${currency}.`);
  }
  const ids = new Set<string>();
  for (const rule of content.rules) {
    const checked = checkRule(rule);
    if (!checked.ok) throw new CallFailure('bad-rule', `“${rule.name}”: ${checked.error.message}`);
    if (rule.origin !== 'rule') throw new CallFailure('bad-rule-set', `“${rule.name}” is of a drop or a price test.`);
    if (ids.has(rule.ruleId)) throw new CallFailure('bad-rule-set', `The rule ${rule.ruleId} is in it twice.`);
    ids.add(rule.ruleId);
  }
  return parsed.data;
}

/** The rules of a set as they are kept. */
export function rulesOfSet({ setId, version, rules }: SignedRuleSet): PriceRule[] {
  return rules.map((rule) => ({ ...rule, setId, setVersion: version }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CallFailure(
      'bad-rule-set',
      'This is no rule set a till can read: the file is cut short or something else.',
    );
  }
}
