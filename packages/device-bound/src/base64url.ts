/** RFC 4648 section 5, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** The bytes of base64url without padding, or `undefined` for any other text. Only the canonical spelling is taken. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (byte) => byte.charCodeAt(0))
  return encodeBase64url(bytes) === text ? bytes : undefined
}

/** 16 random bytes, as text. */
export function randomText(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
}
