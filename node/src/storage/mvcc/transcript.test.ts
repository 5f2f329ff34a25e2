// Replays testdata/*.txt, whose outputs a real etcd gave (see test/transcripts/mvcc.ts).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryBackend } from './testing/memory-backend.ts';
import { StoreTarget } from './testing/store-target.ts';
import { runTranscript } from './testing/transcript.ts';

const folder = join(import.meta.dirname, 'testdata');

test.each(readdirSync(folder))('%s gives what etcd gives', async (name) => {
  let backend = new MemoryBackend();
  const target = await StoreTarget.create(async () => (backend = backend.copy()));
  const transcript = readFileSync(join(folder, name), 'utf8');
  expect(await runTranscript(transcript, target)).toBe(transcript);
});
