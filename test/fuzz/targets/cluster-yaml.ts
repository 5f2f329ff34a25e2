// cluster.yaml, the one description of a cluster: any text is a configuration or a ConfigFileError that says where and what;
// what was read means the same when it is written out.
import { concatBytes } from '../../../node/src/base/bytes.ts';
import {
  CLUSTER_TEMPLATE,
  ConfigFileError,
  keysForKubernetes,
  lineOfKey,
  parseClusterConfig,
} from '../../../infra/config-file.ts';
import { compactionFlags, quantityValue, quotaBytes, warningsOf } from '../../../infra/config.ts';
import { cronProblem } from '../../../infra/config/cron.ts';
import type { FuzzRandom } from '../engine/random.ts';
import type { Target } from '../engine/target.ts';
import { mutateJson } from '../support/json-mutator.ts';
import { expectSame, expectThat } from './input.ts';

function run(input: Uint8Array): void {
  const text = Buffer.from(input.subarray(1)).toString();
  if ((input[0] ?? 0) % 4 === 3) checkValues(text);
  else checkFile(text);
}

function checkFile(text: string): void {
  let config: ReturnType<typeof parseClusterConfig>;
  try {
    config = parseClusterConfig(text, 'f');
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    expectThat(
      error.message.split('\n').some((line) => line.startsWith('f:')),
      `says nothing of the place: ${error.message}`,
    );
    return;
  }
  keysForKubernetes(text);
  lineOfKey(text, ['tls', 'mode']);
  warningsOf(config);
  compactionFlags(config);
  expectThat(config.members >= 1 && config.members <= 9, `${config.members} members`);
  expectThat(quotaBytes(config.storage.quota) > 0, `quota ${config.storage.quota}`);
  expectSame('written and read', parseClusterConfig(JSON.stringify(config), 'f'), config);
}

function checkValues(text: string): void {
  for (const size of [quotaBytes(text), quantityValue(text)]) {
    expectThat(Number.isNaN(size) || (size >= 0 && Number.isFinite(size)), `${text} is ${size}`);
  }
  cronProblem(text);
}

const FULL = {
  ...{ name: 'b', members: 5 },
  tls: { mode: 'mutual', extraSans: ['a.b', '10.0.0.1'], issuer: 'self', caGeneration: 2 },
  storage: { quota: '2GiB', size: '8Gi', class: 'fast' },
  autoCompaction: { mode: 'revision', retention: '1000' },
  backup: { schedule: '0 */6 * * *' },
  resources: { requests: { cpu: '250m', memory: '1Gi' } },
  extraFlags: ['--heartbeat-interval=200'],
};

const seeds = (): Uint8Array[] =>
  [
    ...[
      CLUSTER_TEMPLATE,
      JSON.stringify(FULL),
      'name: b\nmembers: 3\n',
      'a: &a [x]\nb: [*a, *a]\n',
    ],
    ...['tls:\n  mode: plain\nbackup: {}\n', '- 1\n', '"x"', 'name: [', 'members: 0x3', 'é: 1'],
  ].map((text) => concatBytes([Uint8Array.of(0), Buffer.from(text)]));

const values = (): Uint8Array[] =>
  ['2GiB', '1.5Gi', '512 MB', '250m', '0 */6 * * *', '@daily', '1-5/2 0 * jan mon'].map((text) =>
    concatBytes([Uint8Array.of(3), Buffer.from(text)]),
  );

/** YAML holds JSON. */
const mutate = (input: Uint8Array, random: FuzzRandom): Uint8Array | undefined =>
  mutateJson(input, random, 1);

export const target: Target = {
  name: 'cluster-yaml',
  run,
  seeds: () => [...seeds(), ...values()],
  maxBytes: 1500,
  mutate,
  maxSteps: 5_000_000,
  dictionary: [
    ...['name', 'members', 'tls', 'storage', 'backup', 'resources', 'placement', 'local', 'image'],
    ...['monitoring', 'service', 'networkPolicy', 'extraFlags', 'autoCompaction', ': ', '\n  '],
    ...['- ', '&a ', '*a', '!!js', '? ', '{', '}', '[', ']', '"', '<<', '|', '~', '.nan', '0o7'],
  ],
};
