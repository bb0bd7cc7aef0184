/**
 * The till's four sounds, made on the spot. Losing signal has none.
 * - `tock`: a scan became a line
 * - `unknown`: two low tocks
 * - `paid`: a tock and a rising note
 * - `hand`: one soft bell, a hand is needed
 */
export type Sound = 'tock' | 'unknown' | 'paid' | 'hand';

const SETTING = 'trestle.sound';

/** Plays the sounds and remembers on this machine whether they are wanted. */
export class Sounds {
  #context: AudioContext | null = null;

  get on(): boolean {
    return localStorage.getItem(SETTING) !== 'off';
  }

  set on(wanted: boolean) {
    localStorage.setItem(SETTING, wanted ? 'on' : 'off');
  }

  play(sound: Sound): void {
    if (!this.on) return;
    // Made at the first sound: browsers let a page sound only after somebody touched it.
    this.#context ??= new AudioContext({ latencyHint: 'interactive' });
    const context = this.#context;
    if (context.state === 'suspended') void context.resume().catch(() => undefined);
    const now = context.currentTime;
    if (sound === 'tock') this.#tock(now, 820);
    if (sound === 'unknown') {
      this.#tock(now, 300);
      this.#tock(now + 0.16, 260);
    }
    if (sound === 'paid') {
      this.#tock(now, 820);
      this.#note(now + 0.07, 523, 784, 0.22);
    }
    if (sound === 'hand') this.#note(now, 660, 660, 0.9);
  }

  /** Wood: a short sine that falls quickly in pitch and loudness. */
  #tock(at: number, hertz: number): void {
    this.#voice(at, 0.07, 0.5, (frequency) => {
      frequency.setValueAtTime(hertz * 1.6, at);
      frequency.exponentialRampToValueAtTime(hertz, at + 0.02);
    });
  }

  #note(at: number, fromHertz: number, toHertz: number, seconds: number): void {
    this.#voice(at, seconds, 0.22, (frequency) => {
      frequency.setValueAtTime(fromHertz, at);
      frequency.exponentialRampToValueAtTime(toHertz, at + seconds / 2);
    });
  }

  #voice(at: number, seconds: number, loudness: number, shape: (frequency: AudioParam) => void): void {
    const context = this.#context;
    if (!context) return;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    shape(oscillator.frequency);
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.exponentialRampToValueAtTime(loudness, at + 0.004);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds + 0.02);
  }
}
