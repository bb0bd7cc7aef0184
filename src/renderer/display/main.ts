import '../lib/design/tokens.css';
import '../lib/design/components.css';
import './display.css';
import { mount } from 'svelte';
import { languageOf } from '../../shared/language';
import { pageLanguage, speak, spoken } from '../lib/language.svelte';
import { bridgeTransport, createClient, socketTransport } from '../lib/client';
import App from './app.svelte';
import { Display } from './display.svelte';
import PairApp from './pair-app.svelte';

const target = document.getElementById('display');
if (!target) throw new Error('The page has no place for the display');

if (window.trestle) {
  await speak(pageLanguage());
  const client = createClient(bridgeTransport(window.trestle), { group: 'display' });
  mount(App, { target, props: { display: new Display(client) } });
} else {
  // Whoever pairs a browser reads what it is set to; once it is paired it speaks as the till does.
  await speak(languageOf(...navigator.languages) ?? pageLanguage());
  document.documentElement.lang = spoken();
  const { host, protocol } = window.location;
  const url = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/socket`;
  const open = (token: string): Display =>
    new Display(createClient(socketTransport({ url, token, role: 'display' }), { group: 'display' }));
  mount(PairApp, { target, props: { open } });
}
