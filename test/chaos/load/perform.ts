// The operations of a history as calls of the typed client.
import { compare, op, type KvClient } from '../../../node/src/client/index.ts';
import type { Answer, KvOperation } from '../../../node/src/sim/checks/key-history.ts';

/** @throws EtcdError, StatusError; the outcome is unknown then */
export async function perform(
  client: KvClient,
  key: string,
  operation: KvOperation,
): Promise<Answer> {
  switch (operation.kind) {
    case 'get': {
      const { revision, kvs } = await client.range(key);
      const [kv] = kvs;
      const found = kv && { value: kv.text(), version: kv.version };
      return { result: { kind: 'get', found }, revision };
    }
    case 'put': {
      const { revision } = await client.put(key, operation.value);
      return { result: { kind: 'put' }, revision };
    }
    case 'delete': {
      const { header, deleted } = await client.delete(key);
      return { result: { kind: 'delete', deleted }, revision: header.revision };
    }
    case 'compareAndSwap': {
      const { expected, value } = operation;
      const condition =
        expected === undefined
          ? compare.createRevision(key, '=', 0)
          : compare.value(key, '=', expected);
      const txn = client.txn().if(condition).thenDo(op.put(key, value));
      const { succeeded, revision } = await txn.commit();
      return { result: { kind: 'compareAndSwap', succeeded }, revision };
    }
  }
}
