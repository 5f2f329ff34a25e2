// Writes what the chart takes over from infra/: `npm run generate`. A test fails when a file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generated.ts';

const root = fileURLToPath(new URL('../../helm/binnacle/', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
for (const [path, text] of Object.entries(generatedFiles(readme)))
  writeFileSync(join(root, path), text);
