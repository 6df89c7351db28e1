/** What fits into one block of SHA-256 beside its padding. */
const MAX_BYTES = 55

/** FIPS 180-4 sections 4.2.2 and 5.3.3: of the first primes, 32 bits behind the point of their cube and square roots. */
const ROUND_CONSTANTS: Int32Array = new Int32Array(64)
const INITIAL_STATE: Int32Array = new Int32Array(8)
const primes: number[] = []
for (let n = 2; primes.length < 64; n++) {
  if (primes.some((prime) => n % prime === 0)) continue
  INITIAL_STATE[primes.length] = bitsBehindThePoint(Math.sqrt(n))
  ROUND_CONSTANTS[primes.length] = bitsBehindThePoint(Math.cbrt(n))
  primes.push(n)
}

/** The message schedule. One for all calls, since none of them waits. */
const words: Int32Array = new Int32Array(64)

/**
 * SHA-256 (FIPS 180-4) of at most 55 bytes, at once. WebCrypto's digest has to be waited for, and with it an id would
 * have to be.
 *
 * @throws RangeError for more than 55 bytes
 */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length > MAX_BYTES) throw new RangeError(`fetch-sessions: sha256 takes ${MAX_BYTES} bytes at most`)
  // 1. The message, a 1 bit behind it, and its length in bits at the end of the block.
  words.fill(0, 0, 16)
  for (let i = 0; i < bytes.length; i++) addByte(i, bytes[i] as number)
  addByte(bytes.length, 0x80)
  words[15] = bytes.length * 8
  // 2. The message schedule.
  for (let i = 16; i < 64; i++) {
    const w15 = words[i - 15] as number
    const w2 = words[i - 2] as number
    const sigma0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3)
    const sigma1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10)
    words[i] = (words[i - 16] as number) + sigma0 + (words[i - 7] as number) + sigma1
  }
  // 3. The rounds.
  let [a, b, c, d, e, f, g, h] = INITIAL_STATE as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let i = 0; i < 64; i++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const first = (h + sum1 + choice + (ROUND_CONSTANTS[i] as number) + (words[i] as number)) | 0
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + sum0 + majority) | 0
  }
  // 4. Big-endian bytes.
  const digest = new Uint8Array(32)
  const state = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (INITIAL_STATE[i] as number)
  for (let i = 0; i < 32; i++) digest[i] = (state[i >> 2] as number) >> (24 - (i & 3) * 8)
  return digest
}

function addByte(at: number, byte: number): void {
  words[at >> 2] = (words[at >> 2] as number) | (byte << (24 - (at & 3) * 8))
}

/** A double has 52 bits, and no more than five are before the point. */
function bitsBehindThePoint(root: number): number {
  return (root % 1) * 2 ** 32
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}
