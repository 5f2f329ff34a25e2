// The base room: what every other room may use. It imports nothing.
export * from './assert.ts';
export * from './bytes.ts';
export * from './call.ts';
export * from './crc.ts';
export * from './errors.ts';
export * from './first-bytes.ts';
export * from './human.ts';
export * from './ids.ts';
export * from './lists.ts';
export * from './logger.ts';
export * from './passing-map.ts';
export * from './text.ts';
export * from './world.ts';
export * from './pause.ts';
