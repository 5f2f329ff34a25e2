// values.schema.json: the schema of infra/config.ts and the conventions, as JSON Schema.
import { z } from 'zod';
import { clusterSchema } from '../config.ts';
import { conventions } from './conventions.ts';

/** The part of JSON Schema that zod writes and the generators here read. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
}

/** Keys that one file for npm start, Pulumi and the chart may hold, and that values.yaml does not show. */
const SHARED_ONLY = new Set(['name', 'local']);

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  name: 'What fullnameOverride is called in files that npm start and the Pulumi program read too.',
  local: 'Where members listen that npm start runs; nothing in the chart reads it.',
};

const NO_LIMITS = new Set([-(2 ** 53) + 1, 2 ** 53 - 1]);

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Sections are null when all their keys are commented out, and zod's bounds of safe integers say nothing.
      if (jsonSchema.properties !== undefined) delete jsonSchema.default;
      if (Object.keys(jsonSchema.propertyNames ?? {}).join() === 'type')
        delete jsonSchema.propertyNames;
      if (NO_LIMITS.has(Number(jsonSchema.minimum))) delete jsonSchema.minimum;
      if (NO_LIMITS.has(Number(jsonSchema.maximum))) delete jsonSchema.maximum;
    },
  }) as JsonSchema; // of which the interface above is a part
}

/** Every key that the chart knows, in the order in which values.yaml shows them. */
export function valuesSchema(): JsonSchema {
  const own = toJsonSchema(conventions).properties ?? {};
  const shared = toJsonSchema(clusterSchema).properties ?? {};
  const { global, ...rest } = own;
  const properties = { ...shared, ...rest, global: global ?? {} };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart binnacle',
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, schema]) => {
        if (DESCRIPTIONS[key] === undefined) return [key, schema];
        const { default: _, ...others } = schema;
        return [key, { ...others, description: DESCRIPTIONS[key] }];
      }),
    ),
    additionalProperties: false,
  };
}

/** The keys that values.yaml and the README show. */
export function shownProperties(): [string, JsonSchema][] {
  return Object.entries(valuesSchema().properties ?? {}).filter(([key]) => !SHARED_ONLY.has(key));
}
