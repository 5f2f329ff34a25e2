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
    lines.push(`export ETCDCTL_CERT=${quoted(certFile)}`);
    lines.push(`export ETCDCTL_KEY=${quoted(keyFile)}`);
  }
  return [...lines, 'etcdctl put greeting hello && etcdctl get greeting'];
}

export function clientLines(access: Access): string[] {
  const { caFile, certFile, keyFile } = access;
  const endpoints = access.endpoints.map(literal).join(', ');
  const lines = [
    "import { Client } from '@binnacle/node/client';",
    'const client = new Client({',
    `  endpoints: [${endpoints}],`,
  ];
  if (caFile !== undefined && certFile !== undefined && keyFile !== undefined) {
    lines.push('  tls: {');
    lines.push(`    caFile: ${literal(caFile)},`);
    lines.push(`    certFile: ${literal(certFile)},`);
    lines.push(`    keyFile: ${literal(keyFile)},`, '  },');
  }
  return [
    ...lines,
    '});',
    "await client.put('greeting', 'hello');",
    "console.log((await client.get('greeting'))?.text());",
    'client.close();',
  ];
}

/** A TypeScript string. */
function literal(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}

function indent(line: string): string {
  return `  ${line}`;
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./+:@-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
