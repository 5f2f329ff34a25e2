// The person who runs the cluster: asks members over the network as everybody else, and tries again until it works.
import { assert, type MemberId } from '../../base/index.ts';
import type { Method } from '../../wire/index.ts';
import { ClusterService, MaintenanceService } from '../../wire/gen/rpc.ts';
import type { MemberObserver } from '../checks/observer.ts';
import type { SimClient } from '../clients/index.ts';
import { hostIn, peerUrlOf } from '../cluster/directory.ts';
import type { Host } from '../cluster/host.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { restoreCluster } from './restore.ts';

const CALL_TIMEOUT_MS = 3_000;
const RETRY_MS = 300;
const RELAXED = { 'vouch-timeout': '2s' } as const;

export interface OperatorParts {
  readonly cluster: SimCluster;
  readonly client: SimClient;
  readonly scheduler: Scheduler;
  readonly observer: MemberObserver;
  say(text: string): void;
  /** The cluster begins anew at this revision. */
  eraBegan(revision: number): void;
}

export class Operator {
  readonly parts: OperatorParts;
  private working = 0;
  private tail: Promise<void> = Promise.resolve();
  private restoring = false;

  constructor(parts: OperatorParts) {
    this.parts = parts;
  }

  /** Whether the membership is being changed, or the cluster restored. */
  get isBusy(): boolean {
    return this.working > 0;
  }

  get isRestoring(): boolean {
    return this.restoring;
  }

  /** A new member on an empty machine; a learner is promoted when it can be. */
  add(host: Host, isLearner: boolean): void {
    this.work(async () => {
      await this.addTo(host, isLearner);
    });
  }

  remove(host: Host): void {
    this.work(async () => {
      await this.removeFrom(host);
      // It may have heard of it, and ended by itself; or it is cut off, and somebody ends it.
      await this.parts.scheduler.pause(2_000);
      if (host.entry === undefined) return;
      host.kill('process');
      host.entry = undefined;
      host.disk.wipe();
    });
  }

  /** The member's data is lost: it leaves, and a new one comes in its place. */
  replace(host: Host): void {
    this.work(async () => {
      this.parts.say(`${host.name} is replaced`);
      host.kill('process');
      host.entry = undefined;
      this.relaxOthers(host);
      await this.removeFrom(host);
      host.disk.wipe();
      await this.addTo(host, true);
      for (const one of this.parts.cluster.hosts) one.changedFlags = {};
    });
  }

  /** A new member crashed before it had any data, and others have come or gone since: it is told anew who there is. */
  enterAgain(host: Host): void {
    this.work(async () => {
      const id = await this.idOf(host);
      if (id !== undefined) await this.enter(host);
      else host.entry = undefined;
    });
  }

  moveLeader(leader: Host, target: MemberId): void {
    this.once(leader, MaintenanceService.moveLeader, { targetId: target });
  }

  defragment(host: Host): void {
    this.once(host, MaintenanceService.defragment, {});
  }

  /** All is lost but a snapshot: the cluster begins anew from it. */
  restore(hosts: readonly Host[], revisionBump: number): void {
    this.restoring = true;
    this.work(async () => {
      await restoreCluster(this.parts, hosts, revisionBump);
      this.restoring = false;
    });
  }

  /** Members that wait for the lost one to vouch for them would wait for ever: it can't, and is never to come back. */
  private relaxOthers(lost: Host): void {
    for (const host of this.parts.cluster.hosts) {
      if (host === lost || host.entry === undefined) continue;
      host.changedFlags = RELAXED;
      if (host.process === undefined || host.process.isServing) continue;
      host.kill('process');
      host.start();
    }
  }

  /** One thing after the other: a list of members that somebody else changes meanwhile is worth nothing. */
  private work(steps: () => Promise<void>): void {
    this.working++;
    this.tail = this.tail.then(steps).finally(() => this.working--);
  }

  /** Tries once; what becomes of it is seen by all. */
  private once<Req, Res>(host: Host, method: Method<Req, Res>, request: Partial<Req>): void {
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    this.parts.client.call(host.name, method, request, options).catch((error: unknown) => {
      this.parts.say(`${method.path} at ${host.name}: ${String(error)}`);
    });
  }

  private async addTo(host: Host, isLearner: boolean): Promise<void> {
    const peerUrls = [peerUrlOf(host.name)];
    const isThere = async (): Promise<boolean> => (await this.idOf(host)) !== undefined;
    if (!(await isThere())) {
      await this.untilDone(ClusterService.memberAdd, { peerUrls, isLearner }, isThere);
    }
    const id = await this.idOf(host);
    if (id === undefined) return;
    await this.enter(host);
    if (!isLearner) return;
    await this.untilDone(ClusterService.memberPromote, { id }, async () => {
      const member = (await this.list()).find((one) => one.id === id);
      return member === undefined || !member.isLearner;
    });
  }

  /** Starts a member on an empty disk, with all members named. */
  private async enter(host: Host): Promise<void> {
    const members = await this.list();
    // A member that has not started yet has told nobody its name.
    const names = members.map(({ peerUrls: [url = ''] }) => `${hostIn(url) ?? ''}=${url}`);
    host.entry = { initialCluster: names.join(','), state: 'existing', token: 'sim' };
    host.start();
  }

  private async removeFrom(host: Host): Promise<void> {
    const id = await this.idOf(host);
    if (id === undefined) return;
    await this.untilDone(
      ClusterService.memberRemove,
      { id },
      async () => (await this.idOf(host)) === undefined,
    );
  }

  private async idOf(host: Host): Promise<MemberId | undefined> {
    const members = await this.list();
    return members.find(({ peerUrls }) => peerUrls.includes(peerUrlOf(host.name)))?.id;
  }

  private async list() {
    const { members } = await this.ask(ClusterService.memberList, { linearizable: true });
    return members;
  }

  /** Asks again until the effect is there: an answer that was lost need not mean that nothing happened. */
  private async untilDone<Req, Res>(
    method: Method<Req, Res>,
    request: Partial<Req>,
    isDone: () => Promise<boolean>,
  ): Promise<void> {
    for (let tries = 0; ; tries++) {
      const host = this.someHost(tries);
      if (host !== undefined) {
        try {
          const options = { timeoutMs: CALL_TIMEOUT_MS };
          await this.parts.client.call(host.name, method, request, options);
          return;
        } catch (error) {
          this.parts.say(`${method.path} at ${host.name}: ${String(error)}`);
        }
      }
      await this.parts.scheduler.pause(RETRY_MS);
      if (await isDone()) return;
    }
  }

  /** Asks one member after the other until one answers. */
  async ask<Req, Res>(method: Method<Req, Res>, request: Partial<Req>): Promise<Res> {
    for (let tries = 0; ; tries++) {
      const host = this.someHost(tries);
      if (host !== undefined) {
        try {
          const options = { timeoutMs: CALL_TIMEOUT_MS };
          return await this.parts.client.call(host.name, method, request, options);
        } catch {
          // The next one may answer.
        }
      }
      await this.parts.scheduler.pause(RETRY_MS);
    }
  }

  private someHost(tries: number): Host | undefined {
    const serving = this.parts.cluster.hosts.filter(({ process }) => process?.isServing === true);
    if (serving.length === 0) return undefined;
    const host = serving[tries % serving.length];
    assert(host !== undefined, 'the remainder is in range');
    return host;
  }
}
