import { andThen } from '../awaitable.js'
import type { SessionContext } from '../context.js'
import type { Identity, Rejected } from '../cookie/cookie-format.js'
import { MAX_SECRETS } from '../cookie/secrets.js'
import type { Awaitable } from '../store/store.js'

/**
 * How many MACs are verified for one request: a thousand forged cookies must not cost a thousand times the crypto. One
 * cookie alone is tried with each secret, of which there are no more than that.
 */
const MAX_VERIFICATIONS: number = MAX_SECRETS

/** Whom the cookies of a request stand for, in their order. Nothing is waited for where the answer is known. */
export function verifyCookies(context: SessionContext, values: readonly string[]): Awaitable<readonly Identity[]> {
  const [value] = values
  if (value === undefined) return []
  if (values.length > 1) return verifySeveral(context, [...new Set(values)])
  return andThen(verify(context, value, 0), alone, context)
}

function alone(found: Identity | Rejected, { emit }: SessionContext): readonly Identity[] {
  if (typeof found !== 'string') return [found]
  emit?.({ type: 'rejected', reason: found })
  return []
}

/** With one secret after the other. */
function verify(context: SessionContext, value: string, secret: number): Awaitable<Identity | Rejected> {
  const { format } = context
  const found = format.verify(value, secret)
  return secret + 1 === format.secrets ? found : andThen(found, orWithNext, context, value, secret)
}

function orWithNext(
  found: Identity | Rejected,
  context: SessionContext,
  value: string,
  secret: number,
): Awaitable<Identity | Rejected> {
  return found === 'signature' ? verify(context, value, secret + 1) : found
}

/**
 * Several cookies of one name: a neighbour host may have planted some, or the place of the cookie has changed. All are
 * tried with the newest secret before any is with an older one, since the number of tries is limited.
 */
async function verifySeveral({ format, emit }: SessionContext, values: readonly string[]): Promise<Identity[]> {
  const found: (Identity | Rejected | undefined)[] = []
  let verifications = 0
  for (let secret = 0; secret < format.secrets; secret++) {
    for (const [index, value] of values.entries()) {
      if (verifications === MAX_VERIFICATIONS) break
      const before = found[index]
      if (before !== undefined && before !== 'signature') continue
      const outcome = await format.verify(value, secret)
      found[index] = outcome
      if (outcome !== 'malformed') verifications++
    }
  }
  for (const reason of found) if (reason === 'signature') emit?.({ type: 'rejected', reason })
  if (found.includes('malformed')) emit?.({ type: 'rejected', reason: 'malformed' })
  return found.filter((outcome) => typeof outcome === 'object')
}
