import type { Passwords } from '@fetch-sessions/example-accounts/platform'
import { scryptAsync } from '@noble/hashes/scrypt.js'

/**
 * Hashes such as `scrypt$16384$8$5$<salt>$<key>`, so that a later cost does not end the earlier passwords. It takes 1 KiB
 * times N of the 128 MiB that a Worker has for all of its requests, and the time of its CPU limit.
 */
export function scryptPasswords(N: number): Passwords {
  const [r, p] = [8, 5]
  return {
    async hash(password) {
      const salt = crypto.getRandomValues(new Uint8Array(16))
      const key = await derive(password, salt, { N, r, p })
      return ['scrypt', N, r, p, toBase64(salt), toBase64(key)].join('$')
    },

    async verify(hash, password) {
      const [scheme, N, r, p, salt = '', key = ''] = hash.split('$')
      if (scheme !== 'scrypt') return false
      const expected = fromBase64(key)
      const given = await derive(password, fromBase64(salt), { N: Number(N), r: Number(r), p: Number(p) })
      return given.length === expected.length && crypto.subtle.timingSafeEqual(given, expected)
    },
  }
}

interface Cost {
  N: number
  r: number
  p: number
}

const derive = (password: string, salt: Uint8Array, cost: Cost): Promise<Uint8Array> =>
  scryptAsync(password.normalize('NFKC'), salt, { ...cost, dkLen: 32 })

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
