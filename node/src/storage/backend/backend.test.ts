import { expect, test } from 'vitest';
import { SILENT_LOGGER, utf8FromText, textFromUtf8, EMPTY_BYTES } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import { Backend } from './backend.ts';

const bytes = utf8FromText;

function contentOf(backend: Backend, name: string): [string, string][] {
  const pairs: [string, string][] = [];
  backend.bucket(name).forEach(EMPTY_BYTES, undefined, (key, value) => {
    pairs.push([textFromUtf8(key)!, textFromUtf8(value)!]);
  });
  return pairs;
}

test('what was committed is there after the file is opened again', async () => {
  const world = { disk: new MemoryDisk(), clock: new FakeClock() };
  const first = await Backend.open(world, '/db', { logger: SILENT_LOGGER });
  const key = first.bucket('key');
  for (let i = 0; i < 5000; i++)
    key.append(bytes(`k${String(i).padStart(6, '0')}`), bytes(`value ${i}`));
  first.bucket('meta').put(bytes('term'), bytes('7'));
  expect(textFromUtf8(key.get(bytes('k000042'))!)).toBe('value 42');
  await first.commitNow();
  for (let i = 0; i < 5000; i += 2) key.delete(bytes(`k${String(i).padStart(6, '0')}`));
  await first.close();

  const second = await Backend.open(world, '/db', { logger: SILENT_LOGGER });
  expect(contentOf(second, 'key').length).toBe(2500);
  expect(contentOf(second, 'key')[0]).toEqual(['k000001', 'value 1']);
  expect(contentOf(second, 'meta')).toEqual([['term', '7']]);
  expect(second.sizeInUseBytes).toBeLessThan(second.sizeBytes);
  await second.defragment();
  expect(contentOf(second, 'key').length).toBe(2500);
  expect(await second.hash()).toBeGreaterThan(0);
});
