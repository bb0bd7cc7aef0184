import { mount } from 'svelte';
import { connectTill } from '../lib/client';
import { Till } from '../lib/till.svelte';
import App from './app.svelte';

/** Puts the till in the place of what was painted meanwhile; the language is loaded by then. */
export function openTill(): void {
  const target = document.getElementById('till');
  if (!target) throw new Error('The page has no place for the till');
  target.replaceChildren();
  mount(App, { target, props: { till: new Till(connectTill()) } });
}
