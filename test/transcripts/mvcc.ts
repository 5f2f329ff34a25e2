// Replays the transcripts of the store (node/src/storage/mvcc/testdata) on a real etcd and fails where they differ.
// With --write it puts etcd's output into them instead. $ETCD names the binary.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runTranscript } from '../../node/src/storage/mvcc/testing/transcript.ts';
import { RealEtcd } from './real-etcd.ts';

const folder = join(import.meta.dirname, '../../node/src/storage/mvcc/testdata');
const binary = process.env['ETCD'] ?? join(homedir(), '.cache/binnacle/bin/etcd');
const write = process.argv.includes('--write');

for (const name of await readdir(folder)) {
  const path = join(folder, name);
  const transcript = await readFile(path, 'utf8');
  const etcd = await RealEtcd.create(binary);
  try {
    const output = await runTranscript(transcript, etcd);
    const same = output === transcript;
    if (write) await writeFile(path, output);
    else if (!same) process.exitCode = 1;
    console.log(`${name}: ${same ? 'the same' : write ? 'rewritten' : 'etcd differs'}`);
  } finally {
    await etcd.close();
  }
}
