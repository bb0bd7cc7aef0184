import { mount } from 'svelte';
import { connectTill } from '../lib/client';
import { Till } from '../lib/till.svelte';
import App from './app.svelte';

const target = document.getElementById('till');
if (!target) throw new Error('The page has no place for the till');
target.replaceChildren();
mount(App, { target, props: { till: new Till(connectTill()) } });
