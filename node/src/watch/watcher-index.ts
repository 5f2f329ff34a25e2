// The watchers of one group, found by the key of an event: a map for single keys, a tree for ranges.
import { present } from '../base/assert.ts';
import { RangeTree } from './range-tree.ts';
import type { Watcher } from './watcher.ts';

export class WatcherIndex {
  private readonly byKey = new Map<string, Watcher[]>();
  private readonly ranges = new RangeTree();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(watcher: Watcher): void {
    const list = this.listFor(watcher);
    watcher.list = list;
    watcher.slot = list.length;
    list.push(watcher);
    this.count++;
  }

  remove(watcher: Watcher): void {
    const list = present(watcher.list, 'a watcher is removed from the index that holds it');
    const last = present(list.pop(), 'the list holds the watcher');
    if (last !== watcher) {
      list[watcher.slot] = last;
      last.slot = watcher.slot;
    }
    watcher.list = undefined;
    watcher.slot = -1;
    this.count--;
    if (list.length === 0) this.drop(watcher);
  }

  /**
   * Puts into `lists` the lists of watchers that hold `key`; a watcher is in one of them at most. Walk each from its end:
   * then the one at hand may be removed.
   */
  match(key: string, lists: Watcher[][]): void {
    lists.length = 0;
    const single = this.byKey.get(key);
    if (single !== undefined) lists.push(single);
    this.ranges.match(key, lists);
  }

  has(key: string): boolean {
    return this.byKey.has(key) || this.ranges.holds(key);
  }

  private listFor(watcher: Watcher): Watcher[] {
    const { key, end } = watcher.options;
    if (end !== undefined) return this.ranges.listFor(key, end);
    let list = this.byKey.get(key);
    if (list === undefined) {
      list = [];
      this.byKey.set(key, list);
    }
    return list;
  }

  private drop(watcher: Watcher): void {
    const { key, end } = watcher.options;
    if (end === undefined) this.byKey.delete(key);
    else this.ranges.remove(key, end);
  }
}
