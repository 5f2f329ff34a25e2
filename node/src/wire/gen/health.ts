// Generated from proto/health.proto by proto/generate.ts. Do not edit.
import type { Codec, Method } from '../codec.ts';
import { stringSize, varintSize } from '../writer.ts';

export interface HealthCheckRequest {
  service: string;
}

export const HealthCheckRequest: Codec<HealthCheckRequest> = {
  name: 'grpc.health.v1.HealthCheckRequest',
  create(init) {
    const m: HealthCheckRequest = { service: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.service !== '') n += 1 + stringSize(m.service);
    return n;
  },
  write(m, w) {
    if (m.service !== '') {
      w.varint(10);
      w.string(m.service);
    }
  },
  read(r, end) {
    let service_: string = '';
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          service_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { service: service_ };
  },
};

export const ServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  SERVICE_UNKNOWN: 3,
} as const;

export interface HealthCheckResponse {
  status: number;
}

export const HealthCheckResponse: Codec<HealthCheckResponse> = {
  name: 'grpc.health.v1.HealthCheckResponse',
  create(init) {
    const m: HealthCheckResponse = { status: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.status !== 0) n += 1 + varintSize(m.status);
    return n;
  },
  write(m, w) {
    if (m.status !== 0) {
      w.varint(8);
      w.varint(m.status);
    }
  },
  read(r, end) {
    let status_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          status_ = r.int32();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { status: status_ };
  },
};

export const HealthService = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    kind: 'unary',
    request: HealthCheckRequest,
    response: HealthCheckResponse,
  } satisfies Method<HealthCheckRequest, HealthCheckResponse>,
  watch: {
    path: '/grpc.health.v1.Health/Watch',
    kind: 'serverStream',
    request: HealthCheckRequest,
    response: HealthCheckResponse,
  } satisfies Method<HealthCheckRequest, HealthCheckResponse>,
};

