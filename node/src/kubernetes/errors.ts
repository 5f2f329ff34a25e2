// What goes wrong between a process and the API server.

/** What the API server refused, or why it could not be asked. Match on `reason`. */
export class KubernetesError extends Error {
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The API's own word (NotFound, AlreadyExists, Conflict, Forbidden, …), or Unreachable, Timeout, BadAnswer. */
  readonly reason: string;
  /** What was asked, such as `get configmaps default/binnacle-cluster`. */
  readonly asked: string;

  constructor(status: number, reason: string, message: string, asked: string) {
    super(`${asked}: ${message} (${reason})`);
    this.name = 'KubernetesError';
    this.status = status;
    this.reason = reason;
    this.asked = asked;
  }
}

export function isKubernetesError(error: unknown, reason?: string): error is KubernetesError {
  return error instanceof KubernetesError && (reason === undefined || error.reason === reason);
}

const REASON_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};

/** The error that an answer other than 2xx means; its body is a Status object, mostly. */
export function errorFromAnswer(status: number, body: string, asked: string): KubernetesError {
  const fallback = REASON_BY_STATUS[status] ?? 'BadAnswer';
  try {
    const { reason, message } = JSON.parse(body) as { reason?: unknown; message?: unknown }; // checked below
    return new KubernetesError(
      status,
      typeof reason === 'string' && reason !== '' ? reason : fallback,
      typeof message === 'string' ? message : `HTTP status ${status}`,
      asked,
    );
  } catch {
    return new KubernetesError(
      status,
      fallback,
      `HTTP status ${status}: ${body.slice(0, 200)}`,
      asked,
    );
  }
}
