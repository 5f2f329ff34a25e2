import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Argument, parseTranscript } from '../transcript/datadriven.ts';
import { IdSet } from './id-set.ts';
import { type JointConfig, jointCommittedIndex, jointVoteResult, jointVoters } from './joint.ts';
import { majorityCommittedIndex, majorityVoteResult } from './majority.ts';

const ETCD = join(homedir(), 'go/pkg/mod/go.etcd.io/raft/v3@v3.7.0/quorum/testdata');

const someVoters = fc.uniqueArray(fc.bigInt(1n, 9n), { maxLength: 7 }).map((ids) => IdSet.of(ids));
const someJoint: fc.Arbitrary<JointConfig> = fc.record({
  incoming: someVoters,
  outgoing: someVoters,
});
const someAcks = fc
  .array(fc.tuple(fc.bigInt(1n, 9n), fc.integer({ min: 1, max: 20 })))
  .map((pairs) => new Map(pairs));
const someVotes = fc
  .array(fc.tuple(fc.bigInt(1n, 9n), fc.boolean()))
  .map((pairs) => new Map(pairs));

/** By definition: the largest index that more than half of the voters hold. */
function committedByDefinition(voters: IdSet, acks: ReadonlyMap<bigint, number>): number {
  const isHeld = (index: number): boolean =>
    voters.ids.filter((id) => (acks.get(id) ?? 0) >= index).length > voters.size / 2;
  let index = 0;
  while (isHeld(index + 1)) index++;
  return index;
}

test('a majority commits what more than half of the voters hold', () => {
  fc.assert(
    fc.property(someVoters, someAcks, (voters, acks) => {
      fc.pre(voters.size > 0);
      const committed = majorityCommittedIndex(voters, (id) => acks.get(id));
      expect(committed).toBe(committedByDefinition(voters, acks));
    }),
  );
});

test('a joint quorum commits what both halves commit, and an empty half has no say', () => {
  fc.assert(
    fc.property(someJoint, someAcks, ({ incoming, outgoing }, acks) => {
      const acked = (id: bigint): number | undefined => acks.get(id);
      const joint = jointCommittedIndex({ incoming, outgoing }, acked);
      expect(joint).toBe(jointCommittedIndex({ incoming: outgoing, outgoing: incoming }, acked));
      expect(joint).toBeLessThanOrEqual(majorityCommittedIndex(incoming, acked));
      expect(jointCommittedIndex({ incoming, outgoing: IdSet.EMPTY }, acked)).toBe(
        majorityCommittedIndex(incoming, acked),
      );
    }),
  );
});

test('a decided vote stays decided, and a pending one can still go both ways', () => {
  fc.assert(
    fc.property(someJoint, someVotes, (config, votes) => {
      const result = jointVoteResult(config, votes);
      const all = jointVoters(config).ids;
      const completed = (rest: boolean): Map<bigint, boolean> =>
        new Map(all.map((id) => [id, votes.get(id) ?? rest]));
      const best = jointVoteResult(config, completed(true));
      const worst = jointVoteResult(config, completed(false));
      if (result === 'pending') expect([best, worst]).toEqual(['won', 'lost']);
      else expect([best, worst]).toEqual([result, result]);
    }),
  );
});

test('an election without voters is won, one with three needs two', () => {
  const three = IdSet.of([1n, 2n, 3n]);
  const votes = (...yes: bigint[]): Map<bigint, boolean> => new Map(yes.map((id) => [id, true]));
  expect(majorityVoteResult(IdSet.EMPTY, votes())).toBe('won');
  expect(majorityVoteResult(three, votes(1n))).toBe('pending');
  expect(majorityVoteResult(three, votes(1n, 3n))).toBe('won');
  expect(
    majorityVoteResult(
      three,
      new Map([
        [1n, false],
        [2n, false],
      ]),
    ),
  ).toBe('lost');
});

test('ids are shown in hex, ascending', () => {
  expect(IdSet.of([0xffn, 3n, 10n]).toString()).toBe('(3 a ff)');
});

describe('quorum tests of etcd-io/raft', () => {
  if (!existsSync(ETCD)) {
    test.skip(`not replayed: ${ETCD} does not exist`);
    return;
  }
  const RESULTS = { pending: 'VotePending', lost: 'VoteLost', won: 'VoteWon' };
  for (const name of readdirSync(ETCD)) {
    test(name, () => {
      for (const block of parseTranscript(readFileSync(join(ETCD, name), 'utf8'))) {
        if (block.expected.startsWith('error:')) continue;
        const config: JointConfig = {
          incoming: IdSet.of(idsOf(block.args, 'cfg')),
          outgoing: IdSet.of(idsOf(block.args, 'cfgj')),
        };
        const answers = answersOf(block.args);
        const verdict =
          block.command === 'vote'
            ? RESULTS[
                jointVoteResult(
                  config,
                  mapValues(answers, (answer) => answer === 'y'),
                )
              ]
            : formatIndex(jointCommittedIndex(config, (id) => Number(answers.get(id) ?? 0)));
        expect(verdict, `line ${block.line}`).toBe(
          block.expected.replace('<empty majority quorum>', '').trimEnd().split('\n').at(-1),
        );
      }
    });
  }
});

function formatIndex(index: number): string {
  return index === Infinity ? '∞' : String(index);
}

function idsOf(args: readonly Argument[], key: string): bigint[] {
  const values = args.filter((argument) => argument.key === key).flatMap(({ values }) => values);
  return values.filter((value) => value !== 'zero' && value !== '').map(BigInt);
}

/** What each voter said, in the order of the voters' first mention; `_` is silence. */
function answersOf(args: readonly Argument[]): Map<bigint, string> {
  const voters = [...new Set([...idsOf(args, 'cfg'), ...idsOf(args, 'cfgj')])];
  const values = args
    .filter(({ key }) => key === 'idx' || key === 'votes')
    .flatMap((argument) => argument.values);
  const pairs = voters.map((id, position): [bigint, string] => [id, values[position] ?? '_']);
  return new Map(pairs.filter(([, value]) => value !== '_'));
}

function mapValues<V, W>(map: ReadonlyMap<bigint, V>, change: (value: V) => W): Map<bigint, W> {
  return new Map([...map].map(([id, value]) => [id, change(value)]));
}
