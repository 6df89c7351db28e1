import { decodeBase64url, encodeBase64url } from '../base64url.js'

const utf8 = new TextEncoder()

const PARAMETERS = {
  ES256: { generate: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  RS256: {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    sign: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
} as const

export type DeviceAlgorithm = 'ES256' | 'RS256'

/** A key that does not leave its device, and what is signed there. */
export class Device {
  readonly algorithm: DeviceAlgorithm
  readonly jwk: JsonWebKey
  readonly #key: CryptoKey

  private constructor(algorithm: DeviceAlgorithm, jwk: JsonWebKey, key: CryptoKey) {
    this.algorithm = algorithm
    this.jwk = jwk
    this.#key = key
  }

  static async make(algorithm: DeviceAlgorithm = 'ES256'): Promise<Device> {
    const { generate } = PARAMETERS[algorithm]
    const pair = (await crypto.subtle.generateKey(generate, true, ['sign', 'verify'])) as CryptoKeyPair
    const { kty, crv, x, y, n, e } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey
    const jwk = algorithm === 'ES256' ? { kty, crv, x, y } : { kty, n, e }
    return new Device(algorithm, jwk as JsonWebKey, pair.privateKey)
  }

  /** A JWT, as it is for the registration if `header` has a `jwk`. */
  sign(claims: object, header: object = {}): Promise<string> {
    return this.signText(jwtOf({ alg: this.algorithm, typ: 'dbsc+jwt', ...header }, claims))
  }

  /** A text and its signature behind a dot. */
  async signText(text: string): Promise<string> {
    const signature = await crypto.subtle.sign(PARAMETERS[this.algorithm].sign, this.#key, utf8.encode(text))
    return `${text}.${encodeBase64url(new Uint8Array(signature))}`
  }

  register(challenge: string): Promise<string> {
    return this.sign({ jti: challenge }, { jwk: this.jwk })
  }

  refresh(challenge: string): Promise<string> {
    return this.sign({ jti: challenge })
  }
}

/** The first two parts of a JWT. */
export function jwtOf(header: unknown, claims: unknown): string {
  return [header, claims].map((part) => encodeBase64url(utf8.encode(JSON.stringify(part)))).join('.')
}

/** The parts of a JWT, unpacked. */
export function partsOf(jwt: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header, claims] = jwt
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(new TextDecoder().decode(decodeBase64url(part))))
  return { header, claims }
}
