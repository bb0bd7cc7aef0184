/**
 * Tells zod not to compile its parsers with `new Function`, which the window's content security policy forbids and would
 * report. Imported before any schema is made.
 */
import { z } from 'zod';

z.config({ jitless: true });
