import type { z } from 'zod';

/** Says of a value whether a schema takes it as it is. */
export type AsIs = (value: unknown) => boolean;

type CheckDefinition = z.core.$ZodChecks['_zod']['def'];

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

const never: AsIs = () => false;

/** Formats that are their pattern and nothing else. */
const FORMATS: ReadonlySet<string> = new Set(['regex', 'datetime', 'date']);

function make(schema: z.core.$ZodTypes): AsIs {
  const { def } = schema._zod;
  // An integer or an instant is a check as well as a type.
  const own = 'check' in def ? [def as unknown as CheckDefinition] : [];
  const checks = (def.checks ?? []).map((check) => (check as z.core.$ZodChecks)._zod.def);
  return [...own, ...checks].reduce((fits, check) => both(fits, checkOf(check)), typeOf(schema));
}

function typeOf({ _zod: { def, values } }: z.core.$ZodTypes): AsIs {
  if (def.type === 'string') return (value) => typeof value === 'string';
  if (def.type === 'number') return (value) => typeof value === 'number' && Number.isFinite(value);
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
  if (def.type === 'array') {
    const element = takesAsIs(def.element);
    return (value) => Array.isArray(value) && value.every(element);
  }
  if (def.type === 'object' && !def.catchall) return objectOf(def.shape);
  if (def.type === 'union') {
    const options = def.options.map(takesAsIs);
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

function checkOf(def: CheckDefinition): AsIs {
  if (def.check === 'min_length') return (value) => (value as string).length >= def.minimum;
  if (def.check === 'max_length') return (value) => (value as string).length <= def.maximum;
  if (def.check === 'length_equals') return (value) => (value as string).length === def.length;
  if (def.check === 'greater_than' || def.check === 'less_than') {
    const { inclusive } = def;
    const limit = Number(def.value);
    if (def.check === 'less_than') return (value) => (value as number) < limit || (inclusive && value === limit);
    return (value) => (value as number) > limit || (inclusive && value === limit);
  }
  if (def.check === 'number_format' && def.format === 'safeint') return Number.isSafeInteger;
  // A pattern with a memory answers otherwise the second time.
  if (def.check === 'string_format' && def.pattern?.flags.search(/[gy]/) === -1 && FORMATS.has(def.format)) {
    const { pattern } = def;
    return (value) => pattern.test(value as string);
  }
  return never;
}

function both(first: AsIs, second: AsIs): AsIs {
  return (value) => first(value) && second(value);
}
