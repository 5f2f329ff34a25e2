import { expect, test } from 'vitest';
import { bytesFromLatin1 } from '../../../base/index.ts';
import { fakeActor } from '../testing/fake-actor.ts';
import { writeAsHolder } from './critical-section.ts';

const second = bytesFromLatin1('lock/x/2');

test('a holder that is not first in line is reported', async () => {
  const { actor, cluster, reports, during } = await fakeActor();
  const [machine] = cluster.machines;
  await machine!.member.put('lock/x/2', '');
  await during(writeAsHolder(actor, 'lock/x', second, 0));
  expect(reports).toEqual([]);
  await machine!.member.delete('lock/x/2');
  await machine!.member.put('lock/x/1', '');
  // Its key is gone, and it notices.
  await during(writeAsHolder(actor, 'lock/x', second, 0));
  expect(reports).toEqual([]);
  await machine!.member.put('lock/x/2', '');
  await during(writeAsHolder(actor, 'lock/x', second, 0));
  expect(reports).toEqual([
    'mutual exclusion: client was given lock/x under lock/x/2, which exists, but first in line is lock/x/1 (revision 7)',
  ]);
});

test('what was granted before the cluster was restored proves nothing', async () => {
  const { actor, cluster, shared, reports, during } = await fakeActor();
  const [machine] = cluster.machines;
  await machine!.member.put('lock/x/1', '');
  await machine!.member.put('lock/x/2', '');
  shared.era = 1;
  await during(writeAsHolder(actor, 'lock/x', second, 0));
  expect(reports).toEqual([]);
});
