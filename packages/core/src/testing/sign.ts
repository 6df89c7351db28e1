const utf8 = new TextEncoder()

/** Base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** The MAC of `text` as the documented cookie format has it, made without the library. */
export async function macOf(secret: string, text: string): Promise<string> {
  const material = await crypto.subtle.importKey('raw', utf8.encode(secret), 'HKDF', false, ['deriveKey'])
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8.encode('fetch-sessions/v1/sign') },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  )
  return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(text))))
}

/** A cookie value as only someone who has the secret can make it: `<token>.<mac>`. */
export async function signedValue(secret: string, cookieName: string, token: string): Promise<string> {
  return `${token}.${await macOf(secret, `${cookieName}=${token}`)}`
}

/** 32 random bytes in base64url, as a token is. */
export function randomToken(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}
