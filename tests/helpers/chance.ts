import fc from 'fast-check';

/**
 * Every run tries the same cases, so that what passed once passes again and a change is judged by itself.
 * `TEST_SEED` (an integer) tries others.
 */
const SEED = Number(process.env.TEST_SEED ?? 20_261_123);
if (!Number.isInteger(SEED)) throw new Error(`TEST_SEED is no integer: ${process.env.TEST_SEED ?? ''}`);

fc.configureGlobal({ seed: SEED });
