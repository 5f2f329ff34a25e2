// The wire room: protobuf messages of etcd's API and file formats.
export * from './codec.ts';
export * from './encoded.ts';
export { DecodeError, Reader } from './reader.ts';
export { Writer, bigVarintSize, delimitedSize, stringSize, varintSize } from './writer.ts';
