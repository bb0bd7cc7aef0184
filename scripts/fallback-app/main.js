/**
 * Stands in for Electron's own default app, which the fallback runtime lacks: makes `electron [-r MODULE] FOLDER` start
 * the app in FOLDER. It is packed into the runtime and is no part of the product.
 */
import { readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const words = process.argv.slice(1);
const preloads = [];
while (words[0]?.startsWith('-')) {
  const word = words.shift();
  if (word === '-r' || word === '--require') preloads.push(words.shift());
}
Module._preloadModules(preloads);

const folder = resolve(words[0] ?? '.');
const { name, productName, version, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
app.name = productName ?? name;
app.setVersion(version);
app.setAppPath(folder);
// Electron holds back `ready` until this import is done.
await import(pathToFileURL(join(folder, main)).href);
