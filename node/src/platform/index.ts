// The platform room: the real disk, clock, randomness, logs and certificates.
export { LockedError } from './file-lock.ts';
export { letGarbageGather } from './heap-policy.ts';
export { createLogger, isLogLevel, LOG_LEVELS } from './logger.ts';
export type { LogFormat, LoggerOptions, LogLevel, RootLogger } from './logger.ts';
export { realClock, realRandom } from './real-clock.ts';
export { RealDisk, realWorld } from './real-disk.ts';
export { ensureSelfSigned } from './self-signed.ts';
export type { SelfSignedOptions } from './self-signed.ts';
export { TlsFiles } from './tls-files.ts';
export type { TlsFilesOptions } from './tls-files.ts';
export { TlsFolder } from './tls-folder.ts';
export type { TlsFolderOptions } from './tls-folder.ts';
export { serverContextFrom } from './tls-material.ts';
export type { TlsMaterial, TlsPaths, TlsSummary } from './tls-material.ts';
export { parseTlsPolicy, POLICY_FILE, withScheme } from './tls-policy.ts';
export type { TlsAccept, TlsPolicy } from './tls-policy.ts';
export { parseTlsSettings } from './tls-settings.ts';
export type { TlsSettings } from './tls-settings.ts';
