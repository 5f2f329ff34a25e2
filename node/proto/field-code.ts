// The code for one field of a message: how it is sized, written and read.
import type protobuf from 'protobufjs';

/** Fields that hold identifiers, by their name in the .proto files. */
const BIG_FIELDS = new Set(
  `ID id lease member_id member_ID memberID cluster_id watch_id targetID leader to from vote node_id voters
   learners voters_outgoing learners_next NodeID ClusterID`.split(/\s+/),
);
/** Limits, durations and bounds, where a huge value means "no bound" rather than an error. */
const SATURATED_FIELDS = new Set(
  `limit TTL RemainingTTL Remaining_TTL revision start_revision min_mod_revision max_mod_revision
   min_create_revision max_create_revision Compare.version Compare.create_revision Compare.mod_revision`.split(
    /\s+/,
  ),
);

/** `grantedTTL` → `grantedTtl`, `member_ID` → `memberId`, `raftAppliedIndex` as it is. */
export function camelCase(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(
      /([A-Z]+)(s)?(?=_|$)/g,
      (_, upper: string, plural = '') => upper.toLowerCase() + plural,
    )
    .split('_')
    .filter((word) => word !== '');
  return words
    .map(
      (word, i) =>
        (i === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1),
    )
    .join('');
}

export type Scalar = {
  type: string;
  zero: string;
  wire: 0 | 2;
  read: string;
  size: (v: string) => string;
  write: (v: string) => string;
};

function isSaturated(field: protobuf.Field): boolean {
  const qualified = `${field.parent?.name}.${field.name}`;
  return SATURATED_FIELDS.has(field.name) || SATURATED_FIELDS.has(qualified);
}

export function scalar(field: protobuf.Field): Scalar | undefined {
  const varint = (type: string, read: string): Scalar => ({
    type,
    zero: '0',
    wire: 0,
    read: `r.${read}()`,
    size: (v) => `varintSize(${v})`,
    write: (v) => `w.varint(${v})`,
  });
  const big = (read: string): Scalar => ({
    type: 'bigint',
    zero: '0n',
    wire: 0,
    read: `r.${read}()`,
    size: (v) => `bigVarintSize(${v})`,
    write: (v) => `w.bigVarint(${v})`,
  });
  switch (field.type) {
    case 'int64':
      if (BIG_FIELDS.has(field.name)) return big('int64Big');
      return varint('number', isSaturated(field) ? 'int64Saturated' : 'int64');
    case 'uint64':
      return BIG_FIELDS.has(field.name) ? big('uint64Big') : varint('number', 'uint64');
    case 'int32':
      return varint('number', 'int32');
    case 'uint32':
      return varint('number', 'uint32');
    case 'bool':
      return {
        type: 'boolean',
        zero: 'false',
        wire: 0,
        read: 'r.bool()',
        size: () => '1',
        write: (v) => `w.bool(${v})`,
      };
    case 'string':
      return {
        type: 'string',
        zero: "''",
        wire: 2,
        read: 'r.string()',
        size: (v) => `stringSize(${v})`,
        write: (v) => `w.string(${v})`,
      };
    case 'bytes':
      return {
        type: 'Uint8Array',
        zero: 'EMPTY_BYTES',
        wire: 2,
        read: 'r.view()',
        size: (v) => `delimitedSize(${v}.length)`,
        write: (v) => `w.bytesField(${v})`,
      };
    default:
      return undefined;
  }
}

/** The bytes of a field's tag as code, for size and write. */
function tagOf(id: number, wire: 0 | 2) {
  const tag = ((id << 3) | wire) >>> 0;
  return { tag, size: tag < 0x80 ? 1 : tag < 0x4000 ? 2 : 3 };
}

export function scalarField(field: protobuf.Field, name: string, kind: Scalar, proto2: boolean) {
  const m = `m.${name}`;
  if (field.repeated) return repeatedScalar(field, name, kind, proto2);
  const { tag, size } = tagOf(field.id, kind.wire);
  const inOneof = field.partOf !== null;
  const absent = inOneof
    ? `${m} !== undefined`
    : kind.zero === 'EMPTY_BYTES'
      ? `${m}.length !== 0`
      : proto2
        ? undefined
        : `${m} !== ${kind.zero}`;
  const guard = (statement: string) =>
    absent === undefined ? `    ${statement}` : `    if (${absent}) ${statement}`;
  return {
    name,
    repeated: false,
    type: inOneof ? `${kind.type} | undefined` : kind.type,
    zero: inOneof ? 'undefined' : kind.zero,
    size: [guard(`n += ${size} + ${kind.size(m)};`)],
    write: [guard(`{`), `      w.varint(${tag});`, `      ${kind.write(m)};`, `    }`],
    read: [`        case ${tag}:`, `          ${name}_ = ${kind.read};`, `          break;`],
  };
}

function repeatedScalar(field: protobuf.Field, name: string, kind: Scalar, proto2: boolean) {
  const { tag, size } = tagOf(field.id, kind.wire);
  const packable = kind.wire === 0;
  const packed = tagOf(field.id, 2).tag;
  // Written packed in proto3, one by one in proto2, as etcd does; both are read.
  const writePacked = packable && !proto2;
  const read = [
    `        case ${tag}:`,
    `          ${name}_.push(${kind.read});`,
    `          break;`,
  ];
  if (packable) {
    read.push(
      `        case ${packed}: {`,
      `          const last = r.end();`,
      `          while (r.position < last) ${name}_.push(${kind.read});`,
      `          if (r.position !== last) r.fail('packed field runs past its end');`,
      `          break;`,
      `        }`,
    );
  }
  const sizes = writePacked
    ? [
        `    if (m.${name}.length !== 0) {`,
        `      let p = 0;`,
        `      for (const v of m.${name}) p += ${kind.size('v')};`,
        `      n += ${size} + delimitedSize(p);`,
        `    }`,
      ]
    : [`    for (const v of m.${name}) n += ${size} + ${kind.size('v')};`];
  const write = writePacked
    ? [
        `    if (m.${name}.length !== 0) {`,
        `      let p = 0;`,
        `      for (const v of m.${name}) p += ${kind.size('v')};`,
        `      w.varint(${packed});`,
        `      w.varint(p);`,
        `      for (const v of m.${name}) ${kind.write('v')};`,
        `    }`,
      ]
    : [
        `    for (const v of m.${name}) {`,
        `      w.varint(${tag});`,
        `      ${kind.write('v')};`,
        `    }`,
      ];
  return { name, repeated: true, type: `${kind.type}[]`, zero: '[]', size: sizes, write, read };
}

export function messageField(
  field: protobuf.Field,
  name: string,
  type: string,
  isNesting: boolean,
) {
  const { tag, size } = tagOf(field.id, 2);
  const readOne = [`          const last = ${isNesting ? 'r.enter()' : 'r.end()'};`];
  const leave = isNesting ? [`          r.leave();`] : [];
  if (field.repeated) {
    return {
      name,
      repeated: true,
      type: `${type}[]`,
      zero: '[]',
      size: [`    for (const v of m.${name}) n += ${size} + delimitedSize(${type}.sizeOf(v));`],
      write: [
        `    for (const v of m.${name}) {`,
        `      w.varint(${tag});`,
        `      w.varint(${type}.sizeOf(v));`,
        `      ${type}.write(v, w);`,
        `    }`,
      ],
      read: [
        `        case ${tag}: {`,
        ...readOne,
        `          ${name}_.push(${type}.read(r, last));`,
        ...leave,
        `          break;`,
        `        }`,
      ],
    };
  }
  return {
    name,
    repeated: false,
    type: `${type} | undefined`,
    zero: 'undefined',
    size: [
      `    if (m.${name} !== undefined) n += ${size} + delimitedSize(${type}.sizeOf(m.${name}));`,
    ],
    write: [
      `    if (m.${name} !== undefined) {`,
      `      w.varint(${tag});`,
      `      w.varint(${type}.sizeOf(m.${name}));`,
      `      ${type}.write(m.${name}, w);`,
      `    }`,
    ],
    read: [
      `        case ${tag}: {`,
      ...readOne,
      // A field that comes again is merged with what came before.
      `          ${name}_ = ${type}.read(r, last, ${name}_);`,
      ...leave,
      `          break;`,
      `        }`,
    ],
  };
}

/** Of the fields of a oneof, the last one counts: reading one takes the others back. */
export function withoutOthers<F extends { name: string; read: string[] }>(
  field: protobuf.Field,
  code: F,
): F {
  const others = (field.partOf?.fieldsArray ?? []).filter((other) => other !== field);
  const clear = others.map((other) => `          ${camelCase(other.name)}_ = undefined;`);
  const at = code.read.findLastIndex((line) => line.trim() === 'break;');
  return { ...code, read: code.read.toSpliced(at, 0, ...clear) };
}
