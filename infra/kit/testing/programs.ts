// Stand-ins for kubectl, pulumi and kind on a PATH of their own, which write down how they are called.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../../objects/index.ts';

/** As a cluster whose controllers are done at once: objects in a file, ready members, complete jobs. */
const KUBECTL = `
const fs = require('node:fs');
const state = process.env.FAKE_STATE;
const objects = fs.existsSync(state) ? JSON.parse(fs.readFileSync(state, 'utf8')) : {};
const args = process.argv.slice(2);
const at = args.indexOf('-n');
const [verb, ...rest] = at < 0 ? args : args.slice(at + 2);
const has = (flag) => rest.includes(flag);
const input = () => JSON.parse(fs.readFileSync(0, 'utf8'));
const key = (o) => o.kind.toLowerCase() + '/' + o.metadata.name;
const save = () => fs.writeFileSync(state, JSON.stringify(objects));
const print = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
const list = (items) => print({ kind: 'List', items });
const condition = [{ type: 'Complete', status: 'True' }];
const served = (o) => {
  if (o.kind === 'Job') return { ...o, metadata: { ...o.metadata, creationTimestamp: '2026' }, status: { conditions: condition } };
  if (o.kind !== 'StatefulSet') return o;
  const n = o.spec.replicas;
  return { ...o, metadata: { ...o.metadata, generation: 1 }, status: { observedGeneration: 1, replicas: n, readyReplicas: n } };
};
if (verb === 'get' && has('--raw')) {
  if (process.env.FAKE_DOWN) { console.error('connection refused'); process.exit(1); }
  print({});
} else if (verb === 'get' && has('-f')) list(input().items.filter((o) => objects[key(o)]).map((o) => served(objects[key(o)])));
else if (verb === 'get' && has('-l')) {
  const kinds = rest[0].replace(/s(?=,|$)/g, '').split(',');
  list(Object.values(objects).filter((o) => kinds.includes(o.kind.toLowerCase())).map(served));
} else if (verb === 'get') { const found = objects[rest[0] + '/' + rest[1]]; if (found) print(served(found)); }
else if (verb === 'create' && rest[0] === 'namespace') { objects['namespace/' + rest[1]] = { kind: 'Namespace', metadata: { name: rest[1] } }; save(); }
else if (verb === 'apply') {
  const given = input();
  const items = given.kind === 'List' ? given.items : [given];
  if (has('--dry-run=server')) list(items.map((o) => served({ ...objects[key(o)], ...o })));
  else { for (const o of items) { objects[key(o)] = o; console.log(key(o) + ' applied'); } save(); }
} else if (verb === 'delete' && has('-f')) { for (const o of input().items) { delete objects[key(o)]; console.log(key(o) + ' deleted'); } save(); }
else if (verb === 'delete' && !has('-l')) { delete objects[rest[0].toLowerCase() + '/' + rest[1]]; save(); console.log(rest[1] + ' deleted'); }
`;

/** Adds to a log what it is called with, and with which stack file. */
const RECORDER = `
const fs = require('node:fs');
fs.appendFileSync(process.env.FAKE_LOG, process.argv.slice(1).map((a) => a.split('/').pop()).join(' ') + '\\n');
`;

export class Programs {
  readonly folder: string;
  readonly environment: Record<string, string>;

  /** @param names of those that are installed */
  constructor(folder: string, names: readonly ('kubectl' | 'pulumi' | 'kind' | 'npm')[]) {
    this.folder = folder;
    mkdirSync(join(folder, 'bin'));
    this.environment = {
      PATH: join(folder, 'bin'),
      FAKE_STATE: join(folder, 'objects.json'),
      FAKE_LOG: join(folder, 'calls.log'),
    };
    for (const name of names) {
      const path = join(folder, 'bin', name);
      writeFileSync(path, `#!${process.execPath}\n${name === 'kubectl' ? KUBECTL : RECORDER}`);
      chmodSync(path, 0o755);
    }
  }

  /** What pulumi, kind and npm were called with. */
  get calls(): string[] {
    const { FAKE_LOG = '' } = this.environment;
    return existsSync(FAKE_LOG) ? readFileSync(FAKE_LOG, 'utf8').trim().split('\n') : [];
  }

  /** What the cluster has, by `kind/name`. */
  get objects(): Record<string, KubernetesObject> {
    const { FAKE_STATE = '' } = this.environment;
    if (!existsSync(FAKE_STATE)) return {};
    return JSON.parse(readFileSync(FAKE_STATE, 'utf8')) as Record<string, KubernetesObject>; // the stand-in wrote it
  }
}
