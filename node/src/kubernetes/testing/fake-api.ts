// A small API server for tests: objects in memory, the seven verbs, versions, conflicts and AlreadyExists as the real one
// has them. What a test wants to go wrong is said with `fail`.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesObject } from '../types.ts';

type Stored = KubernetesObject & Record<string, unknown>;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
}

export class FakeApi {
  readonly seen: Seen[] = [];
  private readonly objects = new Map<string, Stored>();
  private readonly server: Server;
  private version = 0;
  private refusal: { status: number; reason: string } | undefined;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; // listens on TCP
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Every request is refused so until it is called with undefined. */
  fail(refusal: { status: number; reason: string } | undefined): void {
    this.refusal = refusal;
  }

  /** `configmaps`, `ns`, `name` → the object as it is stored. */
  peek(plural: string, namespace: string, name: string): Stored | undefined {
    return [...this.objects].find(([path]) =>
      path.endsWith(`/namespaces/${namespace}/${plural}/${name}`),
    )?.[1];
  }

  /** The objects of a kind in a namespace. */
  all(plural: string, namespace: string): Stored[] {
    return [...this.objects]
      .filter(([path]) => path.includes(`/namespaces/${namespace}/${plural}/`))
      .map(([, object]) => object);
  }

  /** Puts an object there at once: `/apis/apps/v1/namespaces/ns/statefulsets`. */
  put(collection: string, object: KubernetesObject): void {
    this.store(`${collection}/${object.metadata.name ?? ''}`, object as Stored);
  }

  remove(collection: string, name: string): void {
    this.objects.delete(`${collection}/${name}`);
  }

  private store(path: string, object: Stored): Stored {
    const before = this.objects.get(path);
    const stored = {
      ...object,
      metadata: {
        ...object.metadata,
        namespace: /\/namespaces\/([^/]+)\//.exec(path)?.[1] ?? '',
        uid: before?.metadata.uid ?? `uid-${this.version + 1}`,
        resourceVersion: `${++this.version}`,
      },
    };
    this.objects.set(path, stored);
    return stored;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://any');
    const method = request.method ?? '';
    const { authorization, 'content-type': contentType } = request.headers;
    this.seen.push({ method, path, authorization, contentType });
    let text = '';
    for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
    if (this.refusal !== undefined) {
      refuse(response, this.refusal.status, this.refusal.reason, 'as the test says');
      return;
    }
    const body = text === '' ? undefined : (JSON.parse(text) as Stored); // tests send objects
    this.answer({ method, path, searchParams, contentType, body }, response);
  }

  private answer(request: Request, response: ServerResponse): void {
    const { method, path, body } = request;
    const found = this.objects.get(path);
    if (method === 'POST') {
      const target = `${path}/${body?.metadata.name ?? ''}`;
      if (this.objects.has(target))
        refuse(response, 409, 'AlreadyExists', `${target} already exists`);
      else if (body !== undefined) reply(response, 201, this.store(target, body));
    } else if (method === 'GET' && isCollection(path)) {
      reply(response, 200, this.page(path, request.searchParams));
    } else if (found === undefined) {
      refuse(response, 404, 'NotFound', `${path} not found`);
    } else if (method === 'GET') {
      reply(response, 200, found);
    } else if (method === 'DELETE') {
      this.objects.delete(path);
      reply(response, 200, { kind: 'Status', status: 'Success' });
    } else if (method === 'PUT' && body !== undefined) {
      const expected = body.metadata.resourceVersion;
      if (expected !== undefined && expected !== found.metadata.resourceVersion)
        refuse(response, 409, 'Conflict', 'the object has been modified');
      else reply(response, 200, this.store(path, body));
    } else if (method === 'PATCH' && body !== undefined) {
      reply(response, 200, this.store(path, merged(found, body) as Stored)); // an object stays an object
    } else {
      refuse(response, 405, 'MethodNotAllowed', method);
    }
  }

  private page(collection: string, query: URLSearchParams): object {
    const wanted = (query.get('labelSelector') ?? '').split(',').filter((one) => one !== '');
    const items = [...this.objects]
      .filter(([path]) => path.startsWith(`${collection}/`))
      .map(([, object]) => object)
      .filter((object) =>
        wanted.every((one) => {
          const [label = '', value] = one.split('=');
          return object.metadata.labels?.[label] === value;
        }),
      );
    const start = Number(query.get('continue') ?? '0');
    const end = start + Number(query.get('limit') ?? '500');
    const metadata = end < items.length ? { continue: `${end}` } : {};
    return { kind: 'List', metadata, items: items.slice(start, end) };
  }
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly searchParams: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: Stored | undefined;
}

function isCollection(path: string): boolean {
  return /\/namespaces\/[^/]+\/[^/]+$/.test(path);
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  reply(response, code, { kind: 'Status', status: 'Failure', reason, message, code });
}
