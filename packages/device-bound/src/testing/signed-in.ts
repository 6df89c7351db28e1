import { type Application, application } from './application.js'
import { Browser } from './browser.js'
import { type Device, partsOf } from './device.js'

export interface SignedIn extends Application {
  readonly browser: Browser
  readonly device: Device
  readonly identifier: string
  readonly refreshUrl: string
  /** Of a refresh. */
  readonly challenge: string
  /** Of the registration. */
  readonly offer: string
}

/** Somebody who is signed in, and whose browser has bound the session. */
export async function signedIn(
  algorithm: 'ES256' | 'RS256' = 'ES256',
  from: Application = application(),
): Promise<SignedIn> {
  const browser = new Browser(from.fetch, algorithm)
  await browser.visit('/sign-in')
  const { device, identifier, refreshUrl, challenge = '' } = browser.session as NonNullable<Browser['session']>
  const offer = String(partsOf(browser.sent[0]?.jwt ?? '').claims.jti)
  from.events.length = 0
  return { ...from, browser, device, identifier, refreshUrl, challenge, offer }
}

/** What the endpoint says to this header: its status, whether a cookie came with it, and what was told. */
export async function answerTo(
  { fetch, events, browser, identifier }: SignedIn,
  url: string,
  jwt: string | undefined,
  headers: Record<string, string> = {},
): Promise<unknown[]> {
  events.length = 0
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const request = new Request(`https://shop.example${url}`, {
    method: 'POST',
    headers: {
      cookie,
      'Sec-Secure-Session-Id': identifier,
      ...(jwt !== undefined && { 'Secure-Session-Response': jwt }),
      ...headers,
    },
  })
  const response = await fetch(request)
  const [event] = events
  return [response.status, response.headers.has('set-cookie'), event?.type === 'rejected' ? event.reason : event?.type]
}
