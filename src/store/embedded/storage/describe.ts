/** A document as MongoDB writes it in error texts: `{ _id: "x", n: 5 }`. */
import type { Slice } from '../bson/slice.ts';
import { T, byte, fieldsOf, float64, int32, int64, stringOf } from '../bson/slice.ts';

export function describe(doc: Uint8Array): string {
  return describeDocument(doc, 0);
}

function describeDocument(buf: Uint8Array, at: number): string {
  const fields = fieldsOf(buf, at).map((field) => `${field.name}: ${describeValue(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function describeValue(value: Slice): string {
  switch (value.type) {
    case T.string:
      return JSON.stringify(stringOf(value));
    case T.document:
      return describeDocument(value.buf, value.at);
    case T.array:
      return `[ ${fieldsOf(value.buf, value.at).map(describeValue).join(', ')} ]`;
    case T.objectId:
      return `ObjectId('${hex(value.buf.subarray(value.at, value.end))}')`;
    case T.bool:
      return byte(value.buf, value.at) === 0 ? 'false' : 'true';
    case T.null:
      return 'null';
    case T.date:
      return `new Date(${int64(value.buf, value.at)})`;
    case T.double: {
      const n = float64(value.buf, value.at);
      return Number.isInteger(n) ? `${n}.0` : String(n);
    }
    case T.int32:
      return String(int32(value.buf, value.at));
    case T.int64:
      return String(int64(value.buf, value.at));
    case T.binary:
      return `BinData(${byte(value.buf, value.at + 4)}, ${hex(value.buf.subarray(value.at + 5, value.end)).toUpperCase()})`;
    default:
      return `<type ${value.type}>`;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
