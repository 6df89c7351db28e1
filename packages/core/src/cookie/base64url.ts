const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CODES: Uint8Array = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))
/** By character code: the six bits that it stands for, or -1. */
const BITS: Int8Array = new Int8Array(128).fill(-1)
for (let bits = 0; bits < 64; bits++) BITS[CODES[bits] as number] = bits

/** Up to here a text is made of its character codes at once; a call takes no more arguments than the stack holds. */
const SHORT = 256

/** 32 random bytes. */
export function randomBytes(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** The same, as text. */
export function randomText(): string {
  return encodeBase64url(randomBytes())
}

/** RFC 4648 section 5, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  let at = 0
  let bits = 0
  let pending = 0
  for (let i = 0; i < bytes.length; i++) {
    bits = (bits << 8) | (bytes[i] as number)
    pending += 8
    while (pending >= 6) {
      pending -= 6
      codes[at++] = CODES[(bits >> pending) & 63] as number
    }
  }
  if (pending > 0) codes[at] = CODES[(bits << (6 - pending)) & 63] as number
  // In one go: a text that is put together letter by letter takes several times the memory.
  // `apply` and not a spread, which would go through an iterator.
  return codes.length <= SHORT ? String.fromCharCode.apply(null, codes as never) : new TextDecoder().decode(codes)
}

/**
 * The bytes of base64url without padding, or `undefined` for any other text. Only the canonical spelling is taken, so
 * that one byte string has one text only: the bits that are left over have to be 0 (RFC 4648 section 3.5).
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let at = 0
  let bits = 0
  let pending = 0
  for (let i = 0; i < text.length; i++) {
    const six = BITS[text.charCodeAt(i)] ?? -1
    if (six < 0) return undefined
    bits = ((bits & 0xff) << 6) | six
    pending += 6
    if (pending < 8) continue
    pending -= 8
    bytes[at++] = bits >> pending
  }
  return (bits & ((1 << pending) - 1)) === 0 ? bytes : undefined
}
