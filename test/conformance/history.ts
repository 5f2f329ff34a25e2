/**
 * One history of puts, deletes, transactions and compactions, the same each time, applied through etcdctl.
 */
import type { Cluster } from './lib/cluster.ts';

const rounds = 12;

/** Applies the history. After each round calls `observe` with its number. */
export async function applyHistory(
  cluster: Cluster,
  observe: (round: number) => Promise<void>,
): Promise<void> {
  const random = numbers(20_260_101);
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < 12; n++) await applyOne(cluster, random);
    if (round % 4 === 3) await compactBehind(cluster, random(20));
    await observe(round);
  }
}

/** A generator of whole numbers in [0, limit): numerical recipes' linear congruential one. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

async function applyOne(cluster: Cluster, random: (limit: number) => number): Promise<void> {
  const key = (): string => `history/${random(30)}`;
  const value = (): string => String.fromCharCode(97 + random(26)).repeat(1 + random(400));
  switch (random(6)) {
    case 0:
      await cluster.ctl('del', key());
      return;
    case 1: {
      const first = random(30);
      await cluster.ctl('del', `history/${first}`, `history/${first}~`, '--range');
      return;
    }
    case 2: {
      // Distinct keys, for one transaction may not put a key twice.
      const [a, b, c] = [random(10), 10 + random(10), 20 + random(10)];
      const script = `version("history/${a}") > "0"\n\nput history/${b} ${value()}\ndel history/${c}\n\nput history/${a} ${value()}\nput history/${c} ${value()}\n\n`;
      const outcome = await cluster.etcdctl(['txn'], { input: script });
      if (outcome.code !== 0) throw new Error(`txn: ${outcome.stderr}`);
      return;
    }
    default:
      await cluster.ctl('put', key(), value());
  }
}

async function compactBehind(cluster: Cluster, distance: number): Promise<void> {
  const revision = await currentRevision(cluster);
  await cluster.ctl('compaction', '--physical', String(revision - distance));
}

export async function currentRevision(cluster: Cluster): Promise<number> {
  const answer = JSON.parse(await cluster.ctl('get', 'history/', '-w', 'json')) as {
    header: { revision: number };
  };
  return answer.header.revision;
}
