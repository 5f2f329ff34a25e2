import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfChangeSingle, ConfChangeType } from '../../wire/gen/raft.ts';
import { type Block, parseTranscript } from '../transcript/datadriven.ts';
import { parseChanges } from '../transcript/describe.ts';
import {
  EMPTY_CONFIG,
  formatConfig,
  type ProgressMap,
  ProgressTracker,
} from '../tracker/tracker.ts';
import {
  changeSimply,
  ConfChangeError,
  enterJoint,
  leaveJoint,
  type Membership,
  type NewMember,
} from './changer.ts';
import { isSameConfState, restoreMembership } from './restore.ts';

const ETCD = join(homedir(), 'go/pkg/mod/go.etcd.io/raft/v3@v3.7.0/confchange/testdata');
const EMPTY: Membership = { config: EMPTY_CONFIG, progress: new Map() };

function newMember(lastIndex = 0): NewMember {
  const tracker = new ProgressTracker(10, 0);
  return { lastIndex, newInflights: () => tracker.newInflights() };
}

function changes(text: string): ConfChangeSingle[] {
  const parsed = parseChanges(text);
  expect(parsed).toBeDefined();
  return parsed!;
}

/** Grows a configuration by simple changes: `v1 v2 l3`. */
function grown(text: string): Membership {
  return changes(text).reduce((from, change) => changeSimply(from, [change], newMember()), EMPTY);
}

function show({ config }: Membership): string {
  return formatConfig(config);
}

describe('a simple change', () => {
  test('adds, promotes, demotes and removes one voter at a time', () => {
    const three = grown('v1 v2 l3');
    expect(show(three)).toBe('voters=(1 2) learners=(3)');
    expect(show(changeSimply(three, changes('v3'), newMember()))).toBe('voters=(1 2 3)');
    expect(show(changeSimply(three, changes('l2'), newMember()))).toBe('voters=(1) learners=(2 3)');
    expect(show(changeSimply(three, changes('r3 l4'), newMember()))).toBe(
      'voters=(1 2) learners=(4)',
    );
  });

  test('starts a new member at the leader’s last index, and counts it as active', () => {
    const member = changeSimply(grown('v1'), changes('v2'), newMember(7)).progress.get(2n)!;
    expect(member).toMatchObject({ next: 7, match: 0, state: 'probe', recentActive: true });
  });

  test.each([
    ['v1', 'v2 v3', 'more than one voter changed without entering joint config'],
    ['v1 v2', 'r1 v3', 'more than one voter changed without entering joint config'],
    ['v1', 'r1', 'removed all voters'],
    ['v1 l2', 'l1', 'removed all voters'],
  ])('from %s refuses %s', (from, change, reason) => {
    const membership = grown(from);
    const before = show(membership);
    expect(() => changeSimply(membership, changes(change), newMember())).toThrow(
      new ConfChangeError(reason),
    );
    expect(show(membership)).toBe(before);
    expect([...membership.progress.values()].map(({ isLearner }) => isLearner)).toEqual(
      [...membership.progress.keys()].map((id) => membership.config.learners.has(id)),
    );
  });

  test('ignores a change that the server zeroed', () => {
    expect(show(changeSimply(grown('v1'), changes('v0'), newMember()))).toBe('voters=(1)');
  });
});

describe('a joint change', () => {
  test('keeps a demoted voter until the joint configuration is left', () => {
    const joint = enterJoint(grown('v1 v2 v3'), true, changes('l3 v4'), newMember());
    expect(show(joint)).toBe('voters=(1 2 4)&&(1 2 3) learners_next=(3) autoleave');
    expect(joint.progress.get(3n)!.isLearner).toBe(false);
    const left = leaveJoint(joint, newMember());
    expect(show(left)).toBe('voters=(1 2 4) learners=(3)');
    expect(left.progress.get(3n)!.isLearner).toBe(true);
  });

  test('forgets a removed voter only when it is left', () => {
    const joint = enterJoint(grown('v1 v2'), false, changes('r2'), newMember());
    expect([...joint.progress.keys()]).toEqual([1n, 2n]);
    expect([...leaveJoint(joint, newMember()).progress.keys()]).toEqual([1n]);
  });

  test('is neither entered twice nor changed simply nor left when there is none', () => {
    const joint = enterJoint(grown('v1 v2'), false, changes('v3'), newMember());
    expect(() => enterJoint(joint, false, changes('v4'), newMember())).toThrow('already joint');
    expect(() => changeSimply(joint, changes('v4'), newMember())).toThrow(ConfChangeError);
    expect(() => leaveJoint(grown('v1'), newMember())).toThrow(ConfChangeError);
    expect(() => enterJoint(EMPTY, false, changes('v1'), newMember())).toThrow(ConfChangeError);
  });
});

const someChange: fc.Arbitrary<ConfChangeSingle> = fc.record({
  type: fc.constantFrom(...Object.values(ConfChangeType)),
  nodeId: fc.bigInt(1n, 8n),
});
const someChanges = fc.array(someChange, { maxLength: 8 });

/** Applies what can be applied, one by one. */
function applySimply(start: Membership, all: readonly ConfChangeSingle[]): Membership {
  return all.reduce((from, change) => {
    try {
      return changeSimply(from, [change], newMember());
    } catch (error) {
      expect(error).toBeInstanceOf(ConfChangeError);
      return from;
    }
  }, start);
}

test('a joint change ends where its parts end when they are made one by one', () => {
  fc.assert(
    fc.property(someChanges, someChanges, (before, change) => {
      const start = applySimply(grown('v1'), before);
      // A joint change may pass through a configuration without voters: compared only where single steps may not.
      const survivor = { type: ConfChangeType.ConfChangeAddNode, nodeId: 9n };
      const all = [survivor, ...change];
      const joint = enterJoint(start, true, all, newMember());
      expect(show(leaveJoint(joint, newMember()))).toBe(show(applySimply(start, all)));
    }),
  );
});

test('a stored configuration is restored as it was', () => {
  fc.assert(
    fc.property(someChanges, someChanges, fc.boolean(), (before, change, autoLeave) => {
      const start = applySimply(grown('v1'), before);
      const survivor = { type: ConfChangeType.ConfChangeAddNode, nodeId: 9n };
      const joint = enterJoint(start, autoLeave, [survivor, ...change], newMember());
      for (const membership of [start, joint, leaveJoint(joint, newMember())]) {
        const stored = confStateOf(membership);
        const restored = restoreMembership(stored, newMember());
        expect(show(restored)).toBe(show(membership));
        expect(isSameConfState(confStateOf(restored), stored)).toBe(true);
      }
    }),
  );
});

function confStateOf({ config, progress }: Membership): ReturnType<ProgressTracker['confState']> {
  const tracker = new ProgressTracker(10, 0);
  tracker.switchTo(config, progress);
  return tracker.confState();
}

describe('configuration tests of etcd-io/raft', () => {
  if (!existsSync(ETCD)) {
    test.skip(`not replayed: ${ETCD} does not exist`);
    return;
  }
  test.each(readdirSync(ETCD))('%s', (name) => {
    let membership = EMPTY;
    let lastIndex = 0;
    for (const block of parseTranscript(readFileSync(join(ETCD, name), 'utf8'))) {
      let output: string;
      try {
        membership = run(block, membership, newMember(lastIndex));
        output = `${show(membership)}\n${showProgress(membership.progress)}`;
      } catch (error) {
        if (!(error instanceof ConfChangeError)) throw error;
        output = `${error.message}\n`;
      }
      lastIndex++;
      expect(output, `line ${block.line}`).toBe(block.expected);
    }
  });
});

function run(block: Block, from: Membership, member: NewMember): Membership {
  const parsed = parseChanges(block.input) ?? [];
  if (block.command === 'simple') return changeSimply(from, parsed, member);
  if (block.command === 'leave-joint') return leaveJoint(from, member);
  expect(block.command).toBe('enter-joint');
  const autoLeave = block.args.some(
    ({ key, values }) => key === 'autoleave' && values[0] === 'true',
  );
  return enterJoint(from, autoLeave, parsed, member);
}

function showProgress(progress: ProgressMap): string {
  const sorted = [...progress].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([id, member]) => `${id}: ${member}\n`).join('');
}
