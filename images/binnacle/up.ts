// Stands in the image for node/src/cli/up.ts, whose supervisor starts members from the project's sources.
export function runUp(): Promise<void> {
  process.stderr.write(
    'binnacle up: starts a cluster from the sources on a developer’s machine, and is not in the image.\n' +
      'Run a member with its flags (`binnacle --help`), or deploy a cluster with `npm run kit -- up`.\n',
  );
  process.exit(2);
}
