// Every failure that was found once: the scenario that showed it must pass.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runScenario } from '../run.ts';
import { regressionFileName, regressionSchema } from '../shrink/regression.ts';

const FOLDER = new URL('./', import.meta.url);
const LIMIT_MS = 60_000;

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const regressions = files.map((file) => {
  const content: unknown = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  return { file, ...regressionSchema.parse(content) };
});

test('each file is named after its check and its seed', () => {
  expect(regressions.map(regressionFileName)).toEqual(files);
});

for (const { file, title, scenario } of regressions)
  test(`${title}: ${file}`, { timeout: LIMIT_MS }, async () => {
    const { violations } = await runScenario(scenario, {});
    expect(violations).toEqual([]);
  });
