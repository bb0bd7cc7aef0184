/**
 * Builds the app into out/ when its sources have changed.
 */
import { ensureBuild } from './lib/build.mjs';
import { explain } from './lib/report.mjs';

try {
  await ensureBuild();
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
