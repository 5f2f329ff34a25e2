import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Member } from '../../node/src/wire/gen/rpc.ts';
import { nextStep, type Step } from './plan.ts';
import { newMember, type MemberState } from './state.ts';

const PORTS = { clientPort: 100, peerPort: 200 };
const peerUrlOf = (member: MemberState) => `http://x:${member.peerPort}`;

/** A cluster and the supervisor's notes on it, with steps carried out as scaling.ts does. */
class Model {
  members: MemberState[];
  cluster: Member[] = [];
  leaderId: bigint;
  private nextId = 1n;

  constructor(count: number) {
    this.members = Array.from({ length: count }, (_, index) =>
      newMember(PORTS, index + 1, 'member'),
    );
    for (const member of this.members) this.enter(member, false);
    this.leaderId = this.cluster[0]!.id;
  }

  next(desired: number): Step {
    const { members, cluster, leaderId } = this;
    return nextStep({ desired, members, cluster, leaderId, peerUrlOf });
  }

  /** `isCut`: the supervisor dies between the cluster's change and its own note of it. */
  apply(step: Step, isCut = false): void {
    switch (step.kind) {
      case 'none':
        return;
      case 'prepare':
        this.members.push(newMember(PORTS, step.ordinal, 'joining'));
        return;
      case 'add':
        return this.enter(step.member, true);
      case 'promote':
        this.cluster.find((each) => each.id === step.id)!.isLearner = false;
        if (!isCut) step.member.phase = 'member';
        return;
      case 'joined':
        step.member.phase = 'member';
        return;
      case 'leave':
        step.member.phase = 'leaving';
        return;
      case 'remove':
        if (step.successor !== undefined) this.leaderId = step.successor;
        else this.cluster = this.cluster.filter((each) => each.id !== step.id);
        return;
      case 'clear':
        this.members = this.members.filter((each) => each !== step.member);
        return;
    }
  }

  private enter(member: MemberState, isLearner: boolean): void {
    const name = isLearner ? '' : member.name; // published when it has started
    this.cluster.push(
      Member.create({ id: this.nextId++, name, peerUrls: [peerUrlOf(member)], isLearner }),
    );
  }
}

function stepsTo(model: Model, desired: number): string[] {
  const kinds: string[] = [];
  for (let step = model.next(desired); step.kind !== 'none'; step = model.next(desired)) {
    kinds.push('member' in step ? `${step.kind} ${step.member.name}` : step.kind);
    model.apply(step);
    expect(kinds.length).toBeLessThan(100);
  }
  return kinds;
}

describe('scaling', () => {
  it('adds one learner after the other', () => {
    expect(stepsTo(new Model(3), 5)).toEqual([
      'prepare',
      ...['add m4', 'promote m4'],
      'prepare',
      ...['add m5', 'promote m5'],
    ]);
  });

  it('removes from the cluster before it stops, the last first', () => {
    expect(stepsTo(new Model(5), 3)).toEqual([
      ...['leave m5', 'remove m5', 'clear m5'],
      ...['leave m4', 'remove m4', 'clear m4'],
    ]);
  });

  it('lets a leader hand over before it is removed', () => {
    const model = new Model(3);
    model.leaderId = model.cluster[2]!.id;
    model.apply(model.next(2));
    expect(model.next(2)).toMatchObject({ kind: 'remove', successor: model.cluster[0]!.id });
  });

  it('gives up a member that is still joining when it is not wanted any more', () => {
    const model = new Model(3);
    model.apply(model.next(4));
    model.apply(model.next(4));
    expect(stepsTo(model, 3)).toEqual(['leave m4', 'remove m4', 'clear m4']);
  });

  it('replaces a member that somebody else removed', () => {
    const model = new Model(3);
    model.cluster.splice(1, 1);
    expect(stepsTo(model, 3)).toEqual(['clear m2', 'prepare', 'add m2', 'promote m2']);
  });

  it('knows a member by its name whose peer URL was changed', () => {
    const model = new Model(3);
    model.cluster[1]!.peerUrls = ['http://elsewhere:1'];
    expect(model.next(3)).toEqual({ kind: 'none' });
  });

  it('gets there from anywhere, one change at a time, whatever is cut off', () => {
    const wishes = fc.array(
      fc.record({ desired: fc.integer({ min: 1, max: 7 }), steps: fc.nat(12), cut: fc.boolean() }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), wishes, (count, list) => {
        const model = new Model(count);
        for (const { desired, steps, cut } of list) {
          for (let n = 0; n < steps; n++) {
            const before = model.cluster.filter((each) => !each.isLearner).length;
            const step = model.next(desired);
            if (step.kind === 'clear') {
              const url = peerUrlOf(step.member);
              expect(model.cluster.some((each) => each.peerUrls.includes(url))).toBe(false);
            }
            model.apply(step, cut);
            const voters = model.cluster.filter((each) => !each.isLearner);
            expect(Math.abs(voters.length - before)).toBeLessThanOrEqual(1);
            expect(voters.map((each) => each.id)).toContain(model.leaderId);
            expect(model.cluster.filter((each) => each.isLearner).length).toBeLessThanOrEqual(1);
          }
        }
        const last = list.at(-1)!.desired;
        stepsTo(model, last);
        expect(model.cluster.filter((each) => !each.isLearner)).toHaveLength(last);
        expect(model.cluster).toHaveLength(last);
        expect(model.members.every((each) => each.phase === 'member')).toBe(true);
      }),
    );
  });
});
