import '../lib/design/tokens.css';
import '../lib/design/components.css';

// The strip is on the screen before the till itself is read: a frame first, then the work.
requestAnimationFrame(() => setTimeout(() => void start()));

async function start(): Promise<void> {
  const [{ openTill }] = await Promise.all([
    import('./main'),
    import('../lib/language.svelte').then(({ speak, pageLanguage }) => speak(pageLanguage())),
  ]);
  openTill();
}
