import { describe, expect, it } from 'vitest'
import { encodeBase64url } from './base64url.js'
import { application } from './testing/application.js'
import { Browser } from './testing/browser.js'
import { Device, jwtOf } from './testing/device.js'
import { answerTo, type SignedIn, signedIn } from './testing/signed-in.js'

const REGISTER = '/device-bound/register'

describe('a registration that is as it should be', () => {
  it.each(['ES256', 'RS256'] as const)(
    'is taken, with %s, quoted or not, and with an audience that is right',
    async (algorithm) => {
      const setting = await signedIn(algorithm)
      const { device, offer } = setting
      const jwt = await device.register(offer)
      const named = await device.sign({ jti: offer, aud: `https://shop.example${REGISTER}` }, { jwk: device.jwk })
      for (const header of [jwt, `"${jwt}"`, `"${jwt}";p=1`, ` "${jwt}" `, named]) {
        expect(await answerTo(setting, REGISTER, header)).toEqual([200, true, 'registered'])
      }
    },
  )
})

describe('a refresh that is as it should be', () => {
  it.each(['ES256', 'RS256'] as const)('is taken, with %s', async (algorithm) => {
    const setting = await signedIn(algorithm)
    const jwt = await setting.device.refresh(setting.challenge)
    expect(await answerTo(setting, setting.refreshUrl, jwt)).toEqual([200, true, 'refreshed'])
    const quoted = { 'Sec-Secure-Session-Id': `"${setting.identifier}"` }
    expect(await answerTo(setting, setting.refreshUrl, `"${jwt}"`, quoted)).toEqual([200, true, 'refreshed'])
  })
})

describe('a registration is turned down', () => {
  const refuses = async (
    reason: string,
    forge: (setting: SignedIn) => Promise<string | undefined> | string | undefined,
    setting?: SignedIn,
  ): Promise<void> => {
    const used = setting ?? (await signedIn())
    expect(await answerTo(used, REGISTER, await forge(used))).toEqual([400, false, reason])
  }

  it('without a proof', () => refuses('malformed', () => undefined))

  it.each(['none', 'None', 'HS256', 'ES384', 'PS256', '', 'constructor'])('with the algorithm "%s"', async (alg) => {
    await refuses('malformed', ({ device, offer }) => device.sign({ jti: offer }, { alg, jwk: device.jwk }))
    await refuses(
      'malformed',
      ({ device, offer }) => `${jwtOf({ alg, typ: 'dbsc+jwt', jwk: device.jwk }, { jti: offer })}.`,
    )
  })

  it.each(['JWT', 'jwt', '', undefined, ['dbsc+jwt']])('of the type %j', (typ) =>
    refuses('malformed', ({ device, offer }) => device.sign({ jti: offer }, { typ, jwk: device.jwk })),
  )

  it('with a header that it has to understand (crit)', () =>
    refuses('malformed', ({ device, offer }) =>
      device.sign({ jti: offer }, { crit: ['b64'], b64: false, jwk: device.jwk }),
    ))

  it('with a key of the other type', async () => {
    const rsa = await Device.make('RS256')
    await refuses('malformed', ({ device, offer }) => device.sign({ jti: offer }, { jwk: rsa.jwk }))
    await refuses('malformed', ({ device, offer }) => rsa.sign({ jti: offer }, { jwk: device.jwk }))
  })

  it.each([
    ['no key', () => undefined],
    ['a text for a key', () => 'key'],
    ['a secret', () => ({ kty: 'oct', k: 'AAAA' })],
    ['another curve', (jwk: JsonWebKey) => ({ ...jwk, crv: 'P-384' })],
    ['a coordinate that is missing', ({ kty, crv, x }: JsonWebKey) => ({ kty, crv, x })],
    ['a coordinate that is too long', (jwk: JsonWebKey) => ({ ...jwk, x: `${jwk.x}AA` })],
    ['a coordinate in other letters', (jwk: JsonWebKey) => ({ ...jwk, x: `${jwk.x}=` })],
    ['a coordinate that is a list', (jwk: JsonWebKey) => ({ ...jwk, x: [jwk.x] })],
  ])('with %s', (_, change) =>
    refuses('malformed', ({ device, offer }) => device.sign({ jti: offer }, { jwk: change(device.jwk) })),
  )

  it('with a point that is not on the curve', () =>
    refuses('signature', ({ device, offer }) => {
      const x = encodeBase64url(new Uint8Array(32).fill(7))
      return device.sign({ jti: offer }, { jwk: { ...device.jwk, x } })
    }))

  it.each([
    ['of 1024 bits', 128, 'AQAB'],
    ['of 8192 bits', 1024, 'AQAB'],
    ['with the exponent 1', 256, 'AQ'],
    ['with the exponent 3', 256, 'Aw'],
  ])('with an RSA key %s', async (_, bytes, e) => {
    const setting = await signedIn('RS256')
    const n = encodeBase64url(new Uint8Array(bytes).fill(255))
    await refuses(
      'malformed',
      ({ device, offer }) => device.sign({ jti: offer }, { jwk: { kty: 'RSA', n, e } }),
      setting,
    )
  })

  it('when somebody else has signed it', async () => {
    const other = await Device.make()
    await refuses('signature', ({ device, offer }) => other.sign({ jti: offer }, { jwk: device.jwk }))
  })

  it('with a signature in another form, of zeros, or none', async () => {
    const setting = await signedIn()
    const jwt = await setting.device.register(setting.offer)
    const [head, claims] = jwt.split('.')
    const zeros = encodeBase64url(new Uint8Array(64))
    await refuses('signature', () => `${head}.${claims}.${zeros}`, setting)
    await refuses('signature', () => `${head}.${claims}.${encodeBase64url(new Uint8Array(70).fill(48))}`, setting)
    for (const forged of [
      `${head}.${claims}.`,
      `${head}.${claims}`,
      `${jwt}.`,
      `${jwt}.${zeros}`,
      `${jwt}=`,
      `${jwt} x`,
      `"${jwt}`,
    ]) {
      await refuses('malformed', () => forged, setting)
    }
  })

  it('that is too long', () =>
    refuses('malformed', ({ device, offer }) =>
      device.sign({ jti: offer, more: 'x'.repeat(8000) }, { jwk: device.jwk }),
    ))

  it('for another address', async () => {
    for (const aud of [
      'https://evil.example/device-bound/register',
      'https://shop.example/',
      'shop.example',
      '',
      7,
      null,
      [],
      {},
    ]) {
      await refuses('audience', ({ device, offer }) => device.sign({ jti: offer, aud }, { jwk: device.jwk }))
    }
  })

  it.each([
    ['none', () => ''],
    ['a number', () => 7],
    ['of a refresh', ({ challenge }: SignedIn) => challenge],
    ['cut', ({ offer }: SignedIn) => offer.slice(0, -1)],
    ['with more behind it', ({ offer }: SignedIn) => `${offer}.x`],
    ['about another binding', ({ offer }: SignedIn) => offer.replace(/^[^.]+/, 'AAAAAAAAAAAAAAAAAAAAAA')],
    ['of another time', ({ offer }: SignedIn) => offer.replace(/\.[^.]+\./, '.zzzzzzzz.')],
  ])('with a challenge that is %s', async (_, jti) => {
    const setting = await signedIn()
    const answer = await answerTo(
      setting,
      REGISTER,
      await setting.device.sign({ jti: jti(setting) }, { jwk: setting.device.jwk }),
    )
    expect(answer.slice(0, 2)).toEqual([400, false])
    expect(['challenge', 'malformed']).toContain(answer[2])
  })

  it('with a challenge that another application has made', async () => {
    const other = await signedIn('ES256', application({}, { secret: 'another secret, which has enough bytes' }))
    await refuses('challenge', ({ device }) => device.register(other.offer))
  })

  it('five minutes after the sign-in', async () => {
    const setting = await signedIn()
    setting.clock.passes(300)
    await refuses('challenge', ({ device, offer }) => device.register(offer), setting)
  })
})

describe('a refresh is turned down', () => {
  it('with the registration’s proof, in each order of the two', async () => {
    const setting = await signedIn()
    const registration = await setting.device.register(setting.offer)
    const refresh = await setting.device.refresh(setting.challenge)
    expect(await answerTo(setting, setting.refreshUrl, registration)).toEqual([403, false, 'challenge'])
    expect(await answerTo(setting, REGISTER, refresh)).toEqual([400, false, 'malformed'])
    const asRegistration = await setting.device.register(setting.challenge)
    expect(await answerTo(setting, REGISTER, asRegistration)).toEqual([400, false, 'challenge'])
  })

  it('that another device has signed, whatever key it names', async () => {
    const setting = await signedIn()
    for (const algorithm of ['ES256', 'RS256'] as const) {
      const other = await Device.make(algorithm)
      for (const header of [{}, { jwk: other.jwk }, { jwk: setting.device.jwk }, { alg: 'ES256' }]) {
        const jwt = await other.sign({ jti: setting.challenge }, header)
        expect(await answerTo(setting, setting.refreshUrl, jwt)).toEqual([400, false, 'signature'])
      }
    }
  })

  it('with a challenge of another session', async () => {
    const from = application()
    const [ada, eve] = [await signedIn('ES256', from), await signedIn('ES256', from)]
    expect(await answerTo(ada, ada.refreshUrl, await ada.device.refresh(eve.challenge))).toEqual([
      403,
      false,
      'challenge',
    ])
    expect(await answerTo(eve, eve.refreshUrl, await eve.device.refresh(ada.challenge))).toEqual([
      403,
      false,
      'challenge',
    ])
  })

  it('at the address of another session', async () => {
    const from = application()
    const [ada, eve] = [await signedIn('ES256', from), await signedIn('ES256', from)]
    expect(await answerTo(eve, ada.refreshUrl, await eve.device.refresh(ada.challenge))).toEqual([
      400,
      false,
      'signature',
    ])
    expect(await answerTo(eve, ada.refreshUrl, await eve.device.refresh(eve.challenge))).toEqual([
      403,
      false,
      'challenge',
    ])
  })

  it('with its own key in another session’s address', async () => {
    const from = application()
    const [ada, eve] = [await signedIn('ES256', from), await signedIn('ES256', from)]
    const [binding] = (ada.refreshUrl.split('of=')[1] ?? '').split('.')
    const [, key, mac] = (eve.refreshUrl.split('of=')[1] ?? '').split('.')
    const url = `/device-bound/refresh?of=${binding}.${key}.${mac}`
    expect(await answerTo(eve, url, await eve.device.refresh(eve.challenge))).toEqual([400, false, 'reference'])
  })

  it('that a page has sent, which can’t name the session in a header', async () => {
    const setting = await signedIn()
    const jwt = await setting.device.refresh(setting.challenge)
    for (const id of ['', 'other', '__Host-sid-bound@evil.example', '__Host-sid-bound@shop.example:8443']) {
      const headers = { 'Sec-Secure-Session-Id': id }
      expect(await answerTo(setting, setting.refreshUrl, jwt, headers)).toEqual([400, false, 'reference'])
    }
  })

  it.each(['', '?of=', '?of=x', '?of=..', '?of=a.b.c', `?of=${'x'.repeat(5000)}`])(
    'at the address %s',
    async (search) => {
      const setting = await signedIn()
      const jwt = await setting.device.refresh(setting.challenge)
      expect(await answerTo(setting, `/device-bound/refresh${search}`, jwt)).toEqual([400, false, 'reference'])
    },
  )

  it('for another address', async () => {
    const setting = await signedIn()
    const jwt = await setting.device.sign({ jti: setting.challenge, aud: 'https://evil.example/device-bound/refresh' })
    expect(await answerTo(setting, setting.refreshUrl, jwt)).toEqual([400, false, 'audience'])
  })

  it('once its challenge is out of date', async () => {
    const setting = await signedIn()
    const jwt = await setting.device.refresh(setting.challenge)
    setting.clock.passes(899)
    expect(await answerTo(setting, setting.refreshUrl, jwt)).toEqual([200, true, 'refreshed'])
    setting.clock.passes(1)
    expect(await answerTo(setting, setting.refreshUrl, jwt)).toEqual([403, false, 'challenge'])
  })
})

describe('the endpoints', () => {
  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('take no %s', async (method) => {
    const { fetch, events } = application()
    for (const url of [REGISTER, '/device-bound/refresh']) {
      const response = await fetch(new Request(`https://shop.example${url}`, { method }))
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    }
    expect(events).toEqual([])
  })

  it('leave all other addresses to the application', () => {
    const { bound } = application()
    for (const path of [
      '/',
      '/device-bound',
      '/device-bound/',
      '/device-bound/register/',
      '/x?/device-bound/register',
      '/device-boundx/register',
    ]) {
      expect(bound.handle(new Request(`https://shop.example${path}`, { method: 'POST' })), path).toBeUndefined()
    }
  })
})

describe('a bound cookie that was not made here', () => {
  it('proves nothing', async () => {
    const setting = await signedIn()
    const good = setting.browser.cookies.get('__Host-sid-bound') ?? ''
    const [binding = '', key = '', until = '', mac = ''] = good.split('.')
    const other = new Browser(setting.fetch, 'ES256')
    await other.visit('/sign-in')
    const forged = [
      '',
      '.',
      '...',
      `${binding}.${key}.${until}`,
      `${binding}.${key}.${until}.`,
      `${binding}.${key}.${until}.${mac}.`,
      `${binding}.${key}.${until}.${mac}=`,
      `${binding}.${key}.zzzzzzzzz.${mac}`,
      `${binding}.${'A'.repeat(22)}.${until}.${mac}`,
      `${binding}..${until}.${mac}`,
      `"${good}"`,
      `${binding}${(other.cookies.get('__Host-sid-bound') ?? '').slice(22)}`,
      `${binding}.${setting.challenge}`,
      `${binding}.${setting.offer}`,
      other.cookies.get('__Host-sid-bound') ?? '',
    ]
    expect(await setting.browser.visit('/')).toBe('proven ada')
    for (const value of forged) {
      setting.browser.cookies.set('__Host-sid-bound', value)
      expect(await setting.browser.visit('/'), value).toBe('missing nobody')
    }
    // A good one counts wherever it stands among them.
    setting.browser.cookies.set('__Host-sid-bound', `x; __Host-sid-bound=${good}`)
    expect(await setting.browser.visit('/')).toBe('proven ada')
  })
})
