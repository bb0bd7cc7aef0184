import '../lib/design/tokens.css';
import '../lib/design/components.css';
import { pageLanguage, speak } from '../lib/language.svelte';

// The strip is on the screen before the till itself is read: a frame first, then the work.
requestAnimationFrame(() => setTimeout(() => void start()));

async function start(): Promise<void> {
  const [{ openTill }] = await Promise.all([import('./main'), speak(pageLanguage())]);
  openTill();
}
