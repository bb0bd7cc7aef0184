import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatMoney } from '../src/domain/money';
import { bodiesOf, ordersOf, readReceipt, readShiftReport, totalsOf, type Check, type Paper } from './checks';
import { LANGUAGE_NAMES, LANGUAGES } from '../src/shared/language';
import { THEMES } from '../src/shared/theme';
import type { LanguagePicture } from './languages';
import type { Outcome } from './run';
import type { Moment, Story } from './story';

export interface PageOptions {
  readonly root: string;
  readonly folder: string;
  readonly story: Story;
  readonly outcome: Outcome;
}

const TOKENS = join('src', 'renderer', 'lib', 'design', 'tokens.css');
const FONTS = join('resources', 'fonts');

const money = (amountMinor: number): string => formatMoney(amountMinor, { currency: 'GBP', locale: 'en-GB' });
const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;
const clock = (instant: string): string =>
  new Date(instant).toLocaleTimeString('en-GB', { timeZone: 'Europe/London', hour12: false });

/** Words in HTML; whatever a name holds, it stays words. */
function words(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The first two of a list, and how many more there are. */
function few(texts: readonly string[]): string {
  const shown = texts.slice(0, 2).join('; ');
  return texts.length > 2 ? `${shown}; and ${texts.length - 2} more` : shown;
}

/** Writes `index.html` and what it needs beside it: the folder can be given away as it is. */
export function writePage({ root, folder, story, outcome }: PageOptions): void {
  mkdirSync(join(folder, 'fonts'), { recursive: true });
  cpSync(join(root, FONTS), join(folder, 'fonts'), { recursive: true });
  const tokens = readFileSync(join(root, TOKENS), 'utf8').replaceAll(
    /url\(["']?[./]*resources\/fonts\//g,
    'url(fonts/',
  );
  const style = readFileSync(join(root, 'demo', 'page.css'), 'utf8');
  writeFileSync(join(folder, 'page.css'), tokens + style);
  writeFileSync(join(folder, 'index.html'), page(story.moments, outcome));
}

function page(moments: readonly Moment[], outcome: Outcome): string {
  const { witness, seed, runtime, seconds, failure } = outcome;
  const papers = witness?.papers ?? [];
  const report = papers.find((paper) => readShiftReport(paper) !== null);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A market morning, seed ${seed}</title>
<link rel="stylesheet" href="page.css">
<script>
  const dark = matchMedia('(prefers-color-scheme: dark)').matches || location.hash === '#evening';
  document.documentElement.dataset.theme = dark ? 'evening' : 'daylight';
</script>
<header>
  <div class="who">
    <svg class="mark" viewBox="0 0 48 48" aria-hidden="true"><rect x="3" y="9" width="42" height="8" rx="2.5" fill="currentColor"/><path d="M13 17 7.5 40M13 17l5.5 23M35 17l-5.5 23M35 17l5.5 23" stroke="currentColor" stroke-width="5" stroke-linecap="round" fill="none"/></svg>
    <div><b>A market morning</b><span>Salt &amp; Bramble, played through the real till in ${count(seconds, 'second')}</span></div>
  </div>
  <nav><a href="#morning">The morning</a><a href="#receipts">Receipts</a><a href="#shift">Shift report</a><a href="#languages">Languages</a><a href="#journal">Journal check</a></nav>
  <button type="button" class="theme" onclick="const s = document.documentElement.dataset; s.theme = s.theme === 'evening' ? 'daylight' : 'evening'">Daylight or evening</button>
</header>
<main>
${verdict(outcome)}
${witness ? summary(moments, outcome) : ''}
<section id="morning"><h2>The morning</h2>
<p class="lead">${count(moments.length, 'moment')}, as they happened. Tap a picture to see it whole.</p>
<ol class="line">${moments.map(moment).join('')}</ol></section>
<section id="receipts"><h2>Receipts</h2>
<p class="lead">${count(papers.length, 'paper')} as the virtual printer drew them from the bytes it was sent.</p>
<ul class="papers">${papers
    .filter((paper) => paper !== report)
    .map(paperFigure)
    .join('')}</ul></section>
<section id="shift"><h2>Shift report</h2>${report ? `<div class="report">${paperPicture(report)}${shiftWords(outcome)}</div>` : '<p class="lead">The shift was not closed.</p>'}</section>
${languageGrid(outcome.languages)}
<section id="journal"><h2>Journal check</h2>
<p class="lead">What <code>trestle journal verify</code> printed, and how the journal is made up.</p>
<div class="two"><pre>${words(outcome.verifyOutput.trim() || 'It was not asked.')}</pre>${kinds(outcome)}</div>
<h3>Would the checks have noticed?</h3>
<p class="lead">Forgeries on copies of the evidence, and the checks that turned red.</p>
<ul class="proofs">${outcome.proofs
    .map(
      ({ forgery, noticedBy }) =>
        `<li class="${noticedBy.length > 0 ? 'good' : 'bad'}"><b>${words(forgery)}</b><span>${
          noticedBy.length > 0 ? `Noticed: ${words(few(noticedBy))}` : 'Nobody noticed'
        }</span></li>`,
    )
    .join('')}</ul></section>
</main>
<footer><p>Seed ${seed}: the same morning again with <code>npm run demo -- --seed ${seed}</code>${failure ? ' (it stopped half-way)' : ''}. ${words(runtime)}.</p></footer>
</html>
`;
}

/** One sentence above everything: all well, or what is not. */
function verdict({ failure, checks, proofs }: Outcome): string {
  const wrong = checks.filter((check) => check.wrong.length > 0).length;
  const blind = proofs.filter(({ noticedBy }) => noticedBy.length === 0).length;
  if (failure) {
    const picture = failure.picture ? shot(failure.picture, 'The screen when it stopped') : '';
    return `<div class="verdict bad"><div><h1>It stopped at “${words(failure.step)}”</h1><pre>${words(
      // Colours are for terminals.
      failure.message.replaceAll(/\u001b\[\d+m/g, ''),
    )}</pre></div>${picture}</div>`;
  }
  if (wrong + blind > 0) {
    return `<div class="verdict bad"><h1>${wrong > 0 ? `${count(wrong, 'check')} did not hold` : `${count(blind, 'forgery', 'forgeries')} went unnoticed`}</h1></div>`;
  }
  return `<div class="verdict good"><h1>Nothing was lost, nothing happened twice</h1><p>Every sale the till confirmed, and every receipt it printed, is in the journal; every sum agrees.</p></div>`;
}

function summary(moments: readonly Moment[], { witness, checks }: Outcome): string {
  if (!witness) return '';
  const { entries, papers } = witness;
  const { orderCount, salesMinor, cashMinor, cardMinor, taxMinor } = totalsOf(ordersOf(entries));
  const share = cashMinor + cardMinor === 0 ? 0 : cashMinor / (cashMinor + cardMinor);
  const mishaps = moments.filter(({ kind }) => kind === 'mishap');
  const figure = (label: string, value: string, mark = ''): string =>
    `<div><dt${mark && ` class="key ${mark}"`}>${label}</dt><dd>${value}</dd></div>`;
  return `<section class="take"><div class="sum"><span>Taken</span><b>${money(salesMinor)}</b></div>
<dl>${figure('Sales', String(orderCount))}${figure('Cash', money(cashMinor), 'cash')}${figure('Card machine', money(cardMinor), 'card')}${figure('VAT in it', money(taxMinor))}${figure('Papers', String(papers.length))}${figure('Journal entries', String(entries.length))}</dl>
<div class="split" aria-hidden="true"><i class="cash" style="flex-grow:${share}"></i><i class="card" style="flex-grow:${1 - share}"></i></div></section>
<div class="two top">
<section><h2>What went wrong</h2><p class="lead">${count(mishaps.length, 'mishap')}, and what became of each.</p><ul class="mishaps">${mishaps
    .map((mishap) => {
      const after = moments.slice(moments.indexOf(mishap) + 1).find(({ kind }) => kind === 'mended');
      return `<li><b>${words(mishap.title)}</b><span>${after ? words(after.title) : 'Nothing became of it yet'}</span></li>`;
    })
    .join('')}</ul></section>
<section><h2>What holds</h2><p class="lead">Checked from outside: the exported journal against the screens and the paper.</p><ul class="checks">${checks
    .map(checkRow)
    .join('')}</ul></section>
</div>`;
}

function checkRow({ invariant, title, looked, wrong }: Check): string {
  const holds = wrong.length === 0;
  return `<li class="${holds ? 'good' : 'bad'}"><b>${words(title)}</b><span>${invariant} · ${words(looked)}</span>${
    holds ? '' : `<ul>${wrong.map((line) => `<li>${words(line)}</li>`).join('')}</ul>`
  }</li>`;
}

const KIND_WORDS: Readonly<Record<Moment['kind'], string>> = {
  sale: 'Sale',
  mishap: 'Mishap',
  mended: 'Mended',
  note: 'Till',
};

function moment({ at, kind, title, detail, number, totalMinor, picture }: Moment): string {
  return `<li class="${kind}"><time datetime="${at}">${clock(at)}</time><div class="what"><span class="kind">${KIND_WORDS[kind]}</span>${
    number ? `<a class="number" href="#${number}">${number}</a>` : ''
  }<b>${words(title)}</b>${detail ? `<p>${words(detail)}</p>` : ''}</div>${
    totalMinor === null ? '' : `<b class="amount">${money(totalMinor)}</b>`
  }${picture ? shot(picture, title) : ''}</li>`;
}

function shot(name: string, of: string): string {
  return `<a class="shot" href="shots/${name}"><img loading="lazy" src="shots/small/${name}" width="480" height="300" alt="${words(of)}"></a>`;
}

/** Every screen in every language, by day and by night. */
function languageGrid(pictures: readonly LanguagePicture[]): string {
  if (pictures.length === 0) return '';
  const screens = [...new Set(pictures.map(({ screen }) => screen))];
  const row = (screen: string): string =>
    THEMES.flatMap((theme) => LANGUAGES.map((language) => ({ theme, language })))
      .map(({ theme, language }) => {
        const found = pictures.find((one) => one.screen === screen && one.theme === theme && one.language === language);
        const of = `${screen}, ${LANGUAGE_NAMES[language]}, ${theme}`;
        return found
          ? `<a href="shots/${found.picture}"><img loading="lazy" src="shots/small/${found.picture}" alt="${words(of)}"></a>`
          : '<span></span>';
      })
      .join('');
  return `<section id="languages"><h2>Four languages</h2>
<p class="lead">One sale at the till, on a display and on a phone, by day and in the evening.</p>
${screens.map((screen) => `<h3>${words(screen)}</h3><div class="languages">${row(screen)}</div>`).join('')}</section>`;
}

function paperPicture({ name, text }: Paper): string {
  return `<a class="paper" href="paper/${name}.png"><img loading="lazy" src="paper/${name}.png" alt="${words(text)}"></a>`;
}

function paperFigure(paper: Paper): string {
  const receipt = readReceipt(paper);
  const caption = receipt
    ? `<b>${receipt.number}</b> ${receipt.copy > 0 ? `copy ${receipt.copy}` : receipt.total}`
    : paper.isCut
      ? 'Test page'
      : 'Torn off half-way';
  const id = receipt && receipt.copy === 0 ? ` id="${receipt.number}"` : '';
  return `<li${id}><figure>${paperPicture(paper)}<figcaption>${caption}</figcaption></figure></li>`;
}

function shiftWords({ witness }: Outcome): string {
  const [closed] = bodiesOf(witness?.entries ?? [], 'shift.closed');
  if (!closed) return '';
  const { countedMinor, expectedMinor, differenceMinor, reason } = closed.close;
  return `<dl class="close"><div><dt>The drawer should hold</dt><dd>${money(expectedMinor)}</dd></div><div><dt>It was counted</dt><dd>${money(countedMinor)}</dd></div><div><dt>Difference</dt><dd>${money(differenceMinor)}</dd></div><div><dt>Reason</dt><dd class="said">${words(reason)}</dd></div></dl>`;
}

function kinds({ witness }: Outcome): string {
  const tally = new Map<string, number>();
  for (const { kind } of witness?.entries ?? []) tally.set(kind, (tally.get(kind) ?? 0) + 1);
  return `<table>${[...tally].map(([kind, number]) => `<tr><td><code>${kind}</code></td><td>${number}</td></tr>`).join('')}</table>`;
}
