// --discovery-srv: the members as DNS SRV records name them (etcd: client/pkg/srv, server/embed/config.go).
import { resolveSrv } from 'node:dns/promises';
import type { Logger } from '../base/index.ts';
import type { ServerConfig } from './config.ts';
import { ConfigError } from './flag-values.ts';

/** `name=url,…` for --initial-cluster. @throws ConfigError when no record is found */
export async function clusterFromSrv(config: ServerConfig, logger: Logger): Promise<string> {
  const suffix = config.discoverySrvName === '' ? '' : `-${config.discoverySrvName}`;
  const found: string[] = [];
  const problems: string[] = [];
  for (const [service, scheme] of [
    [`etcd-server-ssl${suffix}`, 'https'],
    [`etcd-server${suffix}`, 'http'],
  ] as const) {
    const query = `_${service}._tcp.${config.discoverySrv}`;
    try {
      const records = await resolveSrv(query);
      records.forEach((record, i) => {
        const url = `${scheme}://${record.name.replace(/\.$/, '')}:${record.port}`;
        const name = config.advertisePeerUrls.includes(url) ? config.name : `${found.length + i}`;
        found.push(`${name}=${url}`);
      });
    } catch (error) {
      problems.push(`${query}: ${String(error)}`);
    }
  }
  if (found.length === 0) {
    throw new ConfigError(
      `--discovery-srv ${config.discoverySrv}: no members found (${problems.join('; ')})`,
    );
  }
  logger.info('got bootstrap from DNS for etcd-server', { members: found });
  return found.join(',');
}
