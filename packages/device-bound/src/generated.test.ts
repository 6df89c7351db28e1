import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from './base64url.js'
import { jwtOf } from './testing/device.js'
import { answerTo, type SignedIn, signedIn } from './testing/signed-in.js'

const REGISTER = '/device-bound/register'
const utf8 = new TextEncoder()

describe('thousands of generated variants', () => {
  /** What an attacker can put in the place of a part. */
  const part = fc.oneof(
    fc.string(),
    fc.base64String().map((text) => text.replaceAll('=', '')),
    fc.json().map((text) => encodeBase64url(utf8.encode(text))),
    fc.uint8Array({ maxLength: 100 }).map(encodeBase64url),
  )
  /** A header's value: no line break, no letter beyond Latin-1. */
  const sendable = (text: string): boolean => /^[\x20-\x7e\x80-\xff]*$/.test(text)

  /** A change of one letter, a cut, or something in between. */
  const edit = fc.record({ at: fc.nat(), how: fc.constantFrom('flip', 'cut', 'insert', 'swap'), text: part })
  const edited = (text: string, { at, how, text: insert }: { at: number; how: string; text: string }): string => {
    const i = at % (text.length + 1)
    if (how === 'cut') return text.slice(0, i)
    if (how === 'insert') return text.slice(0, i) + insert + text.slice(i)
    if (how === 'swap') return text.slice(i) + text.slice(0, i)
    return text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)
  }

  /** Whether a cookie came of it. What is the same as before, or but for blanks and what may stand behind it, is no variant. */
  const isGranted = async (setting: SignedIn, url: string, jwt: string, headers = {}): Promise<boolean> => {
    const answer = await answerTo(setting, url, jwt, headers)
    expect([200, 400, 403]).toContain(answer[0])
    return answer[1] as boolean
  }
  const isSame = (variant: string, good: string): boolean => {
    const bare = variant.trim()
    return bare.startsWith(good) && /^\s*(;|$)/.test(bare.slice(good.length))
  }

  it('of a proof: none is accepted, none crashes', async () => {
    const setting = await signedIn()
    const registration = await setting.device.register(setting.offer)
    const refresh = await setting.device.refresh(setting.challenge)
    await fc.assert(
      fc.asyncProperty(edit, async (change) => {
        for (const [url, good] of [
          [REGISTER, registration],
          [setting.refreshUrl, refresh],
        ] as const) {
          const jwt = edited(good, change)
          if (!sendable(jwt) || isSame(jwt, good)) continue
          expect(await isGranted(setting, url, jwt), jwt).toBe(false)
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('put together of any parts: none is accepted, none crashes', async () => {
    const setting = await signedIn()
    const [head, claims, signature] = (await setting.device.refresh(setting.challenge)).split('.') as string[]
    const good = `${head}.${claims}.${signature}`
    const one = (known: string | undefined): fc.Arbitrary<string> => fc.oneof(fc.constant(known ?? ''), part)
    await fc.assert(
      fc.asyncProperty(one(head), one(claims), one(signature), async (...parts) => {
        const jwt = parts.join('.')
        if (!sendable(jwt) || isSame(jwt, good)) return
        expect(await isGranted(setting, setting.refreshUrl, jwt), jwt).toBe(false)
        expect(await isGranted(setting, REGISTER, jwt), jwt).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  it('properly signed, with any header and claims: accepted only with our challenge', async () => {
    const setting = await signedIn()
    const { device } = setting
    const claims = fc.dictionary(
      fc.constantFrom('jti', 'aud', 'iat', 'sub', '__proto__', 'authorization'),
      fc.jsonValue(),
    )
    const header = fc.dictionary(
      fc.constantFrom('alg', 'typ', 'jwk', 'kid', 'crit', 'b64', 'x5c', '__proto__'),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(claims, header, async (claims, header) => {
        const jwt = await device.signText(jwtOf({ alg: 'ES256', typ: 'dbsc+jwt', jwk: device.jwk, ...header }, claims))
        expect(await isGranted(setting, REGISTER, jwt)).toBe(false)
        expect(await isGranted(setting, setting.refreshUrl, jwt)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('of the address: none is accepted, none crashes', async () => {
    const setting = await signedIn()
    const jwt = await setting.device.refresh(setting.challenge)
    const reference = setting.refreshUrl.split('of=')[1] ?? ''
    await fc.assert(
      fc.asyncProperty(edit, async (change) => {
        const variant = edited(reference, change)
        if (variant === reference) return
        expect(await isGranted(setting, `/device-bound/refresh?of=${encodeURIComponent(variant)}`, jwt)).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  it('of the bound cookie: none proves anything, none crashes', async () => {
    const setting = await signedIn()
    const good = setting.browser.cookies.get('__Host-sid-bound') ?? ''
    await setting.browser.visit('/')
    await fc.assert(
      fc.asyncProperty(edit, async (change) => {
        const value = edited(good, change)
        if (!sendable(value) || value.split(';').some((piece) => piece.trim() === good)) return
        setting.browser.cookies.set('__Host-sid-bound', value)
        expect(await setting.browser.visit('/'), value).toBe('missing nobody')
      }),
      { numRuns: 1000 },
    )
  })

  it('of the other headers: none is accepted, none crashes', async () => {
    const setting = await signedIn()
    const jwt = await setting.device.refresh(setting.challenge)
    const name = fc.constantFrom('Sec-Secure-Session-Id', 'Secure-Session-Skipped')
    await fc.assert(
      fc.asyncProperty(name, part, async (name, text) => {
        const value = text.trim()
        if (!sendable(value)) return
        const granted = await isGranted(setting, setting.refreshUrl, jwt, { [name]: value })
        expect(granted).toBe(name !== 'Sec-Secure-Session-Id')
      }),
      { numRuns: 500 },
    )
  })
})
