/** 32 random bytes, as text. */
export function randomText(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))
}

/** RFC 4648 section 5, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/**
 * The bytes of base64url. Decoders accept blanks, padding and stray last bits, so whoever takes text from outside must
 * see to it that it is canonical: that one byte string has one spelling only (RFC 4648 section 3.5).
 *
 * @throws DOMException if the text is too far from base64url
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  // A loop, since Uint8Array.from goes through an iterator, with a call for each byte.
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
