// The fixed numbers of etcd's peer wire (rafthttp/peer.go, pipeline.go, msg_codec.go, http.go) and our own bounds.

/** A link that was silent or stuck for so long is dead; a third of it lies between two link heartbeats. */
export const LINK_TIMEOUT_MS = 5_000;
/** Two dial attempts of one stream are at least so far apart. */
export const DIAL_INTERVAL_MS = 100;
/** Between two attempts to replace a stream that works by one to the peer's right URL. */
export const REPLACE_INTERVAL_MS = 1_000;
/** etcd: 1 s and the election timeout. */
export const DIAL_TIMEOUT_MS = 2_000;
export const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
/** A request's headers have to be complete after it. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** Messages waiting for one stream. */
export const STREAM_QUEUE_LENGTH = 4_096;
/** Messages waiting for the pipeline, and how many are posted at the same time. */
export const PIPELINE_QUEUE_LENGTH = 64;
export const PIPELINE_IN_FLIGHT = 4;
/** Bytes one socket may hold unsent before the stream's queue has to wait. */
export const SOCKET_HIGH_WATER_BYTES = 2 * 1024 * 1024;
/** One write of a stream is cut about here, so that a long queue does not become one huge buffer. */
export const BATCH_BYTES = 512 * 1024;

/** The longest message or entry a stream may announce. */
export const FRAME_LIMIT_BYTES = 512 * 1024 * 1024;
/** The longest raft message in front of a database snapshot, and in a pipeline request. */
export const ENVELOPE_LIMIT_BYTES = 64 * 1024 * 1024;
/** Answers to pipeline, stream and probing requests are short texts. */
export const ANSWER_LIMIT_BYTES = 64 * 1024;

export const MAX_CONNECTIONS = 1_024;
export const MAX_INCOMING_SNAPSHOTS = 16;
/** A snapshot transfer that moved no byte for so long has failed. */
export const SNAPSHOT_STALL_TIMEOUT_MS = 30_000;
/** The receiver syncs the whole database to disk before it answers. */
export const SNAPSHOT_ANSWER_TIMEOUT_MS = 600_000;

/** Shorter than LINK_TIMEOUT_MS, so that probing keeps the pipeline's connection open. */
export const PROBE_INTERVAL_MS = LINK_TIMEOUT_MS - 1_000;
export const PROBE_REPORT_INTERVAL_MS = 30_000;
/** While a peer does not answer, it is said after so many probe intervals: every 5 s. */
export const PROBE_ALARM_FACTOR = 1.25;

/** The oldest cluster version etcd 3.7 can join. */
export const MIN_CLUSTER_VERSION = '3.0.0';
