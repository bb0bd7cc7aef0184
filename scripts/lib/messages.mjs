/**
 * How the screen texts are compiled: messages/*.json become typed functions in the renderer.
 * One set of options for the build, the type check and the tests.
 *
 * The locale is a setting of the stall, so it is set by the window at start and never guessed from a browser or kept
 * in a cookie.
 *
 * @type {{ project: string, outdir: string, strategy: ['globalVariable', 'baseLocale'] }}
 */
export const messageOptions = {
  project: './project.inlang',
  outdir: './src/renderer/lib/i18n/generated',
  strategy: ['globalVariable', 'baseLocale'],
};
