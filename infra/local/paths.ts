// Where `npm start` keeps things, seen from the folder it is called in.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The server's executable. */
export const SERVER = fileURLToPath(new URL('../../node/bin/binnacle', import.meta.url));

export class Paths {
  readonly configFile: string;
  /** Everything but cluster.yaml. */
  readonly root: string;
  readonly lockFile: string;
  /** What the cluster is: written before it changes. */
  readonly stateFile: string;
  /** Which processes run: written as they start, removed when all have stopped. */
  readonly runFile: string;
  readonly pki: string;
  readonly members: string;
  readonly logs: string;
  /** Data folders of members that were removed. */
  readonly removed: string;

  constructor(folder: string) {
    this.configFile = join(folder, 'cluster.yaml');
    this.root = join(folder, '.binnacle');
    this.lockFile = join(this.root, 'lock');
    this.stateFile = join(this.root, 'state.json');
    this.runFile = join(this.root, 'run.json');
    this.pki = join(this.root, 'pki');
    this.members = join(this.root, 'members');
    this.logs = join(this.root, 'logs');
    this.removed = join(this.root, 'removed');
  }

  dataDir(member: string): string {
    return join(this.members, member);
  }

  /** `supervisor` has one, too. */
  logFile(name: string): string {
    return join(this.logs, `${name}.log`);
  }

  get caFile(): string {
    return join(this.pki, 'ca.crt');
  }

  get caKeyFile(): string {
    return join(this.pki, 'ca.key');
  }

  /** `client`, or a member's name. */
  certFile(name: string): string {
    return join(this.pki, `${name}.crt`);
  }

  keyFile(name: string): string {
    return join(this.pki, `${name}.key`);
  }
}
