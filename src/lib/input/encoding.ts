/** The encoding for a label of the WHATWG Encoding Standard, such as `latin1`; undefined for any other label. */
export function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label.trim()).encoding;
  } catch {
    return undefined;
  }
}

/** The encoding that a `Content-Type` declares; undefined when it declares none or an unknown one. */
export function declaredEncoding(contentType: string | null | undefined): string | undefined {
  const label = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1];
  return label === undefined ? undefined : encodingOf(label);
}
