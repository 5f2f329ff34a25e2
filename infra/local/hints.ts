// Lines to paste: how etcdctl and the TypeScript client reach the cluster.
import type { Access } from './member-flags.ts';

/** For a shell and for a TypeScript file, with headings. */
export function pasteLines(access: Access): string[] {
  return [
    'etcdctl (paste into a shell):',
    ...etcdctlLines(access).map(indent),
    '',
    'TypeScript:',
    ...clientLines(access).map(indent),
  ];
}

export function etcdctlLines(access: Access): string[] {
  const lines = [`export ETCDCTL_ENDPOINTS=${access.endpoints.join(',')}`];
  const { caFile, certFile, keyFile } = access;
  if (caFile !== undefined && certFile !== undefined && keyFile !== undefined) {
    lines.push(`export ETCDCTL_CACERT=${quoted(caFile)}`);
    lines.push(`export ETCDCTL_CERT=${quoted(certFile)} ETCDCTL_KEY=${quoted(keyFile)}`);
  }
  return [...lines, 'etcdctl put greeting hello && etcdctl get greeting'];
}

export function clientLines(access: Access): string[] {
  const { caFile, certFile, keyFile } = access;
  const endpoints = access.endpoints.map((url) => JSON.stringify(url)).join(', ');
  const tls =
    caFile === undefined
      ? []
      : [
          `  tls: { caFile: ${JSON.stringify(caFile)}, certFile: ${JSON.stringify(certFile)}, keyFile: ${JSON.stringify(keyFile)} },`,
        ];
  return [
    "import { Client } from '@binnacle/node/client';",
    'const client = new Client({',
    `  endpoints: [${endpoints}],`,
    ...tls,
    '});',
  ];
}

function indent(line: string): string {
  return `  ${line}`;
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./+:@-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
