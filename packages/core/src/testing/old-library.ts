import type { Arrival, OldSession, OldSessions, RejectedCookie } from '../index.js'

/**
 * A library that served the application before: its cookie is `old=<id>`, of which `old=forged` is none, and its records
 * are in a `Map`.
 */
export class OldLibrary implements OldSessions {
  readonly records: Map<string, Arrival> = new Map()
  readonly calls: string[] = []
  grace = 60
  isKept = false
  /** Whether its cookies tell visitors with the same data apart. */
  hasKeys = true
  /** When its cookies are dead by themselves. */
  expiresAt = 1_900_000_000_000
  /** Before each `load`. */
  beforeLoad: (() => void | Promise<void>) | undefined
  /** Before each `end`. */
  beforeEnd: (() => void | Promise<void>) | undefined

  /** A record of this id, and the cookie that leads there. */
  keep(id: string, data: Record<string, unknown>, more: Omit<Arrival, 'data'> = {}): string {
    this.records.set(id, { data, ...more })
    return `old=${id}`
  }

  cookies(header: string): readonly { name: string; path: string; domain: string }[] {
    return header.includes('old=') ? [{ name: 'old', path: '/app', domain: 'example.com' }] : []
  }

  find(header: string): readonly (OldSession | RejectedCookie)[] {
    const ids = [...header.matchAll(/old=(\w+)/g)].map(([, id]) => id as string)
    return ids.map((id) => {
      if (id === 'forged') return { from: 'old-library', reason: 'signature' }
      const load = async (): Promise<Arrival | undefined> => {
        this.calls.push(`load ${id}`)
        await this.beforeLoad?.()
        return this.records.get(id)
      }
      const end = async (): Promise<boolean> => {
        this.calls.push(`end ${id}`)
        await this.beforeEnd?.()
        return this.records.delete(id)
      }
      return {
        from: 'old-library',
        key: this.hasKeys ? `a key that is longer than what a short hash takes: ${id}` : undefined,
        expiresAt: this.expiresAt,
        load,
        end,
      }
    })
  }
}
