// The record of a cluster in Kubernetes: ConfigMap R-cluster, which says which cluster and generation its members belong to.
import { CONFIG_MAPS, type KitFile, type KubernetesApi } from '../kubernetes/index.ts';
import { BackupError, reasonOf } from './errors.ts';

const KEY = 'record';

interface ClusterRecord {
  readonly generation?: number;
  readonly [field: string]: unknown;
}

export class RestoreRecord {
  private readonly api: KubernetesApi;
  private readonly where: { readonly namespace: string; readonly name: string };

  constructor(api: KubernetesApi, { namespace, name }: KitFile) {
    this.api = api;
    this.where = { namespace, name: `${name}-cluster` };
  }

  /** The generation that is in force; 0 where nothing was recorded. @throws BackupError Source */
  async generation(): Promise<number> {
    try {
      const found = await this.api.find(CONFIG_MAPS, this.where);
      return parse(found?.data?.[KEY]).generation ?? 0;
    } catch (error) {
      throw this.failed(error);
    }
  }

  /**
   * From here on, a member of an older generation goes over to the restored data, or puts its own aside. Returns how to take it
   * back. @throws BackupError Source
   */
  async write(generation: number, clusterId: string, backup: string): Promise<() => Promise<void>> {
    let before: ClusterRecord = {};
    const recovery = { kind: 'restore', backup, at: new Date().toISOString() };
    await this.change((record) => {
      before = record;
      return { ...record, generation, clusterId, recovery };
    });
    return () => this.change((record) => (record.generation === generation ? before : record));
  }

  /** An answer may be lost: then it is looked whether the change is there. */
  private async change(change: (record: ClusterRecord) => ClusterRecord): Promise<void> {
    let wanted = '';
    try {
      await this.api.modify(CONFIG_MAPS, this.where, (found) => {
        wanted = JSON.stringify(change(parse(found.data?.[KEY])));
        return { ...found, data: { ...found.data, [KEY]: wanted } };
      });
    } catch (error) {
      const found = await this.api.find(CONFIG_MAPS, this.where).catch(() => undefined);
      if (wanted === '' || found?.data?.[KEY] !== wanted) throw this.failed(error);
    }
  }

  private failed(error: unknown): BackupError {
    return new BackupError(
      'Source',
      `the record (ConfigMap ${this.where.name}) can't be read or written: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

function parse(text: string | undefined): ClusterRecord {
  return text === undefined ? {} : (JSON.parse(text) as ClusterRecord); // written by the first member
}
