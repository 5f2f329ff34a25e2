// Goes through the steps, checks after each, and keeps the table.
import { sleep } from '../../conformance/lib/process.ts';
import type { Report } from '../../conformance/lib/report.ts';
import { check } from './checks.ts';
import type { Kit } from './kit.ts';
import { KEY_PREFIX } from './ledger.ts';
import type { Step } from './step.ts';
import type { Row } from './table.ts';

export const PAUSE_LIMIT_MS = 5_000;
/** Where all members are stopped and start again. */
const FOUNDING_LIMIT_MS = 10_000;
/** Clients are measured this long behind a step, too: what breaks may break late. */
const AFTERMATH_MS = 1_000;

export class Runner {
  readonly #kit: Kit;
  readonly #report: Report;
  readonly rows: Row[] = [];
  #clusterId: bigint | undefined;
  /** That the last step left. */
  #members: number;

  constructor(kit: Kit, report: Report) {
    this.#kit = kit;
    this.#members = kit.members;
    this.#report = report;
  }

  /** One step. Returns whether all was as it has to be. */
  async run(step: Step): Promise<boolean> {
    const { workload, installation } = this.#kit;
    // What a step before left undone is not this one's.
    await this.#kit.settled(this.#members);
    this.#clusterId ??= await this.#kit.clusterId();
    workload.ledger.nextStep();
    workload.measure();
    const began = performance.now();
    let tookMs = 0;
    const passed = await this.#report.test(`${installation.name}: ${step.title}`, async () => {
      try {
        await step.run(this.#kit);
      } finally {
        tookMs = performance.now() - began;
        this.#members = step.members ?? this.#kit.members;
      }
      await sleep(AFTERMATH_MS);
      await this.#check(step, workload.ledger.prefix);
    });
    const row = { title: step.title, tookMs, passed, ...workload.measure() };
    this.rows.push(row);
    return this.#judge(step, row) && passed;
  }

  /** All keys of all steps, at the end. */
  async finish(): Promise<void> {
    const { workload, installation } = this.#kit;
    await this.#report.test(
      `${installation.name}: ${workload.ledger.writes.length} acknowledged writes`,
      () => this.#check({ members: this.#kit.members }, KEY_PREFIX),
    );
  }

  async #check(step: Pick<Step, 'members' | 'foundsAnew'>, prefix: string): Promise<void> {
    const members = step.members ?? this.#kit.members;
    if (step.foundsAnew === true) {
      const now = await this.#kit.clusterId();
      if (now === this.#clusterId) throw new Error('the cluster id is the old one');
      this.#clusterId = now;
    }
    await check(this.#kit, prefix, { members, clusterId: this.#clusterId });
  }

  #judge(step: Step, { title, longestPauseMs, failures, writes }: Row): boolean {
    const before = this.#report.failures.length;
    const name = `${this.#kit.installation.name}: ${title}`;
    if (writes === 0) this.#report.fail(`${name}: clients wrote`, new Error('no write at all'));
    const limitMs = step.foundsAnew === true ? FOUNDING_LIMIT_MS : PAUSE_LIMIT_MS;
    if (longestPauseMs > limitMs && step.stopsTheCluster !== true) {
      const error = new Error(`a client waited ${longestPauseMs} ms for its next write`);
      this.#report.fail(`${name}: no pause over ${limitMs} ms`, error);
    }
    if (step.withoutFailures === true && failures.size > 0) {
      const error = new Error([...failures].map(([why, count]) => `${count} × ${why}`).join('\n'));
      this.#report.fail(`${name}: no request fails`, error);
    }
    return this.#report.failures.length === before;
  }
}
