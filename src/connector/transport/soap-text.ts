/** Signs that XML 1.0 has no way to write (https://www.w3.org/TR/xml/#charsets), lone surrogates among them. */
const UNWRITABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const OPEN = '<![CDATA[';
const CLOSE = ']]>';

/**
 * A message's content with every text made safe for the library: signs that XML cannot carry become `�`, and a text that
 * looks like a CDATA section becomes a section that holds it. The library takes such a text for markup and writes it as
 * it is, so that what somebody typed could bring in elements of its own.
 * @throws RangeError for an attribute that looks like one; attributes have no such way out.
 */
export function safeContent(content: unknown, attribute = false): unknown {
  if (typeof content === 'string') return safeText(content, attribute);
  if (Array.isArray(content)) return content.map((each: unknown) => safeContent(each, attribute));
  if (typeof content !== 'object' || content === null) return content;
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, safeContent(value, attribute || name === 'attributes')]),
  );
}

function safeText(text: string, attribute: boolean): string {
  const written = text.replace(UNWRITABLE, '\uFFFD');
  if (!written.startsWith(OPEN) || !written.endsWith(CLOSE)) return written;
  if (attribute) throw new RangeError('an attribute looks like a CDATA section');
  return `${OPEN}${written.replaceAll(CLOSE, `]]${CLOSE}${OPEN}>`)}${CLOSE}`;
}
