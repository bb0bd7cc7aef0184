import type { z } from 'zod';

/** Says of a value whether a schema takes it as it is. */
export type AsIs = (value: unknown) => boolean;

const known = new WeakMap<z.core.$ZodType, AsIs>();

/**
 * A quick way to ask whether a schema takes a value as it is, so that parsing it would give an equal one. Most of what an
 * exchange or a journal reads does, and is not built anew for nothing. A no says only that the schema itself must be asked: to
 * name what is wrong, to leave out what it does not know, or because it holds a part that is not known here.
 * @param schema must not change any more
 */
export function takesAsIs(schema: z.core.$ZodType): AsIs {
  const seen = known.get(schema);
  if (seen) return seen;
  const made = make(schema as z.core.$ZodTypes);
  known.set(schema, made);
  return made;
}

/** `schema.safeParse`, which does not build anew what the schema takes as it is. */
export function parseAsIs<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  return takesAsIs(schema)(value) ? { success: true, data: value as z.output<T> } : schema.safeParse(value);
}

const never: AsIs = () => false;

/** Formats that are their pattern and nothing else. */
const FORMATS: ReadonlySet<string> = new Set(['regex', 'datetime', 'date']);

function make({ _zod: { def, values } }: z.core.$ZodTypes): AsIs {
  const limits = limitsOf(def);
  if (limits === null) return never;
  const { least, most, isWhole, patterns } = limits;
  if (def.type === 'string') {
    return (value) =>
      typeof value === 'string' &&
      value.length >= least &&
      value.length <= most &&
      patterns.every((pattern) => pattern.test(value));
  }
  if (def.type === 'number') {
    const isNumber = isWhole ? Number.isSafeInteger : Number.isFinite;
    return (value) => isNumber(value) && (value as number) >= least && (value as number) <= most;
  }
  if (def.type === 'array') {
    const element = takesAsIs(def.element);
    return (value) => Array.isArray(value) && value.length >= least && value.length <= most && value.every(element);
  }
  if (def.type === 'boolean') return (value) => typeof value === 'boolean';
  if (def.type === 'enum' || def.type === 'literal') return (value) => values?.has(value as string) ?? false;
  if (def.type === 'nullable') {
    const inner = takesAsIs(def.innerType);
    return (value) => value === null || inner(value);
  }
  // What is within may have a value of its own for what is not there.
  if (def.type === 'optional' && def.innerType._zod.optin === undefined) {
    const inner = takesAsIs(def.innerType);
    return (value) => value === undefined || inner(value);
  }
  if (def.type === 'object' && !def.catchall) return objectOf(def.shape);
  if (def.type === 'union') {
    // Where nothing tells them apart the first that fits is taken, which may leave out what a later one keeps.
    const options = ('discriminator' in def ? def.options : def.options.slice(0, 1)).map(takesAsIs);
    return (value) => options.some((option) => option(value));
  }
  return never;
}

/** Every field fits and there is no other. */
function objectOf(shape: Readonly<Record<string, z.core.$ZodType>>): AsIs {
  const fields = Object.entries(shape).map(([name, schema]) => ({ name, fits: takesAsIs(schema) }));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    let present = 0;
    for (const { name, fits } of fields) {
      const field = (value as Record<string, unknown>)[name];
      if (!fits(field)) return false;
      if (field !== undefined) present += 1;
    }
    return Object.keys(value).length === present;
  };
}

/** Of a number, or of the length of a text or a list; and what a text must look like. */
interface Limits {
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
  readonly patterns: readonly RegExp[];
}

/** What the checks of a type ask for, or null where one of them is not known here. */
function limitsOf(def: z.core.$ZodTypes['_zod']['def']): Limits | null {
  let [least, most, isWhole]: [number, number, boolean] = [-Infinity, Infinity, false];
  const patterns: RegExp[] = [];
  // An integer or an instant is a check as well as a type.
  const own = 'check' in def ? [def as unknown as z.core.$ZodChecks['_zod']['def']] : [];
  for (const check of [...own, ...(def.checks ?? []).map((one) => (one as z.core.$ZodChecks)._zod.def)]) {
    if (check.check === 'min_length') least = Math.max(least, check.minimum);
    else if (check.check === 'max_length') most = Math.min(most, check.maximum);
    else if (check.check === 'length_equals') {
      least = Math.max(least, check.length);
      most = Math.min(most, check.length);
    } else if (check.check === 'greater_than' && check.inclusive) least = Math.max(least, Number(check.value));
    else if (check.check === 'less_than' && check.inclusive) most = Math.min(most, Number(check.value));
    else if (check.check === 'number_format' && check.format === 'safeint') isWhole = true;
    else if (check.check === 'string_format' && FORMATS.has(check.format) && check.pattern) {
      // One with a memory answers otherwise the second time.
      if (check.pattern.global || check.pattern.sticky) return null;
      patterns.push(check.pattern);
    } else return null;
  }
  return { least, most, isWhole, patterns };
}
