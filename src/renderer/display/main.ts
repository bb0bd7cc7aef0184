import '../lib/design/tokens.css';
import '../lib/design/components.css';
import './display.css';
import { mount } from 'svelte';
import { pageLanguage, speak } from '../lib/language.svelte';
import { bridgeTransport, createClient, socketTransport } from '../lib/client';
import App from './app.svelte';
import { Display } from './display.svelte';
import PairApp from './pair-app.svelte';

const target = document.getElementById('display');
if (!target) throw new Error('The page has no place for the display');

await speak(pageLanguage());

if (window.trestle) {
  const client = createClient(bridgeTransport(window.trestle), { group: 'display' });
  mount(App, { target, props: { display: new Display(client) } });
} else {
  const { host, protocol } = window.location;
  const url = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/socket`;
  const open = (token: string): Display =>
    new Display(createClient(socketTransport({ url, token, role: 'display' }), { group: 'display' }));
  mount(PairApp, { target, props: { open } });
}
