// The two forms of a configuration change, treated as one (etcd-io/raft: raftpb/confchange.go).
import { AssertionError } from '../../base/index.ts';
import { decode, encode } from '../../wire/codec.ts';
import {
  ConfChange,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  Entry,
  EntryType,
} from '../../wire/gen/raft.ts';

export type AnyConfChange = ConfChange | ConfChangeV2;

export function isConfChangeV2(change: AnyConfChange): change is ConfChangeV2 {
  return 'changes' in change;
}

/** The same operation in the newer form. */
export function asV2(change: AnyConfChange): ConfChangeV2 {
  if (isConfChangeV2(change)) return change;
  return ConfChangeV2.create({
    changes: [{ type: change.type, nodeId: change.nodeId }],
    context: change.context,
  });
}

/** The entry that proposes `change`; undefined stands for leaving a joint configuration, and has no payload. */
export function confChangeEntry(change: AnyConfChange | undefined): Entry {
  if (change === undefined) return Entry.create({ type: EntryType.EntryConfChangeV2 });
  return isConfChangeV2(change)
    ? Entry.create({ type: EntryType.EntryConfChangeV2, data: encode(ConfChangeV2, change) })
    : Entry.create({ type: EntryType.EntryConfChange, data: encode(ConfChange, change) });
}

/** The change that an entry carries, or undefined when it carries data. */
export function confChangeOf(entry: Entry): AnyConfChange | undefined {
  if (entry.type === EntryType.EntryConfChange) return decode(ConfChange, entry.data);
  if (entry.type === EntryType.EntryConfChangeV2) return decode(ConfChangeV2, entry.data);
  return undefined;
}

export function isConfChangeEntry(entry: Entry): boolean {
  return entry.type === EntryType.EntryConfChange || entry.type === EntryType.EntryConfChangeV2;
}

/** Whether the change goes through a joint configuration, and whether that is left automatically. */
export function entersJoint(change: ConfChangeV2): { joint: boolean; autoLeave: boolean } {
  switch (change.transition) {
    case ConfChangeTransition.ConfChangeTransitionAuto: {
      const joint = change.changes.length > 1;
      return { joint, autoLeave: joint };
    }
    case ConfChangeTransition.ConfChangeTransitionJointImplicit:
      return { joint: true, autoLeave: true };
    case ConfChangeTransition.ConfChangeTransitionJointExplicit:
      return { joint: true, autoLeave: false };
    default:
      throw new AssertionError(`unknown transition: ${change.transition}`);
  }
}

/** An empty change (whatever its context) leaves the joint configuration. */
export function leavesJoint(change: ConfChangeV2): boolean {
  return (
    change.transition === ConfChangeTransition.ConfChangeTransitionAuto &&
    change.changes.length === 0
  );
}

/** etcd's text, for logs. */
export function describeConfChange(change: AnyConfChange): string {
  const { transition, changes, context } = asV2(change);
  let text = `transition:${nameOf(ConfChangeTransition, transition)}`;
  for (const { type, nodeId } of changes) {
    text += ` changes:{type:${nameOf(ConfChangeType, type)} node_id:${nodeId}}`;
  }
  return context.length > 0 ? `${text} context:${context.length} bytes` : text;
}

function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(table).find((name) => table[name] === value) ?? String(value);
}
