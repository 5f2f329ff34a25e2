// Replays transcripts. Our own are in testdata/; where Go's module cache holds etcd-io/raft, its transcripts are
// replayed as well, and have to come out letter for letter.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseTranscript, renderTranscript } from './transcript/datadriven.ts';
import { Group } from './transcript/group.ts';
import { runCommand } from './transcript/verbs.ts';

const OWN = join(import.meta.dirname, 'testdata');
const ETCD = join(homedir(), 'go/pkg/mod/go.etcd.io/raft/v3@v3.7.0/testdata');

/** Set to write the outputs into our own transcripts instead of comparing them. Read the diff before you commit it. */
const isRewriting = process.env['REWRITE_TRANSCRIPTS'] === '1';

function transcriptsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.txt'));
}

function replay(text: string): string {
  const group = new Group();
  const blocks = parseTranscript(text);
  return renderTranscript(
    blocks,
    blocks.map((block) => runCommand(group, block)),
  );
}

/** Without the empty lines and comments after the last command, which say nothing. */
function normalized(text: string): string {
  return renderTranscript(
    parseTranscript(text),
    parseTranscript(text).map(({ expected }) => expected),
  );
}

describe('our transcripts', () => {
  test.each(transcriptsIn(OWN))('%s', (name) => {
    const path = join(OWN, name);
    const text = readFileSync(path, 'utf8');
    const output = replay(text);
    if (isRewriting) writeFileSync(path, output);
    else expect(output).toBe(text);
  });
});

describe('transcripts of etcd-io/raft', () => {
  if (!existsSync(ETCD)) {
    test.skip(`not replayed: ${ETCD} does not exist (go mod download go.etcd.io/raft/v3@v3.7.0)`);
    return;
  }
  for (const name of transcriptsIn(ETCD)) {
    const text = readFileSync(join(ETCD, name), 'utf8');
    if (text.includes('async-storage-writes=true')) {
      test.skip(`${name}: this implementation has no asynchronous storage writes`);
    } else {
      test(name, () => expect(replay(text)).toBe(normalized(text)));
    }
  }
});
