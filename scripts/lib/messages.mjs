/**
 * How the screen texts are compiled: messages/*.json become typed functions, which the screens and the receipts share.
 * One set of options for the build, the type check and the tests.
 *
 * The locale is a setting of the stall, so it is set by the window at start and never guessed from a browser or kept
 * in a cookie.
 *
 * @type {{ project: string, outdir: string, strategy: ['globalVariable', 'baseLocale'] }}
 */
export const messageOptions = {
  project: './project.inlang',
  outdir: './src/shared/i18n/generated',
  strategy: ['globalVariable', 'baseLocale'],
};
