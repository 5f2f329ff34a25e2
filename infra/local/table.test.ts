import { describe, expect, it } from 'vitest';
import { StatusResponse } from '../../node/src/wire/gen/rpc.ts';
import { ResponseHeader } from '../../node/src/wire/gen/rpc.ts';
import { etcdctlLines, pasteLines } from './hints.ts';
import { countRequests, type MemberView, type Role } from './observer.ts';
import { renderTable, uptimeText, type TableModel } from './table.ts';

function view(ordinal: number, role: Role, changes: Partial<MemberView> = {}): MemberView {
  const header = ResponseHeader.create({ memberId: BigInt(ordinal), revision: 12_345 });
  const isUp = ['leader', 'follower', 'learner'].includes(role);
  const port = 2379 + 10 * (ordinal - 1);
  return {
    name: `m${ordinal}`,
    role,
    clientUrl: `https://127.0.0.1:${port}`,
    peerUrl: `https://127.0.0.1:${port + 1}`,
    dataDir: `/x/m${ordinal}`,
    pid: 100 + ordinal,
    status: isUp
      ? StatusResponse.create({ header, raftIndex: 23_456, dbSize: 25_000_000 })
      : undefined,
    requestsPerSecond: isUp ? 1234.4 : undefined,
    ...changes,
  };
}

const model: TableModel = {
  cluster: 'binnacle',
  tls: 'mutual',
  desired: 3,
  uptimeMs: 125_000,
  members: [view(1, 'follower'), view(2, 'leader'), view(3, 'restarting')],
  footer: ['Ctrl-C stops'],
};

describe('the live table', () => {
  it('shows each member on a line', () => {
    expect(renderTable(model, { width: 100, color: false })).toEqual([
      '  binnacle  2 of 3 members up · mTLS · 2,469 requests/s · up 2m 05s',
      '',
      '  MEMBER   ROLE         REVISION   RAFT INDEX   DB SIZE   REQUESTS/S   CLIENT URL',
      `  ${'─'.repeat(91)}`,
      '  m1       follower       12,345       23,456     25 MB        1,234   https://127.0.0.1:2379',
      '  m2       leader         12,345       23,456     25 MB        1,234   https://127.0.0.1:2389',
      '  m3       restarting          –            –         –            –   https://127.0.0.1:2399',
      '',
      '  Ctrl-C stops',
    ]);
  });

  it('gives up columns, then characters, where the terminal is narrow', () => {
    for (let width = 1; width <= 120; width++) {
      const lines = renderTable(model, { width, color: false });
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
    const narrow = renderTable(model, { width: 40, color: false }).join('\n');
    expect(narrow).toContain('REVISION');
    expect(narrow).not.toContain('RAFT INDEX');
  });

  it('colours nothing but what it should, and nothing at all on request', () => {
    const plain = renderTable(model, { width: 100, color: false });
    const colored = renderTable(model, { width: 100, color: true });
    expect(plain.join('')).not.toContain('\x1b');
    expect(colored.join('\n')).toContain('\x1b[32mleader\x1b[0m');
    // eslint-disable-next-line no-control-regex -- what is taken away is a control sequence
    expect(colored.map((line) => line.replaceAll(/\x1b\[\d+m/g, ''))).toEqual(plain);
  });

  it('shows alarms once, under the name of the member', () => {
    const errors = ['memberID:2 alarm:NOSPACE '];
    const members = [1, 2].map((ordinal) => {
      const base = view(ordinal, ordinal === 2 ? 'leader' : 'follower');
      return { ...base, status: { ...base.status!, errors } };
    });
    const text = renderTable({ ...model, members }, { width: 100, color: false }).join('\n');
    expect(text.match(/! m2 alarm:NOSPACE/g)).toHaveLength(1);
  });

  it('says what it is scaling to', () => {
    const [headline] = renderTable({ ...model, desired: 5 }, { width: 100, color: false });
    expect(headline).toContain('2 of 3 members up · scaling to 5');
  });
});

it('counts time as people do', () => {
  expect([5e3, 65e3, 3_600e3, 100_000e3].map(uptimeText)).toEqual([
    '5s',
    '1m 05s',
    '1h 00m',
    '1d 3h',
  ]);
});

describe('requests', () => {
  it('are all calls that were answered, but for questions about the status', () => {
    const metrics = [
      '# TYPE grpc_server_handled_total counter',
      'grpc_server_handled_total{grpc_method="Put",grpc_code="OK"} 10',
      'grpc_server_handled_total{grpc_method="Range",grpc_code="OK"} 5',
      'grpc_server_handled_total{grpc_method="Status",grpc_code="OK"} 100',
      'etcd_server_id 7',
    ].join('\n');
    expect(countRequests(metrics)).toBe(15);
    expect(countRequests('etcd_server_id 7')).toBeUndefined();
  });
});

describe('the lines to paste', () => {
  it('survive a shell when paths have spaces and quotes', () => {
    const access = {
      endpoints: ['https://127.0.0.1:1', 'https://127.0.0.1:2'],
      caFile: "/it's here/ca.crt",
      certFile: '/plain/client.crt',
      keyFile: '/plain/client.key',
    };
    expect(etcdctlLines(access).slice(0, 3)).toEqual([
      'export ETCDCTL_ENDPOINTS=https://127.0.0.1:1,https://127.0.0.1:2',
      `export ETCDCTL_CACERT='/it'\\''s here/ca.crt'`,
      'export ETCDCTL_CERT=/plain/client.crt',
    ]);
    expect(pasteLines(access).join('\n')).toContain(String.raw`'/it\'s here/ca.crt'`);
  });

  it('leave certificates out where there are none', () => {
    const access = {
      endpoints: ['http://127.0.0.1:1'],
      caFile: undefined,
      certFile: undefined,
      keyFile: undefined,
    };
    expect(pasteLines(access).join('\n')).not.toMatch(/CACERT|tls/);
  });
});
