// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- whoever compiles this file needs the declaration too
/// <reference path="../../pages/css.d.ts" />
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
/* eslint-disable boundaries/no-unknown-dependencies -- stylesheets as text: the resolver does not know the build's ?raw */
import components from '../../renderer/lib/design/components.css?raw';
import tokens from '../../renderer/lib/design/tokens.css?raw';
import own from './operator.css?raw';
/* eslint-enable boundaries/no-unknown-dependencies */
import { projectFolder } from '../project-folder';

/** The till's own look: its tokens and components, with the fonts beside them and its evening theme by the system's. */
export const stylesheet = [
  tokens.replaceAll('../../../../resources/fonts/', 'fonts/'),
  `@media (prefers-color-scheme: dark) { ${eveningAsRoot(tokens)} }`,
  components,
  own,
].join('\n');

export const markSvg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" color="#7d7564">
<rect x="3" y="9" width="42" height="8" rx="2.5" fill="currentColor"/>
<path d="M13 17 7.5 40M13 17l5.5 23M35 17l-5.5 23M35 17l5.5 23" stroke="currentColor" stroke-width="5" stroke-linecap="round" fill="none"/>
</svg>`;

/** One of the fonts that tokens.css names, or null. */
export async function readFont(name: string): Promise<Buffer | null> {
  if (!tokens.includes(`resources/fonts/${name})`)) return null;
  return readFile(join(projectFolder, 'resources', 'fonts', name));
}

function eveningAsRoot(css: string): string {
  const evening = /\[data-theme='evening'\]\s*(\{[^}]*\})/.exec(css)?.[1];
  if (evening === undefined) throw new Error('tokens.css has no evening theme');
  return `:root ${evening}`;
}
