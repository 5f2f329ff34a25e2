// Writes src/wire/gen/*.ts from the .proto files beside this program: one file of interfaces and codecs for each.
// Run it with `npm run generate`; its output is committed, so that nobody needs it to build.
//
// 64-bit integers become `number`, except identifiers, which become `bigint` (see BIG_FIELDS).
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const PROTO_DIR = fileURLToPath(new URL('.', import.meta.url));
const OUT_DIR = fileURLToPath(new URL('../src/wire/gen/', import.meta.url));

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

interface Parsed {
  readonly file: string;
  readonly root: protobuf.Root;
  readonly namespace: protobuf.Namespace;
  readonly proto2: boolean;
}

const files = readdirSync(PROTO_DIR)
  .filter((name) => name.endsWith('.proto'))
  .sort();
/** Full name of a message or enum → the module that holds it and its name there. */
const home = new Map<string, { module: string; name: string }>();

function parse(file: string): Parsed {
  const text = readFileSync(join(PROTO_DIR, file), 'utf8');
  const root = new protobuf.Root();
  const result = protobuf.parse(text, root, { keepCase: true });
  const namespace = root.lookup(result.package ?? '') as protobuf.Namespace;
  return { file, root, namespace, proto2: text.includes('syntax = "proto2"') };
}

function register(namespace: protobuf.Namespace, module: string, prefix: string): void {
  for (const object of namespace.nestedArray) {
    const name = localName(object, prefix);
    if (object instanceof protobuf.Type || object instanceof protobuf.Enum) {
      home.set(object.fullName.slice(1), { module, name });
    }
    if (object instanceof protobuf.Type) register(object, module, name);
  }
}

/** Nested enums drop their parent's name unless they are called just `Type`. */
function localName(object: protobuf.ReflectionObject, prefix: string): string {
  const name = object.name === 'snapshot' ? 'ChecksummedSnapshot' : object.name;
  return prefix !== '' && name === 'Type' ? prefix + name : name;
}

/** `grantedTTL` → `grantedTtl`, `member_ID` → `memberId`, `raftAppliedIndex` as it is. */
function camelCase(name: string): string {
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

type Scalar = {
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

function scalar(field: protobuf.Field): Scalar | undefined {
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

class ModuleWriter {
  readonly parsed: Parsed;
  readonly module: string;
  readonly imports = new Map<string, Set<string>>();
  readonly used = new Set<string>();

  constructor(parsed: Parsed) {
    this.parsed = parsed;
    this.module = basename(parsed.file, '.proto').replaceAll('_', '-');
  }

  text(): string {
    const body = this.namespaceText(this.parsed.namespace, '');
    const wire = ['bigVarintSize', 'delimitedSize', 'stringSize', 'varintSize'].filter((name) =>
      new RegExp(`\\b${name}\\(`).test(body),
    );
    let head = `// Generated from proto/${this.parsed.file} by proto/generate.ts. Do not edit.\n`;
    if (body.includes('EMPTY_BYTES')) head += `import { EMPTY_BYTES } from '../../base/text.ts';\n`;
    const types = ['Codec', 'Method'].filter((name) => body.includes(`${name}<`));
    head += `import type { ${types.join(', ')} } from '../codec.ts';\n`;
    if (wire.length > 0) head += `import { ${wire.join(', ')} } from '../writer.ts';\n`;
    for (const [module, names] of [...this.imports].sort()) {
      const list = [...names].sort();
      head += `import { ${list.join(', ')} } from './${module}.ts';\n`;
    }
    return `${head}\n${body}`;
  }

  private namespaceText(namespace: protobuf.Namespace, prefix: string): string {
    let text = '';
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Enum) text += enumText(object, localName(object, prefix));
      else if (object instanceof protobuf.Type) {
        text += this.namespaceText(object, localName(object, prefix));
        text += this.messageText(object, localName(object, prefix));
      }
    }
    // Last, for they use the codecs at once.
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Service) text += this.serviceText(object);
    }
    return text;
  }

  /** The exported name of a referenced message, imported when it lives in another module. */
  private reference(from: protobuf.NamespaceBase, type: string): { name: string; isEnum: boolean } {
    const full = fullNameOf(from, type);
    const found = home.get(full);
    if (found === undefined) throw new Error(`${this.parsed.file}: unknown type ${type}`);
    const isEnum = enums.has(full);
    if (found.module !== this.module && !isEnum) {
      const names = this.imports.get(found.module) ?? new Set<string>();
      this.imports.set(found.module, names.add(found.name));
    }
    return { name: found.name, isEnum };
  }

  private messageText(type: protobuf.Type, name: string): string {
    const fields = type.fieldsArray
      .slice()
      .sort((a, b) => a.id - b.id)
      .map((field) => this.field(type, field));
    const full = type.fullName.slice(1);
    const isMerged = fields.length > 0 && singular.has(full);
    const lines = [
      `export interface ${name} {`,
      ...fields.map((f) => `  ${f.name}: ${f.type};`),
      `}`,
      ``,
      `export const ${name}: Codec<${name}> = {`,
      `  name: '${full}',`,
      `  create(init) {`,
      `    const m: ${name} = { ${fields.map((f) => `${f.name}: ${f.zero}`).join(', ')} };`,
      `    return init === undefined ? m : Object.assign(m, init);`,
      `  },`,
      `  sizeOf(${fields.length ? 'm' : '_m'}) {`,
      `    let n = 0;`,
      ...fields.flatMap((f) => f.size),
      `    return n;`,
      `  },`,
      `  write(${fields.length ? 'm, w' : '_m, _w'}) {`,
      ...fields.flatMap((f) => f.write),
      `  },`,
      `  read(r, end${isMerged ? ', before' : ''}) {`,
      ...fields.map(
        (f) =>
          `    ${f.repeated && !isMerged ? 'const' : 'let'} ${f.name}${'_'}: ${f.type} = ${f.zero};`,
      ),
      ...(isMerged
        ? [
            `    if (before !== undefined) {`,
            ...fields.map((f) => `      ${f.name}_ = before.${f.name};`),
            `    }`,
          ]
        : []),
      `    while (r.position < end) {`,
      `      const tag = r.tag();`,
      `      switch (tag) {`,
      ...fields.flatMap((f) => f.read),
      `        default:`,
      `          r.skip(tag);`,
      `      }`,
      `    }`,
      `    if (r.position !== end) r.fail('field runs past its message');`,
      `    return { ${fields.map((f) => `${f.name}: ${f.name}_`).join(', ')} };`,
      `  },`,
      `};`,
      ``,
    ];
    return lines.join('\n') + '\n';
  }

  private field(parent: protobuf.Type, field: protobuf.Field) {
    const name = camelCase(field.name);
    const kind = scalar(field);
    if (kind !== undefined) {
      return withoutOthers(field, scalarField(field, name, kind, this.parsed.proto2));
    }
    const target = this.reference(parent, field.type);
    if (target.isEnum) {
      const asInt: Scalar = {
        type: 'number',
        zero: '0',
        wire: 0,
        read: 'r.int32()',
        size: (v) => `varintSize(${v})`,
        write: (v) => `w.varint(${v})`,
      };
      return withoutOthers(field, scalarField(field, name, asInt, this.parsed.proto2));
    }
    return withoutOthers(
      field,
      messageField(field, name, target.name, closesCircle(parent, field)),
    );
  }

  private serviceText(service: protobuf.Service): string {
    const full = service.fullName.slice(1);
    const lines = [`export const ${service.name}Service = {`];
    for (const method of service.methodsArray) {
      const request = this.reference(service, method.requestType).name;
      const response = this.reference(service, method.responseType).name;
      const kind = method.requestStream
        ? method.responseStream
          ? 'bidiStream'
          : 'clientStream'
        : method.responseStream
          ? 'serverStream'
          : 'unary';
      const key = method.name.charAt(0).toLowerCase() + method.name.slice(1);
      lines.push(
        `  ${key}: {`,
        `    path: '/${full}/${method.name}',`,
        `    kind: '${kind}',`,
        `    request: ${request},`,
        `    response: ${response},`,
        `  } satisfies Method<${request}, ${response}>,`,
      );
    }
    return lines.join('\n') + '\n};\n\n';
  }
}

function enumText(object: protobuf.Enum, name: string): string {
  const values = Object.entries(object.values).map(([key, value]) => `  ${key}: ${value},`);
  return `export const ${name} = {\n${values.join('\n')}\n} as const;\n\n`;
}

/** The bytes of a field's tag as code, for size and write. */
function tagOf(id: number, wire: 0 | 2) {
  const tag = ((id << 3) | wire) >>> 0;
  return { tag, size: tag < 0x80 ? 1 : tag < 0x4000 ? 2 : 3 };
}

function scalarField(field: protobuf.Field, name: string, kind: Scalar, proto2: boolean) {
  const m = `m.${name}`;
  if (field.repeated) return repeatedScalar(field, name, kind);
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

function repeatedScalar(field: protobuf.Field, name: string, kind: Scalar) {
  const { tag, size } = tagOf(field.id, kind.wire);
  const packable = kind.wire === 0;
  const packed = tagOf(field.id, 2).tag;
  // Written packed in proto3, one by one in proto2, as etcd does; both are read.
  const writePacked = packable && !proto2Fields.has(field);
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

function messageField(field: protobuf.Field, name: string, type: string, isNesting: boolean) {
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

const proto2Fields = new Set<protobuf.Field>();
const enums = new Set<string>();
/** Messages that are a field of another that is not repeated. */
const singular = new Set<string>();
const messages = new Map<string, protobuf.Type>();

/** The full name of a type that is referred to from inside `from`. */
function fullNameOf(from: protobuf.NamespaceBase, type: string): string {
  for (let scope: string[] = from.fullName.slice(1).split('.'); ; scope = scope.slice(0, -1)) {
    const full = [...scope, type].join('.');
    if (home.has(full) || scope.length === 0) return full;
  }
}

/** Of the fields of a oneof, the last one counts: reading one takes the others back. */
function withoutOthers<F extends { name: string; read: string[] }>(
  field: protobuf.Field,
  code: F,
): F {
  const others = (field.partOf?.fieldsArray ?? []).filter((other) => other !== field);
  const clear = others.map((other) => `          ${camelCase(other.name)}_ = undefined;`);
  const at = code.read.findLastIndex((line) => line.trim() === 'break;');
  return { ...code, read: code.read.toSpliced(at, 0, ...clear) };
}

/** Whether messages can hold each other without end by this field: its type leads back to its parent. */
function closesCircle(parent: protobuf.Type, field: protobuf.Field): boolean {
  const goal = parent.fullName.slice(1);
  const seen = new Set<string>();
  const leads = (full: string): boolean => {
    if (full === goal) return true;
    const type = messages.get(full);
    if (type === undefined || seen.has(full)) return false;
    seen.add(full);
    return type.fieldsArray.some((one) => leads(fullNameOf(type, one.type)));
  };
  return leads(fullNameOf(parent, field.type));
}

function note(namespace: protobuf.Namespace, proto2: boolean): void {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Enum) enums.add(object.fullName.slice(1));
    if (object instanceof protobuf.Type) {
      messages.set(object.fullName.slice(1), object);
      if (proto2) for (const field of object.fieldsArray) proto2Fields.add(field);
      note(object, proto2);
    }
  }
}

const parsed = files.map(parse);
for (const one of parsed) {
  register(one.namespace, basename(one.file, '.proto').replaceAll('_', '-'), '');
  note(one.namespace, one.proto2);
}
for (const type of messages.values()) {
  for (const field of type.fieldsArray) {
    if (!field.repeated) singular.add(fullNameOf(type, field.type));
  }
}
for (const one of parsed) {
  const writer = new ModuleWriter(one);
  writeFileSync(join(OUT_DIR, `${writer.module}.ts`), writer.text());
}
