// What rpc promises of calls holds through rings as well: its own tests, with every call passed on.
import { describe } from 'vitest';
import { passThrough } from '../rpc/testing/fixture.ts';
import { MESSAGE_OVERHEAD_BYTES, WINDOW_BYTES } from './records.ts';
import { throughRings } from './testing/rings.ts';

const LONGEST_MESSAGE_BYTES = 16 * 1024;

passThrough(
  throughRings(256 * 1024),
  WINDOW_BYTES + LONGEST_MESSAGE_BYTES + MESSAGE_OVERHEAD_BYTES,
);

describe('half-close', async () => void (await import('../rpc/half-close.test.ts')));
describe('limits', async () => void (await import('../rpc/limits.test.ts')));
describe('grpc-js', async () => void (await import('../rpc/grpc-js.test.ts')));
