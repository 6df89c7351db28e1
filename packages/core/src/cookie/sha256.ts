/** What fits into one block of SHA-256 beside its padding. */
const MAX_BYTES = 55

// biome-ignore format: the table of FIPS 180-4 section 4.2.2, eight in a line
const ROUND_CONSTANTS: Int32Array = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
)
const INITIAL_STATE: Int32Array = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
)

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
  const view = new DataView(digest.buffer)
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) view.setInt32(i * 4, word + (INITIAL_STATE[i] as number))
  return digest
}

function addByte(at: number, byte: number): void {
  words[at >> 2] = (words[at >> 2] as number) | (byte << (24 - (at & 3) * 8))
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}
