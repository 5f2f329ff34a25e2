// The cluster's alarms, kept in bucket `alarm` (etcd: server/etcdserver/api/v3alarm).
import { EMPTY_BYTES, type MemberId } from '../base/index.ts';
import { decode, encode } from '../wire/index.ts';
import { AlarmMember, AlarmType } from '../wire/gen/rpc.ts';
import type { BackendView, BucketView } from './store-view.ts';

export class Alarms {
  private readonly bucket: BucketView;
  private readonly active: AlarmMember[] = [];

  constructor(backend: BackendView) {
    this.bucket = backend.bucket('alarm');
    this.bucket.forEach(EMPTY_BYTES, undefined, (key) => {
      this.active.push(decode(AlarmMember, key.slice()));
    });
  }

  /** Alarms of one type; NONE is all. */
  list(type: number = AlarmType.NONE): AlarmMember[] {
    return this.active.filter((alarm) => type === AlarmType.NONE || alarm.alarm === type);
  }

  has(type: number): boolean {
    // Asked for every request: no closure.
    for (const alarm of this.active) if (alarm.alarm === type) return true;
    return false;
  }

  /** Returns the alarm, new or not. */
  activate(memberId: MemberId, type: number): AlarmMember {
    const found = this.find(memberId, type);
    if (found !== undefined) return found;
    const alarm: AlarmMember = { memberId, alarm: type };
    this.active.push(alarm);
    this.bucket.put(encode(AlarmMember, alarm), EMPTY_BYTES);
    return alarm;
  }

  /** Returns the alarm that ended, or undefined when there was none. */
  deactivate(memberId: MemberId, type: number): AlarmMember | undefined {
    const found = this.find(memberId, type);
    if (found === undefined) return undefined;
    this.active.splice(this.active.indexOf(found), 1);
    this.bucket.delete(encode(AlarmMember, found));
    return found;
  }

  private find(memberId: MemberId, type: number): AlarmMember | undefined {
    return this.active.find((alarm) => alarm.memberId === memberId && alarm.alarm === type);
  }
}
