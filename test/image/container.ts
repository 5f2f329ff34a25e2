// Containers of the image without an engine: runc, or crun, on the unpacked layers, as containerd would start them under
// the restricted profile of Kubernetes.
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageArchive } from '../../images/archive.ts';
import { Background, run, type Outcome } from '../conformance/lib/process.ts';

const USER = 65_532;

export class Image {
  private readonly runtime: string;
  private readonly folder: string;
  private readonly image: ImageArchive;
  private count = 0;

  private constructor(runtime: string, folder: string, image: ImageArchive) {
    this.runtime = runtime;
    this.folder = folder;
    this.image = image;
  }

  /** Unpacks the layers below `folder`. Throws an error when there is no runtime. */
  static async unpack(image: ImageArchive, folder: string): Promise<Image> {
    const rootfs = join(folder, 'rootfs');
    mkdirSync(rootfs, { recursive: true });
    for (const [i, layer] of image.layers.entries()) {
      const tar = join(folder, `layer-${i}.tar`);
      writeFileSync(tar, layer);
      const { code, stderr } = await run('tar', ['-xpf', tar, '-C', rootfs, '--numeric-owner']);
      if (code !== 0) throw new Error(`tar: ${stderr}`);
    }
    for (const runtime of ['runc', 'crun']) {
      const found = await run(runtime, ['--version']).catch(() => undefined);
      if (found?.code === 0) return new Image(runtime, folder, image);
    }
    throw new Error('neither runc nor crun is installed: apt-get install runc');
  }

  /** An empty folder that the image's user owns, as a volume with fsGroup is. */
  volume(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path);
    chownSync(path, USER, USER);
    return path;
  }

  /** Starts the image's entry point with these arguments as process 1. */
  start(args: readonly string[], volume: string): Container {
    const id = `binnacle-test-${process.pid}-${this.count++}`;
    const bundle = join(this.folder, id);
    mkdirSync(bundle);
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(this.specification(args, volume)));
    const logFile = join(this.folder, `${id}.log`);
    const child = new Background(this.runtime, ['run', '--bundle', bundle, id], { logFile });
    return new Container(this.runtime, id, child);
  }

  /** What containerd makes of a pod with readOnlyRootFilesystem and all capabilities dropped (runtime-spec 1.0). */
  private specification(args: readonly string[], volume: string): object {
    const { Entrypoint = [], User } = this.image.config.config;
    const [uid, gid] = (User ?? '0:0').split(':').map(Number);
    return {
      ociVersion: '1.0.2',
      process: {
        user: { uid, gid },
        args: [...Entrypoint, ...args],
        env: ['PATH=/usr/local/bin'],
        cwd: '/var/lib/binnacle',
        noNewPrivileges: true,
        capabilities: { bounding: [], effective: [], permitted: [] },
      },
      root: { path: join(this.folder, 'rootfs'), readonly: true },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
        {
          destination: '/tmp',
          type: 'tmpfs',
          source: 'tmpfs',
          options: ['nosuid', 'nodev', 'mode=1777'],
        },
        { destination: '/var/lib/binnacle', type: 'bind', source: volume, options: ['bind', 'rw'] },
      ],
      linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
    };
  }
}

export class Container {
  readonly child: Background;
  private readonly runtime: string;
  private readonly id: string;

  constructor(runtime: string, id: string, child: Background) {
    this.runtime = runtime;
    this.id = id;
    this.child = child;
  }

  /** `kubectl exec`. */
  exec(...command: string[]): Promise<Outcome> {
    return run(this.runtime, ['exec', this.id, ...command]);
  }

  /** Signals process 1 and returns how the container ended. */
  async stop(signal: 'TERM' | 'KILL'): Promise<{ code: number; tookMs: number }> {
    const began = Date.now();
    await run(this.runtime, ['kill', this.id, signal]);
    const code = await Promise.race([
      this.child.ended(),
      new Promise<number>((resolve) => setTimeout(resolve, 20_000, -2).unref()),
    ]);
    const tookMs = Date.now() - began;
    if (code === -2) await run(this.runtime, ['delete', '--force', this.id]);
    return { code, tookMs };
  }
}
