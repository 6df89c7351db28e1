import type { TokenSignerFactory } from '@fetch-sessions/core'
import type { Schedule } from './schedule.js'

/** A signer whose every answer is held. */
export function heldSigner(make: TokenSignerFactory, schedule: Schedule, hearing: string): TokenSignerFactory {
  return (secrets) => {
    const signer = make(secrets)
    const hold = <T>(words: string, answer: T | Promise<T>): T | Promise<T> => {
      if (schedule.isOpen) return answer
      return new Promise<T>((resolve) => {
        schedule.offer({
          touches: [{ what: hearing, writes: true }],
          perform: () => {
            resolve(answer)
            return words
          },
        })
      })
    }
    return {
      sign: (text) => hold('signs', signer.sign(text)),
      verify: (text, mac, secret) => hold('verifies', signer.verify(text, mac, secret)),
      succeed: (text, secret) => hold('derives', signer.succeed(text, secret)),
    }
  }
}
