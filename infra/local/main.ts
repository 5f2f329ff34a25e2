// `binnacle up`, which is `npm start`, `npm stop` and `npm run status`: arguments in, one of the commands out.
import { parseArgs } from 'node:util';
import { ConfigFileError } from '../config-file.ts';
import { startDetached, supervise } from './detach.ts';
import { Paths } from './paths.ts';
import { Problem, reasonOf } from './problem.ts';
import { runCluster } from './run.ts';
import { showStatus } from './status.ts';
import { stopCluster } from './stop.ts';

const HELP = `Usage: binnacle up [--detach]       start the cluster that ./cluster.yaml describes (made when there is none)
       binnacle up --status [--json]  show the members
       binnacle up --stop           stop them

With npm: npm start [-- --detach], npm run status [-- --json], npm stop.
The state lies in ./.binnacle: data in members/, certificates in pki/, logs in logs/.
`;

const OPTIONS = {
  detach: { type: 'boolean' },
  status: { type: 'boolean' },
  json: { type: 'boolean' },
  stop: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  /** The background half of --detach. */
  supervise: { type: 'boolean' },
} as const;

/** Sets the process's exit code: 0, 1 when something is wrong or nothing runs, 2 for a bad command line. */
export async function runUp(argv: readonly string[]): Promise<void> {
  let values;
  try {
    values = parseArgs({ args: [...argv], options: OPTIONS }).values;
  } catch (error) {
    process.stderr.write(`binnacle up: ${reasonOf(error)}\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  // The reader of a pipe, or the terminal, may go away; a cluster stays until a signal comes.
  process.stdout.on('error', () => undefined);
  const paths = new Paths(process.cwd());
  try {
    if (values.help === true) process.stdout.write(HELP);
    else if (values.stop === true) await stopCluster(paths);
    else if (values.status === true)
      process.exitCode = (await showStatus(paths, values.json === true)) ? 0 : 1;
    else if (values.detach === true) await startDetached(paths);
    else {
      await (values.supervise === true ? supervise(paths) : runCluster(paths, { detached: false }));
      // All is done, though a question to a member that is gone may still wait for its answer.
      process.exit();
    }
  } catch (error) {
    if (!(error instanceof Problem || error instanceof ConfigFileError)) throw error;
    process.stderr.write(`binnacle: ${error.message}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await runUp(process.argv.slice(2));
