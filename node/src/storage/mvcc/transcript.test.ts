// Replays testdata/*.txt, whose outputs a real etcd gave (see test/transcripts/mvcc.ts).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reopenFile, reopenMemory } from './testing/reopen.ts';
import { StoreTarget } from './testing/store-target.ts';
import { runTranscript } from './testing/transcript.ts';

const folder = join(import.meta.dirname, 'testdata');

test.each(readdirSync(folder))('%s gives what etcd gives', async (name) => {
  const transcript = readFileSync(join(folder, name), 'utf8');
  for (const reopen of [reopenMemory(), reopenFile()]) {
    const target = await StoreTarget.create(reopen);
    expect(await runTranscript(transcript, target)).toBe(transcript);
  }
});
