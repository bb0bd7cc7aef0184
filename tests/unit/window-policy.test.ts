import { expect, test } from 'vitest';
import { windowHeaders } from '../../src/shared/window-policy';

const directives = (path: string): string[] => (windowHeaders(path)['content-security-policy'] ?? '').split('; ');

test('only the reader of codes may compile WebAssembly, and gains nothing else', () => {
  const page = directives('/till/index.html');
  expect(page.filter((directive) => directive.includes('unsafe'))).toEqual([]);
  for (const path of ['/assets/till-Ab3_x.js', '/assets/camera-worker-Ab3_x.js.map', '/camera-worker-/evil.html']) {
    expect(directives(path)).toEqual(page);
  }
  const worker = directives('/assets/camera-worker-Ab3_x-9.js');
  expect(worker.filter((directive) => !page.includes(directive))).toEqual(["script-src 'self' 'wasm-unsafe-eval'"]);
  expect(worker).toHaveLength(page.length);
});

test('pages may ask for the camera and for no other sense', () => {
  const policy = windowHeaders('/till/index.html')['permissions-policy'];
  expect(policy).toContain('camera=(self)');
  expect(policy).toContain('microphone=()');
});
