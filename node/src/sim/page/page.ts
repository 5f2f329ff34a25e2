// A run as one HTML file that needs nothing else: to read a failure with a browser, on any machine.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import type { RunReport } from '../report.ts';
import { modelOf } from './model.ts';
import type { PageModel, Tone } from './page-model.ts';

/** @param replay the command that makes this run again */
export async function writePage(file: string, report: RunReport, replay: string): Promise<void> {
  await writeFile(file, pageOf(modelOf(report, replay)));
}

export function pageOf(model: PageModel): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(model.title)}</title>
<style>
${textOf('style.css')}</style>
<h1>${escapeHtml(model.title)}</h1>
${verdict(model)}
<dl class="facts">${model.facts.map(fact).join('')}</dl>
<p>Replay: <code>${escapeHtml(model.replay)}</code></p>
<div class="bar">
<button id="zoom-in" title="+">Zoom in</button>
<button id="zoom-out" title="-">Zoom out</button>
<button id="earlier" title="Left">Earlier</button>
<button id="later" title="Right">Later</button>
<button id="all" title="0">All</button>
${LEGEND.map(legend).join('\n')}
</div>
<canvas id="lanes"></canvas>
<div id="tip" hidden></div>
<div class="bar">
<input id="search" type="search" placeholder="Find in events" size="28">
<select id="lane"><option value="">all lanes</option>${model.laneNames.map(option).join('')}</select>
<label><input id="in-sight" type="checkbox">only what is in sight above</label>
${model.kinds.map(kindBox).join('\n')}
<span id="count"></span>
</div>
<div id="events"></div>
<details><summary>Scenario</summary><pre>${escapeHtml(model.scenario)}</pre></details>
<script type="application/json" id="model">${escapeJson(JSON.stringify(model))}</script>
<script>
${viewerProgram()}
</script>
</html>
`;
}

const LEGEND: readonly (readonly [Tone, string])[] = [
  ['up', 'up'],
  ['down', 'down'],
  ['paused', 'paused'],
  ['fault', 'fault'],
  ['ok', 'answered'],
  ['error', 'error'],
  ['refused', 'refused'],
  ['unknown', 'outcome unknown'],
  ['pending', 'no answer'],
  ['watch', 'watch'],
  ['violation', 'violation'],
];

const legend = ([tone, text]: readonly [Tone, string]): string =>
  `<span class="legend"><span class="swatch" style="background:var(--${tone})"></span>${text}</span>`;

const fact = ([name, value]: readonly [string, string]): string =>
  `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`;

const option = (name: string): string => `<option>${escapeHtml(name)}</option>`;

const kindBox = (kind: string): string =>
  `<label><input type="checkbox" checked data-kind value="${escapeHtml(kind)}">${escapeHtml(kind)}</label>`;

function verdict({ violations }: PageModel): string {
  if (violations.length === 0) return '<p class="passed">No violation.</p>';
  return violations
    .map(({ check, atMs, text }) => {
      const when = `${(atMs / 1000).toFixed(3)} s`;
      return `<p class="violation"><b>${escapeHtml(check)}</b> at ${when}: ${escapeHtml(text)}</p>`;
    })
    .join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!); // it has all five
}

/** Inside a script element only `</script` and `<!--` mean anything; in JSON \u003c is the same as `<`. */
const escapeJson = (json: string): string => json.replace(/</g, '\\u003c');

const textOf = (name: string): string =>
  readFileSync(new URL(`./viewer/${name}`, import.meta.url), 'utf8');

/** In the order in which they need each other. */
const VIEWER_FILES = ['view.ts', 'lanes.ts', 'event-list.ts', 'program.ts'];

/** The viewer's modules as one script: without types, imports and the word `export`. */
export function viewerProgram(): string {
  const modules = VIEWER_FILES.map((name) =>
    stripTypeScriptTypes(textOf(name))
      .replace(/^import [^;]*;$/gm, '')
      .replace(/^export /gm, ''),
  );
  return `'use strict';\n(() => {\n${modules.join('\n')}\nstart();\n})();`;
}
