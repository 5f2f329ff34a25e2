// A client that puts, reads and deletes, in all the ways that the KV service offers.
import { concatBytes } from '../../../base/index.ts';
import {
  KVService,
  RangeRequest,
  SortOrder,
  SortTarget,
  type PutRequest,
} from '../../../wire/gen/rpc.ts';
import type { SimRandom } from '../../world/random.ts';
import { CallError } from '../call-error.ts';
import type { Actor } from './actor.ts';
import { oneKey } from './key-space.ts';
import { pickWeighted, type Weighted } from './weighted.ts';

const ACTS: Weighted<(actor: Actor) => Promise<unknown>> = [
  [38, (actor) => actor.ask(KVService.put, putRequest(actor))],
  [28, (actor) => actor.ask(KVService.range, oneKey(actor.keys.any(actor.random)))],
  [8, deleteKeys],
  [20, (actor) => actor.ask(KVService.range, rangeRequest(actor))],
  [2, listInPages],
  [3, (actor) => actor.askStream(KVService.rangeStream, streamRequest(actor))],
];

export function runKv(actor: Actor): Promise<void> {
  return actor.repeat(() => pickWeighted(actor.random, ACTS)(actor));
}

export function putRequest({ random, keys, values, shared }: Actor): Partial<PutRequest> {
  const request: Partial<PutRequest> = { key: oneKey(keys.any(random)).key };
  if (random.chance(0.2)) request.prevKv = true;
  if (random.chance(0.03)) return { ...request, ignoreValue: true };
  request.value = values.next(random);
  if (random.chance(0.03)) return { ...request, ignoreLease: true };
  if (shared.leases.length > 0 && random.chance(0.04)) request.lease = random.pick(shared.leases);
  return request;
}

function deleteKeys(actor: Actor): Promise<unknown> {
  const { random, keys } = actor;
  // A whole folder goes rarely, so that there is something to read.
  const range = keys.keyOrRange(random, 0.05);
  return actor.ask(KVService.deleteRange, { ...range, prevKv: random.chance(0.3) });
}

/** A range with some of the options that a range has. */
export function rangeRequest(actor: Actor): RangeRequest {
  const { random, keys } = actor;
  const request = RangeRequest.create(keys.keyOrRange(random, 0.9));
  if (random.chance(0.3)) request.limit = random.between(1, 6);
  if (random.chance(0.2)) request.revision = actor.oldRevision();
  if (random.chance(0.2)) sorted(random, request);
  const form = random.below(8);
  if (form === 0) request.countOnly = true;
  if (form === 1) request.keysOnly = true;
  if (random.chance(0.1)) filtered(actor, request);
  return request;
}

function sorted(random: SimRandom, request: RangeRequest): void {
  request.sortOrder = random.pick([SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND]);
  request.sortTarget = random.pick(Object.values(SortTarget));
}

function filtered(actor: Actor, request: RangeRequest): void {
  const bound = actor.oldRevision();
  const kind = actor.random.below(4);
  if (kind === 0) request.minModRevision = bound;
  if (kind === 1) request.maxModRevision = bound;
  if (kind === 2) request.minCreateRevision = bound;
  if (kind === 3) request.maxCreateRevision = bound;
}

/** All of a range, a few keys at a time, at the revision of the first page: as kube-apiserver lists. */
async function listInPages(actor: Actor): Promise<void> {
  const { random, keys } = actor;
  const { rangeEnd, ...first } = keys.range(random);
  const limit = random.between(1, 5);
  let { key } = first;
  let revision = 0;
  while (!actor.isStopped) {
    const page = await actor.ask(KVService.range, { key, rangeEnd, limit, revision });
    if (page instanceof CallError) return;
    const last = page.kvs.at(-1);
    if (last === undefined || !page.more) return;
    if (revision === 0) revision = page.header?.revision ?? 0;
    key = concatBytes([last.key, new Uint8Array(1)]);
    await actor.pause();
  }
}

/** RangeStream knows neither orders nor filters. */
function streamRequest(actor: Actor): Partial<RangeRequest> {
  const { random, keys } = actor;
  return {
    ...keys.range(random),
    limit: random.chance(0.3) ? random.between(1, 20) : 0,
    revision: random.chance(0.2) ? actor.oldRevision() : 0,
  };
}
